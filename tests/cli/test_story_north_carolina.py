"""North Carolina's year: the law's list, clocks of 30 days, notices, the plan, assistance, exits."""

import json

import docx
import pypdf
import pytest

from tests.cli.seed_region import Region

FAR, NEAR, STRONG = "010301", "010302", "010303"  # low again, low for the first time, growing
BLANK, PLAIN = "020301", "020302"  # another district: an F without growth, a C
STATE, SECOND = "operator@example.org", "board@example.org"
OFFICE, COACH = "office@example.org", "coach@example.org"
HEADS = {FAR: "far@example.org", NEAR: "near@example.org"}
JUDGES = {"curator": COACH, "coordinator": OFFICE, "operator": SECOND}
YEAR = 2018
COLUMNS = ["year", "agency_code", "lea_code", "county", "name", "school_type", "category_code"]
COLUMNS += ["grade_span", "title_I", "spg_score", "spg_grade", "ach_score", "eg_score", "eg_status"]


def results(region, years, *, at):
    """`years`: year → school → grade, growth and score; a blank is not rated."""
    like = ["Regular", "E", "KG:05", "Y"]
    rows = [
        [year, code, code[:3], f"County {code[:3]}", f"School {code}", *like, *known]
        for year, schools in years.items()
        for code, (grade, growth, score) in schools.items()
        for known in [(score, grade, score, growth and 70, growth)]
    ]
    found = region.take("schools", COLUMNS, rows, at=at)
    assert found["rejected"] == []


@pytest.fixture
def state(on_database) -> Region:
    """Five schools of two districts over three years; the cycle is open."""
    region = Region(on_database, "north-carolina")
    on_database.done("init", "--name", "State Invented", at="2018-08-01")
    others = {STRONG: ("B", "Exceeded", 75), PLAIN: ("C", "Met", 60)}
    results(
        region,
        {
            2016: {FAR: ("C", "Met", 58), NEAR: ("C", "Met", 57), BLANK: ("D", "", 50), **others},
            2017: {FAR: ("D", "Met", 52), NEAR: ("C", "Met", 56), BLANK: ("D", "", 49), **others},
            2018: {
                FAR: ("F", "NotMet", 38),
                NEAR: ("D", "Met", 51),
                BLANK: ("F", "", 39),
                **others,
            },
        },
        at="2018-08-20",
    )
    header = ["email", "name", "role", "territory", "school", "language"]
    people = [[SECOND, "Board Invented", "operator", "", "", "en"]]
    people += [[OFFICE, "Olive Invented", "coordinator", "010", "", "en"]]
    people += [[COACH, "Carl Invented", "curator", "", code, "en"] for code in HEADS]
    people += [[HEADS[code], f"Head {code}", "head", "", code, "en"] for code in HEADS]
    region.take("people", header, people, at="2018-08-20")
    return region


def cases(region):
    return {one["school"]: one["id"] for one in region.terminal.done("case", "list", "--json").data}


def test_the_list_is_the_laws_and_a_blank_is_never_low(state):
    found = state.terminal.done(
        "identify", *state.of(YEAR), "--confirm", "--json", at="2018-09-01"
    ).data
    categories = {one["school"]: one["categories"] for one in found["verdicts"]}
    assert categories == {
        FAR: ["low_performing", "recurring"],
        NEAR: ["low_performing"],
        STRONG: [],
        BLANK: [],
        PLAIN: [],
    }
    rated = {one["school"]: one["not_rated"] for one in found["verdicts"]}
    assert rated[BLANK] == ["not_rated"]
    districts = {one["territory"]: one["listed"] for one in found["territories"]}
    assert districts == {"010": True, "020": False}  # two of three; none of one that is rated


def opened(region):
    region.terminal.done("identify", *region.of(YEAR), "--confirm", at="2018-09-01")
    region.terminal.done("cycle", "open", *region.of(YEAR), "--yes", at="2018-09-04")
    return cases(region)


