"""Verification: nobody rewrote the past, and the present is what the past says.

What a look at the database alone cannot find: a chain whose tail was cut, or that was rehashed as a
whole, together with live rows changed to match; and a whole database put back to an older copy.
These need an anchor outside: a checkpoint that has left the server.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from audit.comparison import differences, strays
from audit.lines import Broken, StoredLine, check_line, kept_words, stored_lines
from audit.replay import Claim, fold
from opora.canonical import genesis
from opora.database import reading
from opora.errors import HistoryBroken
from opora.words import Sentence

__all__ = ["Broken", "Verification", "verify"]

BATCH = 500
"""Subjects compared with their live rows at once."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at and what was found wrong, in order of subjects."""

    ok: bool
    lines: int
    broken: tuple[Broken, ...]


def verify(
    engine: Engine,
    *,
    subjects: Collection[str] | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Verification:
    """Recompute every chain, replay it, compare the replay with the live rows.

    `subjects` narrows the look to these chains; `on_progress` hears the number of lines seen.
    The first broken line of a subject is told, and nothing more of that subject: what a broken chain
    claims proves nothing. Memory stays bounded however long history is.
    """
    review = _Review()
    with reading(engine) as session:
        _hold_still(session)
        try:
            for lines in stored_lines(session, subjects):
                review.read(session, lines)
                on_progress(review.lines)
        except DBAPIError as failure:
            if "decode" not in str(failure):  # SQLite keeps damaged text until it is read
                raise
            review.broken.append(Broken(review.subject, review.seq + 1, Sentence(_UNREADABLE)))
        review.finish(session)
        review.broken.extend(strays(session, subjects))
    broken = tuple(sorted(review.broken, key=lambda one: (one.subject, one.seq)))
    return Verification(ok=not broken, lines=review.lines, broken=broken)


_UNREADABLE = "what is stored from here on cannot be read: restore the database file from a backup"


def _hold_still(session: Session) -> None:
    """Lines and rows are read as of one moment, whatever is written meanwhile (SQLite does so)."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


@dataclass(slots=True)
class _Review:
    """Where the look stands: the chain being read, claims still to be compared, what was found."""

    lines: int = 0
    subject: str = ""
    seq: int = 0
    previous: bytes = b""
    claim: Claim | None = None  # None: the chain is broken, the rest of it is passed over
    claims: list[Claim] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    def read(self, session: Session, lines: Sequence[StoredLine]) -> None:
        """Check one chunk of lines; compare the subjects that are complete."""
        words = kept_words(session, lines)
        for line in lines:
            subject = line[1]
            if subject != self.subject or not self.lines:
                self._begin(subject)
            self.lines += 1
            self.seq += 1
            if self.claim is None:
                continue
            try:
                said = words.get(line[0], _NO_WORDS)
                body = check_line(line, self.seq, self.previous, said)
                self.previous = line[12]
                fold(self.claim, body, said)
            except HistoryBroken as reason:
                self._break(line[2], reason)
        if len(self.claims) >= BATCH:
            self._compare(session)

    def finish(self, session: Session) -> None:
        """Compare what is left after the last line."""
        self._begin("")
        self._compare(session)

    def _begin(self, subject: str) -> None:
        if self.claim is not None:
            self.claims.append(self.claim)
        self.subject, self.seq, self.previous = subject, 0, genesis(subject)
        self.claim = Claim(subject)

    def _break(self, seq: int, reason: HistoryBroken) -> None:
        self.broken.append(Broken(self.subject, seq, reason.fields["what"]))  # type: ignore[arg-type]  # our own Sentence
        self.claim = None

    def _compare(self, session: Session) -> None:
        for batch in _batches(self.claims):
            self.broken.extend(differences(session, batch))
        self.claims.clear()


_NO_WORDS: dict[str, tuple[bytes, str]] = {}


def _batches(claims: Sequence[Claim]) -> Iterator[Sequence[Claim]]:
    for start in range(0, len(claims), BATCH):
        yield claims[start : start + BATCH]
