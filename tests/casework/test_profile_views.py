"""Whoever prepares a file is told its columns, and a file made after them is taken in."""

from dataclasses import replace

import pytest

from casework.files.tables import Table
from casework.imports.importing_rows import bind, names_of
from casework.imports.profile_views import columns_of
from opora.errors import InputRefused
from programmes.folders import shipped
from programmes.reading import read_programme
from templates.wording import say

PROFILES = [
    pytest.param(programme, name, id=f"{programme.key}-{name}")
    for programme in map(read_programme, shipped().values())
    for name in programme.profiles.profiles
]
NOTHING = Table(file="file.csv", sha256="", header=(), rows=iter(()))


@pytest.mark.parametrize(("programme", "name"), PROFILES)
def test_a_header_of_the_needed_columns_is_the_header_of_the_profile(programme, name):
    profile = programme.profile(name)
    columns = columns_of(programme, name, year=2026)
    needed = tuple(one.names[-1] for one in columns if one.is_needed)
    bound = bind(profile, replace(NOTHING, header=needed), names_of(profile, 2026))
    assert len(bound) == len(needed)
    for one in columns:
        assert all(say(said, "ru") for said in (one.holds, *one.values))


def test_columns_that_bear_the_year_ask_for_it():
    borrowed = read_programme(shipped()["yugra"])
    profile = borrowed.profile("context")
    column = profile.columns[0].model_copy(update={"column": "index {year}"})
    profiles = {"context": profile.model_copy(update={"columns": (column,), "required_header": ()})}
    asked = replace(borrowed, profiles=borrowed.profiles.model_copy(update={"profiles": profiles}))
    with pytest.raises(InputRefused, match="which year"):
        columns_of(asked, "context")
    assert columns_of(asked, "context", year=2025)[-1].names[0] == "index 2025"
