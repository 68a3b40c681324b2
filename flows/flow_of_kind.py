"""Which flow shows which kind of pass. Importing this brings Prefect."""

from collections.abc import Coroutine, Mapping
from typing import Any, TypeAlias

from prefect import Flow

from casework.cycles.adopting import KIND as ADOPT_PROGRAMME
from casework.cycles.phases import KIND as OPEN_PHASE
from casework.reminders.reminding import KIND as DAILY_ROUND
from casework.work import OPEN_CYCLE
from flows.annual_cycle import adopt_programme, open_cycle, open_phase
from flows.daily_round import daily_round
from opora.errors import NotFound
from opora.words import Sentence

PassFlow: TypeAlias = Flow[..., Coroutine[Any, Any, dict[str, Any]]]

_FLOWS: Mapping[str, PassFlow] = {
    OPEN_CYCLE: open_cycle,
    DAILY_ROUND: daily_round,
    OPEN_PHASE: open_phase,
    ADOPT_PROGRAMME: adopt_programme,
}


def flow_of(kind: str) -> PassFlow:
    """The flow of that kind of pass."""
    if kind not in _FLOWS:
        raise NotFound(what=Sentence("flow of the kind"), key=kind)
    return _FLOWS[kind]
