"""Who does a deed, and when: built once at a door, handed to every verb."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from models.history import Deed
from models.people import Person
from opora import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A named person or a named pass at a moment.

    `at` is when it happens (may be virtual), `recorded_at` when it is written down (always real).
    """

    at: datetime
    recorded_at: datetime
    person: Person | None = None
    pass_name: str | None = None  # "daily_round:2026-11-22"
    is_virtual: bool = False
    stands_in: list[int] = field(default_factory=list, compare=False)
    """The absent person in whose place the actor was let in: `access` notes it, history tells it."""

    @property
    def name(self) -> str:
        """As history writes it: by id, never by name."""
        return f"person:{self.person.id}" if self.person else f"pass:{self.pass_name}"

    @property
    def called(self) -> str:
        """As a refusal says it to the person themselves."""
        return self.person.email if self.person else self.name

    def on(self, zone: ZoneInfo) -> date:
        """The day that people in `zone` live at this moment."""
        return clock.day_of(self.at, zone)

    @property
    def earliest_day(self) -> date:
        """The earliest day that anybody on Earth lives now, where no region is known yet."""
        return (self.at.astimezone(UTC) - timedelta(hours=12)).date()

    @property
    def latest_day(self) -> date:
        """The latest day that anybody on Earth lives now: whoever was appointed today holds the role."""
        return (self.at.astimezone(UTC) + timedelta(hours=14)).date()

    def deed(
        self,
        subject: str,
        deed: str,
        *,
        values: Mapping[str, object] | None = None,
        words: Mapping[str, str] | None = None,
        move: tuple[str, str, int] | None = None,
    ) -> Deed:
        """A history line to be, done by this actor; `move` is (source, dest, stage version)."""
        source, dest, version = move or (None, None, None)
        return Deed(
            subject=subject,
            deed=deed,
            actor=self.name,
            at=self.at,
            recorded_at=self.recorded_at,
            values={**(values or {}), **self._in_whose_place()},
            words={name: said for name, said in (words or {}).items() if said},
            source=source,
            dest=dest,
            version=version,
            is_virtual=self.is_virtual,
        )

    def _in_whose_place(self) -> dict[str, object]:
        return {"on_behalf_of": f"person:{self.stands_in[0]}"} if self.stands_in else {}
