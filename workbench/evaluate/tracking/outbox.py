"""What is to be sent: kept on disk before it is, and until it was."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from pydantic import ValidationError

from workbench.errors import ParseError
from workbench.evaluate.tracking.connect import data_folder
from workbench.evaluate.tracking.records import RunRecord
from workbench.evaluate.tracking.send import send

_SUFFIX = ".json.gz"


def outbox_folder() -> Path:
    """Return where runs are kept that were not sent yet."""
    folder = data_folder() / "outbox"
    folder.mkdir(exist_ok=True)
    return folder


def submit(record: RunRecord) -> str:
    """Keep a run, send it, and return its id.

    Raises
    ------
    WorkbenchError
        Where MLflow cannot be reached or refuses; the run is kept then, and `sync` sends it.
    """
    path = keep(record)
    run_id = send(record)
    path.unlink()
    return run_id


def keep(record: RunRecord) -> Path:
    """Write a run into the outbox, whole or not at all."""
    path = outbox_folder() / f"{record.key}{_SUFFIX}"
    beside = path.with_suffix(".part")
    beside.write_bytes(gzip.compress(record.model_dump_json().encode(), 3))
    beside.replace(path)
    return path


def waiting() -> list[Path]:
    """Return what was not sent yet, oldest first."""
    return sorted(outbox_folder().glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)


def sync_one(path: Path) -> str:
    """Send one run of the outbox and return its id; it is taken out when it was sent.

    Raises
    ------
    ParseError
        Where the file is no run.
    WorkbenchError
        Where MLflow cannot be reached or refuses.
    """
    try:
        record = RunRecord.model_validate_json(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, zlib.error, ValidationError) as error:
        told = str(error).splitlines()[0]
        raise ParseError(f"expected a run that was not sent yet: {told}", path) from error
    run_id = send(record)
    path.unlink()
    return run_id
