"""Clusters: the rule table's verdict, the groups that the data propose, an expert's word; all kept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from analysis.clustering import GROUP, Group, Grouping, RuleVerdict, by_rules, propose_groups
from casework.access import case_for, require
from casework.acting import Acting
from casework.cases.deciding import Decided, keep_decision
from casework.cycles.supported import Supported, supported, supported_in
from casework.grants import Right
from casework.judgement.identifying import ground_row
from models.case import Case
from models.cycle import Cycle
from models.pairing import ClusterAssignment
from opora.errors import InputRefused, NotReady
from opora.words import Sentence, Words
from programmes.definition import Programme
from templates.wording import say

RULE, PROPOSAL, PERSON = "rule", "proposal", "person"
"""Whose word the cluster of a case is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One school: the rule table's verdict, the proposed group, and what has been decided."""

    school: str
    name: str
    case: int | None
    verdict: RuleVerdict
    group: Group | None
    decided: str | None = None
    whose: str | None = None

    @property
    def proposed(self) -> str | None:
        """The rule table goes first, then the data."""
        return self.verdict.cluster or (self.group.key if self.group else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedClusters:
    """Every supported school in its cluster; `others` counts the judged schools that are not cases."""

    programme: Programme
    year: int
    schools: tuple[Placed, ...]
    grouping: Grouping
    others: Mapping[str, int]


def propose_clusters(
    session: Session, programme: Programme, year: int, acting: Acting
) -> ProposedClusters:
    """What rule table and data say of the year's supported schools. Keeps nothing."""
    require(session, acting, Right.IDENTIFY, programme.register)
    return _proposed(session, supported(session, programme, year))


def _proposed(session: Session, cohort: Supported) -> ProposedClusters:
    clusters = cohort.programme.clusters
    if clusters.is_empty:
        raise NotReady(
            what=Sentence("The programme declares no clusters"),
            cure=Sentence("Add clusters.yaml, or decide by hand: opora case decide"),
        )
    looks = cohort.looks
    verdicts = {code: by_rules(clusters.rules, look) for code, look in looks.items()}
    mine = [looks[code] for code in cohort.schools if code in looks]
    grouping = propose_groups(clusters.profile, mine) if clusters.profile else Grouping()
    standing = _standing(session, cohort.cycle) if cohort.cycle else {}
    schools = []
    for code, school in cohort.schools.items():
        case = cohort.cases.get(code)
        kept = standing.get(case.id or 0) if case else None
        schools.append(
            Placed(
                school=code,
                name=school.name,
                case=case.id if case else None,
                verdict=verdicts.get(code, RuleVerdict(reasons=("missing",))),
                group=grouping.group_of(code),
                decided=kept.cluster if kept else None,
                whose=kept.whose if kept else None,
            )
        )
    rest = (one.cluster for code, one in verdicts.items() if code not in cohort.schools)
    return ProposedClusters(
        programme=cohort.programme,
        year=cohort.year,
        schools=tuple(schools),
        grouping=grouping,
        others=dict(sorted(Counter(key for key in rest if key is not None).items())),
    )


def _standing(session: Session, cycle: Cycle) -> dict[int, ClusterAssignment]:
    """Case → the assignment that stands."""
    rows = session.exec(
        select(ClusterAssignment)
        .join(Case, col(Case.id) == col(ClusterAssignment.case_id))
        .where(Case.cycle_id == cycle.id)
        .order_by(col(ClusterAssignment.id))
    )
    return {row.case_id: row for row in rows}


# --- a person assigns -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterWord:
    """What a person says: without a cluster, what is proposed. Another one than that says why."""

    basis: str
    cluster: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """The cluster of a case, and whose word it is; `line` is the line of the case's history."""

    case: int
    school: str
    cluster: str
    whose: str
    rule: str | None
    proposal: str | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllAssigned:
    """What became of a whole cycle; `undecided` are the schools for which nothing is proposed."""

    assigned: tuple[Assigned, ...] = ()
    standing: int = 0
    undecided: Mapping[str, Sequence[str]] = field(default_factory=dict)


def assign_cluster(session: Session, case_id: int, word: ClusterWord, acting: Acting) -> Assigned:
    """Decide the cluster of one case. The rule's verdict, the proposal and the decision are kept.

    Raises `NotFound`, `Forbidden`, `InputRefused`, `NotReady`.
    """
    held = case_for(session, acting, case_id, Right.DECIDE)
    found = _proposed(session, supported_in(session, held.cycle))
    mine = next((one for one in found.schools if one.case == case_id), None)
    if mine is None:
        raise NotReady(
            what=Sentence("The case {case} has ended already", {"case": case_id}),
            cure=Sentence("An exit made by mistake is undone by the move reopen."),
        )
    return _assign(session, found, mine, word, acting)


def assign_all(session: Session, cycle: Cycle, acting: Acting, *, basis: str) -> AllAssigned:
    """Take what is proposed for every case of the cycle that has no cluster yet."""
    require(session, acting, Right.PAIR, cycle.register_key)
    found = _proposed(session, supported_in(session, cycle))
    assigned, undecided = [], {}
    for one in found.schools:
        if one.decided is not None:
            continue
        if one.proposed is None:
            undecided[one.school] = one.verdict.reasons
            continue
        case_for(session, acting, one.case or 0, Right.DECIDE)
        assigned.append(_assign(session, found, one, ClusterWord(basis=basis), acting))
    standing = sum(one.decided is not None for one in found.schools)
    return AllAssigned(assigned=tuple(assigned), standing=standing, undecided=undecided)


def _assign(
    session: Session, found: ProposedClusters, one: Placed, word: ClusterWord, acting: Acting
) -> Assigned:
    cluster, whose = _chosen(found, one, word)
    programme, group = found.programme, one.group
    values = {
        "cluster": cluster,
        "whose": whose,
        "rule": one.verdict.cluster,
        "proposal": group.key if group else None,
        "programme": programme.sha256,
        "facts_year": found.year,
    }
    decided = Decided(
        kind=programme.clusters.decision,
        value=cluster_words(programme, cluster),
        basis=word.basis,
        deed="assign_cluster",
        values=values,
        words={"reason": word.reason},
    )
    line = keep_decision(session, one.case or 0, decided, acting)
    session.add(
        ClusterAssignment(
            case_id=one.case or 0,
            programme_sha256=programme.sha256,
            facts_year=found.year,
            cluster=cluster,
            whose=whose,
            rule=one.verdict.cluster,
            reasons=list(one.verdict.reasons),
            grounds=[ground_row(ground) for ground in one.verdict.grounds],
            proposal=group.key if group else None,
            apart=[[d.trait, d.deviations] for d in group.apart] if group else [],
            decided_at=acting.at,
        )
    )
    session.flush()
    return Assigned(
        case=one.case or 0,
        school=one.school,
        cluster=cluster,
        whose=whose,
        rule=one.verdict.cluster,
        proposal=group.key if group else None,
        line=line.seq,
    )


def _chosen(found: ProposedClusters, one: Placed, word: ClusterWord) -> tuple[str, str]:
    """The cluster, and whose word it is."""
    if not word.basis.strip():
        cure = Sentence("A decision says what was decided, and on what basis.")
        raise InputRefused(field="--basis", value=word.basis, cure=cure)
    known = [rule.key for rule in found.programme.clusters.rules]
    known += [group.key for group in found.grouping.groups]
    cluster = word.cluster or one.proposed
    if cluster is None:
        cure = Sentence(
            "Nothing is proposed for this school: name one of {known}.", {"known": ", ".join(known)}
        )
        raise InputRefused(field="--cluster", value="", cure=cure)
    if cluster not in known:
        cure = Sentence("The clusters are {known}.", {"known": ", ".join(known)})
        raise InputRefused(field="--cluster", value=cluster, cure=cure)
    if one.verdict.cluster == cluster:
        return cluster, RULE
    if one.verdict.cluster is None and one.group and one.group.key == cluster:
        return cluster, PROPOSAL
    if not word.reason.strip():
        proposed = cluster_words(found.programme, one.proposed) if one.proposed else "—"
        told = {"proposed": proposed}
        cure = Sentence("Proposed is {proposed}: say why it is another one.", told)
        raise InputRefused(field="--reason", value="", cure=cure)
    return cluster, PERSON


def cluster_words(programme: Programme, key: str) -> str:
    """What people call a cluster, in the programme's first language."""
    return say(cluster_called(programme, key), programme.languages[0])


def cluster_called(programme: Programme, key: str) -> Words | Sentence:
    """The words of a rule's cluster; a proposed group has no name but its number."""
    words = programme.labels.get(f"cluster.{key}")
    return words or Sentence("Group {number}", {"number": key.removeprefix(GROUP)})


def cluster_of(session: Session, case_id: int) -> ClusterAssignment | None:
    """The assignment of a case that stands; the caller has been shown the case."""
    return session.exec(
        select(ClusterAssignment)
        .where(ClusterAssignment.case_id == case_id)
        .order_by(col(ClusterAssignment.id).desc())
    ).first()
