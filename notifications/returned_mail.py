"""Where returned letters lie: a folder of .eml files, a Maildir, or a mailbox behind IMAP."""

import imaplib
import mailbox
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from notifications.smtp_post import is_loopback
from opora.errors import FileRefused, InputRefused, NotReady
from opora.words import Sentence

TIMEOUT = 60.0
MOST = 500
"""Messages that one reading of a mailbox takes; the rest waits for the next one."""


def messages_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every message: of a Maildir (cur and new), else of each .eml file."""
    if not folder.is_dir():
        cure = Sentence("Give a Maildir or a folder of .eml files.")
        raise FileRefused(str(folder), cure)
    if (folder / "cur").is_dir() and (folder / "new").is_dir():
        box = mailbox.Maildir(folder, create=False)
        for key in sorted(box.keys()):
            yield key, box.get_bytes(key)
        return
    for path in sorted(folder.glob("*.eml")):
        yield path.name, path.read_bytes()


@dataclass(frozen=True, slots=True)
class ImapBox:
    """An open folder of a mailbox."""

    client: imaplib.IMAP4

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Number and bytes of unread messages; reading them here leaves them unread."""
        _, found = self.client.uid("SEARCH", "UNSEEN")
        for number in (found[0] or b"").split()[:MOST]:
            _, parts = self.client.uid("FETCH", number.decode(), "(BODY.PEEK[])")
            for part in parts:
                if isinstance(part, tuple):
                    yield number.decode(), part[1]

    def mark_read(self, number: str) -> None:
        """Only after what it says is in the database."""
        self.client.uid("STORE", number, "+FLAGS", r"(\Seen)")


@contextmanager
def imap_box(url: str) -> Iterator[ImapBox]:
    """`imaps://user:word@host[:port][/FOLDER]`; `imap://` only to this very machine.

    Raises InputRefused for an unusable address, NotReady when the mailbox cannot be opened.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    plain = parts.scheme == "imap" and is_loopback(host)
    if not host or not parts.username or not (plain or parts.scheme == "imaps"):
        cure = Sentence("Write imaps://user:word@host[:port][/FOLDER].")
        raise InputRefused(field="bounce_imap", value=host, cure=cure)
    try:
        if plain:
            client = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT)
        else:
            secure = ssl.create_default_context()
            client = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=secure, timeout=TIMEOUT)
        with client:
            client.login(unquote(parts.username), unquote(parts.password or ""))
            folder = unquote(parts.path.strip("/")) or "INBOX"
            answer, _ = client.select(f'"{folder}"')
            if answer != "OK":
                cure = Sentence("Name the folder after the host: imaps://…/FOLDER.")
                raise InputRefused(field="bounce_imap", value=folder, cure=cure)
            yield ImapBox(client)
    except (imaplib.IMAP4.error, OSError) as error:
        what = Sentence(
            "The mailbox {host} cannot be read: {why}", {"host": host, "why": str(error)}
        )
        raise NotReady(
            what=what, cure=Sentence("Check OPORA_BOUNCE_IMAP and the network.")
        ) from error
