"""The written form of history and its chain: frozen vectors, and laws that hold for any content."""

import json
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from sqlmodel import select

from models.history import (
    Deed,
    HistoryLine,
    HistoryWords,
    append,
    append_alike,
    append_all,
    append_first,
)
from opora.canonical import (
    LARGEST_INTEGER,
    Form,
    Gap,
    canonical,
    commitment,
    genesis,
    link,
    moment,
)
from opora.database import connect, transaction
from states.stage import Stage

AT = datetime(2026, 9, 7, 5, 0, 0, 1, tzinfo=UTC)
GOLDEN = json.loads((Path(__file__).parent / "golden_history.json").read_text(encoding="utf-8"))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.text(st.characters(max_codepoint=127), max_size=8)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(1 - LARGEST_INTEGER, LARGEST_INTEGER - 1), texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def composed(value):
    """`value` with every text in the normal form that history keeps."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(item) for item in value]
    if isinstance(value, dict):
        return {key: composed(item) for key, item in value.items()}
    return value


# --- canonical text -------------------------------------------------------------------------------


@given(values)
def test_canonical_text_is_read_back_as_it_was(value):
    assert json.loads(canonical(value)) == composed(value)


@given(values)
def test_canonical_text_of_what_was_read_back_is_the_same(value):
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(st.dictionaries(keys, values, min_size=2, max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(value, random):
    pairs = list(value.items())
    random.shuffle(pairs)
    assert canonical(dict(pairs)) == canonical(value)


@given(texts)
def test_differently_composed_letters_are_one_text(said):
    forms = (unicodedata.normalize(form, said) for form in ("NFC", "NFD"))
    assert len({canonical(form) for form in forms}) == 1


@given(st.floats())
def test_a_float_has_no_place_in_history(number):
    with pytest.raises(TypeError):
        canonical({"share": [number]})


@given(st.datetimes())
def test_a_naive_moment_has_no_place_in_history(naive):
    with pytest.raises(ValueError, match="naive"):
        canonical({"at": naive})


@pytest.mark.parametrize("key", ["школа", "é", 1, None, Stage])
def test_a_key_is_ascii_text(key):
    with pytest.raises(TypeError, match="key"):
        canonical({key: 1})


@pytest.mark.parametrize("value", [LARGEST_INTEGER, -LARGEST_INTEGER, b"bytes", object(), 1j])
def test_what_other_languages_read_differently_is_refused(value):
    with pytest.raises(TypeError):
        canonical(value)


def test_one_moment_has_one_form_in_every_zone():
    there = AT.astimezone(timezone(timedelta(hours=5)))
    assert moment(there) == moment(AT) == "2026-09-07T05:00:00.000001Z"


def test_days_decimals_words_and_sets_have_their_plain_forms():
    said = {
        "day": date(2026, 9, 7),
        "share": Decimal("0.30"),
        "stage": Stage.EXITED,
        "set": {"b", "a"},
    }
    assert canonical(said) == '{"day":"2026-09-07","set":["a","b"],"share":"0.30","stage":"exited"}'


NAMES = ("school", "task 0", "task 1")


@given(values, st.dictionaries(st.sampled_from(NAMES), values, min_size=3))
def test_a_filled_form_is_what_would_have_been_written_at_once(shared, own):
    def said(filling):
        return {"b": [filling["task 0"], shared], "a": {"x": filling["school"], "%s": "100 %"}}

    form = Form(said({name: Gap(name) for name in NAMES}))
    assert form.filled(own) == canonical(said(own))


# --- the frozen vectors ---------------------------------------------------------------------------


@pytest.mark.parametrize("vector", GOLDEN, ids=lambda vector: vector["name"])
def test_the_form_and_the_hash_never_change(vector):
    body = canonical(vector["value"])
    previous = (
        bytes.fromhex(vector["previous"]) if vector["previous"] else genesis(vector["subject"])
    )
    assert body == vector["canonical"]
    assert link(vector["subject"], vector["seq"], previous, body).hex() == vector["hash"]


def test_twenty_vectors_are_frozen():
    assert len({vector["hash"] for vector in GOLDEN}) == 20


# --- the chain ------------------------------------------------------------------------------------

hashes = st.binary(min_size=32, max_size=32)


@given(values, hashes, st.integers(1, 2**40), st.data())
def test_any_changed_bit_of_a_body_gives_another_hash(value, previous, seq, data):
    body = canonical(value).encode()
    changed = flipped(body, data.draw(st.integers(0, len(body) * 8 - 1)))
    if (said := readable(changed)) is not None:
        assert link("case:1", seq, previous, said) != link("case:1", seq, previous, body.decode())


@given(hashes, st.integers(0, 255))
def test_any_changed_bit_of_the_hash_before_gives_another_hash(previous, bit):
    assert link("case:1", 2, flipped(previous, bit), "{}") != link("case:1", 2, previous, "{}")


@given(texts, st.integers(1, 99), texts, st.integers(1, 99))
def test_a_hash_belongs_to_one_place_of_one_chain(one, seq, other, other_seq):
    same = link(one, seq, bytes(32), "{}") == link(other, other_seq, bytes(32), "{}")
    assert same == ((one, seq) == (other, other_seq))


@given(texts, texts)
def test_every_chain_has_a_beginning_of_its_own(one, other):
    assert (genesis(one) == genesis(other)) == (one == other)


@given(texts, texts, st.binary(min_size=16, max_size=16))
def test_a_commitment_holds_one_text(one, other, salt):
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    assert (commitment(salt, one) == commitment(salt, other)) == same


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def readable(content: bytes) -> str | None:
    """As text; None for what is no UTF-8, which no database gives out as a text."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


