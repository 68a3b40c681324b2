"""
Every error that Opora raises on purpose: the first line of a docstring is the message, with {fields}.

OporaError
├── NotFound              nothing is stored under that key, or it is not yours to see
├── Forbidden             the person may not do this
├── MoveNotAllowed        the case cannot make this move now
├── StaleView             somebody changed it first
├── SomebodyWasFirst      somebody did it at the same moment: the doors try again
├── TaskNotOpen           the task is not in a state that allows this
├── RecordClosed          the record is not in a state that allows this
├── PlanClosed            the plan is not in a state that allows this
├── AuthorAccepts         the author may not accept the own work
├── EvidenceRefused       the file or text does not count as proof
├── InputRefused          a given value is not usable: names the field and the cure
├── FileRefused           a whole file cannot be read: names the file and the cure
├── ProgrammeInvalid      the programme folder contradicts itself: file, line and cure of every error
├── BeyondHorizon         the working calendar is not known that far
├── NotReady              something must be done first (init, import, confirm)
└── HistoryBroken         the chain does not hold
"""

from collections.abc import Sequence

from opora.words import Sentence


class OporaError(Exception):
    """Something that the user can understand went wrong."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        self.sentence = Sentence((type(self).__doc__ or "").strip().splitlines()[0], fields)
        super().__init__(str(self.sentence))


class NotFound(OporaError):
    """Nothing is stored under {what} {key}."""


class Forbidden(OporaError):
    """{person} may not do this here: {deed}."""


class MoveNotAllowed(OporaError):
    """The case cannot make the move “{move}” from the stage “{stage}”."""

    def __init__(self, move: str, stage: str, unmet: Sequence[Sentence] = ()) -> None:
        super().__init__(move=move, stage=stage)
        self.move = move
        self.stage = stage
        self.unmet = tuple(unmet)


class StaleView(OporaError):
    """Somebody changed it first: you saw version {seen}, it is now at version {version}."""


class SomebodyWasFirst(OporaError):
    """Somebody else did this at the same moment, so nothing of yours was done: {problem}. Look again."""


class TaskNotOpen(OporaError):
    """The task is “{state}”: this cannot be done with it now."""


class RecordClosed(OporaError):
    """The record is “{state}”: this cannot be done with it now."""


class PlanClosed(OporaError):
    """The plan is “{state}”: this cannot be done with it now."""


class AuthorAccepts(OporaError):
    """The author may not accept the own work: {person} submitted this."""


class EvidenceRefused(OporaError):
    """This does not count as proof: {reason}."""


class InputRefused(OporaError):
    """{field}: “{value}” cannot be used. {cure}"""

    def __init__(self, *, field: str, value: object, cure: Sentence) -> None:
        super().__init__(field=field, value=value, cure=cure)
        if value in ("", None):  # nothing was given: there is nothing to quote
            self.sentence = Sentence("{field}: {cure}", self.fields)


class FileRefused(OporaError):
    """{file} cannot be read. {cure}"""

    def __init__(self, file: str, cure: Sentence) -> None:
        super().__init__(file=file, cure=cure)


class ProgrammeInvalid(OporaError):
    """The programme {programme} contradicts itself in {count} places."""

    def __init__(self, programme: str, faults: Sequence[object]) -> None:
        super().__init__(programme=programme, count=len(faults))
        self.faults = tuple(faults)


class BeyondHorizon(OporaError):
    """The working calendar is known until {horizon}, and {day} lies beyond. {cure}"""


class NotReady(OporaError):
    """{what}. {cure}"""


class HistoryBroken(OporaError):
    """The history does not hold: {what}."""
