"""The pool of Prefect's workers that do our runs."""

POOL = "opora"
