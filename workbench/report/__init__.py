"""Outcomes -> figures and one self-contained page; the one home of matplotlib."""

from workbench.report.cause_figures import plot_evidence, plot_steps, plot_suspects
from workbench.report.figures import plot_explanation, plot_series, plot_verification
from workbench.report.finding_figures import plot_funnel, plot_many, plot_regressions
from workbench.report.flame_figure import plot_flame
from workbench.report.interactive import interactive
from workbench.report.lead import (
    plot_accuracy,
    plot_capacity,
    plot_skills,
    plot_time_to_diagnosis,
    render_lead_report,
)
from workbench.report.page import render_report
from workbench.report.style import render_svg
from workbench.report.variant_figures import plot_risk, plot_variants

__all__ = [
    "interactive",
    "plot_accuracy",
    "plot_capacity",
    "plot_evidence",
    "plot_explanation",
    "plot_flame",
    "plot_funnel",
    "plot_many",
    "plot_regressions",
    "plot_risk",
    "plot_series",
    "plot_skills",
    "plot_steps",
    "plot_suspects",
    "plot_time_to_diagnosis",
    "plot_variants",
    "plot_verification",
    "render_lead_report",
    "render_report",
    "render_svg",
]
