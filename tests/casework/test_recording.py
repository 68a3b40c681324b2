"""Records of declared kinds: written down, amended, confirmed, answered; nothing of a kind is code."""

from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from casework.acting import Acting
from casework.cases.moving import Request, move_case
from casework.cycles.adopting import adopt
from casework.records.answering import answer_record
from casework.records.asking import acknowledge_record
from casework.records.attending import Guests, attend, invite
from casework.records.record_details import record_detail
from casework.records.record_grounds import About
from casework.records.record_summaries import attendance, counts
from casework.records.record_views import Wanted, records, records_of_case
from casework.records.recording import (
    Entry,
    add_record,
    amend_record,
    cancel_record,
    conclude_record,
    confirm_record,
)
from models.case import Case
from models.history import HistoryLine, HistoryWords
from models.letter import Letter
from models.people import Absence
from models.school import School
from models.task import Task
from opora.errors import (
    AuthorAccepts,
    Forbidden,
    InputRefused,
    MoveNotAllowed,
    NotFound,
    NotReady,
    RecordClosed,
    StaleView,
)
from programmes.reading import read_programme_files
from states.record_machine import RecordState
from states.role import Role
from states.stage import Move
from states.task_machine import TaskState
from tests.casework.record_world import with_records
from tests.worlds import OPENED, acting, small_world

LATER = OPENED + timedelta(days=3)


@pytest.fixture
def world(session):
    return small_world(session, with_records())


@pytest.fixture
def people(session, world):
    """The case's own head, curator and coordinator, the operator, and a head from elsewhere."""
    case = session.get_one(Case, world.cases[0])
    school = session.get_one(School, case.school_id)
    other = session.get_one(School, session.get_one(Case, world.cases[1]).school_id)
    return {
        "head": acting(world.people[Role.HEAD, school.id], LATER),
        "curator": acting(world.people[Role.CURATOR, school.id], LATER),
        "coordinator": acting(world.people[Role.COORDINATOR, school.territory_id], LATER),
        "operator": acting(world.operator, LATER),
        "stranger": acting(world.people[Role.HEAD, other.id], LATER),
        "elsewhere": acting(world.people[Role.COORDINATOR, other.territory_id], LATER),
    }


def add(session, who: Acting, kind, fields, *, case=None, parent=None, **about):
    entry = Entry(fields=fields, parent=parent)
    return add_record(session, who, kind, About(case=case, **about), entry)


def order(session, people):
    fields = {"about": "О модели", "signed_on": "2026-09-08", "signer": "И. Придуманный"}
    return add(session, people["operator"], "order", fields)


def lines_of(session, subject):
    found = select(HistoryLine).where(HistoryLine.subject == subject)
    return session.exec(found.order_by(col(HistoryLine.seq))).all()


def letters_about(session, record):
    rows = session.exec(select(Letter).where(col(Letter.key).startswith(f"record:{record.id}:")))
    return {(row.fields["topic"], row.recipient_id) for row in rows}


def test_an_act_numbers_in_its_register_and_is_seen_by_every_participant(session, people):
    first, second = order(session, people), order(session, people)
    assert (first.number, second.number) == (1, 2)
    assert first.state is RecordState.STANDING
    [seen, _] = records(session, people["head"], Wanted(kind="order"))
    assert (seen.title, seen.day, seen.number) == ("О модели", date(2026, 9, 8), 1)
    assert [field.key for field in seen.fields] == [
        "about",
        "signed_on",
    ]  # the signer is not public
    [whole, _] = records(session, people["operator"], Wanted(kind="order"))
    assert whole.field("signer") == "И. Придуманный"


def test_the_line_tells_data_and_only_commits_to_words(session, world, people):
    record = order(session, people)
    line = lines_of(session, f"cycle:{world.cycle.id}")[-1]
    assert line.deed == "add_record"
    assert "2026-09-08" in line.body
    assert "Придуманный" not in line.body
    words = session.exec(select(HistoryWords).where(HistoryWords.line_id == line.id)).all()
    assert {one.field: one.text for one in words}["field_signer"] == "И. Придуманный"
    assert record.subject == f"cycle:{world.cycle.id}"


def test_a_chain_of_acts_leads_from_the_school_to_the_region(session, world, people):
    top = order(session, people)
    fields = {"about": "О группе", "signed_on": "10.09.2026", "roster": [{"name": "И. Выдуманный"}]}
    case = world.cases[0]
    with pytest.raises(InputRefused):
        add(session, people["head"], "own_act", fields, case=case)  # rests on nothing
    act = add(session, people["head"], "own_act", fields, case=case, parent=top.id)
    assert act.state is RecordState.WAITING
    detail = record_detail(session, people["head"], act.id)
    assert [one.id for one in detail.parents] == [top.id]
    with pytest.raises(InputRefused, match=str(act.id)):
        cancel_record(session, people["operator"], top.id, reason="ошибка")


