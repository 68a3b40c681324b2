"""Whether what compares schools and gathers values names only what the programme declares."""

from collections.abc import Iterator

from analysis.conditions import (
    ALL,
    PEER_GROUP,
    TERRITORY,
    Comparison,
    ParameterName,
    Unchanged,
)
from analysis.identification import Category, Identification, Per
from analysis.measures import Index, Measure
from opora.words import Sentence
from programmes.faults import Finding, Place, undeclared
from programmes.rule_names import per_of


def check_unchanged(found: Identification, place: Place, condition: Unchanged) -> Iterator[Finding]:
    for position, name in enumerate(condition.unchanged):
        if name not in found.facts and name not in found.measures:
            known = {**found.facts, **found.measures}
            yield (*place, "unchanged", position), *undeclared(Sentence("fact"), name, known)
        elif per_of(found, name) is Per.SCHOOL:
            problem = Sentence(
                "{name} is a fact of the register and has no year before", {"name": name}
            )
            yield (*place, "unchanged", position), problem, Sentence("Name facts of a year.")


def check_comparison(
    found: Identification, place: Place, form: Comparison | Index
) -> Iterator[Finding]:
    """What a comparison names: its measure, and whom it compares within."""
    known = {**found.facts, **found.measures}
    if isinstance(form, Comparison):
        if form.of not in known:
            yield (*place, "of"), *undeclared(Sentence("fact"), form.of, known)
        elif not is_number(found, form.of):
            problem = Sentence("{name} is no number", {"name": form.of})
            cure = Sentence("Compare integers and decimals.")
            yield (*place, "of"), problem, cure
    if form.within in {ALL, PEER_GROUP, TERRITORY}:
        return
    if form.within not in found.facts:
        names = (ALL, PEER_GROUP, TERRITORY, *found.facts)
        yield (*place, "within"), *undeclared(Sentence("fact"), form.within, names)
    elif is_number(found, form.within):
        problem = Sentence("{within} is a number, not a group", {"within": form.within})
        yield (*place, "within"), problem, Sentence("Compare within a fact that is a word.")


def is_number(found: Identification, name: str) -> bool:
    return name in found.measures or found.facts[name].type.is_number


def check_gathering(found: Identification, place: Place, measure: Measure) -> Iterator[Finding]:
    form = measure.procedures
    if form is None:
        return
    for position, procedure in enumerate(form.among or ()):
        if procedure not in found.procedures:
            finding = undeclared(Sentence("procedure"), procedure, found.procedures)
            yield (*place, "procedures", "among", position), *finding
    for name in (form.of, form.weight):
        if name in {*found.facts, *found.measures} and per_of(found, name) is not Per.PROCEDURE:
            problem = Sentence("{name} is no fact per procedure", {"name": name})
            cure = Sentence("Gather facts per procedure, or use them directly.")
            yield (*place, "procedures"), problem, cure


def check_parameter(found: Identification, place: Place, value: object) -> Iterator[Finding]:
    if isinstance(value, ParameterName) and value.parameter not in found.parameters:
        yield place, *undeclared(Sentence("parameter"), value.parameter, found.parameters)


def check_cap(found: Identification, place: Place, category: Category) -> Iterator[Finding]:
    if (cap := category.cap) is None:
        return
    form = Comparison.model_construct(of=cap.by, within=cap.within, among=None)
    for (*_, step), problem, cure in check_comparison(found, place, form):
        yield (*place, "cap", "by" if step == "of" else step), problem, cure
    for name in ("at_most", "share"):
        yield from check_parameter(found, (*place, "cap", name), getattr(cap, name))
    if per_of(found, cap.by) is Per.PROCEDURE:
        problem = Sentence(
            "{by} is a value per procedure, and a cap is for the year", {"by": cap.by}
        )
        yield (*place, "cap", "by"), problem, Sentence("Gather it over the procedures first.")
