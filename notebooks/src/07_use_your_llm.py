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
# # What changes when a language model of my own investigates?
#
# The default needs no model: a playbook that is itself a chat model, driven by the same graph, tools and checks. Name another with
# `WORKBENCH_MODEL`, such as `openai:NAME` or `anthropic:NAME` (with a key in its usual variable), or any that
# LangChain's `init_chat_model` knows. Without one, this notebook runs with the default.

# %%
import os

from workbench.agent import Budget, investigate, load_skills, make_model

name = os.environ.get("WORKBENCH_MODEL", "playbook")
skills = {skill.name: skill for skill in load_skills(side="defense")}
model = make_model(name, skills)
print(f"{name}: {type(model).__name__}, {len(skills)} skills")

# %% [markdown]
# A server of your own that speaks like OpenAI, on this machine or another, is a model too:
#
#     make_model("openai:qwen3-coder", skills, base_url="http://127.0.0.1:8000/v1")

# %% [markdown]
# ## What a model is given
# The facts of the case, one skill, and read-only tools. Nothing that it says is believed until a tool's reply holds it.

# %%
from pathlib import Path

import pandas as pd

from workbench.agent import build_tools
from workbench.solver import open_case, open_investigation

evidence = open_investigation(open_case(Path("demo")))
tools = build_tools(evidence)
pd.options.display.max_colwidth = 120
pd.DataFrame(
    [(tool.name, tool.description.split(". ")[0]) for tool in tools],
    columns=["tool", "what it does"],
)

# %%
print(skills["deep-copies"].body.split("\n## ")[1])

# %% [markdown]
# ## An investigation, step by step
# Each step appears as it ends; a budget ends it with the best answer so far.

# %%
from workbench.widgets import AgentView

titles = {change.id: change.title for change in evidence.changes}
view = AgentView(skills=sorted(skills), titles=titles)
view

# %%
regression = evidence.detection.found[0]
budget = Budget(model_calls=24, seconds=120)
trajectory = investigate(
    evidence, regression.id, model, skills, budget=budget, on_step=view.add_step
)
view.diagnosis, view.struck = trajectory.diagnosis, [dict(item) for item in trajectory.struck]
view.spent, view.status = dict(trajectory.spent), "done"

# %% [markdown]
# ## What it cost, and what was struck
# Claims that no reply supports are struck, whichever model made them.

# %%
spent = pd.Series(trajectory.spent, name=name).to_frame().T
spent["claims"] = len(trajectory.diagnosis.evidence)
spent["struck"] = len(trajectory.struck)
spent.round(2)

# %% [markdown]
# ## A skill of your own
# What a model knows of a kind of cause is a skill: text, a playbook, and questions that ask for it. Edit a variant beside the
# original, check it, try both on cases, and keep it under a name of its own. A playbook that you edit is code that runs here.

# %%
from workbench.studio import open_studio

studio = open_studio("deep-copies", cases=["demo"], folder="my-skills")
studio

# %%
text = studio.files["SKILL.md"]
studio.edit("SKILL.md", text.replace("# Deep copies", "# Deep copies, and shallow ones in a loop"))
studio.selected_cases = ["demo"]
studio.try_cases().wait(60)
studio.results

# %% [markdown]
# ## Your agent, our tools
# The same tools over the Model Context Protocol, for a client that starts a server, or over HTTP on the loopback:
#
#     workbench mcp demo/store --repo demo/repo
#     workbench mcp demo/store --repo demo/repo --http

# %% [markdown]
# ## The answer

# %%
print(trajectory.diagnosis.summary)
print(f"by {name}, with a confidence of {trajectory.diagnosis.confidence:.1%}")
print(
    "another model takes its place by name; tools, skills, checks and the review stay as they are"
)
