"""What an installation decides for itself: built once at each door and handed down, never global."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from opora.words import Sentence

_HIDDEN = "***"
_DATABASES = ("sqlite", "postgresql+psycopg", "postgresql", "smtp", "smtps", "imap", "imaps")


class Settings(BaseSettings):
    """Environment (`OPORA_…`) before `opora.toml` in the current folder, before the defaults here."""

    model_config = SettingsConfigDict(
        env_prefix="OPORA_", toml_file="opora.toml", frozen=True, extra="forbid"
    )

    home: Path = Path("home")
    database: str = ""
    database_owner: str = ""
    smtp_url: SecretStr | None = None
    sender: str = "opora@example.org"
    bounce_address: str | None = None
    bounce_imap: SecretStr | None = None
    public_url: str = "http://127.0.0.1:8080"
    flows: Literal["direct", "prefect"] = "direct"
    prefect_port: int = 4747
    virtual_time: bool = False
    language: Literal["ru", "en"] = "ru"
    store_url: str = ""
    backup_dir: Path | None = None
    backup_key: Path | None = None
    backup_daily: int = Field(7, ge=0, le=1000)
    backup_weekly: int = Field(5, ge=0, le=1000)
    backup_monthly: int = Field(12, ge=0, le=1000)
    evidence_mb: int = Field(20, ge=1, le=500)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def database_url(self) -> str:
        """URL of the application's role."""
        return self.database or f"sqlite:///{(self.home / 'opora.db').resolve()}"

    @property
    def owner_url(self) -> str:
        """URL of the schema's owner; the same as the application's where none is set."""
        return self.database_owner or self.database_url

    @property
    def mailbox(self) -> Path:
        """Where letters lie when no mail server is set."""
        return self.home / "mailbox"

    @property
    def evidence(self) -> str:
        """The fsspec URL that evidence is kept under."""
        return self.store_url or f"file://{(self.home / 'evidence').resolve()}"

    def masked(self) -> dict[str, Any]:
        """Every setting as it is in force, with passwords hidden."""
        shown = self.model_dump(mode="json")
        addresses = {
            "database": self.database_url,
            "database_owner": self.owner_url,
            "store_url": self.store_url,
            "smtp_url": self.smtp_url.get_secret_value() if self.smtp_url else "",
            "bounce_imap": self.bounce_imap.get_secret_value() if self.bounce_imap else "",
        }
        shown |= {name: _masked(url) if url else shown[name] for name, url in addresses.items()}
        return shown


def _masked(url: str) -> str:
    """Without the password, and without the values after the question mark, which may be one too."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return _HIDDEN
    if parsed.drivername not in _DATABASES and parsed.username:
        parsed = parsed.set(username=_HIDDEN)
    query = dict.fromkeys(parsed.query, _HIDDEN)
    return parsed.set(query=query).render_as_string(hide_password=True)


MEANINGS: dict[str, Sentence] = {
    "home": Sentence("files, mailbox folder, Prefect's home"),
    "database": Sentence(
        "SQLAlchemy URL; on PostgreSQL the application's role (default: SQLite in home)"
    ),
    "database_owner": Sentence(
        "URL of the schema's owner, for `init` and migrations (default: `database`)"
    ),
    "smtp_url": Sentence(
        "smtp://user:word@host:port or smtps://; without it letters go to a folder"
    ),
    "sender": Sentence("address that letters come from"),
    "bounce_address": Sentence(
        "address that undeliverable letters come back to, one +token a letter"
    ),
    "bounce_imap": Sentence("imaps://user:word@host[:port][/FOLDER] where returned letters lie"),
    "public_url": Sentence("address of the pages that letters point to"),
    "flows": Sentence("who runs passes: plain functions, or flows on a Prefect server"),
    "prefect_port": Sentence("loopback port of the supervised Prefect server"),
    "virtual_time": Sentence("allow --at; for rehearsals and demonstrations only"),
    "language": Sentence("language of the manual, and of answers to an unknown person"),
    "store_url": Sentence(
        "fsspec URL of the evidence store (default: the folder `evidence` in home)"
    ),
    "backup_dir": Sentence("folder that a backup is written to every night; without it none is"),
    "backup_key": Sentence("key file that backups are locked with (openssl rand -base64 32)"),
    "backup_daily": Sentence("days whose last backup is kept"),
    "backup_weekly": Sentence("weeks whose last backup is kept"),
    "backup_monthly": Sentence("months whose last backup is kept"),
    "evidence_mb": Sentence("largest evidence file, MiB"),
}
"""What each setting decides, for people."""
