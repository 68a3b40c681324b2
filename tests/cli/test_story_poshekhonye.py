"""Poshekhonye's ten deprived schools, none of them low: watched, measured, advised for a year (S4)."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

import programmes
from tests.cli.conftest import write
from tests.cli.seed_region import Region
from tests.cli.test_story import PDF

POSHEKHONYE = Path(programmes.__file__).parent / "poshekhonye"
SCHOOLS = [f"7600{number:02}" for number in range(1, 11)]
AT_RISK = SCHOOLS[:2]
LEFT = SCHOOLS[2:4]  # S4-03: left the list in 2021, before the first cycle here
BETTER = SCHOOLS[-1]
COORDINATOR = "coordinator@example.org"
CURATOR = "curator@example.org"
HEADS = {code: f"head{code}@example.org" for code in SCHOOLS}
YEAR = ["--programme", "poshekhonye", "--year", 2026]
PUPILS = (
    "in_olympiad",
    "raised_motivation",
    "in_extra_education",
    "failing",
    "helped",
    "not_attested",
)
TEACHERS = ("diagnosed", "trained", "routes", "raised_category", "in_contests", "in_communities")
SHARES = {
    "stable_growth": "1",
    "above_cluster": "0.5",
    "index_growth": "0.8",
    "olympiad": "0.1",
    "motivation": "0.2",
    "extra_education": "0.6",
    "failing_helped": "0.5",
    "pupils_not_attested": "0.01",
    "teachers_diagnosed": "0.5",
    "teachers_trained": "0.4",
    "teachers_routes": "0.3",
    "teachers_category": "0.1",
    "teachers_contests": "0.2",
    "teachers_communities": "0.6",
    "infrastructure_deficit": "1",
    "staff_deficit": "0.4",
    "multiple_deprivation": "0.8",
    "isbsh": "51.8",
    "region_isbsh": "50.39",
}
"""Worked out by hand from the rows below."""


def take_in(terminal, profile, header, rows, *, at="2026-08-20"):
    write(terminal.folder / f"{profile}.csv", header, rows)
    words = ["import", f"{profile}.csv", "--programme", "poshekhonye", "--profile", profile]
    terminal.done(*words, at=at)


def marks(school, year):
    """OGE and EGE rise by one a year, the index by one or, where the school is at risk, falls by two."""
    place, gone = max(SCHOOLS.index(school), 1), year - 2024  # two share the lowest mark
    index = 50 - 2 * gone if school in AT_RISK else 45 + gone
    mean = 50 + place + gone
    of_cluster = f"{54 + gone},5"  # half of the schools lie above it
    return [school, year, mean, mean, of_cluster, of_cluster, index]


def schools(terminal, codes):
    header = ["id", "name", "kind", "municipality_id", "municipality", "opened", "closed"]
    like = ["Школа", "01", "Выдуманный район", "1970-09-01", "", "сельский"]
    rows = [[code, f"Школа № {code[-2:]}", *like, "2021" if code in LEFT else ""] for code in codes]
    take_in(terminal, "schools", [*header, "cluster", "left_list_in"], rows)


@pytest.fixture
def district(terminal):
    """Ten schools on SQLite: infrastructure lacks in all, staff in four, the index is 51,80."""
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    schools(terminal, SCHOOLS)
    header = ["id", "year", "mean_oge", "mean_ege", "cluster_mean_oge", "cluster_mean_ege", "oip"]
    results = [marks(school, year) for year in (2024, 2025, 2026) for school in SCHOOLS]
    take_in(terminal, "ris_gia", header, results)
    lacking = [[school, 2026, "да"] for school in SCHOOLS]
    take_in(terminal, "infrastructure", ["id", "year", "infrastructure_deficit"], lacking)
    staff = [
        [school, 2026, "да" if school in SCHOOLS[:4] else "нет", 10, 5, 4, 3, 1, 2, 6]
        for school in SCHOOLS
    ]
    take_in(terminal, "asiou_staff", ["id", "year", "staff_deficit", "teachers", *TEACHERS], staff)
    several = ["да" if school in SCHOOLS[:8] else "нет" for school in SCHOOLS]
    forms = [
        [school, 2026, "51,80", "50,39", many, 100, 10, 20, 60, 10, 5, 1]
        for school, many in zip(SCHOOLS, several, strict=True)
    ]
    conditions = ["isbsh", "region_isbsh", "multiple_deprivation"]
    take_in(terminal, "forms", ["id", "year", *conditions, "pupils", *PUPILS], forms)
    people = [[COORDINATOR, "Методист Выдуманный", "координатор", "01", ""]]
    people += [
        [HEADS[code], f"Директор Выдуманный {code}", "руководитель", "", code] for code in SCHOOLS
    ]
    take_in(terminal, "people", ["email", "name", "role", "territory", "school"], people)
    return terminal


def categories(terminal):
    found = terminal.done("identify", *YEAR, "--json", at="2026-08-25").data
    return {one["school"]: set(one["categories"]) for one in found["verdicts"]}


def indicators(terminal):
    rows = terminal.done("indicator", "show", *YEAR, "--json").data
    return {row["indicator"]: row for row in rows}


def add(terminal, kind, *more, at, by=None, **fields):
    words = [word for key, value in fields.items() for word in ("--field", f"{key}={value}")]
    return terminal.done("record", "add", kind, *words, *more, "--json", at=at, by=by).data[
        "record"
    ]


def judged_effect(terminal, kind, record, at):
    """The task of a recommendation is done, accepted, and its effect written down."""
    tasks = terminal.done("task", "list", "--json").data
    [task] = [one for one in tasks if one["milestone"] == f"{kind}_done"]
    words = ["task", "submit", task["id"], "--text", "Сделано: занятия идут"]
    terminal.done(*words, at=at, by=task["assignee"])
    terminal.done("task", "accept", task["id"], at=at)
    concluded = ["record", "conclude", record, "done", "--json"]
    assert terminal.done(*concluded, at=at).data["outcome"] == "done"


def test_ten_deprived_schools_are_watched_measured_and_advised(district):
    found = categories(district)
    assert all("adverse_conditions" in of_one for of_one in found.values())
    assert not any("low_results" in of_one for of_one in found.values())
    assert {code for code, of_one in found.items() if "at_risk" in of_one} == set(AT_RISK)
    higher_mean = [*YEAR, "--what-if", "deprived_index=52", "--json"]
    above = district.done("identify", *higher_mean, at="2026-08-25").data["verdicts"]
    deprived = {one["school"] for one in above if "adverse_conditions" in one["categories"]}
    assert deprived == set(SCHOOLS[:4])  # two deficits are several signs without the index too

    opened = district.done("cycle", "open", *YEAR, "--yes", "--json", at="2026-09-01").data
    assert opened["cases"] == 10
    shown = indicators(district)
    assert {key: one["value"] for key, one in shown.items()} == SHARES
    groups = Counter(one["group"] for one in shown.values())
    assert groups == {"pupils": 8, "teachers": 6, "conditions": 5}  # S4-08, S4-09, S4-04
    downwards = {key for key, one in shown.items() if one["direction"] == "down"}
    assert {key for key in downwards if shown[key]["group"] == "pupils"} == {"pupils_not_attested"}
    told = district.done("indicator", "show", *YEAR).out
    assert (
        "51,8 " in told
    )  # the district lies above the region's mean, and is deprived all the same
    assert "50,39 " in told
    watched = district.done("list", "watch", *YEAR, "--json").data
    assert [(one["school"], one["left"], one["returned"]) for one in watched] == [
        (code, 2021, False) for code in LEFT
    ]
    district.done("indicator", "freeze", "entry", *YEAR, at="2026-09-02")
    forms = [[school, 2026, "51,80", 100, 10, 20, 60, 10, 8, 3] for school in SCHOOLS]
    header = ["id", "year", "isbsh", "pupils", *PUPILS]
    take_in(district, "forms", header, forms, at="2026-10-10")
    later = indicators(district)
    for key, change, reached in (
        ("failing_helped", "0.3", True),
        ("pupils_not_attested", "0.02", False),
    ):
        assert later[key]["baseline"] == SHARES[key]
        assert (later[key]["change"], later[key]["reached"]) == (change, reached)

    note = add(
        district, "analytic_note_received", at="2026-10-12", title="Школы в условиях рисков",
        from_whom="Центр развития кадрового потенциала", received_on="2026-10-12",
    )  # fmt: skip
    advice = add(
        district, "recommendation", "--case", 1, "--parent", note, at="2026-10-13", by=COORDINATOR,
        what="Программа для неуспевающих", addressee="teachers", due="2026-11-20",
    )  # fmt: skip
    to_service = add(
        district, "municipal_recommendation", "--territory", "01", "--parent", note,
        at="2026-10-14", what="Семинар по оцениванию", addressee="methodical_service", due="2026-12-01",
    )  # fmt: skip
    order = {
        "title": "О мерах",
        "number": "12",
        "signed_on": "2026-10-20",
        "signer": "И. Придуманный",
    }
    top = add(district, "regional_act", at="2026-10-20", **order)
    add(
        district, "municipal_act", "--territory", "01", "--parent", top, at="2026-10-20",
        by=COORDINATOR, **order,
    )  # fmt: skip
    judged_effect(district, "recommendation", advice, "2026-11-16")
    judged_effect(district, "municipal_recommendation", to_service, "2026-11-30")
    assert district.done("verify", "--json").data["ok"]


def small_set(terminal, rows):
    """School, OGE and EGE of both years, ОИП: five schools of one cluster."""
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    schools(terminal, [row[0] for row in rows])
    header = ["id", "year", "mean_oge", "mean_ege", "oip"]
    take_in(
        terminal,
        "ris_gia",
        header,
        [[row[0], year, row[1], row[1], row[2]] for row in rows for year in (2025, 2026)],
    )


@pytest.mark.parametrize(
    ("first", "low"),
    [
        ((30, 45), True),  # below all of the cluster for two years, the index is no matter
        ((60, 30), True),  # an index under 36, at the bottom of the ranking
        ((60, 36), False),  # 36 is not under 36, though it is the lowest
        ((40, 45), False),  # as low as another: not below all
    ],
)
def test_either_way_alone_makes_a_school_low(terminal, first, low):
    others = [("760002", 40, 50), ("760003", 40, 51), ("760004", 55, 52), ("760005", 58, 53)]
    small_set(terminal, [("760001", *first), *others])
    found = categories(terminal)
    assert ("low_results" in found["760001"]) is low
    assert not any("low_results" in found[code] for code, *_ in others)


def collected(terminal, cycle):
    """The task of the methodical service in that cycle."""
    tasks = terminal.done("task", "list", "--json").data
    mine = [one for one in tasks if one["milestone"] == "data_collected"]
    return next(one for one in mine if one["cycle"] == cycle)


def test_the_service_collects_at_least_once_in_twelve_months_over_the_cycles(district):
    """S4-10: the roadmap says 15 October, and twelve months after the last time at the latest."""
    folder = district.folder / "poshekhonye"
    shutil.copytree(POSHEKHONYE, folder)
    calendar = folder / "calendar.yaml"
    further = calendar.read_text(encoding="utf-8").replace("horizon: 2027", "horizon: 2028")
    calendar.write_text(further, encoding="utf-8")
    open_year = ["cycle", "open", "--programme", folder, "--yes", "--json", "--year"]
    first = district.done(*open_year, 2026, at="2026-09-01").data["cycle"]
    task = collected(district, first)
    assert task["due_on"] == "2026-10-15"
    (district.folder / "note.pdf").write_bytes(PDF)
    words = ["task", "submit", task["id"], "--file", "note.pdf"]
    district.done(*words, at="2026-10-05", by=COORDINATOR)
    district.done("task", "accept", task["id"], at="2026-10-08")
    header = ["id", "year", "infrastructure_deficit"]
    take_in(district, "infrastructure", header, [[s, 2027, "да"] for s in SCHOOLS], at="2027-08-20")
    header = ["id", "year", "staff_deficit", "teachers", *TEACHERS]
    staff = [[s, 2027, "да", 10, 5, 4, 3, 1, 2, 6] for s in SCHOOLS]
    take_in(district, "asiou_staff", header, staff, at="2027-08-20")
    second = district.done(*open_year, 2027, at="2027-09-01").data["cycle"]
    task = collected(district, second)
    assert task["due_on"] == "2027-10-05"
    told = district.done("task", "show", task["id"]).out
    assert "через 12 мес. после того, как это делалось в последний раз" in told
    assert district.done("verify", "--json").data["ok"]


def test_a_finding_of_the_monitoring_makes_the_advice_for_whom_it_names(district):
    """S4-06, S4-11, S4-12: the form knows each datum and its system; the finding names an addressee."""
    district.done("cycle", "open", *YEAR, "--yes", at="2026-09-01")
    form = ["record", "form", "monitoring_form", "--case", 1, "--json"]
    rows = {
        one["key"]: one
        for one in district.done(*form, at="2026-09-10", by=COORDINATOR).data["rows"]
    }
    assert (rows["failing"]["known"], rows["oip"]["known"]) == ("10", "46")
    assert "forms.csv:2" in str(rows["failing"]["source"])
    said = {"filled_on": "2026-09-10", "conclusions": "Мало помощи", "lags": "адресная помощь"}
    named = (
        ("leader", "recommendation", "2026-09-10", "2026-09-25"),
        ("authority", "municipal_recommendation", "2026-10-01", "2026-10-20"),
    )
    for addressee, kind, day, done in named:
        made = ["record", "add", "monitoring_form", "--case", 1, "--json"]
        fields = {**said, "advice": "Группы поддержки", "addressee": addressee}
        made += [word for key, value in fields.items() for word in ("--field", f"{key}={value}")]
        [number] = district.done(*made, at=day, by=COORDINATOR).data["made"]
        seen = district.done("record", "show", number, "--json").data
        assert (seen["view"]["kind"], len(seen["tasks"])) == (kind, 1)
        judged_effect(district, kind, number, done)
    assert district.done("verify", "--json").data["ok"]


# --- one school's year ----------------------------------------------------------------------------


def carry(region, *, at):
    case = region.terminal.done("case", "list", "--json").data[-1]["id"]
    mine = region.terminal.done("task", "list", "--case", case, "--json").data
    judges = {"curator": CURATOR, "coordinator": COORDINATOR, "operator": None}
    region.carry_through(mine, at=at, judges=judges)
    return case


def programme_of_prevention(region, case):
    """S4-13: measures against failure, looked at by the methodical service, approved by the authority."""
    run = region.terminal
    refused = run("case", "move", case, "approve_programme", "--basis", "x", at="2026-09-18")
    assert "не утверждён" in refused.err
    for section in ("teaching", "failure", "resources"):
        of = {"title": f"Дело: {section}", "section": section, "due": "2026-11-20"}
        of |= {"proof": "протокол"}
        region.write_down("measure", "--case", case, at="2026-09-21", by=HEADS[BETTER], **of)
    run.done("plan", "submit", case, at="2026-09-22", by=HEADS[BETTER])
    run.done("plan", "review", case, "--endorse", at="2026-09-23", by=COORDINATOR)
    run.done("plan", "approve", case, "--basis", "приказ № 40", at="2026-09-24")


def facts_of_the_next_year(district):
    """All rise, and one school lacks nothing any more."""
    at = "2027-05-20"
    marks_of_all = [[one, 2027, 60, 60, 55] for one in SCHOOLS]
    take_in(district, "ris_gia", ["id", "year", "mean_oge", "mean_ege", "oip"], marks_of_all, at=at)
    lacking = [[one, 2027, "нет" if one == BETTER else "да"] for one in SCHOOLS]
    take_in(district, "infrastructure", ["id", "year", "infrastructure_deficit"], lacking, at=at)
    staff = [[one, 2027, "нет"] for one in SCHOOLS]
    take_in(district, "asiou_staff", ["id", "year", "staff_deficit"], staff, at=at)
    forms = [[one, 2027, "51,80"] for one in SCHOOLS]
    take_in(district, "forms", ["id", "year", "isbsh"], forms, at=at)


def test_a_deprived_school_goes_through_the_year_to_its_end_and_the_year_is_closed(district):
    region = Region(district, "poshekhonye")
    region.people([[CURATOR, "Куратор Выдуманный", "куратор", "", BETTER]], at="2026-08-25")
    district.done("cycle", "open", *YEAR, "--yes", at="2026-09-01")
    basis = ("--basis", "протокол № 3")
    case = carry(region, at="2026-09-07")
    region.move(case, "analyse", at="2026-09-08")
    carry(region, at="2026-09-09")
    said = district.done("cluster", "assign", case, *basis, "--json", at="2026-09-10").data
    assert said["cluster"] == "deprived"
    region.move(case, "cluster", at="2026-09-11")
    district.done("case", "decide", case, "partner", "Школа-лидер", *basis, at="2026-09-14")
    carry(region, at="2026-09-15")
    region.move(case, "partner", at="2026-09-16")
    programme_of_prevention(region, case)
    carry(region, at="2026-09-25")
    region.move(case, "approve_programme", *basis, at="2026-09-28")
    carry(region, at="2026-09-29")
    region.move(case, "monitor", at="2026-10-01")
    carry(region, at="2026-11-16")

    facts_of_the_next_year(district)
    proposed = district.done("cycle", "propose", *YEAR, "--json", at="2027-05-21").data["proposals"]
    ends = {one["school"]: one["outcome"] for one in proposed}
    assert ends == {**dict.fromkeys(SCHOOLS, "continues"), BETTER: "improved"}
    for one in proposed:
        district.done("case", "decide-exit", one["case"], *basis, at="2027-05-24")
    region.move(case, "exit", *basis, at="2027-05-25")
    closed = district.done("cycle", "close", *YEAR, "--json", at="2027-05-26").data
    assert closed["outcomes"] == {"continues": 9, "improved": 1}
    years = district.done("history", "--school", BETTER, "--json").data["cases"]
    assert [(one["year"], one["outcome"]) for one in years] == [(2026, "improved")]
    assert district.done("verify", "--json").data["ok"]
