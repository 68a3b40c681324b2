"""Bad weather over the mail server: outages hold everybody's letters and cost nobody an attempt."""

from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import func, select

from models.letter import DeliveryAnswer, Letter, LetterState
from notifications.composition import Superseded
from notifications.delivery import deliver
from notifications.outages import PAUSE
from notifications.return_path import Sender, check_of, tokens_in
from opora.database import reading
from opora.words import Sentence
from tests.notifications.conftest import AT, SENDER, compose, letter

MINUTE = timedelta(minutes=1)
AWAY = ["421", "sender refused", "hang up", "drop early"]


@pytest.fixture
def send(engine, server):
    def send(at=AT, compose=compose, **more):
        more = {"sender": SENDER, "compose": compose, "at": at, "real_now": lambda: AT, **more}
        return deliver(engine, server.post(), **more)

    return send


def states(engine) -> dict[str, int]:
    with reading(engine) as session:
        counted = session.exec(select(Letter.state, func.count()).group_by(Letter.state))
        return {str(state): number for state, number in counted}


EXPECTED = {
    "accept": ({"sent": 3}, 0),
    "greylist": ({"pending": 3}, 3),
    "full": ({"pending": 3}, 3),
    "unknown": ({"dead": 3}, 3),
    "data refused": ({"dead": 3}, 3),
    "421": ({"pending": 3}, 0),
    "sender refused": ({"pending": 3}, 0),
    "tarpit": ({"pending": 3}, 0),
    "hang up": ({"pending": 3}, 0),
    "drop early": ({"pending": 3}, 0),
    "drop": ({"pending": 3}, 3),
    "hang": ({"pending": 3}, 3),
}


@pytest.mark.parametrize("mode", EXPECTED)
def test_each_of_twelve_kinds_of_weather_has_its_end(engine, server, write, send, mode):
    ids = [write(f"n{number}") for number in range(3)]
    server.mode = mode
    send()
    assert (states(engine), sum(letter(engine, one).failures for one in ids)) == EXPECTED[mode]
    server.mode, server.refusals = "accept", {}
    send(at=AT + timedelta(hours=1))
    dead = mode in {"unknown", "data refused"}
    assert states(engine) == ({"dead": 3} if dead else {"sent": 3})


@pytest.mark.parametrize("mode", AWAY)
def test_a_day_away_is_one_knock_a_minute_and_burns_nothing(engine, server, write, send, mode):
    """Scaled: 60 letters, 40 minutes, three clocks that ask every 20 seconds."""
    for number in range(60):
        write(f"n{number}")
    server.mode = mode
    for third in range(120):
        for _clock in range(3):
            outcome = send(at=AT + MINUTE * third / 3)
            assert outcome.outage
            assert outcome.sent == 0
    assert 35 <= server.connections <= 41
    with reading(engine) as session:
        assert session.exec(select(func.sum(Letter.failures))).one() == 0
        assert session.exec(select(func.count(DeliveryAnswer.id))).one() == server.connections
    server.mode = "accept"
    back = AT + MINUTE * 41
    assert send(at=back).sent + send(at=back + MINUTE * 5).sent == 60
    assert sorted(server.addresses) == sorted(f"n{number}@example.org" for number in range(60))


def test_an_outage_is_told_until_when_and_ends_with_the_first_answer(engine, server, write, send):
    write("anna"), write("olga")
    server.mode = "421"
    send()
    held = send(at=AT + MINUTE / 2)
    assert (held.held_until, "closing" in str(held.outage)) == (AT + PAUSE, True)
    server.mode = "accept"
    assert send(at=AT + MINUTE * 10).sent == 2
    write("irina")
    assert send(at=AT + MINUTE * 10).sent == 1


def test_while_away_a_line_lost_after_the_dot_costs_one_letter_a_knock(engine, server, write, send):
    for number in range(5):
        write(f"n{number}")
    server.mode = "drop"
    assert send().ambiguous == 3
    assert send(at=AT + PAUSE).ambiguous == 1


def test_one_in_a_hundred_is_poison_and_the_others_go(engine, server, write, send):
    good = [write(f"n{number}") for number in range(99)]
    poison = write("poison")

    def upset(session, one):
        composed = compose(session, one)
        if one.id == poison:
            object.__setattr__(composed, "fields", {"person": "nobody"})
        return composed

    outcome = send(compose=upset)
    assert (outcome.sent, outcome.dead) == (99, 1)
    assert {letter(engine, number).state for number in good} == {LetterState.SENT}
    assert letter(engine, poison).reason


def test_none_of_many_letters_that_lost_their_sense_leaves(engine, server, write, send):
    for number in range(200):
        write(f"n{number}")

    def recheck(session, one):
        if (one.id or 0) % 2:
            return Superseded(Sentence("the case has ended"))
        return compose(session, one)

    outcome = send(compose=recheck)
    assert (outcome.sent, outcome.superseded) == (100, 100)
    with reading(engine) as session:
        reasons = session.exec(
            select(Letter.reason).where(Letter.state == LetterState.SUPERSEDED).distinct()
        ).all()
    assert len(reasons) == 1
    assert reasons[0]


def test_each_letter_has_an_envelope_of_its_own(engine, server, write, send):
    ids = [write(name) for name in ("anna", "olga")]
    send(sender=Sender(SENDER, "bounces@region.example.org"))
    for one, (envelope, _, _) in zip(ids, server.taken, strict=True):
        [token] = tokens_in(envelope)
        assert token == (one, check_of(letter(engine, one).message_id))


def test_two_clocks_that_start_in_an_outage_share_one_knock(engine, server, write):
    write("anna")
    server.mode = "421"
    started = partial(deliver, engine, compose=compose, sender=SENDER, at=AT, real_now=lambda: AT)
    started(server.post())
    again = started(server.post())
    assert (server.connections, again.held_until) == (1, AT + PAUSE)
