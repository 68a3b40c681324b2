"""What befalls letters beyond their own row: outages, returned letters, refused addresses, wishes."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.columns import append_only


class MailOutage(SQLModel, table=True):
    """The one row of an outage of the mail server: who restarts still knows when to knock again."""

    __tablename__ = "mail_outage"

    id: int = Field(default=1, primary_key=True)
    since: datetime
    next_knock_at: datetime
    knocks: int = 1
    said: str = ""


class Bounce(SQLModel, table=True):
    """One message that came back, matched to its letter; the same message is never read twice."""

    __tablename__ = append_only("bounce")

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(unique=True)  # of the message as it came
    letter_id: int = Field(foreign_key="letter.id", index=True)
    address: str  # that the letter went to
    status: str  # enhanced status code, "5.1.1"; RFC 3463
    verdict: str  # address, letter, delayed
    text: str = ""
    read_at: datetime


class RefusedAddress(SQLModel, table=True):
    """A person's address that takes no letters. It counts while the person still has this address."""

    __tablename__ = "refused_address"

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    address: str
    reason: str
    since: datetime


class UnwantedLetter(SQLModel, table=True):
    """A kind of letter that the person has switched off."""

    __tablename__ = "unwanted_letter"

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    kind: str = Field(primary_key=True)


class GatheredLetter(SQLModel, table=True):
    """A letter beyond the day's limit, and the digest that tells of it instead."""

    __tablename__ = append_only("gathered_letter")

    letter_id: int = Field(foreign_key="letter.id", primary_key=True)
    digest_id: int = Field(foreign_key="letter.id", index=True)
