"""Counts what access logs say."""

from tally.entry import Entry, LineError, parse_line
from tally.reader import METRICS, read
from tally.report import Report

__all__ = ["METRICS", "Entry", "LineError", "Report", "parse_line", "read"]
