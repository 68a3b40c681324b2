"""From the list to a cluster, a partner and a curator: proposed, changed by persons, confirmed, verified."""

import pytest

from tests.cli.conftest import HEADER, OPENED, take_in, write, write_files
from tests.cli.terminal import Terminal

LOW = ("010001", "010003", "010004")
GOOD, SITE, POOR = "010002", "010005", "020006"
HEADER_WITH_SITES = [*HEADER, "innovation_site", "innovation_theme"]
AT = "2026-09-02"
YEAR = ["--programme", "yugra", "--year", 2026]


def write_region(folder) -> None:
    """Three low schools; three good ones, of which one is an innovation site and one is poor."""
    write_files(folder)

    def school(code, site="нет", theme=""):
        like = ["Школа", code[:2], f"Выдуманный район {code[:2]}", "1970-09-01", "", "бюджетное"]
        return [
            code,
            f"Школа {code}",
            *like,
            "муниципальная",
            "городская",
            "нет",
            "обычная",
            site,
            theme,
        ]

    rows = [school(code) for code in (*LOW, GOOD, POOR)] + [school(SITE, "да", "математика")]
    write(folder / "schools.csv", HEADER_WITH_SITES, rows)
    below = {**dict.fromkeys(LOW, (10, 8)), GOOD: (0, 0), POOR: (0, 1), SITE: (1, 0)}
    write(
        folder / "results.csv",
        ["id", "year", "procedure", "participants", "below_threshold"],
        [
            [code, 2026, procedure, 20, number]
            for code, both in below.items()
            for procedure, number in zip(("oge_math", "oge_russian"), both, strict=True)
        ],
    )
    index = {LOW[0]: 20, LOW[1]: 60, GOOD: 70, POOR: 25, SITE: 80}
    write(
        folder / "context.csv",
        ["id", "year", "wellbeing_index"],
        [[code, 2026, number] for code, number in index.items()],
    )
    people = [
        ["coordinator@example.org", "Координатор Выдуманный", "координатор", "01", ""],
        ["auditor@example.org", "Auditor Invented", "проверяющий", "", ""],
        *(["anna@example.org", "Анна Выдуманная", "куратор", "", code] for code in LOW[:2]),
        *(
            [f"head{code}@example.org", f"Директор {code}", "руководитель", "", code]
            for code in LOW
        ),
    ]
    write(folder / "people.csv", ["email", "name", "role", "territory", "school"], people)


@pytest.fixture
def paired(on_database: Terminal) -> Terminal:
    """The region with its open cycle: case 1 is the school with the low index."""
    on_database.done("init", "--name", "Оператор", at="2026-08-01")
    write_region(on_database.folder)
    for profile in ("schools", "results", "context", "people"):
        take_in(on_database, profile)
    on_database.done("cycle", "open", *YEAR, "--yes", at=OPENED)
    return on_database


def proposed(terminal):
    found = terminal.done("partner", "propose", *YEAR, "--json").data
    return {one["school"]: one["candidate"] for one in found["pairs"]}


def test_clusters_by_rule_by_unknown_and_by_an_experts_word(paired):
    found = paired.done("cluster", "propose", *YEAR, "--json").data
    rules = {one["school"]: (one["rule"], one["reasons"]) for one in found["schools"]}
    assert rules == {
        LOW[0]: ("double", []),
        LOW[1]: ("teaching", []),
        LOW[2]: (None, ["missing"]),
    }
    assert found["others"] == {"resilient": 1}
    assert found["no_groups"] == "too_small"
    assert paired.done("cluster", "propose", *YEAR).out

    basis = ["--basis", "протокол № 3"]
    assert paired("cluster", "assign", 1, at=AT).status == 1  # no basis
    assert paired("cluster", "assign", 1, "--cluster", "clouds", *basis, at=AT).status == 1
    assert paired("cluster", "assign", 1, "--cluster", "teaching", *basis, at=AT).status == 1
    word = ["--cluster", "teaching", "--reason", "Выезд 3 марта"]
    done = paired.done("cluster", "assign", 1, *word, *basis, "--json", at=AT).data
    assert (done["cluster"], done["whose"], done["rule"]) == ("teaching", "person", "double")
    every = ["cluster", "assign", "--all", *YEAR, *basis, "--json"]
    rest = paired.done(*every, at=AT).data
    assert ([one["school"] for one in rest["assigned"]], rest["standing"]) == ([LOW[1]], 1)
    assert rest["undecided"] == {LOW[2]: ["missing"]}
    assert paired("cluster", "assign", 1, "--all", *basis, at=AT).status == 2

    shown = paired.done("case", "show", 1, "--json").data
    assert (shown["cluster"]["cluster"], shown["cluster"]["rule"]) == ("teaching", "double")
    assert shown["decisions"][-1]["kind"] == "cluster"
    assert "double" not in paired.done("case", "show", 1).out  # people read words, not keys
    last = paired.done("history", 1, "--json").data["lines"][-1]
    assert (last["deed"], last["words"]["reason"]) == ("assign_cluster", "Выезд 3 марта")
    assert paired.done("verify", "--json").data["ok"]


