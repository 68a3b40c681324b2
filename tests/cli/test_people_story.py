"""Stories of people: a curator ill for three weeks in April, a coordinator gone for good, the telephone."""

import email
import json
import shutil
from email import policy

import pytest

from programmes.folders import shipped
from tests.cli.conftest import launch, write
from tests.cli.test_story import carry_through

CURATOR, SUBSTITUTE = "curator@example.org", "substitute@example.org"
COORDINATOR, FOLLOWER = "coordinator@example.org", "follower@example.org"
HEAD, OPERATOR = "head@example.org", "operator@example.org"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def town(on_database):
    """The invented region with two more curators, one of them at the other school."""
    launch(on_database)
    rows = [
        [SUBSTITUTE, "Заместитель Выдуманный", "куратор", "", "010002"],
        [FOLLOWER, "Преемник Выдуманный", "руководитель", "", "010002"],
    ]
    write(on_database.folder / "people.csv", ["email", "name", "role", "territory", "school"], rows)
    on_database.done(
        "import", "people.csv", "--programme", "yugra", "--profile", "people", at="2026-09-01T10:00"
    )
    (on_database.folder / "proof.pdf").write_bytes(PDF)
    return on_database


def live(terminal, day):
    terminal.done("round", at=f"{day}T04:00")
    terminal.done("deliver", at=f"{day}T10:00")


