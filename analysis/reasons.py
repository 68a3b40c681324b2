"""Reasons that stand in the place of a value: words of the house, said by every programme."""

MISSING = "missing"  # nothing was ever given
TOO_FEW = "too_few"  # too few took part to judge by them
NO_GROUP = "peer_group_unknown"
NOT_RANKED = "not_ranked"  # left out of the schools that are compared
TOO_FEW_PEERS = "too_few_peers"  # too few schools to compare with
NOT_COMPUTABLE = "not_computable"  # a ratio to zero

HOUSE_REASONS = (MISSING, TOO_FEW, NO_GROUP)
"""Reasons that judging itself gives; every programme has words for them."""

COMPARED_REASONS = (NOT_RANKED, TOO_FEW_PEERS)
"""Reasons of rules that compare schools."""
