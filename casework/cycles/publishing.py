"""The page of a cycle that every participant can open: written beside its files, told in history."""

import hashlib
import uuid
from dataclasses import dataclass, fields
from pathlib import Path

from sqlmodel import Session

from casework.access import require
from casework.acting import Acting
from casework.cycles.public_facts import PublicFacts, public_facts
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.tasks import evidence
from models.cycle import Cycle
from models.history import append
from opora.errors import FileRefused, NotReady
from opora.words import LANGUAGES, Sentence
from templates.public_page import public_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was written where."""

    cycle: int
    page: str  # path of the page
    sha256: str
    schools: int
    records: int
    files: int


def publish_cycle(
    session: Session, cycle: Cycle, acting: Acting, *, folder: Path, store_url: str
) -> Published:
    """Write the page into `folder` and tell it in the cycle's history; again replaces the page.

    Raises `Forbidden`, `NotReady` where the programme declares nothing public, `FileRefused`.
    """
    require(session, acting, Right.PUBLISH_CYCLE, cycle.register_key)
    programme = programme_of(session, cycle)
    facts = public_facts(session, cycle, programme, on=acting.on(programme.zone))
    if not _is_anything(facts):
        raise NotReady(
            what=Sentence("The programme declares nothing public"),
            cure=Sentence("Say under openness in records.yaml what every participant may see."),
        )
    named = {part.name: getattr(facts, part.name) for part in fields(facts)}
    order = tuple(dict.fromkeys((*programme.languages, *LANGUAGES)))
    page = public_page({**named, "as_of": facts.on.isoformat(), "languages": order}).encode()
    digest = hashlib.sha256(page).hexdigest()
    values = {
        "on": facts.on,
        "page": digest,
        "schools": len(facts.schools or ()),
        "records": facts.records,
        "files": sorted(facts.files.values()),
    }
    append(session, acting.deed(f"cycle:{cycle.id}", "publish_cycle", values=values))
    target = folder / f"{programme.key}-{cycle.year}.html"
    for name, sha256 in facts.files.items():
        _write(folder / name, evidence.read(store_url, sha256))
    _write(target, page)
    return Published(
        cycle=cycle.id or 0,
        page=str(target),
        sha256=digest,
        schools=len(facts.schools or ()),
        records=facts.records,
        files=len(facts.files),
    )


def _is_anything(facts: PublicFacts) -> bool:
    parts = (facts.schools, facts.progress, facts.calendar, facts.acts)
    return bool(facts.kinds) or any(part is not None for part in parts)


def _write(path: Path, content: bytes) -> None:
    """Written aside and moved: nobody ever opens half a page."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        cure = Sentence("The system says: {why}.", {"why": error.strerror})
        raise FileRefused(str(path), cure) from None
