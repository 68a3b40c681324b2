"""Whether import profiles give facts that the programme declares, and every reason has words."""

from collections.abc import Iterator

from analysis.identification import Identification, Per
from analysis.reasons import COMPARED_REASONS, HOUSE_REASONS, NOT_COMPUTABLE
from opora.words import Sentence
from programmes.faults import Finding, Place, listed, undeclared
from programmes.import_profiles import REQUIRED, Column, ImportProfile, Of, Profiles
from programmes.rule_checks import compares
from programmes.wordbook import Wordbook


def check_profiles(profiles: Profiles, found: Identification) -> Iterator[Finding]:
    for key, profile in profiles.profiles.items():
        if profile.procedure and profile.procedure.words:
            for raw, procedure in profile.procedure.words.items():
                if procedure not in found.procedures:
                    place: Place = ("profiles", key, "procedure", "words", raw)
                    yield place, *undeclared(Sentence("procedure"), procedure, found.procedures)
        for position, column in enumerate(profile.columns):
            yield from _column(profile, column, found, ("profiles", key, "columns", position))


def _column(
    profile: ImportProfile, column: Column, found: Identification, place: Place
) -> Iterator[Finding]:
    if (column.field is None) is (profile.of in {Of.PEOPLE, Of.ASSIGNMENTS}):
        problem = Sentence("a file of {of} has no such column", {"of": profile.of})
        cure = Sentence("Give field for people and assignments, fact or registry for schools.")
        yield place, problem, cure
    if column.procedure is not None and column.procedure not in found.procedures:
        finding = undeclared(Sentence("procedure"), column.procedure, found.procedures)
        yield (*place, "procedure"), *finding
    if column.fact is None:
        return
    fact = found.facts.get(column.fact)
    if fact is None:
        yield (*place, "fact"), *undeclared(Sentence("fact"), column.fact, found.facts)
        return
    if fact.type is not column.type:
        problem = Sentence(
            "the column reads {type}, the fact {fact} is {declared}",
            {"type": column.type, "fact": column.fact, "declared": fact.type},
        )
        yield (*place, "type"), problem, Sentence("Give both the same type.")
    has_procedure = profile.procedure is not None or column.procedure is not None
    if (fact.per is Per.PROCEDURE) is not has_procedure or (
        fact.per is not Per.SCHOOL and profile.of is Of.SCHOOLS
    ):
        problem = Sentence(
            "the fact {fact} is per {per}, the rows of this file are not",
            {"fact": column.fact, "per": fact.per},
        )
        cure = Sentence("Declare the fact accordingly, or name the procedure.")
        yield (*place, "fact"), problem, cure
    given = column.words.values() if isinstance(column.words, dict) else column.words or ()
    for value in given:
        if fact.values and value not in fact.values:
            problem = Sentence(
                "{fact} is never {value}", {"fact": column.fact, "value": str(value)}
            )
            cure = Sentence("Its values are {known}.", {"known": listed(fact.values)})
            yield (*place, "words"), problem, cure


def house_reasons(found: Identification) -> set[str]:
    """The house's own reasons that these rules can come to."""
    used = set(HOUSE_REASONS)
    if compares(found):
        used |= set(COMPARED_REASONS)
    if any(
        one.ratio or (one.procedures and one.procedures.weight) for one in found.measures.values()
    ):
        used.add(NOT_COMPUTABLE)
    return used


def check_reasons(book: Wordbook, profiles: Profiles, found: Identification) -> Iterator[Finding]:
    """Every reason that may stand instead of a value or verdict can be said to people."""
    used = house_reasons(found) | {one.reason for one in found.protections}
    used |= {one.reason for measure in found.measures.values() for one in measure.unless}
    for category in found.categories.values():
        used |= {one.reason for one in category.unless}
        used |= {category.cap.reason} if category.cap else set()
    for profile in profiles.profiles.values():
        used |= {stale.reason for stale in profile.known_stale}
        for column in profile.columns:
            used |= set(column.suppressed.values())
            used |= {column.blank} - {REQUIRED} if column.blank else set()
    for reason in sorted(used - book.reasons.keys()):
        problem = Sentence("the reason {reason} has no words", {"reason": reason})
        cure = Sentence("Add {reason} to reasons.", {"reason": reason})
        yield ("reasons",), problem, cure
