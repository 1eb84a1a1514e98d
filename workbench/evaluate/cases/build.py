"""Make a case: what a solver may see in one folder, the truth in a file beside it."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from workbench.errors import CaseError, ParseError, WorkbenchError
from workbench.evaluate.cases.commits import BuiltHistory, build_repository
from workbench.evaluate.cases.record import calibrate, record_windows
from workbench.evaluate.cases.releases import fetch_dependencies, fetch_release
from workbench.evaluate.cases.spec import CaseSpec
from workbench.solver import CASE_FILE
from workbench.store import Store
from workbench.types import Workload

N_WINDOWS = 20
_CHOOSES = "_wl.pick("
"""What a workload calls that has inputs that are held out."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a solver is scored against; it never sees this."""

    case: str
    kind: str
    regressed: bool
    change_index: int | None
    culprit_functions: tuple[str, ...]
    culprit_commits: tuple[str, ...]
    n_candidates: int
    category: str
    cause: str

    @property
    def is_known(self) -> bool:
        """Whether there is anything to score against."""
        return self.kind != "unknown" or bool(self.culprit_functions)


def truth_path(folder: Path) -> Path:
    """Return where the truth of a case is kept: beside the folder that the solver is given."""
    return folder.with_name(folder.name + ".truth.json")


def load_truth(folder: Path) -> Truth | None:
    """Read the truth of a case, None where it is not known."""
    path = truth_path(folder)
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        lists = {k: tuple(data[k]) for k in ("culprit_functions", "culprit_commits")}
        return Truth(**data | lists)
    except (ValueError, KeyError, TypeError) as error:
        raise ParseError(f"expected the truth of a case: {error!r}", path) from error


def build_case(
    spec: CaseSpec,
    workload_file: Path,
    out: Path,
    *,
    recorded: Path | None = None,
    n_windows: int = N_WINDOWS,
    progress: Callable[[str], None] = lambda text: None,
) -> Path:
    """Build a case from its spec; on any failure nothing is left behind.

    Parameters
    ----------
    spec : CaseSpec
        The releases and the workload.
    workload_file : Path
        The workload named by the spec.
    out : Path
        The case folder to make; must not exist. The truth goes beside it (`truth_path`).
    recorded : Path, optional
        A store of profiles recorded earlier. Default: record now, which takes minutes.
    n_windows : int
        Windows to record of each release.
    progress : callable
        Told in words what is under way.

    Returns
    -------
    Path
        `out`.
    """
    out = out.resolve()
    if out.exists() or truth_path(out).exists():
        raise CaseError(f"{out}: expected a new folder, something is there already")
    with (
        _new_parents(out),
        tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as place,
    ):
        folder = Path(place) / out.name
        folder.mkdir()
        history = _fill(folder, spec, workload_file, recorded, n_windows, progress)
        truth = _truth(spec, history, Store.open(folder / "store").recording().windows["version"])
        truth_path(out).write_text(json.dumps(asdict(truth), indent=1) + "\n", encoding="utf-8")
        try:
            folder.replace(out)
        except OSError:
            truth_path(out).unlink()
            raise
    return out


@contextlib.contextmanager
def _new_parents(path: Path) -> Iterator[None]:
    """Make the folders that a path is to stand in; those made are gone again after a failure."""
    made = [parent for parent in path.parents if not parent.exists()]  # the nearest first
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # somebody else put something there
            for parent in made:
                parent.rmdir()
        raise


def _fill(
    folder: Path, spec: CaseSpec, workload_file: Path, recorded: Path | None, n_windows: int,
    progress: Callable[[str], None],
) -> BuiltHistory:  # fmt: skip
    progress(f"fetching {spec.package} {spec.from_version} and {spec.to_version}")
    before, after = (fetch_release(spec, v) for v in (spec.from_version, spec.to_version))
    dependencies = fetch_dependencies(spec)
    if dependencies:
        shutil.copytree(dependencies, folder / "deps", copy_function=_link)
    workload = _workload(folder, spec, workload_file)
    tags = (f"v{spec.from_version}", f"v{spec.to_version}")
    progress("splitting the difference into commits")
    history = build_repository(
        folder / "repo", before, after, tags=tags, culprits=spec.culprit_functions, seed=spec.seed
    )
    if recorded:
        Store.open(recorded)
        shutil.copytree(recorded, folder / "store")
    else:
        progress("measuring the workload on both releases")
        try:
            workload = calibrate(workload, folder, before, after)
        except WorkbenchError as error:
            raise CaseError(f"workload of {spec.id}: {error}") from error
        windows = record_windows(
            workload, folder, ((tags[0], before), (tags[1], after)),
            service=spec.package, n_windows=n_windows, progress=progress,
        )  # fmt: skip
        Store.create(folder / "store").add_all(windows)
    _write_case(folder, spec, tags, workload)
    return history


def _link(source: str, target: str) -> None:
    """Link a file, or copy it to another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _workload(folder: Path, spec: CaseSpec, source: Path) -> Workload:
    """Copy the workload and the modules it imports from its own folder."""
    target = folder / "workload"
    target.mkdir()
    pending = [source]
    while pending:
        path = pending.pop()
        shutil.copy(path, target / path.name)
        for name in _imported(path):
            sibling = path.with_name(f"{name}.py")
            if sibling.is_file() and not (target / sibling.name).exists():
                pending.append(sibling)
    env = dict(spec.workload_env)
    rounds = int(env.pop("WL_REPEAT", "1"))
    paths = ("workload", "deps") if spec.deps else ("workload",)
    has_others = _CHOOSES in source.read_text(encoding="utf-8")
    held_out = ({"WL_INPUTS": "held-out"},) if has_others else ()
    return Workload((f"workload/{source.name}",), paths, rounds, env, held_out=held_out)


def _imported(path: Path) -> set[str]:
    """Return the top-level names that a module imports."""
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        raise ParseError(f"expected a Python workload: {error}", path) from error
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def _write_case(folder: Path, spec: CaseSpec, tags: tuple[str, str], workload: Workload) -> None:
    seen = {"id": spec.id, "service": spec.package, "base": tags[0], "head": tags[1],
            "workload": asdict(workload)}  # fmt: skip
    (folder / CASE_FILE).write_text(json.dumps(seen, indent=1) + "\n", encoding="utf-8")


def _truth(spec: CaseSpec, history: BuiltHistory, versions: pd.Series[str]) -> Truth:
    """Return what is known; the regression begins with the first window of another version."""
    regressed = spec.kind == "regression" or (
        spec.kind == "unknown" and bool(spec.culprit_functions)
    )
    return Truth(
        case=spec.id, kind=spec.kind, regressed=regressed,
        change_index=int((versions != versions.iloc[0]).to_numpy().argmax()) if regressed else None,
        culprit_functions=spec.culprit_functions, culprit_commits=history.culprits,
        n_candidates=history.n_commits, category=spec.category, cause=spec.cause,
    )  # fmt: skip
