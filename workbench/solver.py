"""Solve a case: series, regressions, cause, diagnosis, verified fix."""

from __future__ import annotations

CASE_FILE = "case.json"
