"""A plan's completeness never lies: against a naive recount of any records."""

from hypothesis import given, strategies as st

from casework.plans.plan_completeness import Piece, lacks
from programmes.plans import Plan, PlanAnswer, PlanDocument, PlanSection

WORDS = {"ru": "х", "en": "x"}
PLAN = Plan(
    measure="measure",
    section="section",
    sections={"a": PlanSection(words=WORDS), "b": PlanSection(words=WORDS, at_least=2)},
    documents=(PlanDocument(kind="concept"),),
    answers=(PlanAnswer(each="risk", where="chosen", kind="anti_risk"),),
)
PIECES = st.lists(
    st.tuples(
        st.sampled_from(["measure", "concept", "risk", "anti_risk"]),
        st.sampled_from(["a", "b", "c"]),
        st.booleans(),
        st.integers(0, 8),
    ),
    max_size=9,
)


def pieces_of(drawn):
    return [
        Piece(
            id=number,
            kind=kind,
            title=f"№ {number}",
            parent=parent if kind == "anti_risk" else None,
            fields={"section": section, "chosen": chosen},
        )
        for number, (kind, section, chosen, parent) in enumerate(drawn)
    ]


@given(PIECES)
def test_what_is_missing_is_what_a_naive_recount_misses(drawn):
    pieces = pieces_of(drawn)
    said = {(one.what, one.for_record) for one in lacks(PLAN, pieces)}
    missing = set()
    for section, wanted in (("a", 1), ("b", 2)):
        if sum(p.kind == "measure" and p.fields["section"] == section for p in pieces) < wanted:
            missing.add((section, ""))
    if not any(p.kind == "concept" for p in pieces):
        missing.add(("concept", ""))
    for risk in pieces:
        has_answer = any(p.kind == "anti_risk" and p.parent == risk.id for p in pieces)
        if risk.kind == "risk" and risk.fields["chosen"] and not has_answer:
            missing.add(("anti_risk", risk.title))
    assert said == missing


@given(PIECES, PIECES)
def test_more_records_never_make_a_section_or_a_document_missing(drawn, more):
    before = {one.what for one in lacks(PLAN, pieces_of(drawn)) if not one.for_record}
    after = {one.what for one in lacks(PLAN, pieces_of(drawn + more)) if not one.for_record}
    assert after <= before


def test_an_empty_plan_lacks_everything():
    assert [one.what for one in lacks(PLAN, [])] == ["a", "b", "concept"]
    assert [one.what for one in lacks(Plan(measure="measure"), [])] == ["measure"]
