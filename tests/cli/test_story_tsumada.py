"""Tsumada's year (S0): three years of results, an expert's word on the cluster, three phases, exits."""

import pytest

from tests.cli.seed_region import Region
from tests.cli.terminal import Terminal

BOTH, LOW, POOR = "010001", "010002", "020003"  # both categories, low results, adverse conditions
SITE, ONCE = "010004", "020005"  # an innovation site; one bad year of three
MATHS = ("oge_math", "vpr_math_6")
COORDINATORS = ("ada@example.org", "bella@example.org")
CURATORS = {code: f"curator{code}@example.org" for code in (BOTH, LOW, POOR)}
HEADS = {code: f"head{code}@example.org" for code in (BOTH, LOW, POOR)}
PARTNER = "partner@example.org"
YEAR = 2026


@pytest.fixture
def tsumada(terminal: Terminal) -> Region:
    """Five schools of two municipalities, judged over three years; the cycle is open."""
    region = Region(terminal, "tsumada")
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    region.schools((BOTH, LOW, POOR, SITE, ONCE), at="2026-08-20", sites=(SITE,))
    good = {POOR: 1, SITE: 0, ONCE: 1}
    region.results(2024, {**good, BOTH: 9, LOW: 2, ONCE: 9}, MATHS, at="2026-08-20")
    region.results(2025, {**good, BOTH: 1, LOW: 8}, MATHS, at="2026-08-20")
    region.results(2026, {**good, BOTH: 8, LOW: 7}, MATHS, at="2026-08-20")
    index = {BOTH: 25, LOW: 60, POOR: 30, SITE: 70, ONCE: 65}
    years = {2024: {**index, LOW: 35}, 2025: index, 2026: index}
    region.context(years, at="2026-08-20")
    people = [
        [COORDINATORS[0], "Ада Выдуманная", "координатор", "01", ""],
        [COORDINATORS[1], "Белла Выдуманная", "координатор", "02", ""],
        ["second@example.org", "Второй Выдуманный", "оператор", "", ""],
    ]
    people += [[HEADS[code], f"Директор {code}", "руководитель", "", code] for code in HEADS]
    people += [[CURATORS[code], f"Куратор {code}", "куратор", "", code] for code in CURATORS]
    people += [[PARTNER, "Партнёр Выдуманный", "partner", "", BOTH]]
    region.people(people, at="2026-08-20")
    terminal.done("identify", *region.of(YEAR), "--confirm", at="2026-08-25")
    terminal.done("cycle", "open", *region.of(YEAR), "--yes", at="2026-09-01")
    return region


def cases(region):
    return {one["school"]: one["id"] for one in region.terminal.done("case", "list", "--json").data}


def judges(code):
    coordinator = COORDINATORS[int(code[:2]) - 1]
    return {"curator": CURATORS[code], "coordinator": coordinator, "operator": "second@example.org"}


def carry(region, code, *, at):
    """The case's own tasks."""
    mine = region.terminal.done("task", "list", "--case", cases(region)[code], "--json").data
    region.carry_through(mine, at=at, judges=judges(code))


def test_three_years_and_two_grounds_make_the_list_and_no_gap_is_let_through(tsumada):
    judged = tsumada.terminal.done("identify", *tsumada.of(YEAR), "--json", at="2026-09-01").data
    assert judged["judged"] == 5
    categories = {one["school"]: set(one["categories"]) for one in judged["verdicts"]}
    assert categories == {  # S0-01, S0-02
        BOTH: {"low_results", "adverse_conditions", "both", "supported"},
        LOW: {"low_results", "supported"},
        POOR: {"adverse_conditions", "supported"},
        SITE: set(),
        ONCE: set(),
    }
    assert cases(tsumada).keys() == {BOTH, LOW, POOR}
    tsumada.schools(["010009"], at="2026-09-02")  # S0-07: a school nobody has judged
    gaps = tsumada.terminal("list", "gaps", *tsumada.of(YEAR), "--json")
    assert [one["school"] for one in gaps.data] == ["010009"]
    tsumada.terminal.done("identify", *tsumada.of(2025), "--json", at="2026-09-02")
    assert tsumada.terminal("identify", *tsumada.of(2025), "--confirm", at="2026-09-02").status == 1


