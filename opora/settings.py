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

_HIDDEN = "***"
_DATABASES = ("sqlite", "postgresql+psycopg", "postgresql", "smtp", "smtps", "imap", "imaps")


class Settings(BaseSettings):
    """Environment (`OPORA_…`) before `opora.toml` in the current folder, before the defaults here."""

    model_config = SettingsConfigDict(
        env_prefix="OPORA_", toml_file="opora.toml", frozen=True, extra="forbid"
    )

    home: Path = Field(Path("home"), description="files, mailbox folder, Prefect's home")
    database: str = Field(
        "",
        description="SQLAlchemy URL; on PostgreSQL the application's role (default: SQLite in home)",
    )
    database_owner: str = Field(
        "", description="URL of the schema's owner, for `init` and migrations (default: `database`)"
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="smtp://user:word@host:port or smtps://; without it letters go to a folder",
    )
    sender: str = Field("opora@example.org", description="address that letters come from")
    bounce_address: str | None = Field(
        None, description="address that undeliverable letters come back to, one +token a letter"
    )
    bounce_imap: SecretStr | None = Field(
        None, description="imaps://user:word@host[:port][/FOLDER] where returned letters lie"
    )
    public_url: str = Field(
        "http://127.0.0.1:8080", description="address of the pages that letters point to"
    )
    flows: Literal["direct", "prefect"] = Field(
        "direct", description="who runs passes: plain functions, or flows on a Prefect server"
    )
    prefect_port: int = Field(4747, description="loopback port of the supervised Prefect server")
    virtual_time: bool = Field(
        False, description="allow --at; for rehearsals and demonstrations only"
    )
    language: Literal["ru", "en"] = Field(
        "ru", description="language of answers to an unknown person"
    )
    store_url: str = Field(
        "", description="fsspec URL of the evidence store (default: the folder `evidence` in home)"
    )
    backup_dir: Path | None = Field(
        None, description="folder that a backup is written to every night; without it none is"
    )
    backup_key: Path | None = Field(
        None, description="key file that backups are locked with (openssl rand -base64 32)"
    )
    backup_daily: int = Field(7, ge=0, le=1000, description="days whose last backup is kept")
    backup_weekly: int = Field(5, ge=0, le=1000, description="weeks whose last backup is kept")
    backup_monthly: int = Field(12, ge=0, le=1000, description="months whose last backup is kept")
    evidence_mb: int = Field(20, ge=1, le=500, description="largest evidence file, MiB")

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
