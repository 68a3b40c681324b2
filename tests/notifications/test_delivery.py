"""Letters leave once, outcomes are told apart, and nothing stops the queue or gets lost."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from models.letter import LetterState
from notifications.composition import Superseded
from notifications.delivery import Delivered, deliver
from notifications.leases import LEASE, take
from notifications.post import Answer, Verdict
from notifications.smtp_post import SmtpPost
from opora.words import Sentence
from tests.notifications.conftest import AT, SENDER, answers, compose, letter


class RecordingPost:
    """Answers as told and keeps what it was given."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = [*verdicts]
        self.given: list[tuple[str, bytes]] = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def send(self, sender: str, address: str, body: bytes) -> Answer:
        self.given.append((address, body))
        return Answer(self.verdicts.pop(0) if self.verdicts else Verdict.SENT, None, "said")


def send(engine, post, *, at: datetime = AT, compose=compose, real: datetime = AT) -> Delivered:
    return deliver(engine, post, compose=compose, sender=SENDER, at=at, real_now=lambda: real)


# --- a real server --------------------------------------------------------------------------------


def test_letters_leave_over_one_connection(engine, server, write):
    ids = [write(f"n{number}") for number in range(25)]
    assert send(engine, server.post()) == Delivered(sent=25)
    assert server.connections == 1
    assert sorted(server.addresses) == sorted(f"n{number}@example.org" for number in range(25))
    assert {to for _, to, _ in ((s, len(t), b) for s, t, b in server.taken)} == {1}
    kept = letter(engine, ids[0])
    assert (kept.state, kept.sent_at, kept.lease_until) == (LetterState.SENT, AT, None)
    assert [(a.code, a.verdict) for a in answers(engine, ids[0])] == [(250, "sent")]


def test_a_letter_that_is_not_due_waits(engine, server, write):
    later = write("anna", send_after=AT + timedelta(hours=1))
    assert send(engine, server.post()) == Delivered()
    assert letter(engine, later).state is LetterState.PENDING
    assert send(engine, server.post(), at=AT + timedelta(hours=1)).sent == 1


def test_each_recipient_has_an_outcome_of_their_own(engine, server, write):
    gone, later, fine = write("gone"), write("later"), write("fine")
    server.refusals = {
        "gone@example.org": "550 5.1.1 no such user",
        "later@example.org": "451 4.7.1 greylisted",
    }
    assert send(engine, server.post()) == Delivered(sent=1, retried=1, dead=1)
    assert server.addresses == ["fine@example.org"]
    assert letter(engine, fine).state is LetterState.SENT
    dead = letter(engine, gone)
    assert (dead.state, "no such user" in dead.reason) == (LetterState.DEAD, True)
    waiting = letter(engine, later)
    assert (waiting.state, waiting.failures) == (LetterState.PENDING, 1)
    assert timedelta(minutes=4) <= waiting.send_after - AT <= timedelta(minutes=6)
    assert send(engine, server.post(), at=waiting.send_after - timedelta(seconds=1)) == Delivered()
    server.refusals = {}
    assert send(engine, server.post(), at=waiting.send_after) == Delivered(sent=1)


def test_a_message_that_the_server_refuses_is_dead(engine, server, write):
    ugly = write("ugly")
    server.mode = "data refused"
    assert send(engine, server.post()) == Delivered(dead=1)
    assert "too ugly" in letter(engine, ugly).reason


@pytest.mark.parametrize("mode", ["drop", "hang"])
def test_a_line_lost_after_the_dot_is_tried_again_with_the_same_bytes(engine, server, write, mode):
    number = write("anna")
    server.mode = mode
    assert send(engine, server.post()) == Delivered(ambiguous=1, retried=1)
    waiting = letter(engine, number)
    assert (waiting.state, waiting.is_ambiguous) == (LetterState.PENDING, True)
    server.mode = "accept"
    assert send(engine, server.post(), at=waiting.send_after) == Delivered(sent=1)
    (_, _, first), (_, _, second) = server.taken
    assert first == second
    assert letter(engine, number).is_ambiguous


@pytest.mark.parametrize("mode", ["421", "sender refused", "tarpit"])
def test_a_server_that_takes_nobodys_letters_costs_no_letter_an_attempt(
    engine, server, write, mode
):
    ids = [write(f"n{number}") for number in range(3)]
    server.mode = mode
    outcome = send(engine, server.post())
    assert outcome == Delivered(outage=outcome.outage)
    assert outcome.outage
    assert server.connections == 1
    assert {letter(engine, number).state for number in ids} == {LetterState.PENDING}
    assert {letter(engine, number).failures for number in ids} == {0}
    assert [len(answers(engine, number)) for number in ids] == [1, 0, 0]
    server.mode = "accept"
    assert send(engine, server.post(), at=AT + timedelta(minutes=5)).sent == 3


def test_the_letter_that_met_the_outage_does_not_block_the_others(engine, write):
    write("first"), write("second")
    post = RecordingPost(Verdict.OUTAGE)
    assert send(engine, post).outage
    assert send(engine, post, at=AT + timedelta(minutes=1)).sent == 1
    assert [address for address, _ in post.given] == ["first@example.org", "second@example.org"]


def test_a_server_that_is_not_there_is_an_outage(engine, write):
    write("anna")
    outcome = send(engine, SmtpPost("smtp://127.0.0.1:9"))
    assert "127.0.0.1" in str(outcome.outage)


