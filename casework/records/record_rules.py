"""What the fields of a record must keep to among themselves, and with the records before it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from casework.records.record_grounds import Ground
from models.record import Record
from opora.errors import InputRefused
from opora.words import Sentence
from states.record_machine import COUNTING


def require_rules(
    session: Session, ground: Ground, record: Record, fields: Mapping[str, Any]
) -> None:
    """Raise `InputRefused` for a part above its whole, or for a step before its turn."""
    for name, field in ground.kind.fields.items():
        part, whole = fields.get(name), fields.get(field.at_most or "")
        if field.at_most and part is not None and whole is not None and _above(part, whole):
            told = {"most": whole, "of": ground.kind.fields[field.at_most].words}
            cure = Sentence("It is at most “{of}”: {most}.", told)
            raise InputRefused(field=name, value=part, cure=cure)
    _require_turn(session, ground, record, fields)


def _above(part: object, whole: object) -> bool:
    return Decimal(str(part)) > Decimal(str(whole))


def _require_turn(
    session: Session, ground: Ground, record: Record, fields: Mapping[str, Any]
) -> None:
    """Every earlier step stands already, in another record about the same."""
    key = ground.kind.in_order
    if key is None or fields.get(key) is None:
        return
    choices = ground.kind.fields[key].choices
    earlier = list(choices)[: list(choices).index(fields[key])]
    rows = session.exec(
        select(Record.fields).where(
            Record.cycle_id == record.cycle_id,
            Record.kind == ground.key,
            Record.subject == record.subject,
            Record.id != record.id,
            col(Record.state).in_(COUNTING),
        )
    )
    taken = {one.get(key) for one in rows}
    missing = next((step for step in earlier if step not in taken), None)
    if missing is not None:
        cure = Sentence("First comes: {step}.", {"step": choices[missing]})
        raise InputRefused(field=key, value=fields[key], cure=cure)
