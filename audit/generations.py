"""Which backups are kept: the newest few, and the last of each day, week and month for a while."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Generations:
    """How many of each are kept; with none of them, everything."""

    newest: int | None = None
    daily: int | None = None
    weekly: int | None = None
    monthly: int | None = None

    @property
    def is_unlimited(self) -> bool:
        """Nothing is ever removed."""
        return not any((self.newest, self.daily, self.weekly, self.monthly))


_PERIODS: Mapping[str, Callable[[datetime], object]] = {
    "newest": lambda moment: moment,
    "daily": lambda moment: moment.date(),
    "weekly": lambda moment: moment.isocalendar()[:2],
    "monthly": lambda moment: (moment.year, moment.month),
}


def kept(moments: Iterable[datetime], rule: Generations) -> set[datetime]:
    """The moments whose backups stay; the newest one always does."""
    falling = sorted(set(moments), reverse=True)
    if rule.is_unlimited:
        return set(falling)
    stay = set(falling[:1])
    for name, period in _PERIODS.items():
        last: dict[object, datetime] = {}
        for moment in falling:
            last.setdefault(period(moment), moment)
        stay |= set(list(last.values())[: getattr(rule, name) or 0])
    return stay