def test_a_curator_a_group_a_kick_off_and_recommendations_begin_the_year(tsumada):
    run = tsumada.terminal
    people = {one["email"]: one for one in run.done("people", "list", "--json").data}
    for code in CURATORS:  # S0-11: one curator a school
        roles = people[CURATORS[code]]["roles"]
        assert [one["school"] for one in roles if one["role"] == "curator"] == [code]
    group = run.folder / "group.yaml"
    for order, year in ((30, 2026), (41, 2027)):  # S0-10: renewed by a new order
        group.write_text(
            f"title: Рабочая группа\norder_number: {order}\nordered_on: {year}-09-02\n"
            f"until: {year + 1}-08-31\nroster:\n  - {{name: А. Выдуманная, post: методист}}\n"
            f"  - {{name: Б. Выдуманный, post: куратор}}\n",
            encoding="utf-8",
        )
        words = ["record", "add", "working_group", "--territory", "01", "--file", "group.yaml"]
        run.done(*words, at=f"{year}-09-03", by=COORDINATORS[0])
        of_kind = ["record", "list", "--kind", "working_group", "--json"]
        [held] = run.done(*of_kind, "--on", f"{year}-10-01").data
        shown = run.done("record", "show", held["id"], "--json").data
        fields = {one["key"]: one["value"] for one in shown["view"]["fields"]}
        assert fields["order_number"] == str(order)


def test_the_meeting_has_its_list_of_those_present_and_each_municipality_has_read(tsumada):
    run = tsumada.terminal
    issued = tsumada.write_down(
        "methodical_recommendations", at="2026-09-03", title="О диагностике", issued_on="2026-09-03"
    )
    for email in COORDINATORS:  # S0-09
        run.done("record", "acknowledge", issued, at="2026-09-04", by=email)
    [seen] = run.done("record", "list", "--kind", "methodical_recommendations", "--json").data
    assert (seen["asked"], seen["acknowledged"]) == (2, 2)
    [task] = tsumada.tasks(milestone="recommendations_issued")
    run.done("task", "submit", task["id"], at="2026-09-04")
    (run.folder / "protocol.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    meeting = tsumada.write_down(
        "kick_off_meeting", "--invite", "01:2", "--invite", "02:2", at="2026-09-04",
        title="Установочное совещание", held_on="2026-09-10", protocol="protocol.pdf",
    )  # fmt: skip
    run.done("record", "attend", meeting, "01:2", "02:1", at="2026-09-11")
    [held] = run.done("record", "list", "--kind", "kick_off_meeting", "--json").data
    assert (held["invited"], held["attended"]) == (4, 3)
    watched = ("municipal_monitoring", "regional_monitoring")  # S0-17: three phases of both
    for at in ("2026-10-16", "2027-01-21", "2027-05-25"):
        for milestone in watched:
            tsumada.carry_through(tsumada.tasks(milestone=milestone), at=at, judges=judges(BOTH))
        run.done("round", at=at)
    municipal, regional = (tsumada.tasks(milestone=milestone) for milestone in watched)
    assert (len(municipal), len(regional)) == (6, 3)
    assert {one["state"] for one in (*municipal, *regional)} == {"accepted"}
    assert len({one["due_on"] for one in regional}) == 3
    assert run.done("verify", "--json").data["ok"]


