"""Which territories are listed by their share of schools in a category."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from analysis.identification import Identification, TerritoryRule
from analysis.looking import settled_for
from analysis.school_facts import Scalar
from analysis.verdicts import TerritoryVerdict, Verdict


def judge_territories(
    rules: Identification,
    tried: Mapping[str, Scalar],
    verdicts: Sequence[Verdict],
    is_counted: Sequence[bool],
) -> tuple[TerritoryVerdict, ...]:
    """`is_counted` says for each verdict whether the rule's `among` holds."""
    rule = rules.territories
    if rule is None:
        return ()
    above = Decimal(settled_for(rules, tried, rule.above, None))
    counts = _counts(rule, verdicts, is_counted)
    return tuple(
        TerritoryVerdict(
            territory=territory,
            listed=inside > above * counted,  # no division: a half is exactly a half
            inside=inside,
            counted=counted,
        )
        for territory, (inside, counted) in sorted(counts.items())
    )


def _counts(
    rule: TerritoryRule, verdicts: Sequence[Verdict], is_counted: Sequence[bool]
) -> dict[str, list[int]]:
    counts: dict[str, list[int]] = {}
    for verdict, counts_too in zip(verdicts, is_counted, strict=True):
        if not verdict.territory or verdict.territory in rule.leave_out:
            continue
        count = counts.setdefault(verdict.territory, [0, 0])
        if counts_too:
            count[0] += rule.category in verdict.categories
            count[1] += 1
    return counts
