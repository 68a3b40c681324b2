"""The warning before a launch: work that nobody but its own doer may approve."""

from collections.abc import Sequence

from casework.tasks.own_approval import OwnWork
from cli.door import Door
from opora.words import Sentence


def warn_of_own_work(door: Door, found: Sequence[OwnWork]) -> None:
    """One line a milestone and person, and what helps; nothing where all work has a judge."""
    for one in found:
        told = {"title": one.title, "tasks": one.tasks, "name": one.name, "person": one.person}
        line = "{name} ({person}) would have to approve own work: “{title}”, tasks: {tasks}"
        door.out.tell(Sentence(line, told))
    if found:
        cure = "The author never accepts: give a second person a role that approves it (import people)."
        door.out.tell(Sentence(cure))