def test_partners_are_proposed_changed_by_a_person_and_confirmed(paired):
    found = paired.done("partner", "propose", *YEAR, "--json").data
    assert found["empty_pools"] == ["improvers", "services"]
    assert proposed(paired) == dict.fromkeys(LOW, SITE)  # the site is first choice and takes three
    shown = paired.done("partner", "show", 1, "--json").data
    assert shown["pair"]["parts"]["theme"] == 1
    assert [one["candidate"] for one in shown["others"]] == [GOOD, POOR]
    why = paired.done("partner", "why", 1, GOOD, "--json").data
    assert (why["barriers"], why["changes"]) == ([], [])
    assert why["loss"] > 0
    for words in (
        ["partner", "why", 1, GOOD],
        ["partner", "show", 1],
        ["partner", "propose", *YEAR],
    ):
        assert paired.done(*words).out

    assert paired("partner", "fix", 1, GOOD, at=AT).status == 1  # no reason
    assert paired("partner", "fix", 1, LOW[1], "--reason", "x", at=AT).status == 1
    assert paired("partner", "fix", 1, "nobody", "--reason", "x", at=AT).status == 1
    paired.done("partner", "fix", 1, GOOD, "--reason", "Договорились", at=AT)
    paired.done("partner", "bar", 2, SITE, "--reason", "Родственники", at=AT)
    assert proposed(paired) == {LOW[0]: GOOD, LOW[1]: GOOD, LOW[2]: SITE}
    assert paired.done("partner", "why", 2, SITE, "--json").data["barriers"] == ["barred"]
    assert paired("partner", "fix", 3, GOOD, "--reason", "x", at=AT).status == 0
    assert paired("partner", "fix", 2, GOOD, "--reason", "x", at=AT).status == 1  # it takes two
    paired.done("partner", "free", 3, GOOD, "--reason", "Передумали", at=AT)

    digest = paired.done("partner", "propose", *YEAR, "--json").data["digest"]
    confirm = ["partner", "confirm", *YEAR, "--basis", "приказ № 12"]
    assert paired(*confirm, "--seen", "other", at=AT).status == 1
    assert paired(*confirm, "--form", "dance", at=AT).status == 1
    first = [*confirm, 1, "--seen", digest, "--form", "laboratory", "--json"]
    assert [one["case"] for one in paired.done(*first, at=AT).data["pairs"]] == [1]
    rest = paired.done(*confirm, "--json", at=AT).data
    assert ([one["case"] for one in rest["pairs"]], rest["standing"]) == ([2, 3], 1)
    case = paired.done("case", "show", 1, "--json").data
    assert (case["partner"]["candidate"], case["partner"]["form"]) == (GOOD, "laboratory")
    assert case["decisions"][-1]["value"].startswith(GOOD)
    assert paired.done("history", 1, "--json").data["lines"][-1]["deed"] == "confirm_partner"

    paired.done("partner", "bar", 1, GOOD, "--reason", "Не сработались", at=AT)
    assert proposed(paired) == {LOW[0]: SITE, LOW[1]: GOOD, LOW[2]: SITE}
    again = paired.done(*confirm, "--json", at=AT).data
    assert [one["case"] for one in again["pairs"]] == [1]
    assert paired.done("verify", "--json").data["ok"]


