"""Draws the law of a case as a page of the documentation, from the same table: python -m states.diagram."""

import sys
from typing import Any

from transitions.extensions import GraphMachine

from states.case_machine import RULES
from states.stage import Move, Stage
from states.task_machine import TASK_RULES, TaskState

_PAGE = """# Stages of a case, states of a task

Made by `make docs` from the tables in `states/case_machine.py` and `states/task_machine.py`; a test
compares. What a move *needs*, and who may make it, is chosen by the programme.

## A case

Forward one stage at a time; `return_for_rework` goes one stage back.

```mermaid
{case}```

From every stage before the exit a case may also be taken out (`withdraw`), and its clocks may be
stopped and started (`suspend`, `resume`: the stage stays; a suspended case makes no step forward).
`reopen` undoes an exit made by mistake and leads back to the stage that was left.

## A task

```mermaid
{task}```

Without an approver a task is accepted when it is submitted. The author never accepts.
"""


def page() -> str:
    """The whole page, as `docs/states.md` holds it."""
    inside = {Move.WITHDRAW, Move.REOPEN, Move.SUSPEND, Move.RESUME}
    case = [(r.move.value, r.source.value, r.dest.value) for r in RULES if r.move not in inside]
    task = [(r.deed.value, r.source.value, r.dest.value) for r in TASK_RULES]
    return _PAGE.format(
        case=_drawn([stage.value for stage in Stage], case, "Case"),
        task=_drawn([state.value for state in TaskState], task, "Task"),
    )


def _drawn(states: list[str], moves: list[tuple[str, str, str]], title: str) -> str:
    drawn = GraphMachine(
        states=states,
        initial=states[0],
        auto_transitions=False,
        graph_engine="mermaid",
        title=f"title: {title}",
        transitions=[{"trigger": move, "source": a, "dest": b} for move, a, b in moves],
    )
    graph: Any = drawn.get_combined_graph()
    text = str(graph.source)
    kept = [line for line in text.splitlines() if line.strip() and "classDef" not in line]
    return "\n".join(line for line in kept if not line.strip().startswith("Class ")) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