def analyse_and_pair(region):
    """Causes written down, the expert's word, the partner: the case stands at `partnered`."""
    run, number = region.terminal, cases(region)[BOTH]
    carry(region, BOTH, at="2026-09-08")
    region.move(number, "analyse", at="2026-09-09")
    task = next(t for t in region.tasks(milestone="causes_agreed") if t["case"] == number)
    (run.folder / "proof.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    words = ["task", "submit", task["id"], "--file", "proof.pdf"]
    assert run(*words, at="2026-09-10", by=CURATORS[BOTH]).status == 1  # no causes yet (S0-03)
    three = {"staff": "Нет математика", "pupils": "Билингвы", "management": "Нет контроля"}
    on = {"done_on": "2026-09-10", **three}
    region.write_down("inner_analysis", "--case", number, at="2026-09-10", by=HEADS[BOTH], **on)
    carry(region, BOTH, at="2026-09-11")
    proposed = run.done("cluster", "propose", *region.of(YEAR), "--json").data
    rules = {one["school"]: one["rule"] for one in proposed["schools"]}
    assert rules == {BOTH: "double", LOW: "teaching", POOR: "conditions"}
    word = ["--cluster", "teaching", "--reason", "Условия исправлены", "--basis", "протокол № 3"]
    said = run.done("cluster", "assign", number, *word, "--json", at="2026-09-14").data
    assert (said["cluster"], said["rule"], said["whose"]) == ("teaching", "double", "person")
    region.move(number, "cluster", at="2026-09-15")
    pairs = run.done("partner", "propose", *region.of(YEAR), "--json").data["pairs"]
    assert {one["school"]: one["candidate"] for one in pairs}[BOTH] == SITE
    confirm = ["partner", "confirm", number, *region.of(YEAR), "--basis", "приказ № 12"]
    run.done(*confirm, at="2026-09-16")
    carry(region, BOTH, at="2026-09-17")  # the contract (S0-16)
    region.move(number, "partner", at="2026-09-18")
    return number


def approve_plan(region, number):
    run = region.terminal
    for section in ("teachers", "management", "parents"):
        of = {"title": f"Дело: {section}", "section": section, "due": "2026-11-20"}
        more = ("--case", number)
        region.write_down("measure", *more, at="2026-09-21", by=HEADS[BOTH], proof="протокол", **of)
    checked = run("plan", "check", number, "--json", by=HEADS[BOTH])
    assert (checked.status, len(checked.data["missing"])) == (3, 1)  # the contract's measures
    of = {"title": "Открытые уроки", "section": "partner", "due": "2026-11-20"}
    region.write_down(
        "measure", "--case", number, at="2026-09-21", by=HEADS[BOTH], proof="фото", **of
    )
    run.done("plan", "submit", number, at="2026-09-22", by=HEADS[BOTH])
    for by in (PARTNER, COORDINATORS[0]):
        run.done("plan", "review", number, "--endorse", at="2026-09-23", by=by)
    run.done("plan", "approve", number, "--basis", "приказ № 40", at="2026-09-24")


def support(region, number):
    """A consultation, a question with its answer, a need that is filled, a team that has learned."""
    run, of_case = region.terminal, ("--case", number)
    region.write_down(
        "consultation", *of_case, at="2026-10-02", by=CURATORS[BOTH], topic="Урок",
        held_on="2026-10-02", form="distance", result="План урока",
    )  # fmt: skip
    asked = region.write_down(
        "question", *of_case, at="2026-10-02T10:00", by=HEADS[BOTH], question="Как считать долю?"
    )
    run.done("record", "answer", asked, "--text", "По форме", at="2026-10-03", by=CURATORS[BOTH])
    need = region.write_down(
        "specialist_need", *of_case, at="2026-10-04", by=HEADS[BOTH], specialist="speech_therapist",
        rate="0,5", why="Билингвы", due="2026-11-02",
    )  # fmt: skip
    found = region.tasks(milestone="specialist_found")
    region.carry_through(found, at="2026-10-05", judges=judges(BOTH))
    filled = ["record", "conclude", need, "filled", "--json"]
    assert run.done(*filled, at="2026-10-06", by=HEADS[BOTH]).data["outcome"] == "filled"
    (run.folder / "team.yaml").write_text(
        "course: Функциональная грамотность\nprovider: Институт\nhours: 36\n"
        "finished_on: 2026-10-20\nwith_head: true\nteam:\n"
        "  - {name: А. Выдуманная, post: директор}\n  - {name: Б. Выдуманный, post: учитель}\n",
        encoding="utf-8",
    )
    words = ["record", "add", "training", *of_case, "--file", "team.yaml"]
    run.done(*words, at="2026-10-21", by=HEADS[BOTH])
    for kind in ("teaching", "management", "parents"):  # S0-19
        made = region.write_down(
            "practice", *of_case, at="2026-10-22", by=PARTNER, title=f"Опыт: {kind}", type=kind,
            about="Как это устроено",
        )  # fmt: skip
        run.done("record", "confirm", made, at="2026-10-22", by=COORDINATORS[0])


def spread(region):
    run = region.terminal
    who = {"title": "Учителя математики", "members": "teachers", "number": 12}
    region.write_down("community", "--territory", "01", at="2026-10-22", by=COORDINATORS[0], **who)
    who = {"title": "Руководители", "members": "heads", "number": 5}
    region.write_down("regional_community", at="2026-10-22", **who)
    seminar = {"title": "Управленческий аспект", "type": "interregional", "held_on": "2026-10-20"}
    region.write_down("event", at="2026-10-22", **seminar)
    where = {"title": "О ходе работ", "published_on": "2026-10-25", "where": "Сайт"}
    region.write_down("publication", at="2026-10-26", **where)
    page = run.done("cycle", "publish", *region.of(YEAR), "--out", "public", "--json",
                    at="2026-10-27").data  # fmt: skip
    text = (run.folder / page["page"]).read_text(encoding="utf-8")
    for said in ("О ходе работ", "Опыт: parents", "Учителя математики", "Управленческий аспект"):
        assert said in text
    assert "Билингвы" not in text


def test_a_school_goes_from_its_causes_to_its_exit_and_the_past_can_be_checked(tsumada):
    run = tsumada.terminal
    number = analyse_and_pair(tsumada)
    refused = run("case", "move", number, "approve_programme", "--basis", "x", at="2026-09-19")
    assert refused.status == 1
    approve_plan(tsumada, number)
    carry(tsumada, BOTH, at="2026-09-25")
    tsumada.move(number, "approve_programme", "--basis", "приказ № 40", at="2026-09-28")
    carry(tsumada, BOTH, at="2026-09-29")  # the entry phase
    run.done("indicator", "freeze", "entry", *tsumada.of(YEAR), at="2026-10-01")
    tsumada.move(number, "monitor", at="2026-10-01")
    support(tsumada, number)
    spread(tsumada)
    carry(tsumada, BOTH, at="2026-11-10")  # interim and final
    values = run.done("indicator", "show", *tsumada.of(YEAR), "--json").data
    groups = {one["indicator"]: one for one in values if one["place"] == f"school:{BOTH}"}
    assert groups.keys() >= {"below_threshold", "trained_teams", "plan_done", "well_being"}
    assert (groups["plan_done"]["value"], groups["trained_teams"]["reached"]) == ("1", True)

    schools = (BOTH, LOW, POOR, SITE, ONCE)
    tsumada.results(2027, {**dict.fromkeys(schools, 0), LOW: 9}, MATHS, at="2027-05-20")
    tsumada.context({2027: dict.fromkeys(schools, 60)}, at="2027-05-20")
    proposed = run.done("cycle", "propose", *tsumada.of(YEAR), "--json", at="2027-05-21").data
    ends = {one["school"]: one["outcome"] for one in proposed["proposals"]}
    assert ends == {BOTH: "continues", LOW: "continues", POOR: "continues"}  # two of three years
    decide = ["case", "decide-exit", number, "--outcome", "continues", "--basis", "протокол № 9"]
    run.done(*decide, at="2027-05-24")
    for one in proposed["proposals"]:
        if one["case"] != number:
            run.done("case", "decide-exit", one["case"], *decide[-2:], at="2027-05-24")
    closed = run.done("cycle", "close", *tsumada.of(YEAR), "--json", at="2027-06-01").data
    assert (closed["ended"], closed["outcomes"]) == (3, {"continues": 3})
    assert run.done("report", "case", number, "--json").data["tables"]
    assert run.done("verify", "--json").data["ok"]
