"""The backup of the night, as the timetable asks for it: taken, told to the history, the old ones removed."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from audit.backup import as_told, back_up, name_for, place_for, prune
from audit.generations import Generations
from audit.locking import key_in
from casework.acting import Acting
from casework.quarantine import record_backup
from opora.database import transaction
from opora.errors import NotReady
from opora.settings import Settings
from opora.words import Sentence

_NIGHTLY = "nightly_backup"


def back_up_nightly(settings: Settings, engine: Engine, at: datetime) -> Mapping[str, int]:
    """Counts of what was kept. Raises NotReady when the backup is not whole: nothing old goes then."""
    key = key_in(settings.backup_key) if settings.backup_key is not None else None
    made = back_up(settings, name_for(settings, at), at=at, key=key)
    with transaction(engine) as session:
        acting = Acting(at=at, recorded_at=at, pass_name=_NIGHTLY)
        record_backup(session, as_told(made), acting)
    if made.broken or made.missing:
        told = {"file": made.file, "broken": made.broken, "missing": len(made.missing)}
        what = Sentence(
            "The backup {file} is not whole: broken {broken}, evidence missing {missing}", told
        )
        raise NotReady(what=what, cure=Sentence("See: opora verify, opora doctor"))
    rule = Generations(
        daily=settings.backup_daily,
        weekly=settings.backup_weekly,
        monthly=settings.backup_monthly,
    )
    removed = prune(place_for(settings), rule)
    return {"lines": made.history.lines, "evidence": made.evidence, "removed": len(removed)}
