"""Commands about the schools behind a list: what the register is made of, and who has left."""

from collections.abc import Mapping

from casework.judgement.makeup import PEER_GROUP, Makeup, Part, makeup
from casework.lists.watching import Watched, watched
from cli.door import opened
from cli.options import As, Json, ProgrammeOption, Year, command
from cli.programmes_named import group_words, programme_named
from opora.words import Sentence, Words
from programmes.definition import Programme


@command("opora list makeup --programme yugra --year 2026")
def show_makeup(
    programme: ProgrammeOption, year: Year, *, as_json: Json = False, email: As = None
) -> None:
    """The schools open in the year's cycle by legal form, settlement and whatever else is known of a
    school itself, and how many of each are on the list. Each breakdown adds up to all of them.
    """
    with opened(email) as door:
        region = programme_named(programme)
        with door.look() as (session, acting):
            found = makeup(session, region, year, acting)
        if as_json:
            door.out.json(found)
            return
        columns = [Sentence("What"), Sentence("Of these"), Sentence("Schools"), Sentence("Listed")]
        door.out.table(columns, _rows(region, found))


def _rows(region: Programme, found: Makeup) -> list[tuple[object, ...]]:
    """Each breakdown is named once, and ends with its sum."""
    rows: list[tuple[object, ...]] = []
    said = {name: _as_written(region, name) for name in {one.by for one in found.parts}}
    for name in dict.fromkeys(one.by for one in found.parts):
        parts = [one for one in found.parts if one.by == name]
        title: object = Sentence("Peer group")
        if name != PEER_GROUP:
            title = region.words(f"fact.{name}")
        for place, one in enumerate(parts):
            what = title if place == 0 else ""
            rows.append((what, _value(region, one, said[name]), one.schools, one.listed))
        total = sum(one.schools for one in parts)
        rows.append(("", Sentence("Total"), total, found.listed))
    return rows


def _value(region: Programme, part: Part, said: Mapping[str, str]) -> Sentence | Words:
    if part.value is None:
        return Sentence("not known")
    if part.by == PEER_GROUP:
        return group_words(region, part.value)
    return {"ru": said.get(part.value, part.value), "en": part.value}


def _as_written(region: Programme, name: str) -> Mapping[str, str]:
    """Value → the word that the region's own files write for it, where that is another one."""
    return {
        str(value): word
        for profile in region.profiles.profiles.values()
        for column in profile.columns
        if column.fact == name and isinstance(column.words, Mapping)
        for word, value in reversed(column.words.items())
        if word != value
    }


@command("opora list watch --programme poshekhonye --year 2026")
def show_watched(
    programme: ProgrammeOption, year: Year, *, as_json: Json = False, email: As = None
) -> None:
    """Schools that left the list in the years before, as long as the programme watches them: what
    they carry this year, and who is back. You see the schools that you answer for.
    """
    with opened(email) as door:
        region = programme_named(programme)
        with door.look() as (session, acting):
            found = watched(session, region, year, acting)
        if as_json:
            door.out.json(found)
            return
        columns = [
            Sentence("School"),
            Sentence("Name"),
            Sentence("Left in"),
            Sentence("Years of support"),
            Sentence("This year"),
            Sentence("Categories"),
        ]
        door.out.table(
            columns,
            [
                (
                    one.school,
                    [one.name, one.territory],
                    str(one.left),
                    one.years,
                    _stands(one),
                    [region.words(f"category.{key}") for key in one.categories],
                )
                for one in found
            ],
        )


def _stands(one: Watched) -> Sentence:
    if one.returned:
        return Sentence("on the list again")
    return Sentence("holds") if one.judged else Sentence("not judged")