def thirty_days(region, case):
    """The superintendent acts, the plan goes to the board, parents are told: each within 30 days."""
    run = region.terminal
    mine = region.tasks(case=case)
    due = {one["milestone"]: (one["assignee"], one["due_on"]) for one in mine}
    assert due == {
        "superintendent_decision": (OFFICE, "2018-10-04"),
        "preliminary_plan_submitted": (OFFICE, "2018-10-04"),
        "parents_notified": (HEADS[FAR], "2018-10-04"),
        "needs_assessed": (HEADS[FAR], "2018-10-04"),
    }
    [notify] = [one["id"] for one in mine if one["milestone"] == "parents_notified"]
    shown = run.done("task", "show", notify).out
    assert "30" in shown
    make = ["document", "make", "parents_notice", case]
    early = run(*make, "--out", "early.pdf", at="2018-09-10", by=HEADS[FAR])
    assert early.status == 1
    assert f"opora record add preliminary_plan --case {case}" in early.err

    region.write_down(
        "superintendent_action", "--case", case, at="2018-09-12", by=OFFICE,
        action="remediation", decided_on="2018-09-12", reasons="Second low year",
    )  # fmt: skip
    plan = region.write_down(
        "preliminary_plan", "--case", case, at="2018-09-14", by=OFFICE, title="Reading first",
        submitted_on="2018-09-14", considered_on="2018-10-09",
        website="https://example.org/plan", steps="A reading hour every day.",
    )  # fmt: skip
    [vote] = region.tasks(milestone="board_voted")
    assert (vote["assignee"], vote["due_on"]) == (OFFICE, "2018-10-15")  # a Sunday before
    read_notice(region, make)
    submit = ["task", "submit", notify, "--file", "notice.pdf"]
    run.done(*submit, at="2018-09-17", by=HEADS[FAR])
    run.done("deliver", at="2018-09-17T15:00")
    [told] = [text for subject, text in region.letters(OFFICE) if "Notify parents" in subject]
    assert f"School {FAR}" in told
    now = region.tasks(case=case, state="open", stage="identified")
    region.carry_through(now, at="2018-09-18", judges=JUDGES)
    run.done("task", "accept", notify, at="2018-09-18", by=OFFICE)
    return plan


def read_notice(region, make):
    """The notice as parents get it, in both languages and both formats."""
    run = region.terminal
    for name, language in (("notice.pdf", "en"), ("notice.docx", "en"), ("notice.ru.docx", "ru")):
        run.done(*make, "--out", name, "--language", language, at="2018-09-16", by=HEADS[FAR])
    pdf = " ".join(page.extract_text() for page in pypdf.PdfReader("notice.pdf").pages)
    english, russian = written("notice.docx"), written("notice.ru.docx")
    for text in (" ".join(pdf.split()), english):
        for said in ("G.S. 115C-105.37", "two of the last three years", "did not meet expected"):
            assert said in text
        for said in ("Reading first", "9 October 2018", "https://example.org/plan", "reading hour"):
            assert said in text
    for said in ("ниже ожидаемого", "9 октября 2018", "Reading first"):
        assert said in russian
    listed = run.done("document", "list", 1, "--json").data
    assert [one["kind"] for one in listed] == ["parents_notice"] * 3
    kinds = run.done("document", "kinds", "--programme", "north-carolina", "--json").data
    assert {"kind": "parents_notice", "about": "case"} in kinds


def written(path):
    paper = docx.Document(path)
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    said = "\n".join([*(line.text for line in paper.paragraphs), *cells])
    return said.replace("\N{NO-BREAK SPACE}", " ")


def tier_and_partner(region, case):
    run = region.terminal
    region.move(case, "analyse", at="2018-10-01")
    found = run.done("cluster", "propose", *region.of(YEAR), "--json").data["schools"]
    assert {one["school"]: one["rule"] for one in found} == {
        FAR: "progressive",
        NEAR: "with_growth",
    }
    run.done("cluster", "assign", case, "--basis", "decision 3", at="2018-10-02")
    region.move(case, "cluster", at="2018-10-02T12:00")
    pairs = run.done("partner", "propose", *region.of(YEAR), "--json").data["pairs"]
    assert {one["school"]: one["candidate"] for one in pairs}[FAR] == STRONG
    confirm = ["partner", "confirm", case, *region.of(YEAR), "--basis", "decision 4"]
    run.done(*confirm, at="2018-10-03")
    region.move(case, "partner", at="2018-10-03T12:00")
    region.write_down(
        "assistance", "--case", case, at="2018-10-04", form="coach", about="A coach for reading",
        begins_on="2018-10-15",
    )  # fmt: skip