def test_the_author_never_confirms_and_an_amended_record_waits_anew(session, world, people):
    top = order(session, people)
    fields = {"about": "О группе", "signed_on": "2026-09-09", "until": "2027-06-30"}
    act = add(session, people["head"], "own_act", fields, case=world.cases[0], parent=top.id)
    coordinator = people["coordinator"]
    assert ("confirm", coordinator.person.id) in letters_about(session, act)
    with pytest.raises(Forbidden):
        confirm_record(session, people["curator"], act.id)
    own = add(session, coordinator, "own_act", fields, case=world.cases[0], parent=top.id)
    assert ("confirm", people["operator"].person.id) in letters_about(session, own)
    with pytest.raises(AuthorAccepts):
        confirm_record(session, coordinator, own.id)
    confirm_record(session, people["operator"], own.id)
    confirm_record(session, coordinator, act.id)
    assert (act.state, act.version) == (RecordState.STANDING, 2)
    changed = Entry(fields={"about": "О рабочей группе"}, seen=2)
    amend_record(session, people["head"], act.id, changed)
    assert (act.state, act.version, act.title) == (RecordState.WAITING, 3, "О рабочей группе")
    with pytest.raises(StaleView):
        amend_record(session, people["head"], act.id, changed)
    versions = record_detail(session, people["head"], act.id).versions
    assert [one.fields["about"] for one in versions] == ["О группе", "О группе", "О рабочей группе"]


def test_what_is_not_yours_does_not_exist_for_you(session, world, people):
    fields = {"text": "Как посчитать долю?"}
    asked = add(session, people["head"], "query", fields, case=world.cases[0])
    for foreign in ("stranger", "elsewhere"):
        assert records(session, people[foreign], Wanted(kind="query")) == []
        with pytest.raises(NotFound):
            record_detail(session, people[foreign], asked.id)
        with pytest.raises(NotFound):
            answer_record(session, people[foreign], asked.id, "Так")
    with pytest.raises(NotFound):
        add(session, people["stranger"], "query", fields, case=world.cases[0])
    with pytest.raises(Forbidden):
        add(session, people["coordinator"], "query", fields, case=world.cases[0])
    with pytest.raises(Forbidden):
        add(session, people["head"], "order", {"about": "x", "signed_on": "2026-09-08"})


def test_a_question_gets_its_answer_and_stays_with_the_case(session, world, people):
    case = world.cases[0]
    asked = add(session, people["head"], "query", {"text": "Как посчитать долю?"}, case=case)
    head, curator = people["head"].person.id, people["curator"].person.id
    assert letters_about(session, asked) == {("question", curator)}
    answer_record(session, people["curator"], asked.id, "По форме 2.")
    answer_record(session, people["head"], asked.id, "А за прошлый год?")
    assert letters_about(session, asked) >= {("reply", head), ("reply", curator)}
    detail = record_detail(session, people["operator"], asked.id)
    assert [one.text for one in detail.replies] == ["По форме 2.", "А за прошлый год?"]
    conclude_record(session, people["head"], asked.id, "settled")
    with pytest.raises(RecordClosed):
        answer_record(session, people["curator"], asked.id, "Ещё слово")
    [view] = records_of_case(session, people["curator"], case)
    assert (view.outcome, view.replies) == ("settled", 2)
    assert "прошлый год" not in lines_of(session, f"case:{case}")[-2].body


def test_a_recommendation_makes_a_task_with_the_day_it_names(session, world, people):
    case, curator = world.cases[0], people["curator"]
    fields = {"what": "Посетить урок", "due": "2026-10-03", "topic": "обучение", "hours": "2,50"}
    record = add(session, curator, "hint", fields, case=case)
    assert (record.fields["topic"], record.fields["hours"]) == ("teaching", "2.5")
    [made] = record_detail(session, curator, record.id).tasks
    task = session.get_one(Task, made.id)
    assert (task.milestone, task.due_on) == (
        "advice_followed",
        date(2026, 10, 5),
    )  # no Saturday
    assert task.assignee_id == people["head"].person.id
    assert ("task", task.assignee_id) in letters_about(session, record)
    second = add(session, curator, "hint", {"what": "Ещё один"}, case=case)
    [other] = record_detail(session, curator, second.id).tasks
    assert session.get_one(Task, other.id).turn == 2
    cancel_record(session, curator, record.id, reason="урок отменён")
    assert task.state is TaskState.CANCELLED
    conclude_record(session, curator, second.id, "done", remarks="выполнено")
    found = counts(records_of_case(session, curator, case))
    assert [(one.total, one.cancelled, dict(one.outcomes)) for one in found] == [
        (2, 1, {"done": 1})
    ]


