"""A list is a published document: an edition with its day, its act, its rows, and their sha256."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from casework.access import require
from casework.acting import Acting
from casework.cycles.versions import programme_at
from casework.grants import Right
from casework.lists.list_rows import listed_schools
from models.cycle import Listing
from models.history import append, take_turn
from models.listing import Publication
from opora.canonical import canonical, plain
from opora.errors import InputRefused, NotReady
from opora.words import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """The order that publishes the list."""

    number: str
    signed_on: date
    signer: str


def publish_list(session: Session, listing: Listing, act: Act, acting: Acting) -> Publication:
    """Fix the list as it stands now. The same act over the same rows is the same edition.

    Raises `NotReady` for a list that nobody has confirmed, or that has no designated school.
    """
    require(session, acting, Right.PUBLISH_LIST, listing.register_key)
    take_turn(session, f"listing:{listing.id}")
    _require_confirmed(listing)
    programme = programme_at(session, listing.programme_sha256)
    on = acting.on(programme.zone)
    _check(act, on)
    content: dict[str, Any] = {
        "act": {"number": act.number, "date": act.signed_on.isoformat(), "signer": act.signer},
        "schools": register_rows(session, listing),
    }
    sha256 = hashlib.sha256(canonical(content).encode()).hexdigest()
    newest = newest_edition(session, listing)
    if newest is not None and newest.sha256 == sha256:
        return newest
    edition = newest.edition + 1 if newest is not None else 1
    values = {
        "edition": edition,
        "on": on,
        "sha256": sha256,
        "schools": len(content["schools"]),
        "act": {"number": act.number, "date": act.signed_on},
    }
    deed = acting.deed(
        f"listing:{listing.id}", "publish_list", values=values, words={"signer": act.signer}
    )
    line = append(session, deed)
    published = Publication(
        listing_id=listing.id or 0,
        edition=edition,
        published_on=on,
        published_at=acting.at,
        content=content,
        sha256=sha256,
        line_id=line.id or 0,
    )
    session.add(published)
    session.flush()
    return published


def _require_confirmed(listing: Listing) -> None:
    if listing.confirmed_at is None:
        told = {"programme": listing.programme_key, "year": str(listing.year)}
        raise NotReady(
            what=Sentence("The list of {year} is not confirmed", told),
            cure=Sentence(
                "Look at it, then: opora identify --programme {programme} --year {year} --confirm",
                told,
            ),
        )


def _check(act: Act, on: date) -> None:
    for field, given in (("--number", act.number), ("--signer", act.signer)):
        if not given.strip():
            cure = Sentence("A published list names its act: number, day and who signed.")
            raise InputRefused(field=field, value=given, cure=cure)
    if act.signed_on > on:
        cure = Sentence("An act is signed before the list is published by it.")
        raise InputRefused(field="--signed", value=act.signed_on, cure=cure)


def register_rows(session: Session, listing: Listing) -> list[Mapping[str, Any]]:
    """The register of schools (S2-05): whoever is on the list, designated where that is asked."""
    rows = [
        {
            "school": one.school,
            "name": one.name,
            "territory": one.territory,
            "peer_group": one.peer_group,
            "categories": list(one.categories),
            "by_override": one.by_override,
        }
        for one in listed_schools(session, listing)
        if one.listed and one.designated is not False
    ]
    shaped = plain(rows)
    return shaped if isinstance(shaped, list) else []


def editions(session: Session, listing: Listing) -> list[Publication]:
    """The published editions, the oldest first."""
    return list(
        session.exec(
            select(Publication)
            .where(Publication.listing_id == listing.id)
            .order_by(col(Publication.edition))
        )
    )


def newest_edition(session: Session, listing: Listing) -> Publication | None:
    """The edition in force."""
    found = editions(session, listing)
    return found[-1] if found else None
