"""Opora (опора: support): a region's yearly support of schools with low results."""

__version__ = "0.1.0"