def test_a_row_of_lost_lines_is_the_servers_fault(engine, write):
    for number in range(6):
        write(f"n{number}")
    post = RecordingPost(*[Verdict.AMBIGUOUS] * 6)
    assert send(engine, post).outage
    assert len(post.given) == 3


# --- what makes no sense any more, and what cannot be written -------------------------------------


def test_a_letter_that_lost_its_sense_is_superseded_with_the_reason(engine, server, write):
    number = write("anna")
    gone = Superseded(Sentence("the person has left"))
    assert send(engine, server.post(), compose=lambda *_: gone) == Delivered(superseded=1)
    kept, said = letter(engine, number), "этот человек больше не участвует"
    assert (kept.state, kept.reason, kept.body) == (LetterState.SUPERSEDED, said, None)
    assert not server.taken


def test_a_frozen_letter_is_still_rechecked_and_never_written_anew(engine, write):
    number = write("anna")
    post = RecordingPost(Verdict.TEMPORARY)
    send(engine, post)
    frozen = letter(engine, number)

    def broken(session, letter):
        raise KeyError(letter.key)

    assert send(engine, post, at=frozen.send_after, compose=broken).sent == 1
    assert post.given[0] == post.given[1]
    other = write("olga")
    send(engine, RecordingPost(Verdict.TEMPORARY))
    gone = Superseded(Sentence("the person has left"))
    again = letter(engine, other).send_after
    assert send(engine, post, at=again, compose=lambda *_: gone) == Delivered(superseded=1)


def test_a_poison_letter_does_not_stop_the_queue(engine, server, write):
    poison = write("poison")
    bad = write("bad", address="bad@exa mple.org>,<evil@example.org")
    fine = write("fine")

    def upset(session, letter):
        composed = compose(session, letter)
        if letter.id == poison:
            object.__setattr__(composed, "fields", {"person": "nobody"})
        return composed

    assert send(engine, server.post(), compose=upset) == Delivered(sent=1, dead=2)
    assert letter(engine, fine).state is LetterState.SENT
    assert "undefined" in letter(engine, poison).reason
    assert "Напишите" in letter(engine, bad).reason
    assert server.addresses == ["fine@example.org"]


def test_a_database_that_went_away_kills_no_letter(engine, write):
    number = write("anna")

    def away(session, letter):
        raise OperationalError("SELECT 1", {}, ConnectionError("gone"))

    with pytest.raises(OperationalError):
        send(engine, RecordingPost(), compose=away)
    assert letter(engine, number).state is LetterState.CLAIMED
    assert send(engine, RecordingPost(), real=AT + LEASE).sent == 1


# --- fences and crashes ---------------------------------------------------------------------------


class Crash(BaseException):
    """The process ends here."""


def test_a_crash_between_freezing_and_finishing_sends_the_same_bytes_again(engine, write):
    number = write("anna")

    class DyingPost(RecordingPost):
        def send(self, *given):
            super().send(*given)
            raise Crash

    first, second = DyingPost(), RecordingPost()
    with pytest.raises(Crash):
        send(engine, first)
    assert send(engine, second) == Delivered()  # the lease of the dead one still runs
    assert send(engine, second, real=AT + LEASE).sent == 1
    assert first.given == second.given
    assert letter(engine, number).attempt == 2


def test_whoever_lost_the_lease_cannot_say_how_it_ended(engine, write):
    number = write("anna")

    class SlowPost(RecordingPost):
        def send(self, *given):
            [newer] = take(engine, at=AT, real_now=AT + LEASE)
            assert newer.attempt == 2
            return super().send(*given)

    assert send(engine, SlowPost(Verdict.PERMANENT)) == Delivered()
    kept = letter(engine, number)
    assert (kept.state, kept.attempt) == (LetterState.CLAIMED, 2)
    assert [answer.attempt for answer in answers(engine, number)] == [1]


def test_a_slow_batch_gives_its_leases_back_before_they_run_out(engine, write):
    ids = [write(f"n{number}") for number in range(3)]
    clock = iter([AT, AT, AT, AT + LEASE * 0.6, *[AT + LEASE * 0.6] * 9])
    post = RecordingPost()
    outcome = deliver(
        engine, post, compose=compose, sender=SENDER, at=AT, real_now=lambda: next(clock)
    )
    assert outcome.sent == 3
    assert [letter(engine, number).attempt for number in ids] == [1, 2, 2]


def test_two_deliverers_at_once_send_each_letter_once(engine, write):
    for number in range(60):
        write(f"n{number}")
    posts = [RecordingPost(), RecordingPost()]
    failed: list[BaseException] = []

    def run(post: RecordingPost) -> None:
        try:
            send(engine, post)
        except BaseException as error:  # noqa: BLE001  shown below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(post,)) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    everybody = [address for post in posts for address, _ in post.given]
    assert sorted(everybody) == sorted(f"n{number}@example.org" for number in range(60))


def test_a_letter_that_is_never_taken_dies_after_five_days(engine, write):
    number = write("anna")
    at, waits = AT, 0
    while letter(engine, number).state is LetterState.PENDING:
        send(engine, RecordingPost(Verdict.TEMPORARY), at=at)
        at, waits = letter(engine, number).send_after, waits + 1
    assert letter(engine, number).state is LetterState.DEAD
    assert timedelta(days=3.5) < at - AT < timedelta(days=5.5)
    assert waits == 9
