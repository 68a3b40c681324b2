"""The law of a case: no walk leaves it, every stage can be reached, every refusal says why."""

import threading

import pytest
from hypothesis import given, strategies as st

from opora.errors import MoveNotAllowed
from states.case_machine import RULES, Standing, destination, machine, open_moves
from states.needs import CaseFacts, Need, NeedKind, unmet
from states.stage import Move, Stage

NOTHING = CaseFacts()
FORWARD = {
    Move.ANALYSE,
    Move.CLUSTER,
    Move.PARTNER,
    Move.APPROVE_PROGRAMME,
    Move.MONITOR,
    Move.EXIT,
}


def walked(standing: Standing, move: Move) -> Standing:
    dest = destination(move, standing, needs=(), facts=NOTHING)
    if move in {Move.SUSPEND, Move.RESUME}:
        return Standing(stage=dest, suspended=move is Move.SUSPEND, left=standing.left)
    suspended = standing.suspended and dest is not Stage.EXITED
    return Standing(stage=dest, suspended=suspended, left=standing.stage)


@given(st.lists(st.sampled_from(Move), max_size=40))
def test_no_walk_leaves_the_law(moves):
    standing = Standing(stage=Stage.IDENTIFIED)
    for move in moves:
        if move in open_moves(standing):
            arrived = walked(standing, move)
            assert any(
                (rule.move, rule.source, rule.dest) == (move, standing.stage, arrived.stage)
                for rule in RULES
            )
            standing = arrived
        else:
            with pytest.raises(MoveNotAllowed):
                destination(move, standing, needs=(), facts=NOTHING)


@given(st.lists(st.sampled_from(Move), max_size=40))
def test_a_suspended_case_makes_no_step_forward(moves):
    standing = Standing(stage=Stage.IDENTIFIED)
    for move in moves:
        if standing.suspended and move in FORWARD:
            with pytest.raises(MoveNotAllowed):
                destination(move, standing, needs=(), facts=NOTHING)
        elif move in open_moves(standing):
            standing = walked(standing, move)


def test_every_stage_is_reached_and_every_stage_has_a_way_to_the_exit():
    def reach(start, steps):
        seen, todo = set(), [start]
        while todo:
            stage = todo.pop()
            if stage not in seen:
                seen.add(stage)
                todo += steps(stage)
        return seen

    onward = [rule for rule in RULES if rule.move in FORWARD]
    assert reach(Stage.IDENTIFIED, lambda s: [r.dest for r in onward if r.source is s]) == set(
        Stage
    )
    assert reach(Stage.EXITED, lambda s: [r.source for r in onward if r.dest is s]) == set(Stage)


@pytest.mark.parametrize("left", list(Stage)[:-1])
def test_a_reopened_case_stands_where_it_stood_before_the_exit(left):
    standing = Standing(stage=Stage.EXITED, left=left)
    assert open_moves(standing) == (Move.REOPEN,)
    assert destination(Move.REOPEN, standing, needs=(), facts=NOTHING) is left


def test_nothing_is_done_twice():
    suspended = Standing(stage=Stage.ANALYSED, suspended=True)
    with pytest.raises(MoveNotAllowed):
        destination(Move.SUSPEND, suspended, needs=(), facts=NOTHING)
    with pytest.raises(MoveNotAllowed):
        destination(Move.RESUME, Standing(stage=Stage.ANALYSED), needs=(), facts=NOTHING)


def test_a_refusal_lists_every_unmet_need_and_not_only_the_first():
    needs = [
        Need(need=NeedKind.BASIS),
        Need(need=NeedKind.CURATOR),
        Need(need=NeedKind.DOCUMENT, of="plan", at_least=2),
        Need(need=NeedKind.DECISION, of="cluster"),
        Need(need=NeedKind.MILESTONE, of="final"),
        Need(need=NeedKind.OUTCOME),
        Need(need=NeedKind.REMARKS),
        Need(need=NeedKind.TASKS_ACCEPTED),
        Need(need=NeedKind.RECORD, of="webinar", at_least=6),
        Need(need=NeedKind.PLAN),
    ]
    facts = CaseFacts(unfinished=[{"ru": "анализ", "en": "analysis"}], documents={"plan": 1})
    with pytest.raises(MoveNotAllowed) as refused:
        destination(Move.ANALYSE, Standing(stage=Stage.IDENTIFIED), needs=needs, facts=facts)
    assert len(refused.value.unmet) == len(needs)
    assert {need.need for need in needs} == set(NeedKind)


def test_met_needs_are_silent():
    facts = CaseFacts(
        basis="приказ № 12",
        remarks="переделать",
        outcome="improved",
        has_curator=True,
        documents={"plan": 2},
        decisions=frozenset({"cluster"}),
        milestones=frozenset({"final"}),
        records={"webinar": 1},
        has_plan=True,
    )
    subjects = {
        "document": "plan",
        "decision": "cluster",
        "milestone": "final",
        "record": "webinar",
    }
    needs = [
        Need(
            need=kind,
            of=subjects.get(kind),
        )
        for kind in NeedKind
    ]
    assert unmet(needs, facts) == []


def test_the_programmes_own_words_replace_the_house_sentence():
    need = Need(need=NeedKind.BASIS, words={"ru": "нет приказа", "en": "no order"})
    [sentence] = unmet([need], NOTHING)
    assert sentence.fields["words"] == {"ru": "нет приказа", "en": "no order"}


def test_one_machine_serves_many_threads_and_keeps_nobody():
    arrived = []

    def walk():
        for _ in range(50):
            standing = Standing(stage=Stage.IDENTIFIED)
            arrived.append(destination(Move.ANALYSE, standing, needs=(), facts=NOTHING))

    threads = [threading.Thread(target=walk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert arrived == [Stage.ANALYSED] * 400
    assert not machine().models