def test_a_day_that_has_passed_makes_no_task(session, world, people):
    fields = {"what": "Посетить урок", "due": "2026-09-01"}
    with pytest.raises(InputRefused, match="2026-09-01"):
        add(session, people["curator"], "hint", fields, case=world.cases[0])


def test_every_municipality_acknowledges_once(session, world, people):
    record = add(session, people["operator"], "advice", {"title": "О диагностике"})
    asked = record_detail(session, people["operator"], record.id).parties
    assert len(asked) == 2
    assert all(one.asked and not one.acknowledged for one in asked)
    assert len(acknowledge_record(session, people["coordinator"], record.id)) == 1
    assert acknowledge_record(session, people["coordinator"], record.id) == []
    with pytest.raises(NotFound):
        acknowledge_record(session, people["head"], record.id)
    [view] = records(session, people["elsewhere"], Wanted(kind="advice"))
    assert (view.asked, view.acknowledged) == (2, 1)


def webinar(session, people, number=1):
    day = date(2026, 9, 8) + timedelta(days=number)
    fields = {"topic": f"Занятие {number}", "held_on": day, "hour": "14:30"}
    return add(session, people["operator"], "webinar", fields)


def test_never_more_attend_than_were_invited(session, world, people):
    record, operator = webinar(session, people), people["operator"]
    invite(session, operator, record.id, Guests(parties=["860000:2", "860001"], others=1))
    attend(session, operator, record.id, Guests(parties=["860000:2"], others=1))
    for too_many in (["860001:2"], ["860002"], ["860000:3"]):
        with pytest.raises(InputRefused):
            attend(session, operator, record.id, Guests(parties=too_many))
    with pytest.raises(InputRefused):
        attend(session, operator, record.id, Guests(others=2))
    with pytest.raises(InputRefused):
        invite(session, operator, record.id, Guests(parties=["860000:1"]))
    [view] = records(session, operator, Wanted(kind="webinar"))
    assert (view.invited, view.attended) == (4, 3)


def test_six_webinars_and_who_came_to_each(session, world, people):
    operator = people["operator"]
    moment = Acting(
        at=LATER + timedelta(days=20),
        recorded_at=LATER + timedelta(days=20),
        person=operator.person,
    )
    for number in range(1, 7):
        record = webinar(session, people, number)
        invite(session, moment, record.id, Guests(parties=["all"]))
        came = ["all"] if number < 6 else ["860000", "860001"]
        attend(session, moment, record.id, Guests(parties=came))
    matrix = attendance(session, operator, world.cycle.id, "webinar")
    assert (len(matrix.columns), len(matrix.rows), matrix.wanted) == (6, 3, 6)
    assert [row.attended for row in matrix.rows] == [6, 6, 5]


def test_nobody_has_attended_what_is_still_to_come(session, people):
    record = webinar(session, people, number=9)
    invite(session, people["operator"], record.id, Guests(parties=["860000"]))
    with pytest.raises(InputRefused):
        attend(session, people["operator"], record.id, Guests(parties=["860000"]))


