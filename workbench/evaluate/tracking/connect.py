"""Where MLflow is, and what it says when it cannot be reached."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from workbench.errors import WorkbenchError

SOLVES, EVALUATIONS = "efficiency-workbench", "efficiency-workbench evaluations"
"""Experiments: of solves that were asked for, and of evaluations on the bank of cases."""
SAVINGS = "efficiency-workbench savings"
"""Experiment of opportunities that were mended."""


_UNREACHED = "Max retries exceeded"


def data_folder() -> Path:
    """Return the user's data folder, made where it was not."""
    folder = platformdirs.user_data_path("efficiency-workbench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tracking_uri() -> str:
    """Return where runs are kept: `MLFLOW_TRACKING_URI`, or a SQLite file of the user's."""
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        return uri
    return f"sqlite:///{data_folder() / 'mlflow.db'}"


def shown_uri() -> str:
    """Return the same without a password, as it may be shown."""
    uri = tracking_uri()
    password = urlsplit(uri).password
    return uri.replace(f":{password}@", ":…@") if password else uri


def server_address() -> str:
    """Return where the server shows its pages, without a password; empty where none is named."""
    uri = tracking_uri()
    if not uri.startswith(("http://", "https://")):
        return ""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")


def load_mlflow() -> Any:
    """Import MLflow quietly, with its telemetry off, and point it at the store."""
    for name, value in {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # 7 take minutes to give up
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # two lines a run of a variant
    }.items():
        os.environ.setdefault(name, value)
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    mlflow.set_tracking_uri(tracking_uri())
    return mlflow


@contextmanager
def mlflow_errors() -> Iterator[None]:
    """Turn what MLflow, its database or the network raise into one WorkbenchError."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        told = "it cannot be reached" if _UNREACHED in lines[0] else lines[0][:300]
        raise WorkbenchError(f"MLflow at {shown_uri()}: {told}") from error


def experiment_id(client: Any, name: str) -> str:
    """Return the id of an experiment, made where it was not."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    if tracking_uri().startswith("sqlite:///"):
        place = Path(tracking_uri().removeprefix("sqlite:///")).resolve().parent / "artifacts"
        return str(client.create_experiment(name, artifact_location=place.as_uri()))
    return str(client.create_experiment(name))
