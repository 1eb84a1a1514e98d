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
# # Which change made this service slower, and what gives the speed back?
#
# A scraper parses the same metrics page again and again. After a deploy of some seventy commits it
# costs several times the CPU. This notebook goes from its recorded profiles to a measured fix, one step
# at a time. Everything here is real: two releases of `prometheus_client`, profiled with py-spy.

# %%
# %matplotlib inline
from functools import partial
from pathlib import Path

import pandas as pd

from workbench.agent import Investigation, investigate, load_skills, make_model
from workbench.detect import detect
from workbench.evaluate import load_bank, materialise
from workbench.history import Repository
from workbench.report import FlameDiff, plot_series, plot_verification
from workbench.signals import function_series, stacks
from workbench.solver import open_case, solve
from workbench.store import Store
from workbench.types import SERVICE
from workbench.widgets import Picker

# %% [markdown]
# ## The recording
# One row a window: what ran, how much work it did, and how many samples the profiler took. The first
# use fetches both releases from the package index; later ones come from the cache.

# %%
bank = {recorded.spec.id: recorded for recorded in load_bank(Path("../datasets/pypi"))}
case = open_case(materialise(bank["prom-parser-0.22"]))
recording = Store.open(case.store).recording()
recording.windows.groupby("version").agg(
    windows=("at", "count"),
    rounds=("work", "mean"),
    cpu_seconds=("cpu_seconds", "mean"),
    samples=("n_samples", "mean"),
).round(1)

# %% [markdown]
# ## What regressed
# Each function has a series of its cost: CPU time per round of work. The funnel tells what was looked at
# and what was left out.

# %%
series = function_series(recording)
detection = detect(series, stacks=stacks(recording))
detection.funnel

# %%
regression = detection.found[0]
pd.DataFrame(
    [
        {
            "function": r.subject,
            "window": r.change_index,
            "before, ms/round": r.before * 1e3,
            "after, ms/round": r.after * 1e3,
            "moved with it": len(r.merged),
        }
        for r in detection.found
    ]
).round(2)

# %%
unit = "CPU ms per round of work"
plot = partial(plot_series, change_index=regression.change_index, unit=unit, title="")
plot(series.row(SERVICE, "cost") * 1e3)

# %% [markdown]
# That was the whole service. Choose a function to see its own series: `picker.value` is the chosen
# one as an array.

# %%
moved = [SERVICE, regression.subject, *regression.merged]
picker = Picker(
    {name: series.row(name, "cost") * 1e3 for name in dict.fromkeys(moved)},
    plot,
    label="function",
)
picker

# %% [markdown]
# ## Where the time went
# The functions whose own time changed most across the deploy.

# %%
flame = FlameDiff.from_recording(recording, regression.change_index)
pd.DataFrame(
    [
        {"function": d.function.subject, "before": d.before, "after": d.after}
        for d in flame.largest_changes(8)
    ]
).style.set_caption(f"own cost, {flame.unit}").format(precision=4)

# %% [markdown]
# ## Who did it
# The agent chooses a skill, calls tools, and writes a diagnosis in which every claim cites a tool's reply.
# The default model follows the skill's playbook: no key, no network, the same answer each time.

# %%
skills = {skill.name: skill for skill in load_skills()}
evidence = Investigation(recording, detection, Repository(case.repository), case.base, case.head)
trajectory = investigate(evidence, regression.id, make_model("playbook", skills), skills)
pd.DataFrame(
    [{"step": s.title, "seconds": round(s.seconds, 2), "call": s.call_id} for s in trajectory.steps]
)

# %% [markdown]
# Every change of the deploy is a candidate, and so is "none of these". Each probability is made of evidence that
# can be looked at: the first candidate's is below the table.

# %%
ranking = evidence.ranking(regression.id)
suspects = ranking.suspects
rows = [(s.change.id[:10], s.change.title, s.change.author, s.probability) for s in suspects[:5]]
rows.append(("", "none of these", "", ranking.none_probability))
pd.DataFrame(rows, columns=["change", "title", "author", "probability"]).style.format(
    {"probability": "{:.0%}"}
)

# %%
pd.DataFrame(
    [{"evidence": f.note, "log-odds": f.contribution} for f in suspects[0].features]
).style.format({"log-odds": "{:+.2f}"})

# %%
diagnosis = trajectory.diagnosis
print(diagnosis.summary)
for item in diagnosis.evidence:
    print(f"  - {item.claim}  [{item.call_id}]")

# %% [markdown]
# ## What gives the speed back
# A fix is made in a worktree of its own, run against the code before and now, and put on a branch only when
# it keeps the output and gives most of the loss back. This runs the workload some dozens of times.

# %%
outcome = solve(case)
fix = outcome.fix
titles = {change.id: change.title for change in evidence.changes}
print(fix.patch.summary)
for commit in fix.patch.reverted:
    print(f"  takes back lines of {commit[:10]}: {titles[commit]}")
print(f"  {len(fix.diff.splitlines())} lines of diff, after {fix.n_trials} trials: print(fix.diff)")

# %%
plot_verification(fix.verification)

# %% [markdown]
# ## The answer

# %%
seen = fix.verification
print(f"cause      {outcome.cause[:10]}  {suspects[0].change.title}")
print(f"before     {seen.ratio_before:.2f} x the cost of the release before")
print(f"fixed      {seen.ratio_after:.2f} x")
print(
    f"restored   {seen.gain_restored:.0%} of the loss, 95 % interval {seen.interval[0]:.0%} to {seen.interval[1]:.0%}"
)
print(f"verified   {seen.verified}; branch {fix.branch} awaits review")
