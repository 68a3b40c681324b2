"""How passes over many rows are said to people: what they do, where they stand, what they counted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from opora.words import Sentence

PASSES: Mapping[str, Sentence] = {
    "open_cycle": Sentence("opening of the cycle"),
    "adopt_programme": Sentence("going over to another version"),
    "open_phase": Sentence("opening of a phase"),
    "daily_round": Sentence("daily round"),
}
STATES: Mapping[str, Sentence] = {"running": Sentence("under way"), "done": Sentence("done")}
_COUNTED: Mapping[str, Sentence] = {
    "cases": Sentence("cases {number}"),
    "tasks": Sentence("tasks {number}"),
    "letters": Sentence("letters {number}"),
    "municipal_tasks": Sentence("tasks of municipalities {number}"),
    "claims": Sentence("reminders {number}"),
    "turns": Sentence("repeats {number}"),
    "changed": Sentence("changed {number}"),
}
_OTHER = Sentence("{name} {number}")


def counted(counts: Mapping[str, int]) -> Sequence[Sentence]:
    """What a pass counted, in its order."""
    return [
        replace(_COUNTED.get(name, _OTHER), fields={"name": name, "number": str(number)})
        for name, number in counts.items()
    ]
