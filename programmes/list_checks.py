"""What no single value of `lists.yaml` shows: whether its rules fit the rules of identification."""

from collections.abc import Iterator

from analysis.identification import FactType, Identification, Per
from opora.words import Sentence
from programmes.faults import Finding, undeclared
from programmes.lists import CapPer, Lists


def check_lists(lists: Lists, found: Identification) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, rule in enumerate(lists.coverage.leave_out):
        for number, kind in enumerate(rule.kinds):
            if kind in seen:
                problem = Sentence("the kind {kind} is left out twice", {"kind": kind})
                cure = Sentence("Name it once.")
                yield ("coverage", "leave_out", position, "kinds", number), problem, cure
            seen.add(kind)
    kinds = lists.participation
    if kinds is not None and kinds.cases not in kinds.categories:
        place = ("participation", "cases")
        finding = undeclared(Sentence("category of participation"), kinds.cases, kinds.categories)
        yield place, *finding
    yield from _watch(lists, found)
    caps = lists.designation.caps if lists.designation else ()
    for position, cap in enumerate(caps):
        if cap.per is CapPer.PEER_GROUP and not found.peer_groups:
            problem = Sentence("the cap counts within peer groups, and the programme has none")
            cure = Sentence("Count it per region or territory, or declare peer_groups.")
            yield ("designation", "caps", position, "per"), problem, cure


def _watch(lists: Lists, found: Identification) -> Iterator[Finding]:
    category = lists.watch.category if lists.watch else None
    if category is not None and category not in found.categories:
        yield ("watch", "category"), *undeclared(Sentence("category"), category, found.categories)
    name = lists.watch.left_in if lists.watch else None
    if name is None:
        return
    fact = found.facts.get(name)
    if fact is None:
        yield ("watch", "left_in"), *undeclared(Sentence("fact"), name, found.facts)
    elif fact.per is not Per.SCHOOL or fact.type is not FactType.INTEGER:
        problem = Sentence("the fact {name} holds no year of a school", {"name": name})
        cure = Sentence("Name a fact with per: school and type: integer.")
        yield ("watch", "left_in"), problem, cure
