"""The numbers of an analytic note: time at the stages, and the region's indicators."""

from collections.abc import Mapping

from sqlmodel import Session

from casework.acting import Acting
from casework.cases.reading import cases
from casework.documents.document_subject import Fields, Subject
from casework.indicators.freezing import baseline, values_before
from casework.indicators.indicator_views import REACHED, number_cell, target_cell
from casework.indicators.indicators import (
    Fraction,
    Region,
    fractions,
    is_share,
    joined,
    reached,
    region_of,
)
from casework.reports.report_numbers import time_in_stage
from templates.reports import text_of


def of_numbers(session: Session, subject: Subject, acting: Acting) -> Fields:
    """Time at the stage within the reader's scope; the region's indicators are everybody's (S2-10)."""
    region = region_of(session, subject.cycle)
    declared = region.programme.indicators.indicators
    before, earlier = baseline(session, region), values_before(session, region, declared)
    seen = cases(session, acting, on=subject.on, cycle=subject.cycle.id)
    return {
        "times": [
            {
                "stage": subject.label(f"stage.{one.stage}"),
                "cases": one.cases,
                "median": one.median,
                "longest": one.longest,
            }
            for one in time_in_stage(seen, on=subject.on)
        ],
        "indicators": [
            _indicator(subject, region, key, (before.get(key, {}), earlier.get(key, {})))
            for key in declared
        ],
    }


def _indicator(
    subject: Subject,
    region: Region,
    key: str,
    others: tuple[Mapping[str, Fraction], Mapping[str, Fraction]],
) -> Fields:
    """The whole region's value; what is counted in municipalities or schools is added up."""
    indicator = region.programme.indicators.indicators[key]
    value = joined(fractions(region, key).values()).value
    started, earlier = (joined(one.values()).value for one in others)
    share = is_share(region.programme, key)
    met = reached(indicator, value, {"baseline": started, "cluster": None, "region": value})
    return {
        "name": subject.said(indicator.words),
        "group": subject.said(region.programme.indicators.groups[indicator.group])
        if indicator.group
        else "",
        "value": text_of(number_cell(value, is_share=share), subject.language),
        "baseline": text_of(number_cell(started, is_share=share), subject.language),
        "year_before": text_of(number_cell(earlier, is_share=share), subject.language),
        "target": text_of(target_cell(indicator.target, is_share=share), subject.language),
        "reached": text_of(REACHED[met], subject.language),
    }
