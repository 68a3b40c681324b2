"""The flow that opens a cycle: the listed schools become cases with tasks and first letters."""

from datetime import datetime
from typing import Any

from prefect import flow

from flows.batches import carry


@flow(name="opora-open-cycle")
async def open_cycle(pass_id: int, at: datetime | None = None) -> dict[str, Any]:
    """Carry the pass `open_cycle` to its end; `at` is a virtual moment."""
    return await carry(pass_id, at)
