"""The invented region has the published totals, and the engine alone says who is on the list."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from analysis.verdicts import Judgement
from casework.acting import Acting
from casework.binding import bind_installation
from casework.imports.importing import import_file
from casework.imports.importing_report import ImportReport
from casework.judgement.identifying import identify
from cli.region import MARK, SEED, YEARS, RegionFiles, write_region
from cli.region_people import OPERATOR, SCHOOLS_OF_A_CURATOR
from cli.region_schools import MUNICIPALITIES
from models.schema import upgrade
from opora.database import connect, transaction
from programmes.definition import Programme
from programmes.folders import shipped
from programmes.reading import read_programme

YEAR = 2026
AT = datetime(YEAR, 8, 24, 6, tzinfo=UTC)
OTHER_SEEDS = (1, 2021, 65_537)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> RegionFiles:
    return write_region(tmp_path_factory.mktemp("region"), year=YEAR)


@pytest.fixture(scope="module")
def yugra() -> Programme:
    return read_programme(shipped()["yugra"])


@dataclass(frozen=True, slots=True)
class Region:
    """A database that has taken the region's files in."""

    programme: Programme
    engine: Engine
    acting: Acting
    reports: list[ImportReport]

    def judged(self, **parameters: str) -> Judgement:
        with transaction(self.engine) as session:
            return identify(session, self.programme, YEAR, self.acting, parameters).judgement

    def listed(self, **parameters: str) -> Counter[str]:
        verdicts = self.judged(**parameters).verdicts
        return Counter(one.peer_group or "" for one in verdicts if one.listed)


def take_in(files: RegionFiles, folder: Path, programme: Programme) -> Region:
    url = f"sqlite:///{folder / 'opora.db'}"
    upgrade(url, url)
    engine = connect(url)
    with transaction(engine) as session:
        init = Acting(at=AT, recorded_at=AT, pass_name="init")
        person = bind_installation(session, OPERATOR, "Оператор", init)
    acting = Acting(at=AT, recorded_at=AT, person=person)
    reports = []
    for profile, path in files.by_profile().items():
        with transaction(engine) as session:
            reports.append(import_file(session, programme, profile, path, acting))
    return Region(programme, engine, acting, reports)


@pytest.fixture(scope="module")
def region(files, yugra, tmp_path_factory) -> Iterator[Region]:
    region = take_in(files, tmp_path_factory.mktemp("taken"), yugra)
    yield region
    region.engine.dispose()


# --- the files ------------------------------------------------------------------------------------


def test_the_totals_are_those_of_order_439(files):
    """S1-03: 290 schools, counted in four ways that all agree."""
    schools = rows_of(files.schools)
    assert len(schools) == 290
    counted = Counter(
        row[column] for row in schools for column in ("settlement", "level", "founder")
    )
    counted += Counter(row["legal_form"] for row in schools)
    counted["малокомплектная"] = sum(row["small"] == "да" for row in schools)
    forms = (counted["автономное"], counted["бюджетное"], counted["казённое"], counted["частное"])
    founders = (counted["муниципальная"], counted["частная"], counted["государственная"])
    assert (counted["сельская"], counted["городская"]) == (130, 160)
    assert (counted["малокомплектная"], counted["повышенный"]) == (57, 43)
    assert (forms, founders) == ((29, 205, 52, 4), (284, 4, 2))


def test_every_municipality_of_the_okrug_has_schools_and_one_coordinator(files):
    names = {row["municipality_id"]: row["municipality"] for row in rows_of(files.schools)}
    assert names == {place.code: place.name for place in MUNICIPALITIES}
    assert len(names) == 22
    coordinators = [row for row in rows_of(files.people) if row["role"] == "координатор"]
    assert sorted(row["territory"] for row in coordinators) == sorted(names)


def test_every_row_says_that_it_is_invented(files):
    for path in files.by_profile().values():
        assert {row["примечание"] for row in rows_of(path)} == {MARK}
    assert all(f"({MARK})" in row["name"] for row in rows_of(files.schools))


