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
# # What does my service do in vain, and what is it worth to stop?
#
# Nothing regressed, and still CPU is spent on what nobody needs. A hot function that fits a known pattern is an *opportunity*:
# with the share of the samples on its very lines, what mending it should save, and what a patch has to show.

# %% [markdown]
# ## The demo's service
# Its recorded profiles and its code. Choose a row to read why it is there: what was read, what was measured, who owns it, and
# what has to hold of a patch.

# %%
from workbench.history import Repository
from workbench.solver import find_opportunities
from workbench.store import Store
from workbench.widgets import OpportunityBoard

found = find_opportunities(Store.open("demo/store"), Repository("demo/repo"))
board = OpportunityBoard(found)
board

# %%
board.selected = [board.opportunities[0].id]  # as a click would
board.opportunity.evidence

# %% [markdown]
# Ranked by expected watts (or CPU) × the chance of a verified patch ÷ hours of review. The interval of a saving has the spread of the samples
# and of what the pattern usually brings.

# %%
board.selected = [one.id for one in board.opportunities[:5]]
board.selection.round(4)

# %% [markdown]
# ## Code of your own
# A repository, a workload and a profile are enough. Here is a small one: parcels are sorted to find the heaviest, and a pattern is made for
# each label. `workbench.toml` names what measures it, with inputs that are held out, and its tests.

# %%
import subprocess
from pathlib import Path

FILES = {
    "parcels.py": '''
import re


def heaviest(parcels):
    """Return the parcel that weighs most; of several that do, the first."""
    by_weight = sorted(parcels, key=lambda parcel: parcel["grams"], reverse=True)
    return by_weight[0] if by_weight else None


def zone(label):
    """Return the zone that a label names."""
    pattern = re.compile(r"zone[ -]?([0-9]+)", re.IGNORECASE)
    found = pattern.search(label)
    return int(found[1]) if found else 0


def report(vans):
    """Return (parcels, grams of the heaviest, sum of zones) of each van."""
    rows = []
    for parcels in vans:
        most = heaviest(parcels)
        zones = sum(zone(parcel["label"]) for parcel in parcels)
        rows.append((len(parcels), most["grams"] if most else 0, zones))
    return rows
''',
    "bench.py": """
import os

from parcels import report

N = {"usual": 40, "rush hour": 70}[os.environ.get("WL_INPUTS", "usual")]


def run():
    parcel = lambda i: {"grams": i * 7919 % 10007, "label": f"parcel {i}, Zone-{i % 9}"}
    return report([[parcel(van * N + i) for i in range(N)] for van in range(40)])
""",
    "test_parcels.py": """
from parcels import report, zone


def test_report():
    parcels = [{"grams": 5, "label": "zone 2"}, {"grams": 9, "label": "ZONE-3"}]
    assert report([parcels, []]) == [(2, 9, 5), (0, 0, 0)]


def test_no_zone():
    assert zone("fragile") == 0
""",
    "workbench.toml": """
[workload]
function = "bench:run"
held_out = [{ WL_INPUTS = "rush hour" }]
tests = ["-m", "pytest", "-q", "test_parcels.py"]
""",
}
place = Path("parcels")
place.mkdir()
for name, text in FILES.items():
    (place / name).write_text(text.lstrip())
git = ["git", "-C", "parcels", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
subprocess.run(["git", "init", "--quiet", "--initial-branch=main", "parcels"], check=True)
subprocess.run([*git, "add", "."], check=True)
subprocess.run([*git, "commit", "--quiet", "--message", "Parcels by van"], check=True)
done = subprocess.run([*git, "tag", "v1"], check=True)

# %% [markdown]
# Any profiler that samples stacks will do; with lines, samples tell the very lines. Here it is py-spy, on a program that it starts itself.

# %%
import sys

from workbench.intake import Labels, add_files

CODE = "import bench\nfor _ in range(100): bench.run()"
spy = [
    str(Path(sys.executable).with_name("py-spy")),
    "record",
    "--rate",
    "500",
    "--format",
    "raw",
    "--output",
]
command = [*spy, "../parcels.folded", "--", sys.executable, "-c", CODE]
subprocess.run(command, cwd=place, check=True, capture_output=True)
store = Store.create("parcels-store")
print(add_files(store, ["parcels.folded"], Labels(service="parcels", version="v1")))
n_services = store.put(
    "services", [{"service": "parcels", "servers": 40, "watts": 350, "owner": "Ada"}]
)

# %% [markdown]
# ## A patch, measured before anybody is asked
# The desk links the board to the solver, to the queue of what waits for a review, and to what it is worth. *Make a patch* tries the edits that are known
# for the place, by the same checks as any fix: tests, the same output, what is saved with inputs that no search saw.

# %%
from workbench.board import OpportunityDesk

desk = OpportunityDesk("parcels-store", "parcels", saved=Path("parcels.db"))
desk

# %%
desk.opportunities.selected = [desk.opportunities.opportunities[0].id]
desk.opportunities.make_patch().wait()  # as a click would
(waits,) = desk.queue.waiting
print(waits.fix.diff)

# %% [markdown]
# ## The review
# It is on no branch yet. Approved, it is one commit with a letter to whoever owns the code; rejected, the reason becomes a past case, and the next look leaves the place alone.

# %%
desk.queue.selected = waits.investigation
desk.queue.decide("approve", by="you").wait()  # as a click would
print(desk.outcome.fix.pull_request)

# %% [markdown]
# ## The answer

# %%
done = desk.outcome
gain = done.fix.verification.gains[-1]
low, high = gain.saved_interval
print(f"{done.opportunity.title}: on branch {done.fix.branch}")
print(
    f"saves {gain.saved:.0%} of what the workload costs with held-out inputs (95 %: {low:.0%} to {high:.0%})"
)
