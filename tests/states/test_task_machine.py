"""The law of a task."""

import pytest
from hypothesis import given, strategies as st

from opora.errors import TaskNotOpen
from states.task_machine import TASK_RULES, TaskDeed, TaskState, task_destination


@given(st.lists(st.sampled_from(TaskDeed), max_size=20))
def test_no_walk_of_a_task_leaves_the_law(deeds):
    state = TaskState.OPEN
    for deed in deeds:
        if any((rule.deed, rule.source) == (deed, state) for rule in TASK_RULES):
            state = task_destination(deed, state)
        else:
            with pytest.raises(TaskNotOpen):
                task_destination(deed, state)


@pytest.mark.parametrize("ended", [TaskState.ACCEPTED, TaskState.CANCELLED])
@pytest.mark.parametrize("deed", list(TaskDeed))
def test_an_ended_task_stays_as_it_is(ended, deed):
    with pytest.raises(TaskNotOpen):
        task_destination(deed, ended)
