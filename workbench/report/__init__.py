"""Outcomes -> figures and one self-contained page; the one home of matplotlib."""

from workbench.report.figures import (
    plot_explanation,
    plot_series,
    plot_verification,
    render_svg,
)
from workbench.report.page import render_report

__all__ = [
    "plot_explanation",
    "plot_series",
    "plot_verification",
    "render_report",
    "render_svg",
]
