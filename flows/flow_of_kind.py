"""Which flow shows which kind of pass. Importing this brings Prefect."""

from collections.abc import Coroutine, Mapping
from typing import Any, TypeAlias

from prefect import Flow

from casework.reminding import KIND as DAILY_ROUND
from casework.work import OPEN_CYCLE
from flows.annual_cycle import open_cycle
from flows.daily_round import daily_round
from opora.errors import NotFound
from opora.words import Sentence

PassFlow: TypeAlias = Flow[..., Coroutine[Any, Any, dict[str, Any]]]

_FLOWS: Mapping[str, PassFlow] = {OPEN_CYCLE: open_cycle, DAILY_ROUND: daily_round}


def flow_of(kind: str) -> PassFlow:
    """The flow of that kind of pass."""
    if kind not in _FLOWS:
        raise NotFound(what=Sentence("flow of the kind"), key=kind)
    return _FLOWS[kind]
