"""Commands of the installation itself: init and config show."""

import re
from dataclasses import dataclass
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from audit.surroundings import require_own_disk
from casework.access import person_called
from casework.acting import Acting
from casework.binding import bind_installation
from cli.door import Door, Refused, WrongUsage, check_moment, read_settings
from cli.options import At, Json, command
from cli.printing import Printer
from models.schema import upgrade
from opora import clock
from opora.database import connect, transaction
from opora.errors import NotReady, OporaError
from opora.settings import MEANINGS, Settings
from opora.words import LANGUAGES, Sentence

_NAME = "init"
"""Who acts where nobody is known yet."""


@command("opora init --as operator@example.org --name 'Operator'")
def init(
    email: Annotated[
        str, typer.Option("--as", metavar="EMAIL", help="Whom the installation belongs to.")
    ] = "",
    name: Annotated[str, typer.Option("--name", help="That person's name.")] = "",
    language: Annotated[
        str, typer.Option("--language", metavar="ru|en", help="Language of answers and letters.")
    ] = "",
    moment: At = None,
) -> None:
    """Brings the schema to this version and binds the person who acts when nobody is named.

    Repeating it upgrades an older database and changes nothing else.
    """
    settings = read_settings()
    check_moment(settings, moment)
    out = Printer(language or settings.language)
    owner = _Owner(email=email.strip(), name=name, language=language or settings.language)
    _check(owner)
    try:
        require_own_disk(settings)
        settings.home.mkdir(parents=True, exist_ok=True)
        told: dict[str, object] = {
            "home": str(settings.home),
            "version": upgrade(settings.owner_url, settings.database_url),
            "person": _bind(settings, owner, out, moment),
        }
    except (OporaError, SQLAlchemyError) as reason:
        raise Refused(reason, out.language) from reason
    out.tell(Sentence("Ready: {home}, schema {version}, acting by default: {person}.", told))
    out.tell(
        Sentence(
            "Next: opora programme list, then opora import FILE --programme KEY --profile NAME"
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owner:
    """Whom the installation is to belong to; empty fields have defaults."""

    email: str
    name: str
    language: str


def _check(owner: _Owner) -> None:
    if owner.language not in LANGUAGES:
        cure = Sentence("Opora speaks ru and en.")
        raise WrongUsage(field="--language", value=owner.language, cure=cure)
    if owner.email and not re.fullmatch(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+", owner.email):
        cure = Sentence("Write an address like operator@example.org.")
        raise WrongUsage(field="--as", value=owner.email, cure=cure)


def _bind(settings: Settings, owner: _Owner, out: Printer, moment: str | None) -> str:
    """Whoever is bound stays so unless somebody is named; gives the address of the bound person."""
    engine = connect(settings.database_url)
    try:
        door = Door(settings=settings, engine=engine, out=out, email=None, moment=moment)
        with transaction(engine) as session:
            try:
                bound = person_called(session, None)
            except NotReady:
                bound = None
            if bound is not None and not owner.email:
                return bound.email
            now = clock.now()
            acting = Acting(at=now, recorded_at=now, person=bound, pass_name=_NAME)
            return bind_installation(
                session,
                owner.email or "operator@example.org",
                owner.name or out.text(Sentence("Operator")),
                door.at_moment(session, lambda _: None, acting),
                language=owner.language,
            ).email
    finally:
        engine.dispose()


@command("opora config show --json")
def show_config(*, as_json: Json = False) -> None:
    """The environment (OPORA_…) stands above opora.toml. Passwords are masked."""
    settings = read_settings()
    out = Printer(settings.language)
    shown = settings.masked()
    if as_json:
        out.json(shown)
        return
    out.table(
        [Sentence("Setting"), Sentence("Value"), Sentence("What it is")],
        [
            (name, "—" if value is None else str(value), MEANINGS[name])
            for name, value in shown.items()
        ],
    )