def test_a_moved_day_is_told_to_whoever_was_invited(session, world, people):
    record, operator = webinar(session, people, number=9), people["operator"]
    invite(session, operator, record.id, Guests(parties=["860000"]))
    before = len(letters_about(session, record))
    amend_record(session, operator, record.id, Entry(fields={"held_on": "2026-09-30"}))
    rows = session.exec(select(Letter).where(col(Letter.key).startswith(f"record:{record.id}:")))
    assert (before, len(list(rows))) == (1, 2)
    cancel_record(session, operator, record.id, reason="зал закрыт")
    assert "cancelled" in {topic for topic, _ in letters_about(session, record)}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "what"),
        ({"what": "x", "wish": "y"}, "wish"),
        ({"what": "x", "due": "вчера"}, "due"),
        ({"what": "x", "topic": "погода"}, "topic"),
        ({"what": "x", "hours": "0"}, "hours"),
        ({"what": "x", "hours": "сто"}, "hours"),
        ({"what": "x", "hours": "1e99999"}, "hours"),
        ({"what": "x", "hours": "٣"}, "hours"),
        ({"what": "x", "doer": "nobody@example.org"}, "doer"),
        ({"what": "x\x00y"}, "what"),
        ({"what": "x" * 30_000}, "what"),
        ({"what": ["x", "y"]}, "what"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_kept(session, world, people, fields, named):
    with pytest.raises(InputRefused) as refused:
        add(session, people["curator"], "hint", fields, case=world.cases[0])
    assert refused.value.fields["field"] == named
    assert records_of_case(session, people["curator"], world.cases[0]) == []


def test_a_record_about_a_person_is_seen_by_them_and_those_above(session, world, people):
    email = people["head"].person.email
    fields = {"course": "Наставник", "hours": 72}
    record = add(session, people["coordinator"], "schooling", fields, person=email)
    for who in ("head", "coordinator", "operator"):
        assert record_detail(session, people[who], record.id).view.title == "Наставник"
    for who in ("stranger", "elsewhere", "curator"):
        with pytest.raises(NotFound):
            record_detail(session, people[who], record.id)


def test_a_move_needs_as_many_webinars_as_the_programme_says(session):
    needs = "      - {need: record, of: webinar, at_least: 2}\n"
    world = small_world(session, with_records(needs))
    operator = acting(world.operator, LATER + timedelta(days=20))
    people = {"operator": operator}
    case = world.cases[0]
    school = session.get_one(School, session.get_one(Case, case).school_id)

    def lacking():
        with pytest.raises(MoveNotAllowed) as refused:
            move_case(session, case, Move.ANALYSE, Request(), operator)
        return [one.fields.get("have") for one in refused.value.unmet if "on record" in one.text]

    assert lacking() == [0]
    for number, left in ((1, [1]), (2, [])):
        held = webinar(session, people, number)
        invite(session, operator, held.id, Guests(parties=["all"]))
        attend(session, operator, held.id, Guests(parties=[school.code]))
        assert lacking() == left


def test_a_series_is_written_down_at_once_a_week_apart(session, people):
    fields = {"topic": "Еженедельный", "held_on": "2026-09-10"}
    entry = Entry(fields=fields, times=4)
    first = add_record(session, people["operator"], "webinar", About(), entry)
    found = records(session, people["operator"], Wanted(kind="webinar"))
    assert [one.day.isoformat() for one in found] == [
        "2026-09-10",
        "2026-09-17",
        "2026-09-24",
        "2026-10-01",
    ]
    assert first.id == found[0].id
    for times in (0, 500):
        with pytest.raises(InputRefused):
            add_record(
                session, people["operator"], "webinar", About(), Entry(fields=fields, times=times)
            )
    entry = Entry(fields={"title": "x"}, times=2)
    with pytest.raises(InputRefused):
        add_record(session, people["operator"], "advice", About(), entry)


def test_a_version_that_would_make_records_unreadable_is_not_adopted(session, world, people):
    order(session, people)
    files = dict(world.programme.files)
    kinds = files["records.yaml"]
    signer = "signer: {words: {ru: кто подписал, en: signer}"
    assert signer in kinds
    files["records.yaml"] = kinds.replace(signer, f"{signer}, type: number", 1)
    with pytest.raises(NotReady) as refused:
        adopt(session, world.cycle, read_programme_files(files), people["operator"], dry_run=True)
    assert len(getattr(refused.value, "unmet", ())) == 1
    start, end = kinds.index("  advice:\n    words"), kinds.index("  hint:\n")
    add(session, people["operator"], "advice", {"title": "О форме"})
    files["records.yaml"] = kinds[:start] + kinds[end:]
    adopt(session, world.cycle, read_programme_files(files), people["operator"], dry_run=False)
    [kept] = records(session, people["operator"], Wanted(kind="advice"))
    assert (kept.title, kept.words["ru"]) == ("О форме", "методические рекомендации")


def test_who_stands_in_confirms_and_history_says_for_whom(session, world, people):
    top = order(session, people)
    fields = {"about": "О группе", "signed_on": "2026-09-09"}
    act = add(session, people["head"], "own_act", fields, case=world.cases[0], parent=top.id)
    coordinator, other = people["coordinator"].person, people["elsewhere"].person
    with pytest.raises(NotFound):
        confirm_record(session, people["elsewhere"], act.id)
    session.add(
        Absence(
            person_id=coordinator.id,
            substitute_id=other.id,
            first_day=date(2026, 9, 1),
            last_day=date(2026, 9, 30),
        )
    )
    session.flush()
    confirm_record(session, people["elsewhere"], act.id)
    line = lines_of(session, act.subject)[-1]
    assert (line.deed, line.actor) == ("confirm_record", f"person:{other.id}")
    assert f'"on_behalf_of":"person:{coordinator.id}"' in line.body


def test_a_closed_year_is_only_read(session, world, people):
    record = order(session, people)
    world.cycle.is_open = False
    session.flush()
    for deed in (
        lambda: order(session, people),
        lambda: amend_record(session, people["operator"], record.id, Entry(fields={"about": "x"})),
        lambda: cancel_record(session, people["operator"], record.id, reason="x"),
    ):
        with pytest.raises(NotReady):
            deed()
    assert record_detail(session, people["operator"], record.id).view.title == "О модели"
