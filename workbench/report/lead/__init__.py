"""What a lead reads: a track record as one page, and its figures.

times      how soon what was asked was diagnosed
figures    time to diagnosis, capacity, skills; `accuracy` over time
view       a record as the page tells it; `words`, `units` how
page       the page
"""

from workbench.report.lead.accuracy import plot_accuracy
from workbench.report.lead.figures import plot_capacity, plot_skills, plot_time_to_diagnosis
from workbench.report.lead.page import render_lead_report

__all__ = [
    "plot_accuracy",
    "plot_capacity",
    "plot_skills",
    "plot_time_to_diagnosis",
    "render_lead_report",
]
