"""Zelenchuk's three schools through the years 2021–2023 of a programme of several years (S3)."""

import pytest

from tests.cli.conftest import write
from tests.cli.test_story import PDF

A, B, C, RESILIENT, SITE = "090001", "090002", "090003", "090004", "090005"
LOW = (A, B, C)
HEADS = {code: f"head{code[-1]}@example.org" for code in LOW}
CURATOR, COORDINATOR = "curator@example.org", "coordinator@example.org"
YEAR = ["--programme", "zelenchuk-500plus", "--year"]
BASIS = ["--basis", "приказ № 30"]
PROCEDURES = ("oge_math", "oge_russian")


def take_in(terminal, profile, header, rows, *, at):
    write(terminal.folder / f"{profile}.csv", header, rows)
    words = ["import", f"{profile}.csv", *YEAR[:2], "--profile", profile]
    terminal.done(*words, at=at)


def results(terminal, year, *low, at):
    header = ["id", "year", "procedure", "participants", "below_threshold"]
    rows = [
        [school, year, procedure, 10, 5 if school in low else 0]
        for school in (*LOW, RESILIENT, SITE)
        for procedure in PROCEDURES
    ]
    take_in(terminal, "results", header, rows, at=at)
    context = [
        [school, year, 60 if school == RESILIENT else 40] for school in (*LOW, RESILIENT, SITE)
    ]
    take_in(terminal, "context", ["id", "year", "context_index"], context, at=at)


@pytest.fixture
def district(terminal):
    """Five schools on SQLite, three of them low; the cycle opens with order № 30."""
    at = "2021-02-05"
    terminal.done("init", "--name", "Оператор", at=at)
    (terminal.folder / "proof.pdf").write_bytes(PDF)
    header = ["id", "name", "kind", "municipality_id", "municipality", "opened", "closed"]
    header += ["settlement", "innovation_site"]
    like = ["Школа", "01", "Выдуманный район", "1970-09-01", "", "сельская"]
    rows = [
        [code, f"Школа № {code[-1]}", *like, "да" if code == SITE else "нет"]
        for code in (*LOW, RESILIENT, SITE)
    ]
    take_in(terminal, "schools", header, rows, at=at)
    results(terminal, 2021, *LOW, at=at)
    people = [[COORDINATOR, "Координатор Выдуманный", "координатор", "01", ""]]
    people += [[CURATOR, "Куратор Выдуманный", "куратор", "", code] for code in LOW]
    people += [
        [HEADS[code], f"Директор Выдуманный {code}", "руководитель", "", code] for code in LOW
    ]
    take_in(terminal, "people", ["email", "name", "role", "territory", "school"], people, at=at)
    open_year(terminal, 2021, "2021-02-10")
    return terminal


def open_year(terminal, year, at):
    return terminal.done("cycle", "open", *YEAR, year, "--yes", "--json", at=at).data["cycle"]


def cases(terminal, cycle):
    return {
        one["school"]: one for one in terminal.done("case", "list", "--cycle", cycle, "--json").data
    }


def add(terminal, kind, *more, at, by=None, **fields):
    words = [word for key, value in fields.items() for word in ("--field", f"{key}={value}")]
    return terminal.done("record", "add", kind, *words, *more, "--json", at=at, by=by).data[
        "record"
    ]


def open_tasks(terminal, *more):
    tasks = terminal.done("task", "list", *more, "--json").data
    return [task for task in tasks if task["state"] in {"open", "returned"}]


def hand_in(terminal, task, at):
    words = ["task", "submit", task["id"], "--text", "Сделано", "--file", "proof.pdf"]
    terminal.done(*words, at=at, by=task["assignee"])


def finish(terminal, case, at):
    judges = {"curator": CURATOR, "coordinator": COORDINATOR, "operator": None}
    for task in open_tasks(terminal, "--case", case):
        hand_in(terminal, task, at)
        terminal.done("task", "accept", task["id"], at=at, by=judges[task["approver"]])


def kick_off(terminal):
    held = add(
        terminal, "kick_off_webinar", "--invite", f"{A}:2", "--invite", f"{B}:2",
        "--invite", f"{C}:2", "--guests", 3, at="2021-02-10T12:00",
        title="Установочный вебинар", held_on="2021-02-12", hour="11:00",
    )  # fmt: skip
    terminal.done("record", "attend", held, "all", "--guests", 3, at="2021-02-12T15:00")


