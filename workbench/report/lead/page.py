"""The track record of a solver as one page that needs nothing besides itself.

For an engineering lead: how accurate, how soon, what was given back, and what waits. Names, titles
and addresses are foreign: the template escapes them, only addresses of pages become links, and the
page's policy lets no script run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from workbench.measures import FEW
from workbench.report.lead.accuracy import plot_accuracy
from workbench.report.lead.figures import plot_capacity, plot_skills, plot_time_to_diagnosis
from workbench.report.lead.times import LIVE
from workbench.report.lead.units import (
    format_amount,
    format_duration,
    format_interval,
    format_percent_interval,
    format_rate_interval,
    safe_link,
)
from workbench.report.lead.view import LeadView, half_words
from workbench.report.lead.words import group_words, headline, time_words
from workbench.report.page import page_environment
from workbench.report.style import render_svg
from workbench.types import Ledger, TrackRecord
from workbench.types.record import VERIFIED
from workbench.views.modules import stylesheet
from workbench.views.words import signed_percent

_HERE = Path(__file__).parent
MAX_ROWS, MAX_LINKS = 50, 12
"""Rows of a table, and answers that are named: how many more there are is said."""
_QUANTITIES = (
    ("servers", "Servers"), ("watts", "Power, PUE included"),
    ("kwh_per_year", "Energy a year"), ("money_per_year", "Money a year"),
    ("kg_co2_per_year", "CO2 a year"), ("homes", "Homes that it would power"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of the page."""

    id: str
    caption: str
    svg: str

    @classmethod
    def of(cls, figure: Figure, id: str, caption: str, told: str) -> Picture:
        """Draw a figure; `told` says in words what it shows."""
        return cls(id, caption, render_svg(figure, id_prefix=id, label=f"{caption}. {told}"))


def render_lead_report(record: TrackRecord, ledger: Ledger | None = None) -> str:
    """Return one self-contained HTML page about what a solver did over a time.

    Equal records give equal text; nothing is loaded from elsewhere.

    Parameters
    ----------
    record : TrackRecord
        What was evaluated and solved.
    ledger : Ledger, optional
        What the solves are worth, as `workbench.capacity.capacity_ledger` returns it. Default: it
        is not known, and the page says so.
    """
    view = LeadView.of(record, ledger)
    environment = page_environment().overlay()
    environment.filters = environment.filters | {
        "amount": format_amount, "duration": format_duration, "interval": format_interval,
        "link": safe_link, "points": _points, "rate_interval": format_rate_interval,
    }  # fmt: skip
    page = environment.get_template("lead/page.html").render(
        few=FEW,
        group_words=group_words,
        half_words=half_words,
        headline=headline(view),
        live=LIVE,
        max_links=MAX_LINKS,
        max_rows=MAX_ROWS,
        pictures={picture.id: picture for picture in _pictures(view)},
        percent_interval=format_percent_interval,
        quantities=_QUANTITIES,
        style=stylesheet(_HERE.parent / "page.css", _HERE / "page.css"),
        time_words=time_words,
        verified=VERIFIED,
        view=view,
    )
    return page.encode("utf-8", "replace").decode()  # a name may hold half a surrogate pair


def _pictures(view: LeadView) -> list[Picture]:
    """Return the figures of which there is something to show."""
    pictures, record = [], view.record
    if view.head:
        half = half_words(view.half)
        for measure, id, caption in (
            ("right", "accuracy", "Answered right"),
            ("accused wrongly", "accusations", "Somebody accused who was not to blame"),
        ):
            figure = plot_accuracy(record.evaluations, measure=measure, split=view.half)
            told = f"{caption}, {half}, 95 % intervals"
            pictures.append(Picture.of(figure, id, told, headline(view)))
    if len(view.times):
        told = " ".join(time_words(name, curve) for name, curve in view.curves.items())
        figure = plot_time_to_diagnosis(view.times)
        pictures.append(Picture.of(figure, "times", "Time to diagnosis, 95 % bands", told))
    if any(row.n_servers >= 0 for row in view.ledger.services):
        figure = plot_capacity(view.ledger)
        told = "The table below has the numbers."
        pictures.append(Picture.of(figure, "capacity", "Servers, a service", told))
    if view.skills:
        rows = record.skills.sort_values("n_cases", ascending=False, kind="stable")
        caption = "Right with the skill, and of the same cases without skills"
        told = "The table below has the numbers."
        pictures.append(Picture.of(plot_skills(rows), "skills", caption, told))
    return pictures


def _points(ratio: float) -> str:
    """Return a difference of two rates in points of a percent."""
    return signed_percent(ratio, 1).replace(" %", "")
