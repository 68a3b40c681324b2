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


def milestone_of(session: Session, sha256: str, key: str) -> Milestone:
    """The milestone in that version; one that it has left out, in the newest version that has it."""
    programme = programme_at(session, sha256)
    try:
        return programme.milestone(key)
    except NotFound:
        kept = (
            select(ProgrammeVersion.sha256)
            .where(ProgrammeVersion.key == programme.key)
            .order_by(col(ProgrammeVersion.recorded_at).desc())
        )
        for earlier in session.exec(kept).all():
            for milestone in programme_at(session, earlier).milestones:
                if milestone.key == key:
                    return milestone
        raise


def programme_of(session: Session, cycle: Cycle) -> Programme:
    """The programme that the cycle is pinned to."""
    return programme_at(session, cycle.programme_sha256)
