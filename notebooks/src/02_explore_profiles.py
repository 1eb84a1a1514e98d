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
# # What do my own profiles say, and what changed between them?
#
# Put your files in place of those that this notebook makes: pprof, py-spy, perf script, folded stacks, speedscope, JFR, cProfile,
# Chrome, OTLP and others are told by their content.

# %% [markdown]
# ## Some files to begin with
# Profiles of two releases of the demo's service, saved as the profilers of Go would (`.pb.gz`), one file a window.

# %%
from pathlib import Path

from workbench.store import Store

demo, mine = Store.open("demo/store"), Path("profiles")
mine.mkdir(exist_ok=True)
windows = demo.windows()
for start, end in zip(windows["at"], [*windows["at"][1:], None], strict=True):
    demo.profile("feed", start, end).save(mine / f"{start:%dT%H}.pb.gz")
paths = sorted(mine.glob("*.pb.gz"))
print(len(paths), "files:", paths[0].name, "to", paths[-1].name)

# %% [markdown]
# ## From two files to what changed
# An early one and a late one, as a differential flame graph. A single pair is little: much of what is grey may have changed too,
# and how much two windows differ by themselves is not known.

# %%
from workbench.ingest import read
from workbench.widgets import FlameGraph

before, after = read(paths[2]), read(paths[-3])
FlameGraph(before, after, title="feed")

# %% [markdown]
# Replicates say how much runs differ, so ten against ten tell smaller changes from noise:

# %%
flame = FlameGraph([*map(read, paths[:10])], [*map(read, paths[10:20])], title="feed")
flame

# %%
flame.flame.largest_changes(6).round(4)

# %% [markdown]
# ## Ask a profile
# What costs most, who calls it, what it calls. In the flame graph the same: select it, and press `s`.

# %%
after.top(5)

# %%
after.callers("copy:deepcopy").head(4).round(3)

# %% [markdown]
# ## From a folder of files to a detection
# A store keeps windows with their times; every function then has a series, and its changes of level are found. The stacks tell
# which functions moved together, so that one change is reported once.

# %%
from workbench.detect import detect
from workbench.intake import Labels, add_files
from workbench.signals import stacks
from workbench.widgets import SeriesExplorer

store = Store.create("mine")
print(add_files(store, ["profiles"], Labels(service="feed")))
matrix = store.matrix("gcpu", service="feed")
found = detect(matrix, stacks=stacks(store.recording()))
explorer = SeriesExplorer(matrix, detection=found, unit="share", title="share of CPU samples")
explorer

# %% [markdown]
# Brush some windows, and what ran in them is a profile again:

# %%
explorer.window = (12, 15)  # as a brush would
FlameGraph(store.profile("feed", *explorer.window_bounds), title="the brushed windows")

# %% [markdown]
# ## Profile a cell
# The best profiler that may look at this process: py-spy, else `sys.monitoring`, else cProfile.

# %%
# %load_ext workbench

# %%
# %%profile --as cell
import json

texts = [json.dumps({"n": n, "squares": [i * i for i in range(n % 50)]}) for n in range(100_000)]
sum(len(json.loads(text)["squares"]) for text in texts)

# %% [markdown]
# ## The answer

# %%
found.regressions[["subject", "change_index", "before", "after", "p_value"]].round(4)

# %%
together = sum(len(regression.merged) for regression in found.found)
print(f"{len(found.found)} functions take a larger share, and {together} with them")
print(f"most of all: {flame.flame.largest_changes(1)['subject'].iloc[0]}")
