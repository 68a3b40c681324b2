"""The flows of a year: opening its cases, opening a phase, going over to a new programme version."""

from datetime import datetime
from typing import Any

from prefect import flow

from flows.batches import carry


@flow(name="opora-open-cycle")
async def open_cycle(pass_id: int, at: datetime | None = None) -> dict[str, Any]:
    """Carry the pass `open_cycle` to its end; `at` is a virtual moment."""
    return await carry(pass_id, at)


@flow(name="opora-open-phase")
async def open_phase(pass_id: int, at: datetime | None = None) -> dict[str, Any]:
    """Carry the pass `open_phase` to its end; `at` is a virtual moment."""
    return await carry(pass_id, at)


@flow(name="opora-adopt-programme")
async def adopt_programme(pass_id: int, at: datetime | None = None) -> dict[str, Any]:
    """Carry the pass `adopt_programme` to its end; `at` is a virtual moment."""
    return await carry(pass_id, at)
