"""Addresses and one-line texts that may stand in a letter's headers: nothing can be smuggled in."""

import re
import unicodedata
from email.headerregistry import Address

from opora.errors import InputRefused
from opora.words import Sentence

LONGEST_LOCAL, LONGEST_ADDRESS = 64, 254  # RFC 5321, 4.5.3.1
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def usable_address(address: str, *, field: str = "email") -> str:
    """`address` with its domain in ASCII (школа.рф becomes xn--…); a bad one raises InputRefused."""
    local, at_sign, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    usable = f"{local}@{domain}"
    fits = len(local) <= LONGEST_LOCAL and len(usable) <= LONGEST_ADDRESS
    if at_sign and fits and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain):
        return usable
    cure = Sentence("Write one plain address, such as o.petrova@example.org.")
    raise InputRefused(field=field, value=one_line(address), cure=cure)


def one_line(text: str) -> str:
    """`text` without line ends, control and formatting characters: fit for a header.

    An encoded word inside it is broken up: Python's `Address` decodes it, line ends and all.
    """
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    return " ".join(visible.split()).replace("=?", "= ?")


def mailbox(name: str, address: str) -> Address:
    """`address` must have passed `usable_address`."""
    local, _, domain = address.rpartition("@")
    return Address(display_name=one_line(name), username=local, domain=domain)


def domain_of(address: str) -> str:
    """The part after the @."""
    return address.rpartition("@")[2]
