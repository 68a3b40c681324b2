"""A real mail server for the tests, which does what mail servers do on bad days.

Twelve modes, each with what a deliverer must make of it:

- accept          250 all the way: sent
- greylist        451 to the first RCPT of each address: later, one attempt of that letter
- full            452 to every RCPT: later
- unknown         550 to every RCPT: dead, each for itself
- data refused    554 after DATA: dead
- 421             good-bye to MAIL: an outage, nobody's attempt
- sender refused  550 to MAIL: an outage
- tarpit          RCPT takes longer than anybody waits: an outage
- hang up         the line breaks at EHLO: an outage
- drop early      the line breaks at RCPT: an outage
- drop            the line breaks after the final dot: may have arrived, same bytes again
- hang            silence after the final dot: may have arrived, same bytes again
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller

from notifications.smtp_post import SmtpPost

SILENCE = 5  # seconds
_PATIENCE = {"tarpit": 0.4, "hang": 1.5}
_RCPT = {"full": "452 4.2.2 mailbox full", "unknown": "550 5.1.1 no such user"}


@dataclass
class MailServer:
    """`refusals` answer RCPT by address; `mode` answers everybody, see above."""

    mode: str = "accept"
    refusals: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)  # sender, to, body
    connections: int = 0
    url: str = ""

    lines: list[tuple[Any, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)  # addresses that were asked for before

    def post(self) -> SmtpPost:
        """Waits briefly only for a server that stays silent: a busy machine is no bad weather."""
        return SmtpPost(self.url, timeout=_PATIENCE.get(self.mode, 30))

    def forget(self) -> None:
        """Hang up on everybody, as servers do with lines that stay silent."""
        for loop, transport in self.lines:
            loop.call_soon_threadsafe(transport.abort)

    @property
    def addresses(self) -> list[str]:
        return [address for _, to, _ in self.taken for address in to]

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        self.lines.append((server.loop, server.transport))
        if self.mode == "hang up":
            server.transport.abort()
        return responses

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.mode == "421":
            return "421 4.3.2 closing for the night"
        if self.mode == "sender refused":
            return "550 5.7.1 we do not know you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.mode == "tarpit":
            await asyncio.sleep(SILENCE)
        if self.mode == "drop early":
            server.transport.abort()
        if address in self.refusals:
            return self.refusals[address]
        if self.mode == "greylist" and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 come back later"
        if self.mode in _RCPT:
            return _RCPT[self.mode]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if self.mode == "data refused":
            return "554 5.6.0 too ugly"
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        if self.mode == "drop":
            server.transport.abort()
        if self.mode == "hang":
            await asyncio.sleep(SILENCE)
        return "250 OK taken"


@contextlib.contextmanager
def running() -> Iterator[MailServer]:
    server = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as probe:  # aiosmtpd must know its port beforehand
        port = probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    server.url = f"smtp://127.0.0.1:{port}"
    try:
        yield server
    finally:
        controller.stop()
