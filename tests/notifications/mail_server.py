"""A real mail server for the tests, which does what mail servers do on bad days."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class MailServer:
    """`refusals` answer RCPT by address; `mode` answers everybody: accept, drop, hang, 421, 5xx."""

    mode: str = "accept"
    refusals: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)  # sender, to, body
    connections: int = 0
    url: str = ""

    lines: list[tuple[Any, Any]] = field(default_factory=list)

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
            await asyncio.sleep(1)
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if self.mode == "data refused":
            return "554 5.6.0 too ugly"
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        if self.mode == "drop":
            server.transport.abort()
        if self.mode == "hang":
            await asyncio.sleep(1)
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
