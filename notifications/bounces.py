"""What a message that came back says: which letter it was, and whether the address is to blame.

Standard reports (RFC 3464) are read by their fields. What mail services write in words alone is read
by what all of them quote: the Message-ID, an SMTP code, an address. Pure: bytes in, findings out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from enum import StrEnum

from notifications.return_path import tokens_in


class Blame(StrEnum):
    """What failed."""

    ADDRESS = "address"  # for good: nobody is behind this address
    LETTER = "letter"  # this letter came back; the address may take the next one
    DELAYED = "delayed"  # the server still tries


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A message that came back: every hint at the letter, and what is to blame."""

    message_ids: tuple[str, ...]
    tokens: tuple[tuple[int, str], ...]  # of our own envelopes
    addresses: tuple[str, ...]  # that failed, lower case
    status: str  # "5.1.1"
    blame: Blame
    text: str  # the server's own words, one line


_LONGEST = 300  # characters of the server's words that are kept
_READ = 200_000  # characters of words that are looked at
_OF_THE_LETTER = ("5.2.2", "5.2.3", "5.3.4", "5.4.6", "5.4.7", "5.6.", "5.7.")
"""Permanent for this letter alone: full box, size, loop, time run out, contents, policy (RFC 3463)."""

_MESSAGE_ID = re.compile(r"Message-ID:\s*(<[^<>\s]+>)", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)[ -](?=[\d#<A-Za-zА-Яа-я])")
_TAG = re.compile(r"<(/?\w+)[^>]*>")
_SENDERS = re.compile(r"mailer-daemon|postmaster|microsoftexchange|mail delivery", re.IGNORECASE)
_SUBJECTS = re.compile(
    r"undeliver|delivery (status|failure|has failed|delayed)|returned (mail|to sender)|failure notice"
    r"|mail delivery failed|warning: message|не ?доставлен|не может быть доставлено|недоставк"
    r"|ошибка доставки|задерж",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"delayed|warning: message|still (being )?tr(ied|ying)|will be retried|задерж|ещё пыта|повторит",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"no such (user|mailbox)|user unknown|unknown user|(does not|doesn't) exist|recipnotfound"
    r"|address not found|mailbox (unavailable|is disabled)|not a known user|нет такого|не существует"
    r"|не найден|заблокирован|отключ",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"(mailbox|quota|box|ящик|квот)\W.{0,30}(full|exceeded|переполнен|превышен)", re.IGNORECASE
)


def returned(raw: bytes) -> Returned | None:
    """What the message says of a letter; None for one that is no bounce (an answer, an advert)."""
    message = message_from_bytes(raw, policy=policy.compat32)
    reports = [*_reports(message)]
    words = _words(message)
    if not reports and not _looks_returned(message):
        return None  # an answer of a person, or of somebody who is away
    said = reports[0] if reports else {}
    action = said.get("action", "").lower()
    if action in {"delivered", "relayed", "expanded"}:
        return None
    status = _status(said, words)
    diagnosis = _diagnosis(said, words)
    is_late = action == "delayed" or (not action and bool(_DELAY.search(_subject(message) + words)))
    return Returned(
        message_ids=_unique(_MESSAGE_ID.findall(_everything(message) + words)),
        tokens=_unique(tokens_in(_envelopes(message) + words)),
        addresses=_addresses(message, reports, words),
        status=status,
        blame=_blame(status, diagnosis, is_late=is_late),
        text=diagnosis,
    )


# --- the parts of a message -----------------------------------------------------------------------


def _reports(message: Message) -> Iterator[dict[str, str]]:
    """Fields of each recipient of a delivery status, lower case names."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        if isinstance(blocks, str):  # a server that did not care for the empty lines
            blocks = [message_from_bytes(b.encode()) for b in re.split(r"\r?\n\r?\n", blocks)]
        for block in blocks if isinstance(blocks, list) else ():
            if not isinstance(block, Message):
                continue
            fields = {name.lower(): str(value) for name, value in block.items()}
            if "action" in fields or "final-recipient" in fields:
                yield fields


def _words(message: Message) -> str:
    """All readable text of the message, the returned letter's own body left out."""
    found = []
    for part in _own_parts(message):
        if part.get_content_type() not in {"text/plain", "text/html"}:
            continue
        raw = part.get_payload(decode=True)
        text = raw.decode(_charset(part), "replace") if isinstance(raw, bytes) else ""
        if part.get_content_subtype() == "html":
            text = _TAG.sub(_gap, text).replace("&lt;", "<").replace("&gt;", ">")
        found.append(text)
    return "\n".join(found)[:_READ]


def _gap(tag: re.Match[str]) -> str:
    """A line ends where a paragraph does."""
    return "\n" if tag[1].lower().strip("/") in {"p", "br", "div", "tr", "pre", "li"} else " "


def _own_parts(message: Message) -> Iterator[Message]:
    if message.get_content_maintype() == "message" or message.get_content_type() == (
        "text/rfc822-headers"
    ):
        return
    if message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _own_parts(part)
    else:
        yield message


def _charset(part: Message) -> str:
    name = part.get_content_charset() or "utf-8"
    try:
        "".encode(name)
    except LookupError:
        return "utf-8"
    return name


def _everything(message: Message) -> str:
    """Headers of the returned letter, whether it came whole or as its headers alone."""
    lines = []
    for part in message.walk():
        if part is not message:
            lines += [f"{name}: {value}\n" for name, value in part.items()]
        if part.get_content_type() == "text/rfc822-headers":
            raw = part.get_payload(decode=True)
            lines.append(raw.decode("utf-8", "replace") if isinstance(raw, bytes) else "")
    return "".join(lines)


def _envelopes(message: Message) -> str:
    return " ".join(
        str(value)
        for name in ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Yandex-Rcpt")
        for value in message.get_all(name, [])
    )


def _looks_returned(message: Message) -> bool:
    by_sender = _SENDERS.search(str(message.get("From", "")))
    failed = message.get("X-Failed-Recipients") is not None
    return failed or bool(by_sender and _SUBJECTS.search(_subject(message)))


def _subject(message: Message) -> str:
    try:
        return str(make_header(decode_header(str(message.get("Subject", "")))))
    except (LookupError, UnicodeError, ValueError):
        return str(message.get("Subject", ""))


# --- what they say --------------------------------------------------------------------------------


def _status(said: dict[str, str], words: str) -> str:
    """The enhanced code; a server's plain 550 is 5.0.0. Of a report that says 5.0.0, its words' one."""
    told = _STATUS.search(said.get("status", ""))
    closer = _STATUS.search(said.get("diagnostic-code", "") or (words if not said else ""))
    if told and not (told[1].endswith(".0.0") and closer):
        return told[1]
    if closer:
        return closer[1]
    if plain := _REPLY.search(said.get("diagnostic-code", "") or words):
        return f"{plain[1][0]}.0.0"
    return "5.0.0" if _NOBODY.search(words) else ""


def _diagnosis(said: dict[str, str], words: str) -> str:
    """The line that says why."""
    lines = [said.get("diagnostic-code", "").partition(";")[2], *words.splitlines()]
    told = [" ".join(line.split()) for line in lines if line.strip()]
    for pattern in (_STATUS, _REPLY, _NOBODY, _FULL):
        for line in told:
            if pattern.search(line):
                return line[:_LONGEST]
    return told[0][:_LONGEST] if told else ""


def _blame(status: str, diagnosis: str, *, is_late: bool) -> Blame:
    if is_late or status.startswith("4"):
        return Blame.DELAYED
    if _FULL.search(diagnosis):
        return Blame.LETTER
    if _NOBODY.search(diagnosis):  # some say it under a code of policy
        return Blame.ADDRESS
    return Blame.LETTER if not status or status.startswith(_OF_THE_LETTER) else Blame.ADDRESS


def _addresses(message: Message, reports: list[dict[str, str]], words: str) -> tuple[str, ...]:
    """Who was not reached: by the report, the header of Exim and Google, at last by the words."""
    told = [
        fields.get(name, "").partition(";")[2]
        for fields in reports
        for name in ("original-recipient", "final-recipient")
    ]
    told += [str(message.get("X-Failed-Recipients", ""))]
    found = _ADDRESS.findall(" ".join(told)) or _ADDRESS.findall(words)
    return _unique([address.lower().strip(".") for address in found])


def _unique(found: list) -> tuple:  # type: ignore[type-arg]  # of whatever it is given
    return tuple(dict.fromkeys(found))
