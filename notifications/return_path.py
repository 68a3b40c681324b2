"""The envelope's own address of each letter (VERP): what comes back says by itself which one it was."""

import re
from dataclasses import dataclass
from typing import Protocol

from notifications.addresses import domain_of, usable_address

_TOKEN = re.compile(r"\+(\d{1,18})\.([0-9a-f]{12})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom letters are from, and where those that cannot be delivered come back to."""

    address: str
    bounces: str | None = None

    def __post_init__(self) -> None:
        usable_address(self.address, field="sender")
        if self.bounces is not None:
            usable_address(self.bounces, field="bounce_address")


class _Leaving(Protocol):
    """A letter on its way out."""

    @property
    def message_id(self) -> str: ...
    @property
    def letter_id(self) -> int: ...


def return_path(bounce_address: str | None, letter: _Leaving) -> str | None:
    """`bounces+17.0f3a…@example.org` for letter 17; None where no bounce address is set."""
    if bounce_address is None:
        return None
    local = bounce_address.rpartition("@")[0]
    number = f"{letter.letter_id}.{check_of(letter.message_id)}"
    return f"{local}+{number}@{domain_of(bounce_address)}"


def check_of(message_id: str) -> str:
    """Twelve signs of the Message-ID: a guessed letter number alone matches nothing."""
    return message_id.strip("<>").partition("@")[0].replace("-", "")[:12]


def tokens_in(text: str) -> list[tuple[int, str]]:
    """Letter number and check of every such address in `text`."""
    return [(int(number), check.lower()) for number, check in _TOKEN.findall(text)]