def test_curators_are_proposed_and_appointed_and_their_tasks_follow(paired):
    offer = ["curator", "offer", "coordinator@example.org", "--programme", "yugra"]
    assert paired(*offer, "--territory", "99", at=AT).status == 1
    paired.done(*offer, "--most", 1, "--territory", "01", at=AT)
    found = paired.done("curator", "propose", *YEAR, "--json").data
    to = {one["school"]: one["to"] for one in found["pairs"]}
    assert to == {
        LOW[0]: "anna@example.org",
        LOW[1]: "anna@example.org",
        LOW[2]: "coordinator@example.org",
    }
    assert paired.done("curator", "propose", *YEAR).out
    assert paired("curator", "fix", 1, "auditor@example.org", "--reason", "x", at=AT).status == 1
    paired.done("curator", "bar", 1, "anna@example.org", "--reason", "Родня директора", at=AT)
    paired.done("curator", "fix", 1, "coordinator@example.org", "--reason", "Рядом", at=AT)
    full = paired("curator", "fix", 2, "coordinator@example.org", "--reason", "x", at=AT)
    assert full.status == 1

    mine = ["task", "list", "--case", 1, "--json"]
    confirm = ["curator", "confirm", *YEAR, "--reason", "приказ № 7", "--json"]
    tried = paired.done(*confirm, "--dry-run", at=AT).data
    assert [one["to"] for one in tried["pairs"]] == ["coordinator@example.org", "anna@example.org"]
    done = paired.done(*confirm, at=AT).data
    assert done["pairs"] == tried["pairs"]
    assert paired.done(*confirm, at=AT).data["pairs"] == []
    held = paired.done("people", "show", "coordinator@example.org", "--json").data["roles"]
    assert ("curator", LOW[0]) in {(one["role"], one["school"]) for one in held}
    assert paired.done(*mine).data
    assert paired.done("verify", "--json").data["ok"]


def test_only_who_sees_the_whole_region_pairs_it(paired):
    by = "coordinator@example.org"
    for words in (
        ["partner", "propose", *YEAR],
        ["partner", "show", 1],
        ["curator", "propose", *YEAR],
        ["cluster", "propose", *YEAR],
    ):
        assert paired(*words, by=by).status == 1
    for words in (
        ["partner", "fix", 1, GOOD, "--reason", "x"],
        ["partner", "confirm", *YEAR, "--basis", "x"],
        ["curator", "confirm", *YEAR, "--reason", "x"],
        ["cluster", "assign", "--all", *YEAR, "--basis", "x"],
    ):
        assert paired(*words, at=AT, by=by).status == 1
    word = ["cluster", "assign", 1, "--basis", "протокол № 3"]
    paired.done(*word, at=AT, by=by)  # but decides the own municipality's cases


def partners_of(terminal, school):
    """Who holds the role `partner` at the school today."""
    people = terminal.done("people", "list", "--json").data
    return {
        one["email"]
        for one in people
        for role in one["roles"]
        if (role["role"], role["school"]) == ("partner", school)
    }


def test_the_confirmed_schools_head_accompanies_and_the_former_one_no_more(paired):
    header = ["email", "name", "role", "territory", "school"]
    heads = [
        [f"head{code}@example.org", f"Директор {code}", "руководитель", "", code]
        for code in (SITE, GOOD)
    ]
    write(paired.folder / "people.csv", header, heads)
    words = ["import", "people.csv", *YEAR[:2], "--profile", "people"]
    paired.done(*words, at="2026-09-01T12:00")
    confirm = ["partner", "confirm", 1, *YEAR, "--basis", "приказ № 12"]
    paired.done(*confirm, at=AT)
    assert partners_of(paired, LOW[0]) == {f"head{SITE}@example.org"}
    told = [one for one in paired.done("letter", "list", "--json").data if one["case"] == 1]
    assert f"head{SITE}@example.org" in {one["to"] for one in told}
    paired.done("partner", "fix", 1, GOOD, "--reason", "Ближе", at="2026-09-03")
    paired.done(*confirm, at="2026-09-04")
    assert partners_of(paired, LOW[0]) == {f"head{GOOD}@example.org"}
    paired.done(*confirm, at="2026-09-05")  # again changes nothing
    assert partners_of(paired, LOW[0]) == {f"head{GOOD}@example.org"}
    assert paired.done("verify", "--json").data["ok"]


def test_who_led_the_former_partner_when_it_was_confirmed_accompanies_no_more(paired):
    header = ["email", "name", "role", "territory", "school"]

    def leads(email, code, at):
        rows = [[email, f"Директор {code}", "руководитель", "", code]]
        write(paired.folder / "people.csv", header, rows)
        paired.done("import", "people.csv", *YEAR[:2], "--profile", "people", at=at)

    leads("first@example.org", SITE, "2026-09-01T12:00")
    leads("good@example.org", GOOD, "2026-09-01T12:00")
    confirm = ["partner", "confirm", 1, *YEAR, "--basis", "приказ № 12"]
    paired.done(*confirm, at=AT)
    assert partners_of(paired, LOW[0]) == {"first@example.org"}
    leads("second@example.org", SITE, "2026-09-03")
    paired.done("partner", "fix", 1, GOOD, "--reason", "Ближе", at="2026-09-03")
    paired.done(*confirm, at="2026-09-04")
    assert partners_of(paired, LOW[0]) == {"good@example.org"}
    assert paired.done("verify", "--json").data["ok"]
