"""The door of the command line: settings, database, who acts and when, one transaction a deed."""

import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlmodel import Session

from casework.access import person_called
from casework.acting import Acting
from casework.cases.reading import latest_moment, zone_of_work
from casework.quarantine import quarantined_since
from cli.printing import Printer, is_terminal
from models.schema import require_current
from opora import clock
from opora.database import connect, reading, transaction, trial
from opora.errors import FileRefused, InputRefused, NotReady, OporaError
from opora.settings import Settings
from opora.value_faults import fault_of
from opora.words import Sentence

MORNING = time(9)
"""What a date alone means as a moment."""

_QUARANTINE = (
    "In quarantine since {since}, restored from a backup: no letters leave, no schedule runs. "
    "See opora release."
)

_YES = {"y", "yes", "д", "да"}

ZoneOf = Callable[[Session], ZoneInfo | None]


class WrongUsage(InputRefused):
    """{field}: “{value}” cannot be used here. {cure}"""


class Refused(Exception):
    """What went wrong, and the language of the person it is to be told to."""

    def __init__(self, reason: Exception, language: str) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.language = language


def read_settings() -> Settings:
    """The settings in force. Raises WrongUsage naming the setting, FileRefused for opora.toml."""
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = error.errors(include_input=False)[0]
        name = ".".join(map(str, wrong["loc"]))
        said = {"problem": fault_of(wrong).sentence}
        cure = Sentence("Set it right in OPORA_… or opora.toml: {problem}", said)
        raise WrongUsage(field=name, value="…", cure=cure) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        cure = Sentence("Correct its TOML: {problem}.", {"problem": str(error)})
        raise FileRefused("opora.toml", cure) from error
    for name, url in (("database", settings.database_url), ("database_owner", settings.owner_url)):
        _check_url(name, url)
    return settings


def _check_url(name: str, url: str) -> None:
    try:
        make_url(url).get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        cure = Sentence("Give an SQLAlchemy URL: sqlite:///file or postgresql+psycopg://…")
        raise WrongUsage(field=name, value="…", cure=cure) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a command works with. `moment` is what `--at` said."""

    settings: Settings
    engine: Engine
    out: Printer
    email: str | None
    moment: str | None

    @contextmanager
    def deed(
        self, zone_of: ZoneOf = zone_of_work, *, dry_run: bool = False
    ) -> Iterator[tuple[Session, Acting]]:
        """One transaction in the name of the person who acts: all of it, or nothing."""
        with (trial if dry_run else transaction)(self.engine) as session:
            yield session, self.acting(session, zone_of)

    @contextmanager
    def look(self) -> Iterator[tuple[Session, Acting]]:
        """A look that writes nothing. In virtual time it sees the day that history has come to."""
        with reading(self.engine) as session:
            at = clock.now()
            if self.settings.virtual_time:
                at = latest_moment(session) or at
            person = person_called(session, self.email)
            yield session, Acting(at=at, recorded_at=clock.now(), person=person)

    def agrees(self, question: Sentence) -> bool:
        """Yes or no of whoever sits there. Raises WrongUsage where nobody does."""
        if not is_terminal(sys.stdin):
            cure = Sentence("Nobody is there to answer: add --yes.")
            raise WrongUsage(field="--yes", value="", cure=cure)
        asked = self.out.text(Sentence("{question} [yes/NO]", {"question": question}))
        return str(typer.prompt(asked, "", show_default=False, err=True)).casefold() in _YES

    def acting(self, session: Session, zone_of: ZoneOf = zone_of_work) -> Acting:
        """The person and the moment. Raises WrongUsage where time would go backwards."""
        person = person_called(session, self.email)
        return self.at_moment(
            session, zone_of, Acting(at=clock.now(), recorded_at=clock.now(), person=person)
        )

    def at_moment(self, session: Session, zone_of: ZoneOf, acting: Acting) -> Acting:
        """The same actor at the virtual moment, where there is one."""
        if not self.settings.virtual_time:
            return acting
        latest = latest_moment(session)
        at = acting.at
        if self.moment is not None:
            at = moment_of(self.moment, zone_of(session), latest)
        if latest is not None and at < latest:
            told = {"latest": latest.astimezone(zone_of(session) or UTC)}
            cure = Sentence("History has come to {latest} already; give --at from there on.", told)
            raise WrongUsage(field="--at", value=self.moment or "", cure=cure)
        return Acting(
            at=at,
            recorded_at=acting.recorded_at,
            person=acting.person,
            is_virtual=self.moment is not None,
        )


def moment_of(text: str, zone: ZoneInfo | None, latest: datetime | None = None) -> datetime:
    """An ISO date-time, or a date: nine in the morning, or as late that day as history has come.

    Without an offset it is the region's own time.
    """
    here = zone or UTC
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        morning = datetime.combine(day, MORNING, here).astimezone(UTC)
        is_that_day = latest is not None and latest.astimezone(here).date() == day
        return max(morning, latest) if is_that_day and latest else morning
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=here)).astimezone(UTC)
    except (ValueError, OverflowError):
        cure = Sentence("Write a moment like 2026-11-22 or 2026-11-22T14:30.")
        raise WrongUsage(field="--at", value=text, cure=cure) from None


@contextmanager
def opened(email: str | None = None, moment: str | None = None) -> Iterator[Door]:
    """The door, open: the database stands at this program's version, and the person is known."""
    settings = read_settings()
    language: str = settings.language
    try:
        check_moment(settings, moment)
        _require_file(settings)
        engine = connect(settings.database_url)
        try:
            require_current(engine)
            with reading(engine) as session:
                language = person_called(session, email).language
                zone = zone_of_work(session)
                since = quarantined_since(session)
            out = Printer(language, zone)
            if since is not None:
                out.tell(Sentence(_QUARANTINE, {"since": since}))
            yield Door(
                settings=settings,
                engine=engine,
                out=out,
                email=email,
                moment=moment,
            )
        finally:
            engine.dispose()
    except (OporaError, SQLAlchemyError) as reason:
        raise Refused(reason, language) from reason


def check_moment(settings: Settings, moment: str | None) -> None:
    """Raise WrongUsage where `--at` is not allowed or is no moment."""
    if moment is None:
        return
    if not settings.virtual_time:
        cure = Sentence("Virtual time is off here: set OPORA_VIRTUAL_TIME=1 for a rehearsal.")
        raise WrongUsage(field="--at", value=moment, cure=cure)
    moment_of(moment, None)


def _require_file(settings: Settings) -> None:
    """SQLite would make an empty file where none is."""
    url = make_url(settings.database_url)
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file and not Path(file).is_file():
        raise NotReady(what=Sentence("There is no database yet"), cure=Sentence("Run: opora init"))
