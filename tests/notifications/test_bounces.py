"""What came back is matched to its letter and address; what is no bounce is left alone."""

import socket
import threading
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from sqlmodel import select

from casework.acting import Acting
from casework.letters.bouncing import Read, take_back
from models.mail_weather import Bounce, RefusedAddress
from models.people import Appointment, Person
from notifications.bounces import Blame, returned
from notifications.delivery import deliver
from notifications.returned_mail import imap_box, messages_in
from opora.database import reading, transaction
from opora.errors import FileRefused, InputRefused, NotReady
from states.role import Role
from tests.notifications.conftest import AT, SENDER, compose
from tests.notifications.test_delivery import RecordingPost

SAMPLES = Path(__file__).parent / "bounces"
OF_THE_LETTER = {"b03", "b06", "b08", "b12", "b19", "b22"}
LATE = {"b04", "b14", "b20", "b23"}
AWAY = b"""From: Anna <anna@example.org>
To: opora@region.example.org
Subject: Out of office
Auto-Submitted: auto-replied

I am away. 550 5.1.1 is not meant.
"""
TAKEN = (SAMPLES / "01-postfix-unknown.eml").read_bytes().replace(b"failed", b"delivered")


@pytest.fixture
def acting(engine) -> Acting:
    with transaction(engine) as session:
        person = Person(email="operator@example.org", name="Выдуманный оператор")
        session.add(person)
        session.flush()
        session.add(
            Appointment(
                person_id=person.id,
                role=Role.OPERATOR,
                register_key="*",
                since=date(2026, 1, 1),
            )
        )
    return Acting(at=AT, recorded_at=AT, person=person)


@pytest.fixture
def sent(engine, write) -> dict[str, int]:
    """Thirty letters that have left, by the reader's name: those that the samples quote."""
    ids = {f"b{number:02}": write(f"b{number:02}") for number in range(1, 31)}
    deliver(engine, RecordingPost(), compose=compose, sender=SENDER, at=AT, real_now=lambda: AT)
    return ids


def take_all(engine, acting) -> dict[str, Read]:
    ends = {}
    for name, raw in messages_in(SAMPLES):
        found = returned(raw)
        assert found is not None, name
        with transaction(engine) as session:
            ends[f"b{name[:2]}"] = take_back(session, found, sha256(raw).hexdigest(), acting)
    return ends


def test_of_thirty_messages_all_but_the_wordless_one_find_their_letter(engine, sent, acting):
    ends = take_all(engine, acting)
    assert len(ends) == 30
    assert [name for name, end in ends.items() if end is Read.UNMATCHED] == ["b30"]
    assert {name for name, end in ends.items() if end is Read.RETURNED} == OF_THE_LETTER
    assert {name for name, end in ends.items() if end is Read.DELAYED} == LATE
    with reading(engine) as session:
        rows = session.exec(select(Bounce.letter_id, Bounce.address)).all()
        flagged = session.exec(select(RefusedAddress.address)).all()
    assert set(rows) == {(sent[name], f"{name}@example.org") for name in ends if name != "b30"}
    dead = {name for name, end in ends.items() if end is Read.FLAGGED}
    assert set(flagged) == {f"{name}@example.org" for name in dead}
    assert len(dead) == 19


def test_the_same_messages_again_change_nothing(engine, sent, acting):
    take_all(engine, acting)
    again = take_all(engine, acting)
    assert set(again.values()) == {Read.KNOWN, Read.UNMATCHED}


def test_a_strangers_report_about_a_guessed_letter_matches_nothing(engine, sent, acting):
    raw = (SAMPLES / "27-envelope-alone.eml").read_bytes().replace(b"+27.", b"+26.")
    found = returned(raw)
    assert found.tokens
    with transaction(engine) as session:
        assert take_back(session, found, "0" * 64, acting) is Read.UNMATCHED


def test_an_address_that_mail_is_forwarded_to_is_not_the_persons(engine, sent, acting):
    raw = (SAMPLES / "15-exchange-unknown.eml").read_bytes()
    raw = raw.replace(b"rfc822; b15@example.org", b"rfc822; elsewhere@example.net")
    with transaction(engine) as session:
        assert take_back(session, returned(raw), "0" * 64, acting) is Read.RETURNED
        assert session.exec(select(RefusedAddress)).first() is None


@pytest.mark.parametrize("raw", [b"", AWAY, TAKEN, b"Subject: hello\n\nDear all"])
def test_what_is_no_bounce_says_nothing(raw):
    assert returned(raw) is None


@given(st.binary(max_size=300), st.integers(0, 3000))
def test_no_message_however_broken_stops_the_reading(noise, cut):
    whole = (SAMPLES / "16-exchange-ru.eml").read_bytes()
    found = returned(whole[:cut] + noise + whole[cut:])
    assert found is None or found.blame in Blame


# --- where they lie -------------------------------------------------------------------------------


def test_a_maildir_is_read_in_both_its_folders(tmp_path):
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.host").write_bytes(AWAY)
    (tmp_path / "cur" / "2.host:2,S").write_bytes(AWAY)
    assert [raw for _, raw in messages_in(tmp_path)] == [AWAY, AWAY]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileRefused):
        [*messages_in(tmp_path / "none")]


@contextmanager
def imap_server(messages: list[bytes], word: str = "secret"):
    """As much of IMAP as a reader needs; one connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[str] = []

    def serve() -> None:
        line, _ = listener.accept()
        with line, line.makefile("rwb", buffering=0) as stream:
            stream.write(b"* OK ready\r\n")
            for raw in stream:
                tag, _, rest = raw.decode().strip().partition(" ")
                stream.write(answer(rest) + f"{tag} {end(rest)}\r\n".encode())
                if rest == "LOGOUT":
                    return

    def end(rest: str) -> str:
        refused = rest.startswith("LOGIN") and word not in rest
        return "NO who are you" if refused else "OK done"

    def answer(rest: str) -> bytes:
        if rest.startswith("CAPABILITY"):
            return b"* CAPABILITY IMAP4rev1\r\n"
        if "SEARCH" in rest:
            numbers = " ".join(str(n) for n in range(1, len(messages) + 1))
            return f"* SEARCH {numbers}\r\n".encode()
        if "FETCH" in rest:
            number = int(rest.split()[2])
            body = messages[number - 1]
            head = f"* {number} FETCH (UID {number} BODY[] {{{len(body)}}}\r\n".encode()
            return head + body + b")\r\n"
        if "STORE" in rest:
            seen.append(rest.split()[2])
        return b""

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        thread.join(5)
        listener.close()


def test_an_imap_mailbox_is_read_and_only_what_was_kept_is_marked():
    with imap_server([AWAY, TAKEN]) as (host, seen):
        with imap_box(f"imap://opora:secret@{host}/Bounces") as box:
            found = dict(box.unread())
            box.mark_read("2")
        assert found == {"1": AWAY, "2": TAKEN}
    assert seen == ["2"]


def test_a_mailbox_that_does_not_open_is_told_without_the_password():
    with (
        imap_server([]) as (host, _),
        pytest.raises(NotReady) as refused,
        imap_box(f"imap://opora:wrong-word@{host}") as box,
    ):
        [*box.unread()]
    assert "wrong-word" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["", "imap://u:w@mail.example.org", "imaps://mail.example.org", "https://u:w@h"]
)
def test_a_password_never_crosses_a_network_in_the_open(url):
    with pytest.raises(InputRefused), imap_box(url):
        pass
