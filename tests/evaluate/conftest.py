"""Literal specs and tiny releases."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

SPEC = {
    "id": "small-1.0",
    "package": "small",
    "from_version": "1.0",
    "to_version": "1.1",
    "kind": "regression",
    "workload": "wl_small.py",
    "culprit_functions": ["small.core:total"],
    "category": "lost cache",
    "cause": "It counts again.",
}


@pytest.fixture
def write_spec(tmp_path: Path) -> Callable[..., Path]:
    """Changed fields (None leaves one out) -> the file of a spec, with its workload."""

    def write(name: str = "spec.json", **changed: Any) -> Path:
        fields = {k: v for k, v in (SPEC | changed).items() if v is not None}
        (tmp_path / "wl_small.py").write_text("print('WL cpu=1.0 wall=1.0 check=1')\n")
        path = tmp_path / name
        path.write_text(json.dumps(fields))
        return path

    return write


@pytest.fixture
def write_tree(tmp_path: Path) -> Callable[..., Path]:
    """Name, path -> text (surrogates stand for other bytes) -> a folder."""

    def write(name: str, files: Mapping[str, str]) -> Path:
        for path, text in files.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8", "surrogateescape"))
        return tmp_path / name

    return write
