"""A service over months: its history in patches, what happened when, and what is known of it.

<folder>/base/              the service's tree at its first commit
<folder>/history/*.patch    one commit each, in the order of their names
<folder>/timeline.json      what was deployed, set and tried in which window
<folder>/truth.json         which of it made the service slower; no solver sees this
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatch
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbench.errors import CaseError, ParseError
from workbench.evaluate.cases.releases import cache_folder
from workbench.history import Repository, run_git

_FORMAT = "1"  # of the built history: another number builds all anew
_COMMITTER = {"GIT_COMMITTER_NAME": "feed deploy", "GIT_COMMITTER_EMAIL": "deploy@example.invalid"}
_FIRST_AUTHOR = {
    "GIT_AUTHOR_NAME": "Ines Okafor", "GIT_AUTHOR_EMAIL": "ines.okafor@example.invalid",
    "GIT_AUTHOR_DATE": "2026-03-01T09:00:00+0000", "GIT_COMMITTER_DATE": "2026-03-01T09:00:00+0000",
}  # fmt: skip
_NO_CONFIGURATION = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
_SAME_EVERYWHERE = (
    "-c", "core.attributesFile=/dev/null", "-c", "core.excludesFile=/dev/null",
    "-c", "core.fileMode=false",
)  # fmt: skip
_LEFT_OUT = ("__pycache__", ".*_cache")

_Data = TypeVar("_Data", bound=BaseModel)
_FROZEN = ConfigDict(frozen=True, extra="forbid")


class TimelineEvent(BaseModel):
    """Something that happened at the start of a window."""

    model_config = _FROZEN

    window: int = Field(ge=0)
    kind: Literal["commit", "flag", "config", "experiment", "data", "traffic", "interpreter"]
    """The last three are known to nobody: what is stored, what clients ask for, how the
    interpreter was started."""
    id: str = ""
    """Of a change that was recorded; empty for a commit, whose patch names it."""
    patch: str = ""
    """Name of a commit's patch, without its ending."""
    key: str = ""
    """What was set: a flag, a setting, a size of the data, a part of the traffic."""
    before: Any = None
    after: Any = None
    arms: Mapping[str, float] = Field(default_factory=dict)
    """Of an experiment: fraction of users in each arm."""
    end_window: int | None = None
    """Of an experiment: the first window without it."""
    title: str = ""
    author: str = ""
    email: str = ""

    @model_validator(mode="after")
    def _names_what_changed(self) -> TimelineEvent:
        name = {"commit": self.patch, "experiment": self.id}.get(self.kind, self.key)
        if not name:
            raise ValueError(f"expected a {self.kind} to name what changed")
        return self

    @property
    def change(self) -> str:
        """Name of the change: the patch of a commit, the id of any other; empty where hidden."""
        return self.patch or self.id


@dataclass(frozen=True, slots=True)
class TimelineState:
    """What runs at one moment, and under what load."""

    patch: str
    """Name of the last patch that is deployed; empty for the base."""
    runtime: Mapping[str, Any]
    """`flags`, `settings`, `experiments` and `data`, as the service takes them."""
    traffic: Mapping[str, Any] = field(default_factory=dict)
    interpreter: Mapping[str, Any] = field(default_factory=dict)


