"""How a school's year in the programme should end, by the programme's own rules. Pure."""

from dataclasses import dataclass, replace

from analysis.cohort import Cohort
from analysis.findings import Ground
from analysis.grouping import peer_group
from analysis.identification import Identification
from analysis.looking import Look
from analysis.reasons import MISSING
from analysis.school_facts import SchoolFacts
from analysis.weighing import weigh
from states.stage import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An outcome with its grounds; without one, the reasons why nothing can be said."""

    outcome: Outcome | None = None
    grounds: tuple[Ground, ...] = ()
    reasons: tuple[str, ...] = ()


def propose(
    rules: Identification,
    school: SchoolFacts,
    year: int,
    *,
    years: int,
    cohort: Cohort | None = None,
) -> Proposal:
    """The first exit rule that holds over the facts of `year`, in the `years`-th year of support.

    `cohort` is asked by rules that compare the school with others.
    Where an earlier rule might hold, nothing is proposed: not rated is a reason, never a result.
    """
    if not school.has_row(year):
        return Proposal(reasons=(MISSING,))
    look = Look(rules=rules, school=school, year=year, weigh=weigh, cohort=cohort)
    group, unsure = peer_group(look)
    look = replace(look, group=group)
    protected = {one.reason for one in rules.protections if weigh(look, one.when).holds}
    if protected or unsure:
        return Proposal(reasons=tuple(sorted(protected | unsure)))
    for rule in rules.exits:
        if years < rule.from_year:
            continue
        finding = weigh(look, rule.when)
        if finding.holds is None:
            return Proposal(reasons=tuple(sorted(finding.reasons)))
        if finding.holds:
            grounds = tuple(dict.fromkeys(finding.grounds))
            return Proposal(outcome=Outcome(rule.outcome), grounds=grounds)
    return Proposal()
