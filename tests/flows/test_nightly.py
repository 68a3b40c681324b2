"""What the timetable does besides letters: the backup of the night, and letters that came back."""

import logging
from datetime import timedelta

import pytest

from audit import manifest as manifests
from audit.nightly import back_up_nightly
from audit.verification import verify
from casework.quarantine import quarantined_since
from flows.embedded import EmbeddedClock
from flows.running import run_pass
from models.people import Installation
from notifications.returned_mail import imap_box
from opora.database import reading, transaction
from tests.flows.regions import begun_opening, periods
from tests.keeping.tools import with_postgres_tools
from tests.notifications.test_bounces import AWAY, SAMPLES, TAKEN, imap_server
from tests.worlds import OPENED

NIGHT = (OPENED + timedelta(days=1)).replace(hour=21, minute=30)  # half past two in Yugra


@pytest.fixture
def opened(engine, settings, monkeypatch):
    with_postgres_tools(monkeypatch)
    run_pass(settings, engine, begun_opening(engine, schools=2), at=OPENED)
    return engine


@pytest.fixture
def kept(settings, tmp_path, database):
    where = {"backup_dir": tmp_path / "backups", "database_owner": database.owner}
    return settings.model_copy(update=where)


def test_a_backup_is_taken_once_a_night_whatever_number_of_clocks_ask(opened, kept):
    clocks = [EmbeddedClock(kept, opened, backup=back_up_nightly) for _ in range(2)]
    done = [one.tick(at=NIGHT).backed_up for one in clocks for _ in range(2)]
    assert [one is not None and one.is_done for one in done] == [True, False, False, False]
    [made] = [one.with_suffix("") for one in kept.backup_dir.glob("*.json")]
    assert manifests.read(made).broken == 0
    assert periods(opened, "nightly_backup") == ["2026-09-09"]
    assert verify(opened).ok


def test_the_nights_before_are_removed_by_the_rule(opened, kept):
    rule = kept.model_copy(update={"backup_daily": 2, "backup_weekly": 0, "backup_monthly": 0})
    clock = EmbeddedClock(rule, opened, backup=back_up_nightly)
    for number in range(4):
        assert clock.tick(at=NIGHT + timedelta(days=number)).failed == {}
    assert len(list(kept.backup_dir.glob("*.json"))) == 2


def test_a_backup_that_is_refused_is_kept_with_its_reason(opened, kept):
    rule = kept.model_copy(update={"backup_key": kept.home / "no such key"})
    done = EmbeddedClock(rule, opened, backup=back_up_nightly).tick(at=NIGHT).backed_up
    assert done.refused == 1
    assert not kept.backup_dir.exists()


def test_without_a_folder_or_a_mailbox_nothing_is_done_and_that_is_said_once(
    opened, settings, caplog
):
    clock = EmbeddedClock(settings, opened, backup=back_up_nightly)
    with caplog.at_level(logging.WARNING, "opora.clock"):
        for number in range(3):
            ticked = clock.tick(at=NIGHT + timedelta(days=number))
            assert (ticked.backed_up, ticked.returned) == (None, None)
    said = [one.message for one in caplog.records]
    assert sum("OPORA_BACKUP_DIR" in one for one in said) == 1
    assert sum("OPORA_BOUNCE_IMAP" in one for one in said) == 1
    assert periods(opened, "nightly_backup") == []


def test_returned_letters_are_read_every_ten_minutes_and_the_rest_is_left(opened, settings):
    unknown = (SAMPLES / "01-postfix-unknown.eml").read_bytes()
    with imap_server([AWAY, TAKEN, unknown]) as (host, seen):
        where = {"bounce_imap": f"imap://opora:secret@{host}/Bounces"}
        mailbox = type(settings).model_validate({**settings.model_dump(), **where})
        clock = EmbeddedClock(mailbox, opened)
        ticked = clock.tick(at=NIGHT)
        assert ticked.failed == {}
        assert ticked.returned == {"no_bounce": 2, "unmatched": 1}
        assert clock.tick(at=NIGHT + timedelta(minutes=1)).returned is None
    assert seen == ["3"]


def test_in_quarantine_neither_the_mailbox_nor_the_folder_is_touched(opened, kept):
    with transaction(opened) as session:
        session.merge(Installation(id=1, person_id=1, quarantined_at=OPENED))
    with reading(opened) as session:
        assert quarantined_since(session) is not None
    with imap_server([AWAY]) as (host, _):
        where = {"bounce_imap": f"imap://opora:secret@{host}/Bounces"}
        mailbox = type(kept).model_validate({**kept.model_dump(), **where})
        ticked = EmbeddedClock(mailbox, opened, backup=back_up_nightly).tick(at=NIGHT)
        assert (ticked.backed_up, ticked.returned) == (None, None)
        with imap_box(where["bounce_imap"]) as box:
            assert len(list(box.unread())) == 1
    assert not kept.backup_dir.exists()