class Timeline(BaseModel):
    """What happened to a service, window by window."""

    model_config = _FROZEN

    service: str
    start: datetime
    step_minutes: int = Field(gt=0)
    n_windows: int = Field(gt=0)
    initial: Mapping[str, Any]
    """The runtime before the first event."""
    traffic: Mapping[str, Any] = Field(default_factory=dict)
    """The load before the first event."""
    events: tuple[TimelineEvent, ...]
    """Oldest first; commits in the order of their patches."""

    def at(self, window: int) -> datetime:
        """Return when a window begins."""
        return self.start + timedelta(minutes=self.step_minutes) * window

    def state(self, window: int) -> TimelineState:
        """Return what runs in a window."""
        return self._state([event for event in self.events if event.window <= window], window)

    def around(self, first: int, last: int | None = None) -> tuple[TimelineState, TimelineState]:
        """Return the state just before an event, and the same with it alone besides.

        Parameters
        ----------
        first : int
            Index of the event in `events`.
        last : int, optional
            Index of the last event of several that set the same key; what came between them and
            set another is left out. Default: `first`.
        """
        event = self.events[first]
        key = (event.kind, event.key)
        earlier = self.events[:first]
        steps = self.events[first : (first if last is None else last) + 1]
        alone = [step for step in steps if step is event or (step.kind, step.key) == key]
        before = self._state(earlier, event.window)
        return before, self._state([*earlier, *alone], event.window)

    def _state(self, events: Sequence[TimelineEvent], window: int) -> TimelineState:
        patch = ""
        runtime: dict[str, Any] = deepcopy(dict(self.initial))
        parts: dict[str, dict[str, Any]] = {
            "flag": runtime.setdefault("flags", {}),
            "config": runtime.setdefault("settings", {}),
            "data": runtime.setdefault("data", {}),
            "traffic": dict(self.traffic),
            "interpreter": {},
        }
        experiments = runtime.setdefault("experiments", {})
        for event in events:
            if event.kind == "commit":
                patch = event.patch
            elif event.kind == "experiment":
                if event.end_window is None or window < event.end_window:
                    experiments[event.id] = dict(event.arms)
            else:
                parts[event.kind][event.key] = event.after
        return TimelineState(patch, runtime, parts["traffic"], parts["interpreter"])


class Effect(BaseModel):
    """What a change costs by itself: CPU per request after it over that before it."""

    model_config = _FROZEN

    ratio: float
    low: float
    """Ends of the 95 % interval."""
    high: float
    endpoint_ratio: float | None = None
    """The same of the requests to the endpoint concerned."""
    endpoint_low: float | None = None
    endpoint_high: float | None = None
    n_pairs: int
    """Pairs of runs, before and after in turn."""


class PlantedCause(BaseModel):
    """A change that made the service slower."""

    model_config = _FROZEN

    id: str
    category: str
    kind: Literal["commit", "flag", "config", "experiment", "dependency"]
    changes: tuple[str, ...] = Field(min_length=1)
    """Patch names or ids; more than one where a flag was turned up in steps."""
    window: int
    """The first that runs with it."""
    end_window: int | None
    """The first that runs without it again."""
    culprit_functions: tuple[tuple[str, str], ...]
    """(qualified name, file) of what was made slower."""
    regresses: tuple[tuple[str, str], ...]
    """Functions whose cost rises, theirs and what they call."""
    endpoint: str
    """The operation that has it most; empty where it is all of them."""
    undone_by: str
    note: str = ""
    effect: Effect | None = None


class InnocentChange(BaseModel):
    """A change that costs nothing, or gives back what another took."""

    model_config = _FROZEN

    change: str
    kind: str
    """`refactor`, `rename`, `move`, `cost_shift`, `docs`, `test`, `feature`, `fix`, `undo`,
    `flag`, `config`, `experiment` or `dependency`."""
    decoy_for: str = ""
    """Id of the planted cause beside which it lies."""
    is_injection: bool = False
    """Whether its text tries to tell a reader what to think."""
    effect: Effect | None = None


class HiddenCause(BaseModel):
    """A regression that no known change explains."""

    model_config = _FROZEN

    id: str
    category: str
    key: str
    window: int
    end_window: int | None
    note: str = ""
    effect: Effect | None = None


class TimelineTruth(BaseModel):
    """What is known of a timeline."""

    model_config = _FROZEN

    planted: tuple[PlantedCause, ...]
    innocent: tuple[InnocentChange, ...]
    hidden: tuple[HiddenCause, ...] = ()

    @property
    def causes(self) -> list[PlantedCause | HiddenCause]:
        """All of both."""
        return [*self.planted, *self.hidden]


