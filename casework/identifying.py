"""Identification: the programme's rules over the facts give a list; a person confirms it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, insert, select as sa_select
from sqlmodel import Session, col, func, select

from analysis.findings import Ground
from analysis.identification import FactType, Per
from analysis.judging import judge
from analysis.school_facts import Fact as Known, SchoolFacts
from analysis.verdicts import Judgement, Verdict as Judged
from casework.access import require
from casework.acting import Acting
from casework.covering import is_open, require_covered
from casework.grants import Right
from casework.overriding import carry_overrides
from casework.versions import keep, programme_at
from models.cycle import Listing, Verdict
from models.history import append
from models.school import Fact, ImportRun, School, Territory
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
        school_facts(session, programme, year, open_only=True),
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
    """A verdict in JSON's own shapes, with the rule, the inputs and their provenance."""
    return {
        "school": verdict.school,
        "listed": verdict.listed,
        "categories": list(verdict.categories),
        "grounds": [
            {"category": one.category, **ground_row(one.ground)} for one in verdict.grounds
        ],
        "not_rated": None if verdict.not_rated is None else list(verdict.not_rated),
        "peer_group": verdict.peer_group,
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


# --- facts as the rules read them -----------------------------------------------------------------


def school_facts(
    session: Session, programme: Programme, year: int, *, open_only: bool = False
) -> Iterable[SchoolFacts]:
    """Every school of the register with all that is known of it, values typed by the programme.

    What belongs to the school itself (legal form, settlement) is taken as it stood in `year`.
    With `open_only` a school that is not open when the year's cycle starts is left out, unless the
    year knows something of it.
    """
    first_day, _ = programme.cycle.days(year)
    schools = session.execute(
        select(School.id, School.code, Territory.code, is_open(first_day))
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(School.register_key == programme.register)
        .order_by(col(School.id))
    ).all()
    facts = _facts(session, programme, year)
    for school_id, code, territory, open_then in schools:
        standing, years, results = facts.get(school_id, ({}, {}, {}))
        school = SchoolFacts(
            school=code, territory=territory, standing=standing, years=years, results=results
        )
        if open_then or not open_only or school.has_row(year):
            yield school


_Kept = tuple[dict[str, Known], dict[int, dict[str, Known]], dict[int, dict[str, dict[str, Known]]]]


def _facts(session: Session, programme: Programme, year: int) -> Mapping[int, _Kept]:
    declared = programme.identification.facts
    files = {run.id: run.file for run in session.exec(select(ImportRun)).all()}
    kept: dict[int, _Kept] = defaultdict(lambda: ({}, {}, {}))
    for row in session.execute(_fact_rows(programme)):
        source = f"{files.get(row.import_id, '')}{f' [{row.sheet}]' if row.sheet else ''}:{row.row}"
        declaration = declared[row.name]
        value = typed(declaration.type, row.value)
        fact = Known(value, row.reason if value is None else None, source)
        standing, years, results = kept[row.school_id]
        if declaration.per is Per.SCHOOL:
            if row.name not in standing or row.year <= year:
                standing[row.name] = fact
        elif row.procedure:
            results.setdefault(row.year, {}).setdefault(row.procedure, {})[row.name] = fact
        else:
            years.setdefault(row.year, {})[row.name] = fact
    return kept


def _fact_rows(programme: Programme) -> Select[Any]:
    names = list(programme.identification.facts)
    return (
        sa_select(
            col(Fact.school_id),
            col(Fact.year),
            col(Fact.procedure),
            col(Fact.name),
            col(Fact.value),
            col(Fact.reason),
            col(Fact.import_id),
            col(Fact.sheet),
            col(Fact.row),
        )
        .join(School, col(School.id) == col(Fact.school_id))
        .where(col(School.register_key) == programme.register, col(Fact.name).in_(names))
        .order_by(col(Fact.year))
    )


def typed(kind: FactType, value: str | None) -> str | int | Decimal | None:
    """The canonical text of a fact as the rules compare it."""
    if value is None or not kind.is_number:
        return value
    return int(value) if kind is FactType.INTEGER else Decimal(value)