def plan_is_voted_and_reviewed(region, case, preliminary):
    run, of_case, head = region.terminal, ("--case", case), HEADS[FAR]
    for section in ("instruction", "staff", "leadership", "families"):
        region.write_down(
            "measure", *of_case, at="2018-10-05", by=head, title=f"Measure: {section}",
            section=section, due="2019-03-01", proof="minutes",
        )  # fmt: skip
    checked = run("plan", "check", case, "--json", by=head)
    assert (checked.status, len(checked.data["missing"])) == (3, 1)  # the board has not voted
    vote = {"vote": "modified", "held_on": "2018-10-09", "minutes": "12"}
    region.write_down(
        "board_vote", *of_case, "--parent", preliminary, at="2018-10-10", by=OFFICE, **vote
    )
    run.done("plan", "submit", case, at="2018-10-11", by=head)
    back = ["plan", "review", case, "--return", "--remarks", "No days for families"]
    run.done(*back, at="2018-10-12", by=OFFICE)
    run.done("plan", "submit", case, at="2018-10-15", by=head)
    run.done("plan", "review", case, "--endorse", at="2018-10-16", by=OFFICE)
    run.done("plan", "approve", case, "--basis", "SBE 7", at="2018-10-17", by=SECOND)
    advice = {"title": "Name who leads", "given_on": "2018-10-18", "due": "2018-11-09"}
    region.write_down("state_recommendation", *of_case, at="2018-10-18", **advice)
    region.carry_through(region.tasks(case=case), at="2018-10-19", judges=JUDGES)
    region.move(case, "approve_programme", "--basis", "SBE 7", at="2018-10-22")


def reviewed(region, case, phase, at):
    """A review of the phase, and what it proves."""
    said = {"phase": phase, "reviewed_on": at, "changed": f"Done: {phase}"}
    region.write_down("progress_review", "--case", case, at=at, by=COACH, **said)
    tasks = [one for one in region.tasks(case=case) if one["state"] == "open"]
    region.carry_through(tasks[:1], at=at, judges=JUDGES)


def low_district(region):
    low = {"low": 2, "rated": 3, "told_on": "2018-10-04"}
    region.write_down("district_identified", "--territory", "010", at="2018-10-04", **low)
    [task] = region.tasks(milestone="district_plan_submitted")
    assert (task["assignee"], task["due_on"]) == (OFFICE, "2018-11-05")  # a Saturday before
    region.carry_through([task], at="2018-10-05", judges=JUDGES)


def test_a_school_goes_from_its_notice_to_its_exit_and_the_past_can_be_checked(state):
    run = state.terminal
    of = opened(state)
    assert of.keys() == {FAR, NEAR}
    case = of[FAR]
    plan = thirty_days(state, case)
    tier_and_partner(state, case)
    low_district(state)
    plan_is_voted_and_reviewed(state, case, plan)
    reviewed(state, case, "entry", "2018-11-01")
    run.done("indicator", "freeze", "entry", *state.of(YEAR), at="2018-11-02")
    state.move(case, "monitor", at="2018-11-05")
    reviewed(state, case, "interim", "2019-01-30")
    reviewed(state, case, "final", "2019-06-10")
    values = run.done("indicator", "show", *state.of(YEAR), "--json").data
    shown = {(one["indicator"], one["place"]): one["value"] for one in values}
    assert shown["recurring_assisted", ""] == "1"
    assert shown["measures_done", f"school:{FAR}"] == "1"
    assert shown["parents_told", "territory:010"] == "0.5"  # the other school's are not told

    improved = {FAR: ("C", "Met", 55), NEAR: ("C", "Met", 57), BLANK: ("D", "", 50)}
    both = {STRONG: ("B", "Exceeded", 75), PLAIN: ("C", "Met", 60)}
    results(state, {2019: {**improved, **both}}, at="2019-06-17")
    found = run.done("cycle", "propose", *state.of(YEAR), "--json", at="2019-06-18").data
    ends = {one["school"]: one["outcome"] for one in found["proposals"]}
    assert ends == {FAR: "continues", NEAR: "improved"}  # two low years of three weigh still
    for number in of.values():
        run.done("case", "decide-exit", number, "--basis", "SBE 9", at="2019-06-19")
    state.move(case, "exit", "--basis", "SBE 9", at="2019-06-20")
    run.done("cycle", "close", *state.of(YEAR), at="2019-06-30")
    assert json.loads(run.done("report", "cycle", "--json").out)["tables"]
    assert run.done("verify", "--json").data["ok"]
