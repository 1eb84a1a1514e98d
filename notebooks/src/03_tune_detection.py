# ---
# jupyter:
#   jupytext:
#     formats: ipynb,src//py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How many false alerts do I get for how small a regression?
#
# Detection has one budget: false alerts for every 1,000 series that are looked at. On a fleet whose truth is known, this notebook shows
# what a budget buys, why a series was reported or was not, and how to set it for your own.

# %% [markdown]
# ## A fleet with known truth
# A week of three services in ten-minute windows: regressions of 2 to 15 % of what their function costs itself, improvements, and what only
# looks like one: cost that moved between functions, spikes that went away, traffic that shifted.

# %%
from workbench.simulate import FleetConfig, simulate_fleet

config = FleetConfig(
    n_services=3, n_functions=120, n_windows=1008, regressions=5, relative=(0.02, 0.15)
)
fleet = simulate_fleet(config, seed=11)
fleet.truth.groupby("kind").size().rename("events").to_frame()

# %%
from workbench.detect import detect
from workbench.widgets import RegressionBoard, SeriesExplorer

service = fleet.services[0]
found = detect(service.series, stacks=service.stacks)
explorer = SeriesExplorer(
    service.series, detection=found, changes=service.changes, unit="share", title=service.name
)
explorer

# %%
board = RegressionBoard(found, series=service.series)
board

# %% [markdown]
# ## What the funnel left out
# Most of what shifts is no regression; each stage says what it removed, and why.

# %%
# %matplotlib inline
from workbench.report import plot_explanation, plot_funnel, plot_regressions

plot_funnel(found)

# %%
plot_regressions(found)

# %% [markdown]
# ## Why this one
# Any series can be asked about, whether it was reported or not.

# %%
story = found.explain(found.found[0].series)
print(story)
plot_explanation(story, unit="% of CPU samples", scale=100)

# %% [markdown]
# ## What a budget buys
# The same fleet, looked at with budgets from strict to generous. A regression (or a drift) counts as found where its function, or one
# that moved with it, is reported and may have begun within two hours of it; anything else that is reported is false. Most of that
# is no noise: a spike, or cost that moved, was planted to look like a regression, and a budget for noise does not tell it apart.

# %%
import pandas as pd

from workbench.simulate import judge_reports


def judge(budget, service):
    """Return what a budget buys on one service."""
    seen = detect(service.series, stacks=service.stacks, alerts_per_1000_series=budget).found
    return {"budget": budget, **judge_reports(fleet, service.name, seen)._asdict()}


# %%
budgets = [0.1, 1, 10, 50]
table = pd.DataFrame([judge(budget, service) for budget in budgets for service in fleet.services])
table = table.groupby("budget").sum()
table

# %% [markdown]
# ## The answer
# The default of 1 in 1,000 is meant for a fleet that is looked at daily. A generous budget finds a little more and costs
# attention; a strict one is for paging people. Set it with `detect(series, alerts_per_1000_series=5)`, or with
# `workbench detect STORE --budget 5`.

# %%
share = (table["found"] / table["planted"]).map("{:.0%}".format)
n_series = sum(len(service.series.subjects) for service in fleet.services)
for budget in (1, 50):
    false = table["false"][budget]
    print(
        f"budget {budget}: {share[budget]} of the regressions, {false} false of {n_series} series"
    )
