"""The database is asked in a thread, so that Prefect's loop goes on meanwhile."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Given = TypeVar("Given")


async def in_thread(act: Callable[[], Given]) -> Given:
    """What `act` gives; a chunk that has begun ends before we are cancelled."""
    running = asyncio.ensure_future(asyncio.to_thread(act))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
