"""The flow of the daily round: every open cycle's reminders and escalations of its own day."""

import asyncio
from datetime import datetime
from typing import Any

from prefect import flow

from flows.batches import carry
from flows.periods import begin_rounds_due
from flows.running import PassRefused
from flows.workplace import workplace
from opora import clock


@flow(name="opora-daily-round")
async def daily_round(pass_id: int | None = None, at: datetime | None = None) -> dict[str, Any]:
    """Carry one round to its end; without `pass_id`, every round that is due and nobody has begun."""
    if pass_id is not None:
        return await carry(pass_id, at)
    engine = workplace().engine
    moment = at or clock.now()
    due = await asyncio.to_thread(begin_rounds_due, engine, at=moment, recorded_at=clock.now())
    results, refused = [], []
    for one in due:
        try:
            results.append(await carry(one, at))
        except PassRefused as reason:
            refused.append(reason)
    if refused:
        raise refused[0]
    return {"rounds": results}
