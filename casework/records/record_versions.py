"""What another version of the programme would make unreadable of the records that are there."""

from collections.abc import Iterator

from sqlmodel import Session, select

from models.cycle import Cycle
from models.record import Record
from opora.words import Sentence
from programmes.definition import Programme


def unreadable(
    session: Session, cycle: Cycle, old: Programme, new: Programme
) -> Iterator[Sentence]:
    """Kinds in use whose scope, or the type of whose fields, would be another.

    A kind or a field that is left out does no harm: its records keep the words they had.
    """
    used = session.exec(select(Record.kind).where(Record.cycle_id == cycle.id).distinct()).all()
    for key in sorted(used):
        before, after = old.records.kinds.get(key), new.records.kinds.get(key)
        if before is None or after is None:
            continue
        if before.scope is not after.scope:
            yield Sentence(
                "records of the kind “{words}” are there: its scope stays", {"words": before.words}
            )
        for name in before.fields.keys() & after.fields.keys():
            if before.fields[name].type is not after.fields[name].type:
                yield Sentence(
                    "records of the kind “{words}” are there: the type of “{field}” stays",
                    {"words": before.words, "field": name},
                )