def webinars(terminal):
    """Six, of which the first school misses the last; its number."""
    for number in range(6):
        day = f"2021-02-{15 + number}"
        held = add(
            terminal, "training_webinar", "--invite", "all", at=f"{day}T09:00",
            title=f"Вебинар {number + 1}", held_on=day,
        )  # fmt: skip
        came = ["all"] if number < 5 else [B, C]
        terminal.done("record", "attend", held, *came, at=f"{day}T18:00")
    add(
        terminal, "weekly_webinar", "--times", 4, "--invite", "all", at="2021-02-20T19:00",
        title="Методический вебинар", held_on="2021-02-24",
    )  # fmt: skip
    return held


def profile_of_risks(terminal, case, head):
    """Detected by the operator; the school verifies two and rejects one, and works on one of them."""
    found = [
        add(
            terminal, "risk", "--case", case, at="2021-02-22",
            factor=factor, significance="high", note=f"Риск: {factor}",
        )
        for factor in ("motivation", "parents", "equipment")
    ]  # fmt: skip
    for risk in found[:2]:
        terminal.done("record", "confirm", risk, at="2021-02-24", by=head)
    terminal.done(
        "record", "cancel", found[2], "--reason", "Оснащение обновлено", at="2021-02-24", by=head
    )
    terminal.done(
        "record", "amend", found[0], "--field", "chosen=yes", at="2021-02-24T12:00", by=head
    )
    terminal.done("record", "confirm", found[0], at="2021-02-25", by=CURATOR)
    return found


def documents(terminal, case, risk):
    """The concept, the mid-term programme, and one programme for the chosen risk: 2 + n."""
    head = HEADS[A]
    checked = terminal("plan", "check", case, "--json", by=head)
    assert checked.status == 3
    lacking = len(checked.data["missing"])
    for kind, parent in (
        ("concept", ()),
        ("mid_term_programme", ()),
        ("anti_risk_programme", ("--parent", risk)),
    ):
        paper = add(
            terminal, kind, "--case", case, *parent, at="2021-03-22", by=head,
            title="Документ", file="proof.pdf",
        )  # fmt: skip
        terminal.done("record", "confirm", paper, at="2021-03-22T12:00", by=CURATOR)
    left = terminal("plan", "check", case, "--json", by=head).data["missing"]
    assert len(left) == lacking - 3
    for section in ("analysis", "lessons", "parents"):
        add(
            terminal, "measure", "--case", case, at="2021-03-23", by=head,
            title=f"Дело: {section}", section=section, due="2021-05-20", proof="справка",
        )  # fmt: skip


def plan_is_carried_out(terminal, case):
    terminal.done("plan", "submit", case, by=HEADS[A], at="2021-03-24")
    words = ("plan", "review", case, "--return", "--remarks", "нет ответственных")
    terminal.done(*words, by=CURATOR, at="2021-03-25")
    terminal.done("plan", "submit", case, by=HEADS[A], at="2021-03-26")
    terminal.done("plan", "review", case, "--endorse", by=CURATOR, at="2021-03-29")
    terminal.done("plan", "approve", case, *BASIS, by=COORDINATOR, at="2021-03-30")


def questioned(terminal, case, respondents, number, *, at="2021-02-26"):
    of = ("record", "add", "questionnaire", "--case", case, "--field", f"respondents={respondents}")
    days = ("--field", f"expected={number}", "--field", "closed_on=2021-02-26")
    many = terminal(*of, *days, "--field", f"answered={number + 1}", at=at, by=CURATOR)
    assert many.status == 1  # more answers than people
    terminal.done(*of, *days, "--field", f"answered={number}", at=at, by=CURATOR)


def seen_on_the_spot(terminal, case):
    """The curator's visit, and the group that the school's order names."""
    add(
        terminal, "visit", "--case", case, at="2021-03-02T12:00", by=CURATOR, title="Знакомство",
        held_on="2021-03-01", met="Администрация, учителя", results="Папка документов начата",
    )  # fmt: skip
    (terminal.folder / "group.yaml").write_text(
        "title: Рабочая группа\norder_number: 7\norder_date: 2021-02-15\n"
        "members:\n  - {name: А. Выдуманная, part: куратор}\n",
        encoding="utf-8",
    )
    words = ["record", "add", "working_group", "--case", case, "--file", "group.yaml"]
    terminal.done(*words, at="2021-03-02T13:00", by=HEADS[A])


