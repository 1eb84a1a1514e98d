"""Solves and evaluations as runs in MLflow (the one place that speaks to it).

Tracking happens after what is timed, and never loses it: a run is kept on disk before it is sent.

    records      what is told of a run, as plain values
    solves       a solve as a run
    evaluations  an evaluation as a run with a child a variant, and a trace a case; `metrics` and
                 `descriptions` are parts of it
    dashboard    what MLflow's pages show first: descriptions, and saved views (`views`)
    send         runs into MLflow, each found again by its key; `traces`, `registry` are parts of it
    outbox       what was not sent yet
    history      what MLflow has, as a track record
    genai        the scorers, as `mlflow.genai` takes them
"""

from workbench.evaluate.tracking.connect import EVALUATIONS, SOLVES, tracking_uri
from workbench.evaluate.tracking.dashboard import dashboard_url
from workbench.evaluate.tracking.evaluations import keep_evaluation, track_evaluation
from workbench.evaluate.tracking.genai import genai_scorers
from workbench.evaluate.tracking.history import read_track_record
from workbench.evaluate.tracking.outbox import sync_one, waiting
from workbench.evaluate.tracking.solves import track

__all__ = [
    "EVALUATIONS",
    "SOLVES",
    "dashboard_url",
    "genai_scorers",
    "keep_evaluation",
    "read_track_record",
    "sync_one",
    "track",
    "track_evaluation",
    "tracking_uri",
    "waiting",
]
