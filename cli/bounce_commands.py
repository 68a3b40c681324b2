"""The command bounces read: what came back from mail servers, matched to letters."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from casework.access import require
from casework.grants import Right
from casework.letters.bouncing import Read, take_back
from cli.door import Door, WrongUsage, opened
from cli.options import As, At, Json, command
from cli.refusals import FOUND
from notifications.bounces import returned
from notifications.returned_mail import imap_box, messages_in
from opora.words import Sentence

_Message = tuple[str, bytes]


@command("opora bounces read --maildir /var/mail/bounces")
def read(
    *,
    maildir: Annotated[
        Path | None,
        typer.Option("--maildir", metavar="DIR", help="A Maildir, or a folder of .eml files."),
    ] = None,
    imap: Annotated[
        str | None,
        typer.Option(
            "--imap", metavar="URL", help="imaps://user:word@host/FOLDER; OPORA_BOUNCE_IMAP."
        ),
    ] = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Letters that came back are matched to their rows. A dead address is flagged: whoever stands
    above is told and gets its letters until it changes. What matches no letter is named: exit 3.
    """
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            require(session, acting, Right.CARE_FOR_LETTERS, None)
        counts, unmatched, strange = Counter[str](), [], []
        with _source(door, maildir, imap) as (messages, done):
            for name, raw in messages:
                end = _take(door, raw)
                if end is None:
                    strange.append(name)
                    continue
                counts[end.value] += 1
                if end is Read.UNMATCHED:
                    unmatched.append(name)
                done(name)
        if as_json:
            door.out.json(
                {one.value: counts[one.value] for one in Read}
                | {"unmatched": unmatched, "no_bounce": strange}
            )
        _tell(door, counts, unmatched, strange)
        if unmatched:
            raise typer.Exit(FOUND)


def _take(door: Door, raw: bytes) -> Read | None:
    """One message in a transaction of its own; None for one that is no bounce."""
    found = returned(raw)
    if found is None:
        return None
    with door.deed() as (session, acting):
        return take_back(session, found, hashlib.sha256(raw).hexdigest(), acting)


@contextmanager
def _source(
    door: Door, maildir: Path | None, imap: str | None
) -> Iterator[tuple[Iterator[_Message], Callable[[str], None]]]:
    """The messages, and what to do with one that is in the database."""
    if maildir is not None:
        yield messages_in(maildir), lambda _name: None
        return
    secret = door.settings.bounce_imap
    url = imap or (secret.get_secret_value() if secret else None)
    if url is None:
        cure = Sentence("Give --maildir or --imap, or set OPORA_BOUNCE_IMAP.")
        raise WrongUsage(field="--maildir", value="", cure=cure)
    with imap_box(url) as box:
        yield box.unread(), box.mark_read


def _tell(door: Door, counts: Counter[str], unmatched: list[str], strange: list[str]) -> None:
    told = {one.value: counts[one.value] for one in Read}
    door.out.tell(
        Sentence(
            "Returned letters: addresses flagged {flagged}, letters alone {returned}, delayed "
            "{delayed}, known {known}, of no letter {unmatched}",
            told,
        )
    )
    for name in unmatched:
        door.out.tell(Sentence("No letter of ours: {name}", {"name": name}))
    for name in strange:
        door.out.tell(Sentence("No returned letter, left as it is: {name}", {"name": name}))
