"""Ways out of the house: a post carries ready bytes to one recipient and brings the answer back."""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from opora.settings import Settings


class Verdict(StrEnum):
    """How one attempt ended."""

    SENT = "sent"
    TEMPORARY = "temporary"  # not now: try this letter again later
    PERMANENT = "permanent"  # this letter will never be taken
    AMBIGUOUS = "ambiguous"  # the line was lost after the final dot: it may have arrived
    OUTAGE = "outage"  # the server takes nobody's letters: none of them is to blame


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; `code` is None where it said nothing."""

    verdict: Verdict
    code: int | None = None
    text: str = ""


class Post(Protocol):
    """A line that stays open for one batch of letters."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def send(self, sender: str, address: str, body: bytes) -> Answer:
        """Hand over `body` for the one `address`; every failure comes back as an answer."""


class FolderPost:
    """A mailbox folder instead of a mail server: the same letter is always the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        self.path.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def send(self, sender: str, address: str, body: bytes) -> Answer:  # noqa: ARG002  both stand in the bytes
        """A full disk or a missing right is the folder's fault, never the letter's."""
        target = self.path / file_name(body)
        try:
            _write_whole(target, body)
        except OSError as error:
            return Answer(Verdict.OUTAGE, None, f"{type(error).__name__}: {error}")
        return Answer(Verdict.SENT, 250, target.name)


def file_name(body: bytes) -> str:
    """`2026-11-22-digest-curator-1f0a93c2.eml`: day, kind, reader, hash of the Message-ID."""
    headers: Message = BytesHeaderParser().parsebytes(body)
    day = parsedate_to_datetime(headers["Date"]).date().isoformat()
    address = headers["To"].rpartition("<")[2].partition("@")[0]
    words = f"{headers['X-Opora-Letter']}-{address}".lower()
    slug = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:60]
    number = hashlib.sha256(headers["Message-ID"].encode()).hexdigest()[:8]
    return f"{day}-{slug}-{number}.eml"


def _write_whole(target: Path, body: bytes) -> None:
    """After a power cut the file is there with all its bytes, or not at all."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def post_for(settings: Settings) -> Post:
    """The mail server of the settings, else the mailbox folder."""
    if settings.smtp_url is None:
        return FolderPost(settings.mailbox)
    from notifications.smtp_post import SmtpPost  # noqa: PLC0415  it stands on this module

    return SmtpPost(settings.smtp_url.get_secret_value())