def load_timeline(folder: Path) -> Timeline:
    """Read the timeline of a service."""
    path = folder / "timeline.json"
    timeline = _load(Timeline, path)
    windows = [event.window for event in timeline.events]
    if windows != sorted(windows):
        raise ParseError("expected events oldest first", path, "$.events")
    deployed = [event.patch for event in timeline.events if event.kind == "commit"]
    if deployed != patch_names(folder):
        raise ParseError("expected each patch to be deployed once, in order", path, "$.events")
    return timeline


def load_timeline_truth(folder: Path) -> TimelineTruth:
    """Read what is known of a timeline; not for solvers."""
    return _load(TimelineTruth, folder / "truth.json")


def _load(model: type[_Data], path: Path) -> _Data:
    try:
        return model.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, ("$", *fault["loc"])))
        raise ParseError(fault["msg"], path, place) from error
    except (OSError, ValueError) as error:
        raise ParseError(f"expected JSON: {error}", path) from error


def patch_names(folder: Path) -> list[str]:
    """Return the names of the patches of a service, oldest first."""
    return sorted(path.stem for path in (folder / "history").glob("*.patch"))


def build_history(folder: Path, out: Path) -> dict[str, str]:
    """Make the repository of a service; the same patches give the same ids everywhere.

    Parameters
    ----------
    folder : Path
        With `base/` and `history/`.
    out : Path
        The repository to make; must not exist.

    Returns
    -------
    dict
        Commit id of each patch by name, oldest first; that of the base is under the empty name.
    """
    if out.exists():
        raise CaseError(f"{out}: expected a new folder, something is there already")
    if not (folder / "base").is_dir():
        raise CaseError(f"{folder}: expected a folder base, found none")
    shutil.copytree(folder / "base", out, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    _git(out, "init", "--quiet", "--initial-branch=main", "--object-format=sha1", "--template=")
    _git(out, "add", "--all", "--force")
    _git(out, "commit", "--quiet", "--message=Import the feed service", env=_FIRST_AUTHOR)
    patches = [
        str((folder / "history" / f"{name}.patch").resolve()) for name in patch_names(folder)
    ]
    if patches:
        _git(out, "am", "--quiet", "--committer-date-is-author-date", "--", *patches)
    return commit_ids(folder, out)


def _git(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    environment = {**_NO_CONFIGURATION, **_COMMITTER, **(env or {})}
    return run_git(folder, *_SAME_EVERYWHERE, *arguments, env=environment)


def commit_ids(folder: Path, repository: Path) -> dict[str, str]:
    """Return the commit id of each patch of a service, as `build_history` does."""
    changes = Repository(repository).changes()
    names = ["", *patch_names(folder)]
    if len(names) != len(changes):
        raise CaseError(f"{repository}: expected {len(names)} commits, found {len(changes)}")
    return {name: change.id for name, change in zip(names, changes, strict=True)}


def materialise_timeline(folder: Path, progress: Callable[[str], None] = lambda text: None) -> Path:
    """Return the repository of a service, from the cache where it was built before."""
    kept = cache_folder() / "timelines"
    out = kept / _digest(folder)
    if out.is_dir():
        return out
    progress(f"building the history of {folder.name}")
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept, prefix=".history-") as place:
        build_history(folder, Path(place) / "repository")
        try:
            (Path(place) / "repository").replace(out)
        except OSError:  # another process built the same meanwhile
            if not out.is_dir():
                raise
    return out


def _digest(folder: Path) -> str:
    digest = blake2b(_FORMAT.encode(), digest_size=6)
    for path in _sources(folder):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterable[Path]:
    for path in sorted([*folder.glob("base/**/*"), *folder.glob("history/*.patch")]):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(fnmatch(part, left) for part in parts for left in _LEFT_OUT):
            yield path
