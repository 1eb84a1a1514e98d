"""A small MLflow that a lead's report is made of: python lead_store.py FOLDER, for results."""

import os
import subprocess
import sys
import time
from pathlib import Path

from made_results import make_results

from workbench.evaluate.tracking import SOLVES, track_evaluation
from workbench.evaluate.tracking.records import MetricRecord, RunRecord
from workbench.evaluate.tracking.send import send

COST = 0.05
"""Part of the CPU of its service that the verified fix gave back."""
_SOLVE = {"cost": COST, "cost_low": 0.04, "cost_high": 0.06, "gain_restored": 1.0,
          "time_to_diagnosis": 40.0, "confidence": 0.9}  # fmt: skip
_TOLD = {"case": "feed-cards", "service": "feed", "state": "fix verified", "subject": "cards:load",
         "category": "deep copy", "skill": "deep-copies", "approved": "true", "funnel": '[["series looked at", 54]]'}  # fmt: skip


def make_store(folder: Path) -> None:
    """Track an evaluation of 12 cases and a solve, both of just now."""
    track_evaluation(make_results(folder))
    now = int(time.time() * 1000) - 60_000
    metrics = tuple(MetricRecord(name=name, value=value) for name, value in _SOLVE.items())
    send(
        RunRecord(key="solve-1", experiment=SOLVES, name="feed-cards", started_ms=now,
                  ended_ms=now + 50_000, tags=_TOLD, metrics=metrics)
    )  # fmt: skip


def fill(uri: str, data: Path, scratch: Path) -> None:
    """Have that done by another process: into an MLflow, or into the one of a user's data."""
    told = {"MLFLOW_TRACKING_URI": uri} if uri else {}
    kept = {name: v for name, v in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    folders = [str(Path(__file__).parents[1] / "evaluate"), os.environ.get("PYTHONPATH", "")]
    told |= {"XDG_DATA_HOME": str(data), "PYTHONPATH": os.pathsep.join(filter(None, folders))}
    command = [sys.executable, __file__, str(scratch / "results")]
    done = subprocess.run(command, env=kept | told, capture_output=True, text=True)
    assert not done.returncode, done.stderr


if __name__ == "__main__":
    make_store(Path(sys.argv[1]))