def test_nobody_in_it_can_be_reached(files):
    people = rows_of(files.people)
    assert all(row["email"].endswith("@example.org") for row in people)
    assert len({row["name"] for row in people}) == len(people)


def test_a_curator_has_three_schools_at_most_all_in_one_municipality(files):
    of_curator: dict[str, list[str]] = {}
    for row in rows_of(files.assignments):
        of_curator.setdefault(row["email"], []).append(row["school"])
    assert max(map(len, of_curator.values())) == SCHOOLS_OF_A_CURATOR
    assert all(len({code[:2] for code in codes}) == 1 for codes in of_curator.values())


def test_results_hold_what_real_files_hold(files):
    results = rows_of(files.results)
    assert {int(row["year"]) for row in results} == set(range(YEAR - YEARS + 1, YEAR + 1))
    assert {"", "<5"} < {row["participants"] for row in results}
    assert any(row["biased"] == "да" for row in results)
    assert any(row["id"].startswith("0") for row in results)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(files, tmp_path):
    again = write_region(tmp_path / "again", year=YEAR, seed=SEED)
    other = write_region(tmp_path / "other", year=YEAR, seed=SEED + 1)
    for profile, path in files.by_profile().items():
        assert path.read_bytes() == again.by_profile()[profile].read_bytes()
    assert files.results.read_bytes() != other.results.read_bytes()


# --- what the programme makes of them -------------------------------------------------------------


def test_every_row_is_taken_in_and_a_second_time_changes_nothing(region, files):
    for report, path in zip(region.reports, files.by_profile().values(), strict=True):
        assert (report.rejected, report.left_out, report.warnings) == ((), (), ())
        assert report.rows == len(rows_of(path))
    with transaction(region.engine) as session:
        again = import_file(session, region.programme, "results", files.results, region.acting)
    assert (again.added, again.changed, again.unchanged) == (0, 0, region.reports[1].rows)


def test_the_rule_lists_twenty_two_in_four_peer_groups(region):
    """S1-04: 22 = 1 + 4 + 4 + 13 of 290 judged."""
    assert len(region.judged().verdicts) == 290
    assert region.listed() == {"special": 1, "advanced": 4, "small_rural": 4, "ordinary": 13}


def test_a_moved_threshold_gives_another_list(region):
    before, lower = region.listed().total(), region.listed(low_share="0.25").total()
    higher = region.listed(low_share="0.35").total()
    assert lower > before > higher > 0
    advanced = region.listed(**{"low_share.advanced": "0.12"})
    assert advanced["advanced"] > region.listed()["advanced"]


def test_schools_that_cannot_be_rated_say_why_and_are_not_listed(region):
    unrated = [one for one in region.judged().verdicts if one.not_rated is not None]
    assert not any(one.listed for one in unrated)
    reasons = {reason for one in unrated for reason in one.not_rated}
    assert reasons >= {"not_rated", "too_few", "biased_result", "suppressed"}


def test_some_carry_both_categories(region):
    """S0-02: low results, adverse conditions, or both."""
    categories = {one.categories for one in region.judged().verdicts}
    assert categories >= {
        ("low_results",),
        ("adverse_conditions",),
        ("low_results", "adverse_conditions"),
    }


@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_any_seed_gives_the_published_sizes(yugra, tmp_path, seed):
    region = take_in(write_region(tmp_path / "files", year=YEAR, seed=seed), tmp_path, yugra)
    assert region.listed() == {"special": 1, "advanced": 4, "small_rural": 4, "ordinary": 13}
    region.engine.dispose()


@pytest.mark.parametrize("profile", ["schools", "results", "context", "people", "assignments"])
def test_its_files_fit_the_profiles_of_the_programme_alone(yugra, files, profile):
    """No special way in: the files are read by the profile's own header."""
    needed = yugra.profile(profile).required_header
    assert set(needed) <= rows_of(files.by_profile()[profile])[0].keys()
