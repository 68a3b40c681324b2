"""What a file must hold to be imported: the columns of a profile, told to whoever prepares the file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analysis.identification import FactType
from casework.imports.importing_rows import names_of, optional_columns
from opora.words import Sentence, Words
from programmes.definition import Programme
from programmes.import_profiles import REQUIRED, Column, ImportProfile, PersonField, Registry

_Said = Sentence | Words
_SCHOOL = Sentence("identifier of the school")
_TERRITORY = Sentence("code of the municipality")
_IN_REGISTRY: Mapping[Registry, Sentence] = {
    Registry.NAME: Sentence("name of the school"),
    Registry.KIND: Sentence("kind of school"),
    Registry.OPENED: Sentence("day on which it opened"),
    Registry.CLOSED: Sentence("day on which it closed"),
    Registry.MERGED_INTO: Sentence("identifier of the school that took it over"),
    Registry.FORMER_NAME: Sentence("its former name"),
}
_OF_PERSON: Mapping[PersonField, Sentence] = {
    PersonField.EMAIL: Sentence("address of the person"),
    PersonField.NAME: Sentence("name of the person"),
    PersonField.ROLE: Sentence("role"),
    PersonField.TERRITORY: _TERRITORY,
    PersonField.SCHOOL: _SCHOOL,
    PersonField.LANGUAGE: Sentence("language of letters"),
}
_FORMS: Mapping[FactType, Sentence] = {
    FactType.INTEGER: Sentence("a whole number"),
    FactType.DECIMAL: Sentence("a number"),
    FactType.DATE: Sentence("a day, like 2026-09-01 or 01.09.2026"),
    FactType.YES_NO: Sentence("yes or no"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """`names`: any of these may stand in the header. `values`: what may stand in its cells."""

    names: tuple[str, ...]
    holds: _Said
    is_needed: bool
    values: tuple[_Said, ...] = ()


def columns_of(programme: Programme, name: str, *, year: int | None = None) -> list[ColumnView]:
    """The columns in the profile's own order. Raises `InputRefused` without the year they bear."""
    profile = programme.profile(name)
    optional = optional_columns(profile)
    rules: dict[str, list[tuple[_Said, tuple[_Said, ...]]]] = {}
    for column, holds, values in (*_places(profile), *_contents(programme, profile)):
        rules.setdefault(column, []).append((holds, values))
    return [
        ColumnView(
            names=tuple(dict.fromkeys(names)),
            holds=found[0][0],
            is_needed=column not in optional,
            values=tuple(value for _, values in found for value in values),
        )
        for column, names in names_of(profile, year).items()
        if (found := rules.get(column, [(Sentence("marks the file or the rows"), ())]))
    ]


def _places(profile: ImportProfile) -> Iterator[tuple[str, _Said, tuple[_Said, ...]]]:
    """Columns that say what a row is about."""
    if profile.school:
        yield profile.school.column, _SCHOOL, (_form(profile.school.pattern),)
    if profile.year and profile.year.column:
        yield profile.year.column, Sentence("year"), ()
    if profile.territory:
        yield profile.territory.column, _TERRITORY, ()
        if profile.territory.name_column:
            yield profile.territory.name_column, Sentence("name of the municipality"), ()
    if profile.procedure and profile.procedure.column:
        words = profile.procedure.words
        yield profile.procedure.column, Sentence("procedure"), _one_of(words)


def _contents(
    programme: Programme, profile: ImportProfile
) -> Iterator[tuple[str, _Said, tuple[_Said, ...]]]:
    for column in profile.columns:
        yield column.column, _holds(programme, column), tuple(_values(programme, column))


def _holds(programme: Programme, column: Column) -> _Said:
    if column.registry is not None:
        return _IN_REGISTRY[column.registry]
    if column.field is not None:
        return _OF_PERSON[column.field]
    if column.meaning:
        return column.meaning
    said = programme.words(f"fact.{column.fact}")
    if column.procedure is None:
        return said
    of = programme.words(f"procedure.{column.procedure}")
    return Sentence("{fact}, {procedure}", {"fact": said, "procedure": of})


def _values(programme: Programme, column: Column) -> Iterator[_Said]:
    """The closed list of words comes last: it may be long."""
    if column.type in _FORMS and not column.words:
        yield _FORMS[column.type]
    if column.minimum is not None:
        yield Sentence("at least {least}", {"least": column.minimum})
    if column.maximum is not None:
        yield Sentence("at most {most}", {"most": column.maximum})
    for raw, reason in column.suppressed.items():
        told = {"raw": raw, "reason": programme.words(f"reason.{reason}")}
        yield Sentence("“{raw}” says: {reason}", told)
    if column.blank == REQUIRED:
        yield Sentence("never empty")
    elif column.blank is not None:
        told = {"reason": programme.words(f"reason.{column.blank}")}
        yield Sentence("empty says: {reason}", told)
    yield from _one_of(column.words or ())


def _form(pattern: str) -> Sentence:
    if digits := re.fullmatch(r"\\d\{(\d+)\}", pattern):
        return Sentence("{number} digits", {"number": int(digits[1])})
    return Sentence("of the form {pattern}", {"pattern": pattern})


def _one_of(words: Mapping[str, object] | tuple[str, ...]) -> tuple[Sentence, ...]:
    return (Sentence("one of: {words}", {"words": tuple(words)}),) if words else ()
