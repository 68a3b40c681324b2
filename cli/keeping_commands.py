"""The commands backup, restore and release: keeping what there is, and coming back from a loss."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from audit.backup import as_told, back_up, name_for, prune
from audit.generations import Generations
from audit.locking import key_in
from audit.manifest import Manifest
from audit.restoring import Restored, Restoring, restore as bring_back
from casework.access import person_called, require
from casework.acting import Acting
from casework.cases.reading import latest_moment
from casework.grants import Right
from casework.quarantine import Release, record_backup, release_quarantine
from cli.door import Door, Refused, opened, read_settings
from cli.options import As, At, Json, Yes, command
from cli.printing import Printer
from cli.refusals import FAILED, FOUND
from opora import clock
from opora.errors import OporaError
from opora.words import Sentence

Key = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="Key file of the backup; OPORA_BACKUP_KEY."),
]


@command("opora backup --daily 7 --weekly 5 --monthly 12 --key /etc/opora/backup.key")
def backup(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="New file (default: in home/backups).")
    ] = None,
    *,
    keep: Annotated[
        int | None,
        typer.Option("--keep", min=1, metavar="N", help="Afterwards keep the newest N beside it."),
    ] = None,
    daily: Annotated[
        int | None,
        typer.Option("--daily", min=1, metavar="N", help="… and the last one of N days."),
    ] = None,
    weekly: Annotated[
        int | None,
        typer.Option("--weekly", min=1, metavar="N", help="… and the last one of N weeks."),
    ] = None,
    monthly: Annotated[
        int | None,
        typer.Option("--monthly", min=1, metavar="N", help="… and the last one of N months."),
    ] = None,
    key: Key = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Takes one true moment while everybody works, and checks it on the copy. Evidence is kept beside
    it in the folder `evidence`, once for all backups. A key file locks both. Exit status 3 when
    something is missing or broken; nothing old is removed then.
    """
    with opened(email, moment) as door:
        with door.look() as (session, acting):
            require(session, acting, Right.KEEP, None)
        target = file or name_for(door.settings, clock.now())
        with door.out.progress(Sentence("Checking the copy"), None) as show:
            locked_by = _key(key or door.settings.backup_key)
            made = back_up(door.settings, target, at=clock.now(), key=locked_by, on_progress=show)
        with door.deed() as (session, acting):
            record_backup(session, as_told(made), acting)
        is_whole = not (made.broken or made.missing)
        rule = Generations(newest=keep, daily=daily, weekly=weekly, monthly=monthly)
        gone = prune(target.parent, rule) if is_whole else []
        if as_json:
            removed = [str(one) for one in gone]
            door.out.json({"path": str(target), **asdict(made), "removed": removed})
        _tell_backup(door.out, target, made, len(gone))
        if not is_whole:
            raise typer.Exit(FOUND)


def _key(file: Path | None) -> bytes | None:
    return key_in(file) if file is not None else None


def _tell_backup(out: Printer, target: Path, made: Manifest, gone: int) -> None:
    told = {"file": str(target), "lines": made.history.lines, "evidence": made.evidence}
    out.tell(Sentence("Backup {file}: history lines {lines}, evidence files {evidence}.", told))
    if gone:
        out.tell(Sentence("Older backups removed: {count}.", {"count": gone}))
    if made.broken:
        text = "The history does not hold in {count} places: see opora verify."
        out.tell(Sentence(text, {"count": made.broken}))
    _tell_missing(out, made.missing)


def _tell_missing(out: Printer, missing: tuple[str, ...]) -> None:
    if missing:
        out.tell(Sentence("Evidence that is missing or changed: {count}", {"count": len(missing)}))
        out.tell_each([Sentence("{file}", {"file": one}) for one in missing[:10]])


@command("opora restore /backups/opora-2026-11-22.db --verify")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup with its manifest.")],
    *,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Recompute every chain and compare the rows (always with --dry-run)."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Try it aside, while everything runs; change nothing.")
    ] = False,
    key: Key = None,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Into an empty place only. What comes back is in quarantine: no letter leaves and no schedule
    runs before `opora release`. An older backup is upgraded on the way.
    """
    settings = read_settings()
    out = Printer(settings.language)

    def acting(session: Session) -> Acting:
        now = clock.now()
        at = (settings.virtual_time and latest_moment(session)) or now
        return Acting(at=at, recorded_at=now, person=person_called(session, email))

    try:
        with out.progress(Sentence("Reading the history"), None) as show:
            how = Restoring(
                is_thorough=verify or dry_run,
                is_trial=dry_run,
                key=_key(key or settings.backup_key),
                on_progress=show,
            )
            done = bring_back(settings, file, acting, how)
    except (OporaError, SQLAlchemyError) as reason:
        raise Refused(reason, out.language) from reason
    if as_json:
        out.json({**asdict(done), "quarantine": not dry_run})
    _tell_restored(out, done, is_trial=dry_run)
    if done.missing:
        raise typer.Exit(FOUND)


def _tell_restored(out: Printer, done: Restored, *, is_trial: bool) -> None:
    told = {
        "made_at": done.manifest.made_at,
        "lines": done.manifest.history.lines,
        "evidence": done.evidence,
    }
    text = (
        "It can be restored: as of {made_at}, history lines {lines}, evidence files {evidence}."
        if is_trial
        else "Restored as of {made_at}: history lines {lines}, evidence files {evidence}."
    )
    out.tell(Sentence(text, told))
    if done.lines is not None:
        out.tell(Sentence("The history holds: {lines} lines were checked.", {"lines": done.lines}))
    _tell_missing(out, done.missing)
    if not is_trial:
        out.tell(Sentence("In quarantine: no letters leave. Next: opora release --dry-run"))


@command("opora release --reason 'Restored after the disk failed'")
def release(
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why now.")] = "",
    forget_due: Annotated[
        bool,
        typer.Option(
            "--forget-due", help="Drop letters already due: they were sent before the loss."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be sent.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Ends the quarantine of a restored installation, after showing what would be sent. A letter that
    had left before the backup's moment stays sent; one sent since then would go out again.
    """
    with opened(email, moment) as door:
        with door.look() as (session, acting):
            at = door.acting(session)
            shown = release_quarantine(session, reason, at, forget=forget_due, preview=True)
        _show(door, shown)
        if dry_run:
            if as_json:
                door.out.json(asdict(shown))
            return
        if not yes and not door.agrees(Sentence("Release it?")):
            raise typer.Exit(FAILED)
        with door.deed() as (session, acting):
            done = release_quarantine(session, reason, acting, forget=forget_due)
        if as_json:
            door.out.json(asdict(done))
        door.out.tell(Sentence("Released: letters leave and schedules run again."))


def _show(door: Door, shown: Release) -> None:
    text = (
        "Dropped as already sent: {due}. Waiting for their hour: {later}."
        if shown.forgotten
        else "Letters that leave at once: {due}. Waiting for their hour: {later}."
    )
    due = sum(shown.letters.values())
    door.out.tell(Sentence(text, {"due": due, "later": shown.later}))
    door.out.tell_each(
        [Sentence("{kind}: {count}", {"kind": k, "count": n}) for k, n in shown.letters.items()]
    )
    if shown.passes:
        door.out.tell(Sentence("Passes that go on where the backup found them:"))
        door.out.tell_each([Sentence("{file}", {"file": one}) for one in shown.passes])