def letters(terminal, *, to):
    """(subject, text) of every letter to that address, in order of their leaving."""
    found = []
    for file in sorted((terminal.folder / "home" / "mailbox").glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        if to in str(message["To"]):
            text = message.get_body(("plain",)).get_content()
            found.append((str(message["Subject"]), text))
    return found


def task_of(terminal, milestone):
    [found] = [
        t for t in terminal.done("task", "list", "--json").data if t["milestone"] == milestone
    ]
    return found


def mine(terminal, person):
    return {t["id"] for t in terminal.done("task", "list", "--mine", "--json", by=person).data}


def test_a_curator_ill_for_three_weeks_in_april(town):
    live(town, "2027-03-29")
    before = len(letters(town, to=SUBSTITUTE))
    away = ["people", "absent", CURATOR, "--from", "2027-04-05", "--until", "2027-04-25"]
    away += ["--substitute", SUBSTITUTE, "--json"]
    assert town.done(*away, "--dry-run", at="2027-04-01").data["substitute"] == SUBSTITUTE
    assert town.done("people", "absences", "--json").data == []
    town.done(*away, at="2027-04-01")
    assert mine(town, SUBSTITUTE).isdisjoint(mine(town, CURATOR))

    town.done(
        "task",
        "submit",
        task_of(town, "self_analysis_done")["id"],
        "--text",
        "Готово",
        "--file",
        "proof.pdf",
        at="2027-04-06T03:00",
        by=HEAD,
    )
    live(town, "2027-04-06")
    assert mine(town, CURATOR) <= mine(town, SUBSTITUTE)
    told = letters(town, to=SUBSTITUTE)[before:]
    assert any("Вы замещаете" in text and "Куратор Выдуманный" in text for _, text in told)
    assert not [t for s, t in letters(town, to=CURATOR) if "2027-04-06" in t]

    task = task_of(town, "self_analysis_done")
    line = town.done("task", "accept", task["id"], "--json", at="2027-04-07", by=SUBSTITUTE).data
    assert line["state"] == "accepted"
    last = town.done("history", 1, "--json").data["lines"][-1]
    assert (last["deed"], last["values"]["on_behalf_of"][:7]) == ("accept_task", "person:")
    assert town("task", "accept", task["id"], at="2027-04-07", by=COORDINATOR).status == 1

    live(town, "2027-04-26")  # back again
    assert town("case", "show", 1, by=SUBSTITUTE).status == 1
    assert mine(town, SUBSTITUTE).isdisjoint(mine(town, CURATOR))
    assert town.done("verify", "--json").data["ok"]


def test_one_digest_a_day_also_for_a_substitute_and_claims_made_before_go_along(town):
    for day in ("2026-09-21", "2026-09-28", "2026-10-05"):
        town.done("round", at=f"{day}T04:00")  # nothing leaves: the letters wait
    waiting = town.done("letter", "list", "--state", "pending", "--json").data
    assert any(one["to"] == HEAD and one["kind"] == "digest" for one in waiting)
    told = town.done(
        "people", "absent", HEAD, "--from", "2026-10-05", "--until", "2026-10-20",
        "--substitute", SUBSTITUTE, "--json", at="2026-10-05T05:00", by=HEAD,
    ).data  # fmt: skip
    assert told["passed_on"] >= 1
    town.done("deliver", at="2026-10-05T12:00")
    town.done("deliver", at="2026-10-06T12:00")
    digests = [s for s, _ in letters(town, to=SUBSTITUTE) if s.startswith("Задачи на")]
    assert digests
    assert len(digests) == len(set(digests))
    assert not [s for s, _ in letters(town, to=HEAD) if s.startswith("Задачи на")]
    assert any("вместо: Директор" in text for _, text in letters(town, to=SUBSTITUTE))


def test_a_head_replaced_by_a_file_leaves_no_open_task_behind(town):
    theirs = mine(town, HEAD)
    assert theirs
    header = ["email", "name", "role", "territory", "school"]
    row = ["fresh@example.org", "Новый Выдуманный", "руководитель", "", "010001"]
    write(town.folder / "people.csv", header, [row])
    words = ["import", "people.csv", "--programme", "yugra", "--profile", "people"]
    shown = town.done(*words, "--dry-run", "--json", at="2026-09-02T10:00").data
    [told] = shown["handed_over"]
    assert (told["was"], told["to"]) == (HEAD, "fresh@example.org")
    assert told["tasks"] == len(theirs)
    assert mine(town, HEAD) == theirs
    assert town.done(*words, "--json", at="2026-09-02T10:00").data["handed_over"] == [told]
    assert mine(town, "fresh@example.org") == theirs
    assert not mine(town, HEAD)
    live(town, "2026-09-03")
    told_of = [text for _, text in letters(town, to="fresh@example.org") if "переда" in text]
    assert len(told_of) == 1
    deeds = [line["deed"] for line in town.done("history", 1, "--json").data["lines"]]
    assert "reassign_tasks" in deeds
    again = town.done(*words, "--json", at="2026-09-04T10:00").data
    assert (again["unchanged"], again["handed_over"]) == (1, [])
    assert town.done("verify", "--json").data["ok"]


def test_a_coordinator_gone_for_good(town):
    live(town, "2026-10-05")
    words = ["people", "depart", COORDINATOR, "--to", FOLLOWER, "--on", "2026-10-08"]
    words += ["--reason", "Уволена", "--json"]
    ahead = town.done(*words, "--dry-run", at="2026-10-08").data
    assert ahead["tasks"]
    assert ahead["only_theirs"]
    assert ahead["roles"] == [
        {"role": "coordinator", "register": "yugra", "territory": "01", "school": None}
    ]
    assert {t["assignee"] for t in town.done("task", "list", "--json").data} >= {COORDINATOR}
    done = town.done(*words, at="2026-10-08").data
    assert [t["task"] for t in done["tasks"]] == [t["task"] for t in ahead["tasks"]]
    after = town.done("task", "list", "--json").data
    assert COORDINATOR not in {t["assignee"] for t in after if t["state"] == "open"}
    assert town("case", "list", by=COORDINATOR).status == 1  # nobody of that name acts any more
    assert town.done("case", "list", "--json", by=FOLLOWER).data

    recent = town.done("task", "list", "--mine", "--recent", 3, "--json", by=FOLLOWER).data
    assert {t["id"] for t in recent} == {t["task"] for t in done["tasks"]}
    assert {(t["given_on"], t["given_by"]) for t in recent} == {("2026-10-08", "Оператор")}
    live(town, "2026-10-12")
    assert any("были чужими" in text for _, text in letters(town, to=FOLLOWER))
    assert town("people", "check").status == 0
    people = {p["email"]: p for p in town.done("people", "list", "--all", "--json").data}
    assert (people[COORDINATOR]["is_active"], people[COORDINATOR]["instead"]) == (False, FOLLOWER)
    assert town.done("verify", "--json").data["ok"]


def test_a_persons_own_history_is_read_by_themselves_and_by_who_looks_after_people(town):
    away = ["people", "absent", CURATOR, "--from", "2026-10-05", "--until", "2026-10-09"]
    town.done(*away, "--substitute", SUBSTITUTE, at="2026-09-02")
    lines = town.done("history", "--person", CURATOR, "--json", by=CURATOR).data["lines"]
    assert [line["deed"] for line in lines] == ["appoint", "record_absence"]
    assert list(lines[1]["people"].values()) == ["Заместитель Выдуманный"]
    shown = town.done("history", "--person", CURATOR, by="auditor@example.org").out
    assert "отсутствие" in shown
    assert "Заместитель Выдуманный" in shown
    assert town("history", "--person", CURATOR, by=HEAD).status == 1
    assert town("history", 1, "--person", CURATOR).status == 2
    assert town("history", "--person", CURATOR, "--as-of", "2026-09-01").status == 2
    town.done("task", "reassign", task_of(town, "self_analysis_done")["id"], "--to", FOLLOWER,
              "--reason", "Директор занят", at="2026-09-03")  # fmt: skip
    told = town.done("history", 1).out
    assert ("Преемник Выдуманный" in told, "person:" in told) == (True, False)


def test_a_departure_before_the_role_began_is_refused(town):
    words = ["people", "depart", COORDINATOR, "--to", FOLLOWER, "--reason", "x", "--dry-run"]
    refused = town(*words, "--on", "2026-01-01", at="2026-09-09")
    assert (refused.status, "20 августа 2026 г." in refused.err) == (1, True)
    assert ".." not in refused.err
    assert town(*words, "--on", "2026-09-01", at="2026-09-09").status == 0


def test_an_absence_names_the_earlier_word_and_a_substitute_who_is_away_too(town):
    words = ["people", "absent", CURATOR, "--from", "2026-10-05", "--until"]
    town.done(*words, "2026-10-20", "--substitute", SUBSTITUTE, at="2026-09-02")
    town.done("people", "absent", SUBSTITUTE, "--from", "2026-10-12", "--until", "2026-10-13",
              at="2026-09-02")  # fmt: skip
    look = town.done(*words, "2026-10-14", "--substitute", SUBSTITUTE, "--dry-run", "--json",
                     at="2026-09-03").data  # fmt: skip
    assert look["away_too"]
    [earlier] = look["changes"]
    assert (earlier["last_day"], earlier["substitute"]) == ("2026-10-20", SUBSTITUTE)
    shown = town.done(*words, "2026-10-14", "--dry-run", at="2026-09-03").out
    assert "2026-10-20" in shown


def test_a_task_given_to_somebody_else_keeps_its_day_or_counts_anew(town):
    task = task_of(town, "self_analysis_done")
    words = ["task", "reassign", task["id"], "--to", FOLLOWER, "--reason", "Директор занят"]
    ahead = town.done(*words, "--clock", "restart", "--dry-run", "--json", at="2026-09-15").data
    [row] = ahead["tasks"]
    assert row["new_due_on"] > row["due_on"] == task["due_on"]
    assert task_of(town, "self_analysis_done")["assignee"] == HEAD
    town.done(*words, at="2026-09-15")
    kept = task_of(town, "self_analysis_done")
    assert (kept["assignee"], kept["due_on"]) == (FOLLOWER, task["due_on"])
    assert town(*words, at="2026-09-15").status == 1  # theirs already
    back = ["people", "handover", "--from", FOLLOWER, "--to", HEAD, "--clock", "restart"]
    back += ["--reason", "Вернулся", "--territory"]
    assert town.done(*back, "99", "--json", at="2026-09-16").data["tasks"] == []
    [given] = town.done(*back, "01", "--json", at="2026-09-16").data["tasks"]
    anew = task_of(town, "self_analysis_done")
    assert (anew["assignee"], anew["due_on"]) == (HEAD, given["new_due_on"])
    assert anew["due_on"] > task["due_on"]
    assert town(*words, at="2026-09-16", by=HEAD).status == 1  # not theirs to give
    assert town.done("verify", "--json").data["ok"]


def test_a_clock_counted_anew_takes_along_what_counts_from_it_and_is_no_extension(town):
    for move, day in (
        ("analyse", "2026-09-07"),
        ("cluster", "2026-09-09"),
        ("partner", "2026-09-11"),
    ):
        carry_through(town, at=day)
        for kind in ("cluster", "partner"):
            town.done("case", "decide", 1, kind, "А", "--basis", "протокол № 3", at=day)
        town.done("case", "move", 1, move, "--basis", "приказ № 12", at=day)
    plan, act = task_of(town, "programme_submitted"), task_of(town, "programme_act")
    words = ["task", "reassign", plan["id"], "--clock", "restart", "--json"]
    first = [*words, "--to", FOLLOWER, "--reason", "Директор занят"]
    ahead = town.done(*first, "--dry-run", at="2026-09-21").data["tasks"]
    assert [(one["task"], one["was"] == one["to"]) for one in ahead] == [
        (plan["id"], False),
        (act["id"], True),
    ]
    assert task_of(town, "programme_act")["due_on"] == act["due_on"]
    assert town.done(*first, at="2026-09-21").data["tasks"] == ahead
    for one, milestone in zip(ahead, ("programme_submitted", "programme_act"), strict=True):
        assert task_of(town, milestone)["due_on"] == one["new_due_on"] > one["due_on"]
    town.done("deliver", at="2026-09-22")
    told = [text for _, text in letters(town, to=COORDINATOR) if "отсчитываются" in text]
    assert len(told) == 1

    second = [*words, "--to", HEAD, "--reason", "Вернулся"]
    [back, _] = town.done(*second, at="2026-09-22").data["tasks"]
    kinds = [
        step["kind"] for step in town.done("task", "show", plan["id"], "--json").data["deadline"]
    ]
    assert kinds == ["planned", "restarted", "restarted"]
    shown = town.done("task", "extend", plan["id"], "--days", 15, "--reason", "x", "--dry-run",
                      "--json", at="2026-09-22").data["shifts"]  # fmt: skip
    assert shown[0]["from"] == back["new_due_on"]  # the whole extension is still to be given
    assert town.done("verify", "--json").data["ok"]


def test_a_talk_silences_the_ladder_and_the_list_for_the_telephone_knows_it(town):
    live(town, "2026-11-09")
    [late] = [p for p in town.done("chase", "--json").data if p["person"] == HEAD]
    assert late["last_contact"] is None
    number = late["tasks"][0]["task"]
    words = ["contact", f"task:{number}", "--note", "Обещал к пятнице"]
    assert town(*words, "--silence-days", 15, at="2026-11-09T15:00").status == 2
    told = town.done(*words, "--silence-days", 10, "--json", at="2026-11-09T15:00").data
    assert told["silent_until"] == "2026-11-19"
    [late] = [p for p in town.done("chase", "--json").data if p["person"] == HEAD]
    assert late["last_contact"]["note"] == "Обещал к пятнице"
    assert town.done("chase", "--days", 300, "--json").data == []
    title = late["tasks"][0]["title"]["ru"]
    heard = sum(title in text for _, text in letters(town, to=HEAD))
    live(town, "2026-11-16")
    assert sum(title in text for _, text in letters(town, to=HEAD)) == heard
    assert town("contact", "school:1", "--note", "x", at="2026-11-16").status == 2
    assert town.done("contact", "case:1", "--note", "Звонок", at="2026-11-16T15:00").status == 0
    assert town.done("verify", "--json").data["ok"]


def test_the_check_finds_deadlines_that_reach_nobody(town):
    assert town("people", "check").status == 0
    town.done(
        "people", "absent", HEAD, "--from", "2026-09-02", "--until", "2026-09-20", at="2026-09-02"
    )
    found = town("people", "check", "--json")
    assert found.status == 3
    assert {one["lack"] for one in json.loads(found.out)} == {"absent"}
    town.done("people", "absent", HEAD, "--from", "2026-09-02", "--until", "2026-09-20",
              "--substitute", FOLLOWER, at="2026-09-03")  # fmt: skip
    assert town("people", "check").status == 0
    assert len(town.done("people", "absences", "--json").data) == 1


def test_an_absence_that_makes_no_sense_is_refused(town):
    words = ["people", "absent", CURATOR, "--from", "2026-10-05"]
    assert town(*words, "--until", "2026-10-01", at="2026-09-15").status == 1
    assert town(*words, "--until", "2028-10-01", at="2026-09-15").status == 1
    assert town(*words, "--until", "2026-02-30", at="2026-09-15").status == 2
    end = ["--until", "2026-10-09"]
    assert town(*words, *end, "--substitute", CURATOR, at="2026-09-15").status == 1
    assert town(*words, *end, "--substitute", SUBSTITUTE, at="2026-09-15", by=HEAD).status == 1
    assert town("people", "list", by=HEAD).status == 1
    assert town("people", "show", OPERATOR, by=HEAD).status == 1
    assert town.done("people", "show", HEAD, "--json", by=HEAD).data["email"] == HEAD


def test_a_curator_with_one_school_too_many_is_refused_as_a_whole(town):
    folder = town.folder / "strict"
    shutil.copytree(shipped()["yugra"], folder)
    stages = folder / "stages.yaml"
    text = stages.read_text(encoding="utf-8")
    stages.write_text(text + "\ncurators: {most_schools: 1}\n", encoding="utf-8")
    rows = [[CURATOR, "Куратор Выдуманный", "куратор", "", "010002"]]
    write(town.folder / "people.csv", ["email", "name", "role", "territory", "school"], rows)
    words = ["import", "people.csv", "--profile", "people", "--programme"]
    refused = town(*words, folder, at="2026-09-15")
    assert refused.status == 1
    assert "уже школ: 1" in refused.err
    roles = town.done("people", "show", SUBSTITUTE, "--json").data["roles"]
    assert [role["school"] for role in roles] == ["010002"]
    town.done(*words, "yugra", at="2026-09-15")
    roles = town.done("people", "show", CURATOR, "--json").data["roles"]
    assert len(roles) == 2
