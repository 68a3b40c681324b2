"""Tennessee: pools, overrides by hand, monthly reports, exits by percentiles, the clock of four years."""

import docx
import pypdf
import pytest

from tests.cli.conftest import write
from tests.cli.seed_region import Region

SAFE, FEW, WORST, RISING, TIED = (f"10-{n}" for n in range(1, 6))
DROPS, LOWEST, BEST = (f"20-{n}" for n in range(1, 4))  # high schools
OFFICE, COACH, SECOND = "office@example.org", "coach@example.org", "board@example.org"
HEAD = "head@example.org"
JUDGES = {"curator": COACH, "coordinator": OFFICE, "operator": SECOND}
YEAR = 2018
COLUMNS = ["year", "school_id", "school_name", "system", "system_name", "pool"]
COLUMNS += ["designation_ineligible", "n_valid_tests", "success_rate", "growth"]
COLUMNS += ["growth_literacy", "growth_numeracy", "grad_rate"]
MONTHLY = ["year", "school_id", "chronic_absence", "incidents", "mobility", "vacancies"]


def take_year(region, year, *, at, rates=(), gone=()):
    """30 schools of K8 and three high schools in that year; `rates` names who has another rate."""
    own = {RISING: 14, TIED: 14, **dict(rates)}
    grown = {SAFE: (5, 5, 5)}
    rows = [
        [year, code, f"School {n}", "10", "Invented County", "K8", 0, *results]
        for n in range(1, 31)
        if (code := f"10-{n}") not in gone
        for results in [
            (29 if code == FEW else 100, own.get(code, n + 10), *grown.get(code, (2, 3, 3)), "")
        ]
    ]
    rows += [
        [year, code, f"High {code}", "20", "Other County", "HS", 0, 100, rate, 3, 3, 3, graduated]
        for code, rate, graduated in ((DROPS, 55, 60), (LOWEST, 50, 90), (BEST, 80, 95))
    ]
    assert region.take("schools", COLUMNS, rows, at=at)["rejected"] == []


@pytest.fixture
def state(on_database) -> Region:
    """Two years of results and the people; the list is corrected by hand and confirmed, the cycle open."""
    region = Region(on_database, "tennessee")
    on_database.done("init", "--name", "State Invented", at="2018-08-01")
    take_year(region, 2017, at="2018-08-10")
    take_year(region, 2018, at="2018-08-10")
    header = ["email", "name", "role", "territory", "school", "language"]
    people = [[SECOND, "Board Invented", "operator", "", "", "en"]]
    people += [[OFFICE, "Olive Invented", "coordinator", "10", "", "en"]]
    people += [[COACH, "Carl Invented", "curator", "", WORST, "en"]]
    people += [[HEAD, "Hanna Invented", "head", "", WORST, "en"]]
    region.take("people", header, people, at="2018-08-10")
    return region


def listed(region, year, at):
    found = region.terminal.done("identify", *region.of(year), "--json", at=at).data["verdicts"]
    return {one["school"]: one for one in found if one["listed"]}


def begin(region):
    """The rule's list, one school taken off by a file of overrides, and the cycle upon it."""
    run = region.terminal
    found = listed(region, YEAR, "2018-08-12")
    assert found.keys() == {WORST, RISING, TIED, DROPS, LOWEST}  # two places, the second is shared
    grounds = " ".join(one["rule"] for one in found[DROPS]["grounds"])
    assert "graduation_rate < 67" in grounds
    header = ["school", "verdict", "reason", "basis"]
    write(run.folder / "hand.csv", header, [[TIED, "off", "Merged into 10-6", "decision 7"]])
    run.done("list", "override", "--file", "hand.csv", *region.of(YEAR), at="2018-08-13")
    shown = run.done("list", "show", *region.of(YEAR), "--json").data["schools"]
    [kept] = [one for one in shown if one["school"] == TIED]
    assert (kept["by_rule"], kept["listed"]) == (True, False)
    assert kept["overrides"][0]["reason"] == "Merged into 10-6"
    run.done("identify", *region.of(YEAR), "--confirm", at="2018-08-14")
    run.done("cycle", "open", *region.of(YEAR), "--yes", at="2018-09-04")
    cases = {one["school"]: one["id"] for one in run.done("case", "list", "--json").data}
    assert cases.keys() == {WORST, RISING, DROPS, LOWEST}
    return cases


