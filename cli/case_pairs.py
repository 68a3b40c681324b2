"""What `opora case show` says of a case's cluster and partner: what stands, and what was proposed."""

from sqlmodel import Session

from analysis.clustering import Difference
from casework.cases.clustering import cluster_of
from casework.pairs.partnering import partner_of
from cli.door import Door
from cli.pair_words import cluster_label, group_label, score_words
from models.pairing import ClusterAssignment, Participation
from opora.words import Sentence
from programmes.definition import Programme

WHOSE = {
    "rule": Sentence("by the rule table"),
    "proposal": Sentence("as the data propose"),
    "person": Sentence("an expert's word"),
}


def pairs_data(session: Session, case_id: int) -> dict[str, object]:
    """For a script; None where nothing has been decided."""
    cluster, partner = cluster_of(session, case_id), partner_of(session, case_id)
    of_cluster = {"cluster", "whose", "rule", "proposal", "reasons", "apart", "facts_year"}
    of_partner = {"candidate", "pool", "form", "score", "parts", "since"}
    return {
        "cluster": cluster.model_dump(include=of_cluster) if cluster else None,
        "partner": partner.model_dump(include=of_partner) if partner else None,
    }


def print_pairs(door: Door, programme: Programme, session: Session, case_id: int) -> None:
    """The two lines, where there is something to say."""
    cluster, partner = cluster_of(session, case_id), partner_of(session, case_id)
    rows = [
        *(_of_cluster(programme, cluster) if cluster else ()),
        *(_of_partner(programme, partner) if partner else ()),
    ]
    if rows:
        door.out.pairs(rows)


def _of_cluster(programme: Programme, one: ClusterAssignment) -> list[tuple[Sentence, object]]:
    apart = [Difference(trait, deviations) for trait, deviations in one.apart]
    return [
        (Sentence("Cluster"), cluster_label(programme, one.cluster)),
        (Sentence("Whose word"), WHOSE[one.whose]),
        (Sentence("By the rule table"), cluster_label(programme, one.rule)),
        (Sentence("Group"), group_label(programme, one.proposal, apart)),
    ]


def _of_partner(programme: Programme, one: Participation) -> list[tuple[Sentence, object]]:
    return [
        (Sentence("Partner"), one.candidate),
        (Sentence("Pool"), programme.labels.get(f"pool.{one.pool}")),
        (Sentence("Form"), programme.labels.get(f"form.{one.form}")),
        (Sentence("Score"), score_words(one.score)),
        (Sentence("Since"), one.since),
    ]
