"""Commands about letters: list, show and retry."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from typing import Annotated

import typer

from casework.cases.deed_words import letter_words
from casework.cases.reading import Page
from casework.letters.bouncing import retry_letter
from casework.letters.letter_views import LetterView, letter_view, letters
from cli.door import Door, opened
from cli.listings import say_more
from cli.options import After, As, At, Json, LetterId, Limit, OfCase, command
from cli.printing import SCREENFUL
from models.letter import LetterState
from opora.words import Sentence

_STATES = {
    LetterState.PENDING: Sentence("waits"),
    LetterState.CLAIMED: Sentence("is being sent"),
    LetterState.SENT: Sentence("sent"),
    LetterState.DEAD: Sentence("dead"),
    LetterState.SUPERSEDED: Sentence("no longer needed"),
}
_HEADERS = ("Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "Auto-Submitted")


@command("opora letter list --state dead")
def list_all(
    *,
    state: Annotated[
        LetterState | None, typer.Option("--state", help="Only in this state.")
    ] = None,
    case: OfCase = None,
    limit: Limit = None,
    after: After = 0,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Your own letters; all of a register for those who may see them. Dead ones say why."""
    with opened(email) as door, door.look() as (session, acting):
        page = Page(limit=limit or (None if as_json else SCREENFUL), after=after)
        found = letters(session, acting, state=state, case=case, page=page)
        if as_json:
            door.out.json([_as_data(one) for one in found])
            return
        door.out.table(
            [
                Sentence("Letter"),
                Sentence("Kind"),
                Sentence("To"),
                Sentence("Case"),
                Sentence("State"),
                Sentence("Leaves"),
                Sentence("Sent"),
                Sentence("Why"),
            ],
            [
                (
                    one.id,
                    letter_words(one.kind),
                    one.to,
                    one.case,
                    Sentence("came back") if one.returned else _STATES[one.state],
                    one.send_after,
                    one.sent_at,
                    one.returned or one.reason,
                )
                for one in found
            ],
        )
        say_more(door, [one.id for one in found], page)


@command("opora letter show 31")
def show(letter: LetterId, *, as_json: Json = False, email: As = None) -> None:
    """Headers and text of the very bytes that left. What waits is composed when it leaves, from
    what is true then.
    """
    with opened(email) as door, door.look() as (session, acting):
        seen = letter_view(session, acting, letter)
        headers, text = _read(seen.body)
        if as_json:
            door.out.json({**_as_data(seen), "headers": headers, "text": text})
            return
        _print(door, seen, headers, text)


@command("opora letter retry 31")
def retry(letter: LetterId, *, as_json: Json = False, email: As = None, moment: At = None) -> None:
    """A letter that died, or came back, is written anew: a letter of its own, composed from what is
    true when it leaves. The old one stays as it ended.
    """
    with opened(email, moment) as door, door.deed() as (session, acting):
        new = retry_letter(session, letter, acting)
        if as_json:
            door.out.json({"letter": letter, "again": new})
        told = {"letter": letter, "again": new}
        door.out.tell(Sentence("Letter {letter} is written anew as letter {again}.", told))


def _as_data(one: LetterView) -> dict[str, object]:
    return {name: getattr(one, name) for name in LetterView.__slots__ if name != "body"}


def _read(body: bytes | None) -> tuple[dict[str, str], str | None]:
    """Headers and the plain text of a letter's bytes."""
    if body is None:
        return {}, None
    message = message_from_bytes(body, policy=policy.default)
    part = message.get_body(("plain",))
    raw = BytesHeaderParser().parsebytes(body)  # the newer parser puts blanks into long names
    headers = {
        name: str(make_header(decode_header(raw[name])))
        for name in _HEADERS
        if raw[name] is not None
    }
    return headers, part.get_content() if part is not None else ""


def _print(door: Door, seen: LetterView, headers: dict[str, str], text: str | None) -> None:
    out = door.out
    out.pairs(
        [
            (Sentence("Letter"), seen.id),
            (Sentence("Kind"), letter_words(seen.kind)),
            (Sentence("To"), seen.to),
            (Sentence("State"), _STATES[seen.state]),
            (Sentence("Leaves"), seen.send_after),
            (Sentence("Sent"), seen.sent_at),
            (Sentence("Failures"), seen.failures or None),
            (Sentence("Why"), seen.reason),
            (Sentence("Returned"), seen.returned),
            *((Sentence("{name}", {"name": name}), value) for name, value in headers.items()),
        ]
    )
    if text is None:
        out.tell(Sentence("It has no text yet: it is composed when it leaves."))
    else:
        out.lines("\n" + text)
    if seen.is_ambiguous:
        out.tell(Sentence("The line was lost after its last byte: it may have arrived."))