def notice(region, case):
    """Parents read why, in words, and by when the needs are assessed."""
    run, make = region.terminal, ["document", "make", "parents_notice", case]
    run.done(*make, "--out", "notice.pdf", at="2018-09-06", by=HEAD)
    run.done(*make, "--out", "notice.docx", "--language", "ru", at="2018-09-06", by=HEAD)
    pages = " ".join(page.extract_text() for page in pypdf.PdfReader("notice.pdf").pages)
    text = " ".join(pages.split())
    for said in ("priority school for 2018", "lowest 5 of 100 schools", "4 October 2018", "13 %"):
        assert said in text
    paper = docx.Document("notice.docx")
    said = "\n".join(line.text for line in paper.paragraphs)
    assert "приоритетным на 2018 год" in said


def to_the_plan(region, case):
    """Needs with causes, tier, partner, and a plan whose measures say how strong their evidence is."""
    run, of_case = region.terminal, ("--case", case)
    found = {"finding": "Few read at home", "cause": "No library", "found_on": "2018-09-07"}
    need = region.write_down(
        "need", *of_case, at="2018-09-07", by=HEAD, area="instruction", **found
    )
    run.done("record", "confirm", need, at="2018-09-10", by=OFFICE)
    region.carry_through(region.tasks(case=case), at="2018-09-11", judges=JUDGES)
    region.move(case, "analyse", at="2018-09-12")
    run.done("cluster", "assign", case, "--basis", "decision 8", at="2018-09-13")
    region.move(case, "cluster", at="2018-09-13T12:00")
    confirm = ["partner", "confirm", case, *region.of(YEAR), "--basis", "decision 9"]
    [pair] = run.done(*confirm, "--json", at="2018-09-14").data["pairs"]
    assert pair["candidate"] == SAFE  # high growth
    region.move(case, "partner", at="2018-09-14T12:00")
    for section in ("instruction", "staff", "attendance", "resources"):
        region.write_down(
            "measure", *of_case, at="2018-09-17", by=HEAD, title=f"Measure: {section}",
            section=section, evidence_level="moderate", due="2019-02-01", proof="minutes",
        )  # fmt: skip
    checked = run("plan", "check", case, "--json", by=HEAD)
    assert (checked.status, len(checked.data["missing"])) == (3, 1)  # resource inequities
    lacking = {"resource": "Teachers of reading", "compared": "10-30", "remedy": "Two posts"}
    region.write_down(
        "resource_inequity", *of_case, at="2018-09-18", by=OFFICE, found_on="2018-09-18", **lacking
    )
    run.done("plan", "submit", case, at="2018-09-19", by=HEAD)
    run.done("plan", "review", case, "--endorse", at="2018-09-20", by=OFFICE)
    run.done("plan", "approve", case, "--basis", "decision 12", at="2018-09-21", by=SECOND)
    region.carry_through(region.tasks(case=case), at="2018-09-24", judges=JUDGES)
    early = run(
        "case", "move", case, "approve_programme", "--basis", "decision 12", at="2018-09-25"
    )
    assert early.status == 1  # the district has not approved it
    act = {"act": "11", "approved_on": "2018-09-25"}
    region.write_down("district_approval", *of_case, at="2018-09-25", by=OFFICE, **act)
    region.move(case, "approve_programme", "--basis", "decision 12", at="2018-09-25T12:00")
    said = {"reviewed_on": "2018-09-26", "changed": "Where we begin"}
    region.write_down("progress_review", *of_case, at="2018-09-26", by=COACH, **said)
    region.carry_through(region.tasks(case=case), at="2018-09-27", judges=JUDGES)
    region.move(case, "monitor", at="2018-10-01")


