"""Which peer group a school belongs to."""

from typing import TYPE_CHECKING

from analysis.reasons import NO_GROUP

if TYPE_CHECKING:  # a Look finds groups itself
    from analysis.looking import Look


def peer_group(look: "Look") -> tuple[str | None, frozenset[str]]:
    """The first group that fits; when an earlier one might fit, the group is unknown."""
    if not look.rules.peer_groups:
        return None, frozenset()
    for group in look.rules.peer_groups:
        finding = look.weigh(look, group.when)
        if finding.holds:
            return group.key, frozenset()
        if finding.holds is None:
            return None, finding.reasons | {NO_GROUP}
    return None, frozenset({NO_GROUP})
