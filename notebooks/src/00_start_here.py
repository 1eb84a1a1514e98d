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
# # Where does the time go, what changed, and where do I look next?
#
# The workbench turns recorded profiles into an answer that a person can review. Three lines of it
# need no files and no set-up, and then this notebook says which of the others is for you.

# %% [markdown]
# ## A profile, looked at
# Folded stacks with their values are enough. Click a function to zoom, shift-click to select more, type to find,
# and press `s` for its callers and callees. What is selected is a Python value.

# %%
from workbench.widgets import FlameGraph

flame = FlameGraph({"main;parse;read": 60, "main;parse;decode": 25, "main;write;encode": 15})
flame

# %%
flame.selected = [2]  # as a click would
flame.selection

# %% [markdown]
# ## Two profiles, compared
# The same with a later profile beside it. Widths are shares of each side: orange has more of it, blue less, and what is
# not significant stays grey. What each side adds up to stands below.

# %%
FlameGraph(
    {"main;parse;read": 600, "main;parse;decode": 250, "main;write;encode": 150},
    {"main;parse;read": 590, "main;parse;decode": 330, "main;write;encode": 90},
    title="release 41 to 42",
)

# %% [markdown]
# ## A series, judged
# A function's share or cost, window by window. Where its level shifts is found with an interval, and noise is left
# alone.

# %%
import numpy as np
import pandas as pd

from workbench.detect import detect
from workbench.widgets import SeriesExplorer

rng = np.random.default_rng(7)
windows = np.arange(120)
series = {
    "parse": 10 + 0.2 * rng.standard_normal(120) + 0.8 * (windows >= 70),
    "read": 25 + 0.5 * rng.standard_normal(120),
    "write": 8 + 0.1 * rng.standard_normal(120),
}
frame = pd.DataFrame.from_dict(series, orient="index")
found = detect(frame)
SeriesExplorer(frame, detection=found, unit="milliseconds")

# %%
found.regressions[["series", "change_index", "before", "after", "relative_delta", "p_value"]].round(
    4
)

# %% [markdown]
# ## The answer
#
# | you want to | open |
# |---|---|
# | find out which change made a service slower, and approve what gives the speed back | [01 Investigate a regression](01_investigate_a_regression.ipynb) |
# | look at your own profiles, compare two, and detect what changed | [02 Explore profiles](02_explore_profiles.ipynb) |
# | have fewer false alerts, or smaller changes found | [03 Tune detection](03_tune_detection.ipynb) |
# | know whether a skill that you changed is better | [04 Compare variants of skills](04_compare_skill_variants.ipynb) |
# | report how right it is, how soon, and what it gave back | [05 A lead's report](05_leads_report.ipynb) |
# | find what a service does in vain, and have it mended | [06 Find opportunities](06_find_opportunities.ipynb) |
# | use a language model of your own, or give your agent our tools | [07 Use your LLM](07_use_your_llm.ipynb) |
#
# In any notebook, `%load_ext workbench` adds `%%profile` (profile a cell), `%flame FILE` and `%regressions STORE`.
# Every widget has `.to_html("file.html")`: one file that shows it without a kernel.
