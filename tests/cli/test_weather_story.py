"""Letters in bad weather, through the command line."""

from email import message_from_bytes
from pathlib import Path

import pytest

from programmes.folders import shipped
from tests.cli.conftest import launch, write_files
from tests.cli.terminal import Terminal
from tests.cli.test_story import JUDGE

CURATOR, COORDINATOR = "curator@example.org", "coordinator@example.org"
HEAD, OPERATOR = "head@example.org", "operator@example.org"
BOUNCE = """From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: opora@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{address}>: user unknown

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} said the server

--b
Content-Type: text/rfc822-headers

Message-ID: {number}
--b--
"""


def mailbox(terminal: Terminal) -> list[Path]:
    return sorted((terminal.folder / "home" / "mailbox").glob("*.eml"))


def deliver(terminal: Terminal, at: str) -> list[tuple[str, str, str]]:
    """To whom, of what kind and with what words letters have just left."""
    before = set(mailbox(terminal))
    terminal.done("deliver", at=at)
    found = []
    for path in sorted(set(mailbox(terminal)) - before):
        message = message_from_bytes(path.read_bytes())
        part = next(p for p in message.walk() if p.get_content_type() == "text/plain")
        words = part.get_payload(decode=True).decode("utf-8")
        address = message["To"].rpartition("<")[2].strip(">")
        found.append((address, message["X-Opora-Letter"], words))
    return found


def come_back(terminal: Terminal, letter: dict[str, object], *, at: str, status: str = "5.1.1"):
    folder = terminal.folder / "bounces"
    folder.mkdir(exist_ok=True)
    told = {"address": letter["to"], "number": letter["message_id"], "status": status}
    (folder / f"{letter['id']}-{status}.eml").write_text(BOUNCE.format(**told), encoding="utf-8")
    return terminal("bounces", "read", "--maildir", "bounces", "--json", at=at)


def letters(terminal: Terminal, to: str) -> list[dict[str, object]]:
    return [one for one in terminal.done("letter", "list", "--json").data if one["to"] == to]


def test_a_curators_dead_address_from_the_bounce_to_the_new_one(on_database):
    launch(on_database)
    deliver(on_database, "2026-09-02")
    [first] = letters(on_database, CURATOR)
    answer = come_back(on_database, first, at="2026-09-03")
    assert (answer.status, answer.data["flagged"], answer.data["unmatched"]) == (0, 1, [])
    again = on_database("bounces", "read", "--maildir", "bounces", "--json", at="2026-09-03")
    assert again.data["known"] == 1
    shown = on_database.done("letter", "show", first["id"], "--json").data
    assert (shown["state"], "5.1.1" in shown["returned"]) == ("sent", True)

    told = deliver(on_database, "2026-09-04")
    assert [(to, kind) for to, kind, _ in told] == [(COORDINATOR, "address_refused")]
    assert CURATOR in told[0][2]

    on_database.done("round", at="2026-10-20")
    digests = {to for to, kind, _ in deliver(on_database, "2026-10-20T12:00") if kind == "digest"}
    assert CURATOR not in digests
    assert COORDINATOR in digests

    on_database.done("people", "address", CURATOR, "--to", "new@example.org", at="2026-10-21")
    again = on_database.done("letter", "retry", first["id"], "--json", at="2026-10-21").data
    assert again["again"] > first["id"]
    reached = deliver(on_database, "2026-10-21T12:00")
    assert ("new@example.org", "case_opened") in [(to, kind) for to, kind, _ in reached]
    assert on_database("letter", "retry", first["id"], at="2026-10-21T12:00").status == 1
    assert on_database.done("verify", "--json").data["ok"]


def test_a_full_mailbox_returns_the_letter_and_leaves_the_address(region):
    deliver(region, "2026-09-02")
    [first] = letters(region, CURATOR)
    assert come_back(region, first, at="2026-09-03", status="5.2.2").data["returned"] == 1
    assert come_back(region, first, at="2026-09-03", status="4.2.2").data["delayed"] == 1
    assert deliver(region, "2026-09-04") == []


def test_without_anybody_above_the_letters_wait_and_say_why(region):
    deliver(region, "2026-09-02")
    for person in (CURATOR, COORDINATOR, OPERATOR):
        for letter in letters(region, person)[:1]:
            assert come_back(region, letter, at="2026-09-03").status == 0
    assert deliver(region, "2026-09-04") == []
    waiting = [one for one in region.done("letter", "list", "--json").data if one["reason"]]
    assert {one["state"] for one in waiting} == {"pending"}
    assert "адрес" in waiting[0]["reason"]
    region.done("people", "address", OPERATOR, "--is-right", at="2026-09-04")
    assert {to for to, _, _ in deliver(region, "2026-09-07")} == {OPERATOR}


def test_what_matches_no_letter_is_named_and_the_status_says_so(region):
    letter = {"id": 1, "to": "nobody@example.org", "message_id": "<guess@example.org>"}
    answer = come_back(region, letter, at="2026-09-03")
    assert (answer.status, answer.data["unmatched"]) == (3, ["1-5.1.1.eml"])
    assert region("bounces", "read", at="2026-09-03").status == 2
    assert region("bounces", "read", "--maildir", "none", at="2026-09-03").status == 1
    assert region("bounces", "read", "--maildir", "bounces", at="2026-09-03", by=HEAD).status == 1
    assert region("letter", "retry", 1, at="2026-09-03", by=HEAD).status == 1


