"""Identification: the programme's rules over the facts give a list; a person confirms it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import insert
from sqlmodel import Session, col, func, select

from analysis.findings import Ground
from analysis.judging import judge
from analysis.verdicts import Judgement, Verdict as Judged
from casework.access import require
from casework.acting import Acting
from casework.cycles.versions import keep, programme_at
from casework.grants import Right
from casework.judgement.covering import require_covered
from casework.judgement.fact_columns import fact_columns
from casework.lists.overriding import carry_overrides
from models.cycle import Listing, Verdict
from models.history import append
from models.school import School
from opora.canonical import canonical
from opora.errors import NotFound, NotReady
from opora.words import Sentence
from programmes.definition import Programme


@dataclass(frozen=True, slots=True)
class Identified:
    """A listing as it is kept, and the judgement it was made of."""

    listing: Listing
    judgement: Judgement


def identify(
    session: Session,
    programme: Programme,
    year: int,
    acting: Acting,
    parameters: Mapping[str, object] | None = None,
) -> Identified:
    """Judge the schools of the register and keep the verdicts.

    The same rules over the same facts give the listing that is there already. With `parameters`
    nothing is kept: that is a trial, not a list.
    """
    require(session, acting, Right.IDENTIFY, programme.register)
    judgement = judge(
        programme.identification,
        fact_columns(session, programme, year, open_only=True),
        year,
        parameters,
    )
    if not judgement.verdicts:
        raise NotReady(
            what=Sentence(
                "No school of the register {register} has facts of {year}",
                {"register": programme.register, "year": year},
            ),
            cure=Sentence(
                "Import them first: opora import FILE --programme {programme} --profile NAME",
                {"programme": programme.key},
            ),
        )
    listing = _listing(session, programme, year, judgement, acting)
    if parameters:
        return Identified(listing, judgement)
    same = session.exec(
        select(Listing).where(
            Listing.register_key == programme.register,
            Listing.year == year,
            Listing.programme_sha256 == programme.sha256,
            Listing.digest == listing.digest,
        )
    ).first()
    if same is None:
        _keep(session, programme, listing, judgement, acting)
    return Identified(same or listing, judgement)


def _listing(
    session: Session, programme: Programme, year: int, judgement: Judgement, acting: Acting
) -> Listing:
    newest = session.exec(
        select(func.max(Listing.version)).where(
            Listing.register_key == programme.register, Listing.year == year
        )
    ).one()
    rows = [verdict_row(verdict) for verdict in judgement.verdicts]
    return Listing(
        register_key=programme.register,
        programme_key=programme.key,
        programme_sha256=programme.sha256,
        year=year,
        version=(newest or 0) + 1,
        judged=len(judgement.verdicts),
        digest=hashlib.sha256(canonical(rows).encode()).hexdigest(),
        judged_at=acting.at,
    )


def _keep(
    session: Session, programme: Programme, listing: Listing, judgement: Judgement, acting: Acting
) -> None:
    keep(session, programme, at=acting.at)
    before = _newest(session, programme, listing.year)
    session.add(listing)
    session.flush()
    ids = _ids(session, programme.register)
    session.execute(
        insert(Verdict),
        [
            {
                "listing_id": listing.id,
                "school_id": ids[verdict.school],
                "listed": verdict.listed,
                "kept_off": None,
                **{k: v for k, v in verdict_row(verdict).items() if k not in {"school", "listed"}},
            }
            for verdict in judgement.verdicts
        ],
    )
    values = {
        "programme": programme.key,
        "sha256": programme.sha256,
        "year": listing.year,
        "version": listing.version,
        "judged": listing.judged,
        "listed": [verdict.school for verdict in judgement.verdicts if verdict.listed],
        "digest": listing.digest,
    }
    append(session, acting.deed(f"listing:{listing.id}", "identify", values=values))
    carry_overrides(session, before, listing, acting)


def _ids(session: Session, register: str) -> dict[str, int]:
    pairs = session.exec(select(School.code, School.id).where(School.register_key == register))
    return {code: school_id for code, school_id in pairs if school_id is not None}


def verdict_row(verdict: Judged) -> dict[str, object]:
    """A verdict in JSON's own shapes, with the rule, the inputs and their provenance.

    Only who is kept off a category by an exception or a cap has `kept_off`.
    """
    off = {one.category: one.reason for one in verdict.kept_off}
    return {
        "school": verdict.school,
        "listed": verdict.listed,
        "categories": list(verdict.categories),
        "grounds": [
            {"category": one.category, **ground_row(one.ground)} for one in verdict.grounds
        ],
        "not_rated": None if verdict.not_rated is None else list(verdict.not_rated),
        "peer_group": verdict.peer_group,
        **({"kept_off": off} if off else {}),
    }


def ground_row(ground: Ground) -> dict[str, object]:
    """A condition that held, in JSON's own shapes."""
    return {
        "rule": ground.rule,
        "inputs": [
            {
                "fact": value.fact,
                "year": value.year,
                "procedure": value.procedure,
                "value": None if value.value is None else str(value.value),
                "reason": value.reason,
                "source": value.source,
            }
            for value in ground.inputs
        ],
    }


def confirm_list(session: Session, listing: Listing, acting: Acting) -> Listing:
    """A person answers for the list; the cycle is opened on it. Twice changes nothing.

    Raises `NotReady` while a school that had to be judged is not (S0-07).
    """
    require(session, acting, Right.CONFIRM_LIST, listing.register_key)
    if listing.confirmed_at is not None:
        return listing
    require_covered(session, programme_at(session, listing.programme_sha256), listing)
    values = {"digest": listing.digest, "year": listing.year, "version": listing.version}
    append(session, acting.deed(f"listing:{listing.id}", "confirm_list", values=values))
    listing.confirmed_at = acting.at
    listing.confirmed_by = acting.person.id if acting.person else None
    session.add(listing)
    session.flush()
    return listing


def latest_listing(session: Session, programme: Programme, year: int) -> Listing:
    """The newest list of the year; raises `NotFound` when nobody has identified yet."""
    found = _newest(session, programme, year)
    if found is None:
        raise NotFound(what=Sentence("list"), key=year)
    return found


def _newest(session: Session, programme: Programme, year: int) -> Listing | None:
    return session.exec(
        select(Listing)
        .where(Listing.programme_key == programme.key, Listing.year == year)
        .order_by(col(Listing.version).desc())
    ).first()
