"""A verdict explained for a script: one JSON value, sentences in the language of the person."""

from collections.abc import Iterable, Iterator

from analysis.explaining import Distance
from analysis.findings import Input
from analysis.flipping import Change
from casework.judgement.explaining import Explained
from cli.printing import Printer
from programmes.definition import Programme


def explanation_data(out: Printer, programme: Programme, found: Explained) -> dict[str, object]:
    """Values are text, as everywhere: a decimal keeps its digits."""
    verdict, speaker = found.verdict, found.speaker
    return {
        "programme": programme.key,
        "school": found.school,
        "name": found.name,
        "year": found.year,
        "listed": verdict.listed,
        "categories": list(verdict.categories),
        "not_rated": None if verdict.not_rated is None else list(verdict.not_rated),
        "peer_group": verdict.peer_group,
        "kept_off": {one.category: one.reason for one in verdict.kept_off},
        "rules": [
            {
                "category": each.category,
                "sentence": out.text(speaker.category(each.category)),
                "holds": each.finding.holds,
                "reasons": sorted(each.finding.reasons),
                "distances": [_distance_data(one) for one in each.distances],
            }
            for each in found.readings
        ],
        "changes": list(_changes_data(found.changes)),
        "hangs_on_one_pupil": bool(found.hangs_on_one),
        "inputs": [{**_input_data(one), "cell": cell} for one, cell in found.inputs],
    }


def _distance_data(one: Distance) -> dict[str, object]:
    return {
        **_input_data(one.seen),
        "comparison": one.comparison,
        "limit": str(one.limit),
        "parameter": one.parameter,
        "holds": one.holds,
        "away": None if one.away is None else str(one.away),
        "pupils": one.pupils,
        "of": one.of,
    }


def _input_data(one: Input) -> dict[str, object]:
    return {
        "fact": one.fact,
        "year": one.year,
        "procedure": one.procedure,
        "value": None if one.value is None else str(one.value),
        "reason": one.reason,
        "source": one.source,
    }


def _changes_data(changes: Iterable[Change]) -> Iterator[dict[str, object]]:
    for one in changes:
        yield {
            "fact": one.cell.fact,
            "year": one.cell.year,
            "procedure": one.cell.procedure,
            "from": str(one.cell.value),
            "to": str(one.becomes),
            "by": None if one.by is None else str(one.by),
            "listed": one.listed,
            "not_rated": None if one.not_rated is None else list(one.not_rated),
        }
