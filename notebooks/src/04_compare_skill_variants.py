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
# # Is my changed skill better, and is that more than chance?
#
# The same cases are solved with our skills and with a changed copy of them, and compared case by case. What you may want to
# change is in the next cell. Recorded cases are in a checkout of the repository (`datasets/`); where there is none, generated ones are
# solved.

# %%
from workbench.agent.skills import skills_folder
from workbench.evaluate.bank import CaseBank, datasets_folder

DATASETS = datasets_folder()
CASES = ["feed/A0[5-9]", "feed/A1?"]  # a dozen of them; `workbench case list` shows them all
if DATASETS is None:
    CASES = ["fleet/0[0-3]?"]
TAKEN_AWAY = "flag-or-experiment-rollout"
MEASURES = ["correct", "top1", "false_accusation", "category", "time_to_diagnosis", "tool_calls"]

bank = CaseBank(DATASETS)
cases = bank.select(CASES)
bank.table(cases)[["id", "service", "category", "kind", "size"]]

# %% [markdown]
# ## Two variants
# A variant is a folder of skills. This one is a copy of ours in which a skill is taken away; edit any file of the copy instead, and the rest
# of the notebook tells about that.

# %%
import shutil
from pathlib import Path
from tempfile import mkdtemp

scratch = Path(mkdtemp(prefix="workbench-variants-"))
ours, changed = skills_folder(), scratch / "changed"
copied = shutil.copytree(ours, changed, ignore=shutil.ignore_patterns(TAKEN_AWAY, "__pycache__"))

# %%
from workbench.evaluate import diff_skills

diffs = diff_skills(ours, changed)
for path, diff in diffs.items():
    print(f"{path}: {len(diff.splitlines())} lines of diff")
print("", *[line[:110] for line in "".join(diffs.values()).splitlines()[2:14]], "…", sep="\n")

# %% [markdown]
# ## Solve
# Two floors are always beside the variants: a trivial rule, and the ranking of changes without any skill. Results are kept as they come;
# the same plan into the same folder goes on where it was.

# %%
from IPython.display import display
from ipywidgets import FloatProgress

from workbench.evaluate import Plan, run_experiment

variants = (("ours", ours), ("changed", changed))
plan = Plan(DATASETS, tuple(case.id for case in cases), variants)
bar = FloatProgress(max=1, description="Solving")
display(bar)
results = run_experiment(
    bank, plan, scratch / "results", n_jobs=2,
    progress=lambda done, total: bar.set_trait("value", done / total),
)  # fmt: skip

# %% [markdown]
# ## How each did

# %%
from workbench.evaluate import summarise

columns = ["variant", "n_cases", "correct", "correct_low", "correct_high", "false_accusation"]
summarise(results)[[*columns, "harm_rate", "help_rate", "median_seconds"]].round(3)

# %% [markdown]
# ## Is it more than chance?
# Each measure is compared case by case. A verdict is `better`, `worse` or `inconclusive`; the last is no proof that nothing changed, so beside
# it stands which difference would have been seen (`detectable`), and how many cases would decide one of 10 percentage points (`needed`).
# Of the time to diagnosis `before` and `after` are the parts of the cases in which each was sooner: who is not right never was.
# An interval without ends says that cases are of too few services to tell, as these are of one.

# %%
from workbench.evaluate import compare_all

pair = compare_all(results[results["variant"].isin(["ours", "changed"])], baseline="ours")
told = ["before", "after", "difference", "low", "high", "p_value", "verdict"]
pair = pair[pair["measure"].isin(MEASURES)].set_index("measure")
pair[[*told, "detectable", "needed"]].round(3)

# %% [markdown]
# ## Where they differ
# Choose a variant, what is measured, or by what cases are told apart (strata). Below are the cases that one solves and the other does not;
# open one to see both ways and the step at which they part. Tick some, and they are a table in Python. The floors are compared here too, so
# p-values are larger than above: they hold for all variants together (Holm).

# %%
from workbench.widgets import ExperimentBoard

compared = compare_all(results, baseline="ours")
board = ExperimentBoard(results, compared, baseline="ours", chosen="changed")
board

# %%
board.selected = board.differing["case"].head(3).tolist()  # as ticks would
board.selection[["case", "outcome", "said_before", "said_after", "step", "step_after"]]

# %% [markdown]
# ## One case, both ways
# The same in Python: what each did about the first of these cases, step by step.

# %%
import pandas as pd

pd.options.display.max_colwidth = 80
steps = results[results["case"] == board.selected[0]].set_index("variant")["said_steps"]
pd.DataFrame({name: pd.Series(steps[name]) for name in ("ours", "changed")}).fillna("")

# %% [markdown]
# ## All cases, and in CI
# A dozen cases find large differences alone. Over all of them it takes minutes, and with more models or epochs hours; a killed run goes on
# where it was. `compare` ends with an error where a rate is worse by more than you allow.
#
#     workbench evaluate --variant ours=skills@main --variant changed=skills --out results
#     workbench compare results:ours results:changed --diff --fail-if-worse top1:2pp
#
# Results that were kept are a table again with `load_results("results")`, and each evaluation is a run in MLflow (`--no-track` leaves that out).

# %% [markdown]
# ## The answer

# %%
correct = pair.loc["correct"]
print(f"without {TAKEN_AWAY}: {correct.before:.0%} to {correct.after:.0%} right: {correct.verdict}")
print(
    f"{correct.n_better} cases better and {correct.n_worse} worse of {correct.n_cases}, p = {correct.p_value:.3f}"
)
print(
    f"{correct.n_cases} cases show a difference of {100 * correct.detectable:.0f} points or more;"
)
print(f"about {correct.needed:.0f} would show one of 10 points")
