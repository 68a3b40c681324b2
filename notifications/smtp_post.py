"""The post that speaks SMTP: one line for many letters, one recipient each, every end has a name."""

import asyncio
import ipaddress
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib
from aiosmtplib import (
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from notifications.post import Answer, Verdict
from opora.errors import InputRefused
from opora.words import Sentence

TIMEOUT = 60.0  # seconds a command may take
LONGEST = 240.0  # seconds a letter may take; less than half a lease
CLOSING = 421  # RFC 5321, 3.8: the service says good-bye, whatever was asked
OWN_SIZE = frozenset({452, 552})  # answers to MAIL that speak of this letter's size
_CUT = 500  # characters of an answer that are kept


class SmtpPost:
    """`smtp://[user:word@]host[:port]` (TLS as soon as the server offers it) or `smtps://…`.

    The event loop lives in a thread of its own, so that a caller may have one running already.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT, longest: float = LONGEST) -> None:
        parts = _parts(url)
        secret = parts.username is not None and not is_loopback(parts.hostname or "")
        self._client = aiosmtplib.SMTP(
            hostname=parts.hostname,
            port=parts.port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            # a password never crosses a network in the open
            start_tls=True if secret and parts.scheme == "smtp" else None,
            timeout=timeout,
        )
        self._longest = longest

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smtp")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.submit(self._runner.run, self._close()).result()
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    async def greet(self) -> str:
        """Connect, say EHLO, sign in, leave; gives what went wrong, empty when all is well."""
        try:
            await self._client.connect()
            await self._client.ehlo()
        except (SMTPException, OSError) as error:
            return _text(str(getattr(error, "message", error)) or type(error).__name__)
        finally:
            await self._close()
        return ""

    def send(self, sender: str, address: str, body: bytes) -> Answer:
        """Hand over `body`; a line that was lost is opened anew with the next letter."""
        return self._thread.submit(self._runner.run, self._send(sender, address, body)).result()

    async def _send(self, sender: str, address: str, body: bytes) -> Answer:
        letter = _Handover(self._client, sender, address, body)
        try:
            async with asyncio.timeout(self._longest):
                return await letter.run()
        except (SMTPException, OSError, TimeoutError) as error:
            await self._recover(error)
            return letter.answer_to(error)
        except ValueError as error:  # the library will not send this letter; the others may go
            await self._recover(error)
            return Answer(Verdict.TEMPORARY, None, _text(str(error)))

    async def _recover(self, error: BaseException) -> None:
        """After a plain refusal the line serves the next letter; after all else it is closed."""
        if isinstance(error, SMTPResponseException) and error.code != CLOSING:
            try:
                await self._client.rset()
            except (SMTPException, OSError):
                self._client.close()
        else:
            self._client.close()

    async def _close(self) -> None:
        try:
            if self._client.is_connected:
                await self._client.quit(timeout=5)
        except (SMTPException, OSError):
            pass  # every letter has its answer already
        finally:
            self._client.close()


class _Handover:
    """One letter on its way through the commands of SMTP; knows how far it came."""

    def __init__(self, client: aiosmtplib.SMTP, sender: str, address: str, body: bytes) -> None:
        self._client = client
        self._sender = sender
        self._address = address
        self._body = body
        self._reached = "connect"

    async def run(self) -> Answer:
        await self._begin()
        self._reached = "rcpt"
        await self._client.rcpt(self._address)
        self._reached = "data"
        taken = await self._client.data(self._body)
        return Answer(Verdict.SENT, taken.code, _text(taken.message))

    async def _begin(self) -> None:
        """MAIL; a line that grew old between two letters is opened anew, once."""
        if self._client.is_connected:
            try:
                await self._mail()
            except (SMTPServerDisconnected, aiosmtplib.SMTPSenderRefused) as error:
                if isinstance(error, aiosmtplib.SMTPSenderRefused) and error.code != CLOSING:
                    raise
                self._client.close()
            else:
                return
        self._reached = "connect"
        await self._client.connect()
        await self._mail()

    async def _mail(self) -> None:
        self._reached = "mail"
        size = f"SIZE={len(self._body)}"
        fits = self._client.supports_extension("size")
        await self._client.mail(self._sender, options=[size] if fits else [])

    def answer_to(self, error: BaseException) -> Answer:
        """What an end that is not a success means for this letter and for the others."""
        text = _text(str(getattr(error, "message", error)) or type(error).__name__)
        if not isinstance(error, SMTPResponseException):
            lost = isinstance(error, SMTPServerDisconnected | SMTPTimeoutError | OSError)
            after_dot = self._reached == "data" and lost
            return Answer(Verdict.AMBIGUOUS if after_dot else Verdict.OUTAGE, None, text)
        return Answer(self._verdict(error.code), error.code, text)

    def _verdict(self, code: int) -> Verdict:
        before_rcpt = self._reached in {"connect", "mail"}
        of_this_letter = self._reached == "mail" and code in OWN_SIZE
        if code == CLOSING or (before_rcpt and not of_this_letter):
            return Verdict.OUTAGE
        permanent = 500 <= code <= 599  # noqa: PLR2004  RFC 5321, 4.2.1: a permanent negative reply
        return Verdict.PERMANENT if permanent else Verdict.TEMPORARY


def _parts(url: str) -> SplitResult:
    """The parts of an address that has a host; its password is never repeated in the error."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(char.isspace() or not char.isprintable() for char in url):
        cure = Sentence("Write smtp://host:port or smtps://user:word@host:port.")
        raise InputRefused(field="smtp_url", value=url.rpartition("@")[2], cure=cure)
    return parts


def is_loopback(host: str) -> bool:
    """Whether `host` is this very machine: no network is crossed."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _text(said: str) -> str:
    """An answer as a database can keep it: one short line without broken characters."""
    whole = said.encode("utf-8", "replace").decode().replace("\0", "")
    return " ".join(whole.split())[:_CUT]
