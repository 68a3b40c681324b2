"""Waits grow, differ from letter to letter, and come to an end."""

from datetime import timedelta

from hypothesis import given, strategies as st

from notifications.backoff import DAILY, LIFETIME, WAITS, next_attempt, wait_after
from tests.notifications.conftest import AT


def test_waits_grow_to_a_day():
    minutes = [wait_after(n) / timedelta(minutes=1) for n in range(1, 7)]
    assert minutes == [5, 15, 60, 240, 1440, 1440]


@given(key=st.text(), failures=st.integers(1, 30))
def test_a_letter_comes_back_near_its_time_or_never(key, failures):
    again = next_attempt(key, failures, at=AT)
    assert again == next_attempt(key, failures, at=AT)
    waited = sum(WAITS, timedelta()) + max(failures - len(WAITS), 0) * DAILY
    if again is None:
        assert waited > LIFETIME
    else:
        assert 0.8 <= (again - AT) / wait_after(failures) <= 1.2


def test_letters_that_failed_together_do_not_return_together():
    assert len({next_attempt(f"digest:{n}", 1, at=AT) for n in range(100)}) == 100
