"""Outcomes as one page that needs nothing besides itself.

Symbols, commit titles, diffs and messages are foreign: the template escapes all text by default,
data for the script travel as escaped JSON, and a content security policy lets no other script run.
`safe` stands in it only at our own style and scripts and at figures, which escape their text.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from jinja2 import Environment, PackageLoader, StrictUndefined

from workbench.report.case_view import CaseView, short_id
from workbench.report.units import (
    format_number,
    format_percent,
    format_relative,
    format_seconds,
    format_signed,
    unit_of,
)
from workbench.types import CHECKS, Outcome
from workbench.views.modules import JS, inlined, stylesheet

_HERE = Path(__file__).parent
MAX_DETAIL_CHARACTERS = 20_000
MAX_DIFF_LINES = 2_000
MAX_SUSPECTS = 10
MAX_FOLDED = 40


@dataclass(frozen=True, slots=True)
class Totals:
    """The page's numbers over all cases."""

    n_cases: int
    n_regressed: int
    n_named: int
    n_verified: int
    median_seconds: float

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Totals:
        """Count."""
        seconds = [outcome.seconds.get("total", math.nan) for outcome in outcomes]
        known = [value for value in seconds if math.isfinite(value)]
        return cls(
            n_cases=len(outcomes),
            n_regressed=sum(bool(outcome.detection.found) for outcome in outcomes),
            n_named=sum(outcome.cause is not None for outcome in outcomes),
            n_verified=sum(bool(o.fix and o.fix.verification.verified) for o in outcomes),
            median_seconds=median(known) if known else math.nan,
        )


def render_report(outcomes: Sequence[Outcome]) -> str:
    """Return one self-contained HTML page: a summary of all cases, then each in full.

    Equal outcomes give equal text; nothing is loaded from elsewhere.
    """
    views = [CaseView(outcome, f"case-{i}") for i, outcome in enumerate(outcomes, start=1)]
    scripts = [inlined(_HERE / name) for name in ("page.js", "flame.js")]
    page = (
        page_environment()
        .get_template("page.html")
        .render(
            views=views,
            totals=Totals.of(outcomes),
            style=stylesheet(JS / "flame/view.css", _HERE / "page.css"),
            scripts=scripts,
            script_hashes=[_source_hash(script) for script in scripts],
        )
    )
    return page.encode("utf-8", "replace").decode()  # a symbol may hold half a surrogate pair


@cache
def page_environment() -> Environment:
    """Return what templates of pages are made with: all text is escaped, what lacks is an error."""
    environment = Environment(
        loader=PackageLoader("workbench.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    environment.globals["unit_of"] = unit_of
    environment.globals["check_names"] = CHECKS
    environment.globals |= {
        "max_diff_lines": MAX_DIFF_LINES, "max_suspects": MAX_SUSPECTS, "max_folded": MAX_FOLDED,
    }  # fmt: skip
    environment.filters |= {
        "clipped": clip_text,
        "number": format_number,
        "percent": format_percent,
        "relative": format_relative,
        "seconds": format_seconds,
        "short_id": short_id,
        "signed": format_signed,
    }
    return environment


def clip_text(text: str, n_characters: int = MAX_DETAIL_CHARACTERS) -> str:
    """Return the text, or its beginning and how much was left out."""
    if len(text) <= n_characters:
        return text
    return f"{text[:n_characters]}\n… {len(text) - n_characters:,} more characters"


def _source_hash(script: str) -> str:
    """Return the hash by which the page's policy knows its own script."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
