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
# A feed service, one day of it: 21 recorded windows, a handful of commits and settings that took effect meanwhile. It costs a
# seventh more CPU than in the morning. The case lies in `demo`: a store of profiles, a repository, and a workload that can be run.

# %%
from workbench.board import Board

board = Board("demo")
board

# %% [markdown]
# That is everything on one board. Choose a regression in the table; the sheets below follow it: its series, the flame graph
# before and after, who could have done it, the code with the cost of each line. Brush some windows to see what ran in them;
# click a function in the flame graph to see its code. What you choose is a Python value (here in CPU seconds per unit of work):

# %%
board.regressions.selection[["id", "subject", "metric", "change_index", "before", "after"]]

# %% [markdown]
# ## Who did it
# *Investigate* has the agent find out, step by step, on the sheet of that name; each claim is linked to the reply that it rests on. The
# next cell does the same. It stops for your word: **Approve** makes a fix, measures it against the code before and now, and
# puts it on a branch for review. That runs the workload some dozens of times and takes a minute or two; *Cancel* ends it.

# %%
board.investigate().wait(60)
print(board.outcome.diagnosis.summary)
print(f"confidence {board.outcome.diagnosis.confidence:.1%}; it {board.agent.status}")

# %% [markdown]
# What the diagnosis rests on, and how probable each candidate was by the evidence alone:

# %%
for item in board.outcome.diagnosis.evidence:
    print(f"- {item.claim}  [{item.call_id}]")

# %%
# %matplotlib inline
from workbench.report import plot_evidence, plot_flame, plot_steps, plot_suspects

ranking = board.suspects.ranking
plot_suspects(ranking)

# %%
plot_evidence(ranking.suspects[0], title=ranking.suspects[0].change.title)

# %% [markdown]
# For print, every view has a figure. This is where the cost went:

# %%
plot_flame(board.flame.flame, title="CPU time of a request, before and after", max_rows=24)

# %%
plot_steps(board.outcome.steps, title="The investigation")

# %% [markdown]
# ## The answer

# %%
culprit = next(s.change for s in ranking.suspects if s.change.id == board.outcome.cause)
print(f"cause   {culprit.id[:10]} {culprit.title}, by {culprit.author}")
print(f"where   {', '.join(board.outcome.diagnosis.functions)}")
print(f"fix     {board.outcome.no_fix or board.outcome.fix.branch}")
print("review  press Approve on the board, or: board.agent.decide('approve', by='you')")
