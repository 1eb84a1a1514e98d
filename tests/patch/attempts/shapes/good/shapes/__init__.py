"""Checks data against a schema."""

from shapes.problems import Problem, SchemaError
from shapes.validator import CHECKED, Validator

__all__ = ["CHECKED", "Problem", "SchemaError", "Validator"]
