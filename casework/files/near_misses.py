"""Words like the one that was written: the end of a cure, when somebody has mistyped."""

import difflib
from collections.abc import Iterable

_SEARCHES = 50  # a file that is wrong in every row is not cured by thousands of slow searches
_LIKE = 0.8


class NearMisses:
    """Finds what may have been meant among `known`."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = sorted(known)
        self._left = _SEARCHES

    def of(self, word: str) -> str:
        """` → one, another?` or nothing; first what differs by leading zeros alone."""
        found = [one for one in self._known if one.lstrip("0") == word.lstrip("0")][:3]
        if not found and self._left:
            self._left -= 1
            found = difflib.get_close_matches(word, self._known, n=3, cutoff=_LIKE)
        return f" → {', '.join(found)}?" if found else ""
