"""Which function does a chunk of which kind of pass, and on whose behalf a pass goes on."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from casework.acting import Acting
from casework.opening import open_cases
from casework.passes import Work
from casework.reminding import KIND as DAILY_ROUND, remind
from models.pass_run import PassRun
from models.people import Person

OPEN_CYCLE = "open_cycle"

WORK: Mapping[str, Work] = {OPEN_CYCLE: open_cases, DAILY_ROUND: remind}
"""Every kind of pass that there is."""


def acting_in(
    session: Session, run: PassRun, *, at: datetime, recorded_at: datetime, is_virtual: bool = False
) -> Acting:
    """The person who began the pass, whoever carries it on; a pass of the clock acts in its own name."""
    person_id = run.arguments.get("person")
    return Acting(
        at=at,
        recorded_at=recorded_at,
        person=session.get_one(Person, person_id) if person_id else None,
        pass_name=f"{run.kind}:{run.period}",
        is_virtual=is_virtual,
    )