# --- wishes and limits ----------------------------------------------------------------------------


def test_a_kind_that_is_switched_off_is_superseded_with_the_reason(on_database):
    launch(on_database)
    words = ["people", "prefer", CURATOR, "--kind", "case_opened"]
    on_database.done(*words, "--off", at="2026-09-01", by=CURATOR)
    assert on_database.done("people", "prefer", CURATOR, "--json").data["off"] == ["case_opened"]
    assert CURATOR not in {to for to, _, _ in deliver(on_database, "2026-09-02")}
    [dropped] = letters(on_database, CURATOR)
    assert (dropped["state"], "отключил" in dropped["reason"]) == ("superseded", True)
    on_database.done(*words, "--on", at="2026-09-02")
    assert on_database.done("people", "prefer", CURATOR, "--json").data["off"] == []
    assert on_database.done("verify", "--json").data["ok"]


@pytest.mark.parametrize("kind", ["digest", "escalation", "task_returned", "task_submitted"])
def test_what_asks_for_a_deed_cannot_be_switched_off(region, kind):
    words = ["people", "prefer", CURATOR, "--kind", kind, "--off"]
    assert region(*words, at="2026-09-02").status == 1


def test_nobody_chooses_for_another_but_the_operator(region):
    words = ["people", "prefer", CURATOR, "--kind", "case_moved", "--off"]
    assert region(*words, at="2026-09-02", by=HEAD).status == 1
    assert region(*words, at="2026-09-02").status == 0


def limited(folder: Path, most: int) -> str:
    """The programme with a limit of letters a day, in a folder of its own."""
    target = folder / "yugra"
    target.mkdir()
    for path in Path(str(shipped()["yugra"])).iterdir():
        if path.is_file():
            (target / path.name).write_bytes(path.read_bytes())
    stages = target / "stages.yaml"
    limit = f"letters: {{most_a_day: {most}}}\n"
    stages.write_text(stages.read_text(encoding="utf-8") + limit, encoding="utf-8")
    return str(target)


def test_what_exceeds_the_days_limit_comes_in_the_next_digest(on_database):
    terminal = on_database
    programme = limited(terminal.folder, 1)
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    write_files(terminal.folder)
    for profile in ("schools", "results", "people"):
        words = ["import", f"{profile}.csv", "--programme", programme, "--profile", profile]
        terminal.done(*words, at="2026-08-20")
    words = ["cycle", "open", "--programme", programme, "--year", "2026", "--yes"]
    terminal.done(*words, at="2026-09-01")
    deliver(terminal, "2026-09-02T09:00")
    (terminal.folder / "proof.pdf").write_bytes(b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n")
    mine = [
        task
        for task in terminal.done("task", "list", "--case", 1, "--json").data
        if task["assignee"] == HEAD
    ]
    for task in mine:
        words = ["task", "submit", task["id"], "--text", "Сделано", "--file", "proof.pdf"]
        terminal.done(*words, at="2026-09-03T10:00", by=HEAD)
        judge = JUDGE[task["approver"]]
        terminal.done("task", "accept", task["id"], at="2026-09-03T10:00", by=judge)
    told = [one for one in deliver(terminal, "2026-09-03T12:00") if one[0] == HEAD]
    assert [kind for _, kind, _ in told] == ["task_accepted"]
    accepted = [one for one in letters(terminal, HEAD) if one["kind"] == "task_accepted"]
    assert [one["state"] for one in accepted] == ["sent", "superseded"]
    assert "предел" in accepted[1]["reason"]
    [digest] = [one for one in deliver(terminal, "2026-09-04T12:00") if one[0] == HEAD]
    assert digest[1] == "digest"
    assert "Принято" in digest[2]
    assert len(mine) == 2
    assert terminal.done("verify", "--json").data["ok"]


# --- a long silence -------------------------------------------------------------------------------


def test_after_thirty_days_of_silence_one_letter_a_person_says_so(on_database):
    launch(on_database)
    deliver(on_database, "2026-09-02")
    spoken_before = on_database.done("letter", "list", "--json").data
    due = {
        task["due_on"]
        for task in on_database.done("task", "list", "--json").data
        if "2026-09-02" < task["due_on"] < "2026-10-02"
    }
    assert due  # the silence swallows deadlines
    on_database.done("round", at="2026-10-02T09:00")
    back = deliver(on_database, "2026-10-02T12:00")
    digests = [(to, words) for to, kind, words in back if kind == "digest"]
    assert digests
    assert len({to for to, _ in digests}) == len(digests)
    assert all("не отправлялись вовремя" in words for _, words in digests)
    above = [words for _, kind, words in back if kind == "escalation"]
    assert above
    assert all("напоминаний не получали и сами ответственные" in words for words in above)
    assert not any("напоминания уже отправлялись" in words for words in above)
    on_database.done("round", at="2026-10-02T13:00")
    assert deliver(on_database, "2026-10-02T14:00") == []

    listed = on_database.done("letter", "list", "--json").data
    assert {one["state"] for one in listed} <= {"sent", "superseded"}
    assert len(listed) == len(spoken_before) + len(back)
    late = [
        task
        for task in on_database.done("task", "list", "--json").data
        if task["state"] == "open" and task["due_on"] <= "2026-10-02"
    ]
    said = " ".join(words for _, _, words in back)
    assert late
    assert all(task["title"]["ru"] in said for task in late)
    assert on_database.done("verify", "--json").data["ok"]