def walk_to_monitoring(terminal, case, risk, missed):
    """Questionnaires of three groups and a document returned once, before the case moves on."""
    for respondents, number in (("heads", 1), ("teachers", 12), ("teachers", 11)):
        questioned(terminal, case, respondents, number)
    [profile] = [
        one
        for one in open_tasks(terminal, "--case", case)
        if one["milestone"] == "risk_profile_verified"
    ]
    hand_in(terminal, profile, "2021-02-27")
    remarks = ("--remarks", "нет подписи")
    terminal.done("task", "return", profile["id"], *remarks, at="2021-03-01", by=CURATOR)
    finish(terminal, case, "2021-03-02")
    refused = terminal("case", "move", case, "analyse", at="2021-03-02T10:00", by=CURATOR)
    assert "учеников" in refused.err  # three questionnaires, and not of three groups (S3-05)
    assert refused.err.count("•") == 3  # nor has anybody been there, nor is there a group (S3-03)
    questioned(terminal, case, "pupils", 60, at="2021-03-02T11:00")
    seen_on_the_spot(terminal, case)
    terminal.done("case", "move", case, "analyse", at="2021-03-03", by=CURATOR)
    for kind, move, at in (
        ("cluster", "cluster", "2021-03-10"),
        ("partner", "partner", "2021-03-17"),
    ):
        finish(terminal, case, at)
        terminal.done("case", "decide", case, kind, "teaching", *BASIS, at=f"{at}T12:00")
        terminal.done("case", "move", case, move, at=f"{at}T13:00", by=COORDINATOR)
    documents(terminal, case, risk)
    plan_is_carried_out(terminal, case)
    approval = ("case", "move", case, "approve_programme", *BASIS)
    terminal.done(*approval, at="2021-04-05", by=COORDINATOR)
    finish(terminal, case, "2021-05-15")
    refused = terminal("case", "move", case, "monitor", at="2021-05-16", by=CURATOR)
    assert "обучающий вебинар" in refused.err  # five of six (S3-07)
    terminal.done("record", "attend", missed, A, B, C, at="2021-05-16T12:00")  # seen as a recording
    terminal.done("case", "move", case, "monitor", at="2021-05-17", by=CURATOR)


def ends(terminal, year, at):
    found = terminal.done("cycle", "propose", *YEAR, year, "--json", at=at).data["proposals"]
    return {one["school"]: one for one in found}


def close(terminal, year, proposed, at):
    for one in proposed.values():
        terminal.done("case", "decide-exit", one["case"], *BASIS, at=at)
    terminal.done("cycle", "close", *YEAR, year, at=at)


def test_three_schools_live_through_three_years_of_the_programme(district):
    of = cases(district, 1)
    assert of.keys() == set(LOW)
    kick_off(district)
    missed = webinars(district)
    held = district.done("record", "list", "--json").data
    [first] = [one for one in held if one["kind"] == "kick_off_webinar"]
    assert (first["invited"], first["attended"]) == (9, 9)
    assert first["day"] == "2021-02-12"  # two days after order No. 30 (S3-09)
    assert sum(one["kind"] == "weekly_webinar" for one in held) == 4

    case = of[A]["id"]
    risk, *_ = profile_of_risks(district, case, HEADS[A])
    walk_to_monitoring(district, case, risk, missed)
    matrix = district.done("record", "attendance", "training_webinar", "--json").data
    assert len(matrix["rows"]) == 3
    for row in matrix["rows"]:
        assert len(row["cells"]) == 6
        assert all(came == asked for asked, came in row["cells"])
    shown = district.done("indicator", "show", *YEAR, 2021, "--json").data
    done = [one for one in shown if one["indicator"] == "measures_done" and one["value"]]
    assert [(one["place"], one["value"]) for one in done] == [(f"school:{A}", "1")]
    [kept] = [one for one in shown if one["indicator"] == "webinars_held"]
    assert (kept["value"], kept["reached"]) == ("6", True)
    plan = district.done("plan", "show", case, "--json").data
    assert (plan["share_done"], plan["share_in_time"]) == ("1", "1")  # fully and in time (S3-11)

    results(district, 2022, B, C, at="2021-12-01")
    proposed = ends(district, 2021, "2021-12-02")
    outcomes = {school: one["outcome"] for school, one in proposed.items()}
    assert outcomes == {A: "improved", B: "continues", C: "continues"}
    close(district, 2021, proposed, "2021-12-20")

    assert cases(district, open_year(district, 2022, "2022-02-10")).keys() == {B, C}
    results(district, 2023, C, at="2022-12-01")
    close(district, 2022, ends(district, 2022, "2022-12-02"), "2022-12-20")
    last = cases(district, open_year(district, 2023, "2023-02-10"))
    assert {one["years_in_programme"] for one in last.values()} == {3}
    assert last.keys() == {C}
    results(district, 2025, C, at="2025-02-01")
    beyond = district("cycle", "open", *YEAR, 2025, "--yes", at="2025-02-10")
    assert beyond.status == 1
    assert "2024" in beyond.err
    assert district.done("verify", "--json").data["ok"]
