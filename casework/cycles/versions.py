"""Programme versions in the database: a cycle keeps reading the very files it was opened with."""

from datetime import datetime

from sqlmodel import Session, col, select

from models.cycle import Cycle, ProgrammeVersion
from opora.database import insert_or_ignore
from opora.errors import NotFound
from opora.words import Sentence
from programmes.definition import Programme
from programmes.milestones import Milestone
from programmes.reading import read_programme_files
from schedules.ladders import Rung


def keep(session: Session, programme: Programme, *, at: datetime) -> None:
    """Store the files of this version; the same version twice is one row."""
    row = {
        "sha256": programme.sha256,
        "key": programme.key,
        "files": dict(programme.files),
        "recorded_at": at,
    }
    insert_or_ignore(session, ProgrammeVersion, [row])


_KEPT: dict[str, Programme] = {}


def programme_at(session: Session, sha256: str) -> Programme:
    """The programme of that fingerprint; a version never changes, so it is read once a process."""
    if sha256 not in _KEPT:
        version = session.get(ProgrammeVersion, sha256)
        if version is None:
            raise NotFound(what=Sentence("programme version"), key=sha256)
        _KEPT[sha256] = read_programme_files(version.files)
    return _KEPT[sha256]


def version_with(session: Session, programme: Programme, milestone: str) -> Programme:
    """The version itself, or the newest one that has the milestone when this one has left it out.

    A task outlives the version that planned it: until an adoption has come to it, and for good once
    it was handed in. Raises `NotFound` when no version ever had the milestone.
    """
    if _has(programme, milestone):
        return programme
    kept = (
        select(ProgrammeVersion.sha256)
        .where(ProgrammeVersion.key == programme.key)
        .order_by(col(ProgrammeVersion.recorded_at).desc())
    )
    for sha256 in session.exec(kept).all():
        if _has(earlier := programme_at(session, sha256), milestone):
            return earlier
    raise NotFound(what=Sentence("milestone"), key=milestone)


def _has(programme: Programme, milestone: str) -> bool:
    return any(one.key == milestone for one in programme.milestones)


def milestone_of(session: Session, programme: Programme, key: str) -> Milestone:
    """A task's milestone, also when the version has left it out."""
    return version_with(session, programme, key).milestone(key)


def ladder_of(session: Session, programme: Programme, key: str) -> tuple[Rung, ...]:
    """The ladder of a task's milestone, out of the same version."""
    version = version_with(session, programme, key)
    return version.ladder(version.milestone(key).ladder)


def programme_of(session: Session, cycle: Cycle) -> Programme:
    """The programme that the cycle is pinned to."""
    return programme_at(session, cycle.programme_sha256)
