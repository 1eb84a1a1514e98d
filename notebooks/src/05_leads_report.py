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
# # How right is the solver, how soon, and what did it give back?
#
# All of it is read from MLflow, where `workbench evaluate` and `workbench solve` keep what they did: the store that `MLFLOW_TRACKING_URI`
# names, else the one in your data folder.

# %%
from IPython.display import Markdown, display

from workbench.evaluate import tracking_uri

IS_DEMONSTRATION = tracking_uri() == "sqlite:///demonstration.db"
told = """> **Demonstration figures.** A small store was made for this page: `workbench evaluate 'feed/A*'` and
> `workbench solve demo`, once each. They were measured, and they are too few to judge by; servers, watts and
> prices below are made up."""
display(Markdown(told if IS_DEMONSTRATION else ""))

# %% [markdown]
# ## What is assumed
# Accuracy and times need no assumption. What a saved percent is worth depends on what a service has: the numbers below are
# taken for every service, and 0 is not known. Where services differ, `workbench report --assumptions FILE` takes each with its own.

# %%
from ipywidgets import Box, Dropdown, FloatText, Layout

EXAMPLE = (1000, 300, 1.56, 0.15, 0.3) if IS_DEMONSTRATION else (0, 0, 1.56, 0, 0)
NAMES = ("Servers", "Watts of a server", "PUE of the site", "EUR for a kWh", "kg of CO2 a kWh")
WIDE = {"style": {"description_width": "10em"}, "layout": Layout(width="21em")}

periods = [("the last 30 days", 30), ("the last 90 days", 90), ("the last year", 365)]
since = Dropdown(options=periods, value=90, description="Period", **WIDE)
assumed = [FloatText(v, description=n, **WIDE) for n, v in zip(NAMES, EXAMPLE, strict=True)]
Box([since, *assumed], layout=Layout(flex_flow="row wrap", max_width="68em"))

# %%
import math
from datetime import UTC, datetime, timedelta

from workbench.capacity import Assumptions, ServiceAssumptions, capacity_ledger
from workbench.errors import WorkbenchError
from workbench.evaluate.tracking import read_track_record
from workbench.report import render_lead_report
from workbench.widgets import PageView


def assumptions():
    """Return what the form says; 0 is not known."""
    servers, watts, pue, price, co2 = (one.value or math.nan for one in assumed)
    return Assumptions(ServiceAssumptions(servers, watts, pue, price, "EUR", co2))


def report():
    """Read MLflow, and return the page of what it has."""
    until = datetime.now(UTC)
    record = read_track_record(until - timedelta(days=since.value), until)
    return render_lead_report(record, capacity_ledger(record, assumptions()))


def show(change=None):
    try:
        page.page = report()
    except WorkbenchError as error:
        page.say(f"MLflow cannot be read. {error}")


# %% [markdown]
# ## The answer
# The same page as a file, to be printed or sent: `workbench report --since 90d --out report.html`.

# %%
page = PageView(title="Track record")
for one in (since, *assumed):
    one.observe(show, "value")
show()
page
