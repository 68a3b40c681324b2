"""Which backups stay, and what a lock keeps from whoever has no key."""

import base64
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from audit import locking
from audit.generations import Generations, kept
from audit.locking import key_in, lock, name_of, unlock
from opora.errors import FileRefused, InputRefused

KEY = bytes(range(32))
NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
YEAR = [NIGHT - timedelta(days=n) for n in range(400)]


# --- generations ----------------------------------------------------------------------------------


def test_a_year_of_nights_leaves_a_week_of_days_five_weeks_and_a_year_of_months():
    stay = sorted(kept(YEAR, Generations(daily=7, weekly=5, monthly=12)), reverse=True)
    assert stay[:7] == YEAR[:7]
    assert [one.date().isoformat() for one in stay[7:11]] == [
        "2026-11-15",
        "2026-11-08",
        "2026-11-01",
        "2026-10-31",
    ]
    assert len({(one.year, one.month) for one in stay}) == 12


def test_without_a_rule_everything_stays_and_the_newest_always_does():
    assert kept(YEAR, Generations()) == set(YEAR)
    assert kept(YEAR, Generations(newest=2)) == set(YEAR[:2])
    assert kept([], Generations(daily=1)) == set()


@given(
    st.sets(st.integers(0, 5000), min_size=1),
    st.tuples(*[st.none() | st.integers(0, 9)] * 4),
)
def test_pruning_twice_removes_nothing_more(hours, numbers):
    names = ("newest", "daily", "weekly", "monthly")
    rule = Generations(**dict(zip(names, numbers, strict=True)))
    moments = [NIGHT - timedelta(hours=n) for n in hours]
    stay = kept(moments, rule)
    assert max(moments) in stay
    assert kept(stay, rule) == stay


# --- locks ----------------------------------------------------------------------------------------


def locked(data: bytes, key: bytes = KEY) -> bytes:
    target = io.BytesIO()
    lock(io.BytesIO(data), target, key)
    return target.getvalue()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    target = io.BytesIO()
    unlock(io.BytesIO(data), target, key, name="a backup")
    return target.getvalue()


@given(data=st.binary(max_size=200), block=st.integers(1, 64))
def test_what_was_locked_comes_back_and_nothing_changed_does(data, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locking, "_BLOCK", block)
        secret = locked(data)
        assert opened(secret) == data
        for spoilt in (
            secret[:-1],
            secret + b"x",
            secret[: len(secret) // 2]
            + bytes([secret[len(secret) // 2] ^ 1])
            + secret[len(secret) // 2 + 1 :],
        ):
            with pytest.raises(FileRefused):
                opened(spoilt)


def test_blocks_may_not_be_cut_off_or_exchanged(monkeypatch):
    monkeypatch.setattr(locking, "_BLOCK", 4)
    secret = locked(b"abcdefghijkl")
    start = len(secret) - 3 * (4 + 16)
    blocks = [secret[start + 20 * n : start + 20 * (n + 1)] for n in range(3)]
    for wrong in (blocks[:2], [blocks[1], blocks[0], blocks[2]], blocks[:1]):
        with pytest.raises(FileRefused):
            opened(secret[:start] + b"".join(wrong))


def test_another_key_does_not_open_it_and_the_same_bytes_look_different_each_time():
    with pytest.raises(FileRefused):
        opened(locked(b"secret"), bytes(32))
    assert locked(b"secret") != locked(b"secret")
    assert name_of(KEY) != name_of(bytes(32))
    with pytest.raises(FileRefused):
        opened(b"plain text")


@pytest.mark.parametrize("said", [b"", b"not base64!", base64.b64encode(bytes(16))])
def test_a_key_file_that_holds_no_key_is_refused_with_its_cure(tmp_path, said):
    file = tmp_path / "key"
    file.write_bytes(said)
    with pytest.raises(InputRefused, match="openssl rand -base64 32"):
        key_in(file)
    with pytest.raises(InputRefused):
        key_in(tmp_path / "nowhere")


def test_a_key_file_as_openssl_writes_it_is_read(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(base64.b64encode(KEY) + b"\n")
    assert key_in(file) == KEY
