"""Finds documents by their words."""

from finder.index import Hit, Index, QueryError
from finder.words import stem, tokens

__all__ = ["Hit", "Index", "QueryError", "stem", "tokens"]