# --- writing --------------------------------------------------------------------------------------


def deed(subject: str = "school:1", **more) -> Deed:
    return Deed(subject=subject, deed="look", actor="person:1", at=AT, recorded_at=AT, **more)


def test_lines_stand_on_each_other(database):
    engine = connect(database.app)
    with transaction(engine) as session:
        append_first(session, [deed("school:1"), deed("school:2", words={"name": "Школа"})])
        lines = [append(session, deed("school:1", values={"n": n})) for n in range(3)]
        words = session.exec(select(HistoryWords)).one()
        first = session.exec(select(HistoryLine).where(HistoryLine.seq == 1)).all()
    assert {line.previous for line in first} == {genesis("school:1"), genesis("school:2")}
    assert [line.seq for line in lines] == [2, 3, 4]
    for before, after in pairwise(lines):
        assert after.previous == before.hash
        assert after.hash == link("school:1", after.seq, before.hash, after.body)
    committed = next(line for line in first if line.id == words.line_id)
    assert json.loads(committed.body)["words"] == {"name": commitment(words.salt, words.text)}
    assert "Школа" not in committed.body
    engine.dispose()


def test_lines_written_alike_are_what_each_would_have_been_alone(database):
    engine = connect(database.app)
    schools = {"case:1": "С-1", "case:2": 'the "second"', "case:3": None}
    with transaction(engine) as session:
        shared = {"on": AT.date(), "steps": [{"due_on": AT.date()}], "move": Stage.EXITED}
        like = deed("case", values={**shared, "school": Gap("school")})
        append_alike(session, like, list(schools), [{"school": one} for one in schools.values()])
        alike = session.exec(select(HistoryLine).order_by(HistoryLine.subject)).all()
    for line in alike:
        alone = deed(line.subject, values={**shared, "school": schools[line.subject]})
        assert line.body == canonical(body_of(alone))
        assert line.hash == link(line.subject, 1, genesis(line.subject), line.body)
        assert (line.seq, line.previous, line.deed) == (1, genesis(line.subject), "look")
    engine.dispose()


def body_of(said: Deed):
    told = {name: getattr(said, name) for name in ("subject", "deed", "actor", "values", "words")}
    moments = {"happened_at": moment(said.at), "recorded_at": moment(said.recorded_at)}
    move = {"source": None, "dest": None, "version": None}
    return told | moments | move | {"seq": 1, "virtual": False}


def test_a_line_for_each_of_many_chains_stands_on_the_last_of_its_own(database):
    engine = connect(database.app)
    with transaction(engine) as session:
        before = [append(session, deed("school:1", values={"n": n})) for n in range(2)]
        append_all(session, [deed("school:2"), deed("school:1", words={"name": "Школа"})])
        append_all(session, [])
        lines = session.exec(select(HistoryLine).order_by(HistoryLine.id)).all()
    assert [(line.subject, line.seq) for line in lines[2:]] == [("school:2", 1), ("school:1", 3)]
    assert lines[2].previous == genesis("school:2")
    assert lines[3].previous == before[1].hash
    engine.dispose()