def reported(region, case, absent, *, at, due):
    """One month: the state's numbers come, the school corrects one, and is thanked with the next date."""
    run = region.terminal
    region.take("monthly", MONTHLY, [[2019, WORST, absent, 12, 8, 3]], at=at)
    [task] = [one for one in region.tasks(milestone="monthly_report") if one["state"] == "open"]
    assert task["due_on"] == due
    submit = ["task", "submit", task["id"], "--text", "As it is"]
    assert run(*submit, at=f"{at}T10:00", by=HEAD).status == 1  # this month's report is not there
    record = region.write_down(
        "monthly_report", "--case", case, at=f"{at}T11:00", by=HEAD, reported_on=at, vacancies=2,
        remarks="One post was filled",
    )  # fmt: skip
    shown = run.done("record", "show", record, "--json", by=HEAD).data["view"]["fields"]
    values = {one["key"]: one["value"] for one in shown}
    assert [values[key] for key in MONTHLY[2:]] == [str(absent), "12", "8", "2"]
    run.done(*submit, at=f"{at}T12:00", by=HEAD)
    run.done("task", "accept", task["id"], at=f"{at}T13:00", by=COACH)
    run.done("deliver", at=f"{at}T14:00")
    written = [text for subject, text in region.letters(HEAD) if "Monthly report" in subject]
    return written[-1]


def months(region, case):
    """Two months: reports by the school, talks noted by the coach, words in writing once a quarter."""
    run = region.terminal
    thanks = reported(region, case, 31, at="2018-10-25", due="2018-10-31")
    assert "due next on 30 November 2018" in thanks
    talk = {"talked_on": "2018-10-26", "with_whom": "Hanna Invented"}
    region.write_down("reflection_talk", "--case", case, at="2018-10-26", by=COACH, **talk)
    [task] = region.tasks(milestone="reflection_talked")
    run.done("task", "submit", task["id"], at="2018-10-26", by=COACH)
    run.done("round", at="2018-10-29")
    thanks = reported(region, case, 28, at="2018-11-28", due="2018-11-30")
    assert "due next on 31 December 2018" in thanks
    words = {
        "works": "Reading hour",
        "fails": "Mornings",
        "next": "A bus",
        "written_on": "2018-12-20",
    }
    region.write_down("written_reflection", "--case", case, at="2018-12-20", by=HEAD, **words)
    region.carry_through(
        region.tasks(milestone="reflection_written"), at="2018-12-21", judges=JUDGES
    )
    run.done("round", at="2018-12-27")
    turns = [(one["turn"], one["due_on"]) for one in region.tasks(milestone="reflection_written")]
    assert turns == [(1, "2018-12-31"), (2, "2019-04-01")]


def test_a_priority_school_reports_every_month_and_after_four_years_the_state_acts(state):
    run = state.terminal
    cases = begin(state)
    case = cases[WORST]
    notice(state, case)
    to_the_plan(state, case)
    months(state, case)

    take_year(state, 2019, at="2019-08-01", rates={RISING: 17.5}, gone=(TIED,))
    assert ends(state, YEAR, "2019-08-02") == {
        WORST: "continues",
        RISING: "improved",  # percentile above 15
        DROPS: "continues",  # it graduates too few, whatever its percentile
        LOWEST: "improved",
    }
    improved = ["case", "decide-exit", cases[RISING], "--basis", "rule of 2019"]
    run.done(*improved, at="2019-08-05")
    for year in (2019, 2020, 2021):
        run.done("identify", *state.of(year), "--confirm", at=f"{year}-08-20")
        run.done("cycle", "open", *state.of(year), "--yes", at=f"{year}-09-03")
        take_year(state, year + 1, at=f"{year + 1}-08-01", gone=(TIED,))
        found = ends(state, year, f"{year + 1}-08-02")
        assert found[WORST] == ("escalated" if year == 2021 else "continues")
    newest = [one for one in run.done("case", "list", "--json").data if one["school"] == WORST][-1]
    assert newest["years_in_programme"] == 4
    decide = ["case", "decide-exit", newest["id"], "--basis", "decision 40", "--json"]
    assert run.done(*decide, at="2022-08-03").data["outcome"] == "escalated"
    act = {"action": "zone", "decided_on": "2022-08-03", "act": "41"}
    state.write_down("rigorous_action", "--case", newest["id"], at="2022-08-03", **act)
    assert run.done("verify", "--json").data["ok"]


def ends(region, year, at):
    found = region.terminal.done("cycle", "propose", *region.of(year), "--json", at=at).data
    return {one["school"]: one["outcome"] for one in found["proposals"]}
