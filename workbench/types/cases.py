"""What the solver sees, says and does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from workbench.profile import Function
from workbench.types.detection import Detection
from workbench.types.fixes import Fix, PullRequest, Reproduction, Workload
from workbench.types.opportunities import Opportunity
from workbench.types.series import Recording, SeriesMatrix


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was deployed and could be a cause."""

    id: str
    title: str
    author: str
    email: str
    at: datetime
    """When it was made; `window` says when it took effect."""
    kind: str = "commit"
    """`commit`, `flag`, `config`, `experiment` or `dependency`."""
    functions: tuple[Function, ...] = ()
    """Functions whose lines it added, altered or removed, or that read its `key`."""
    files: tuple[str, ...] = ()
    n_added: int = 0
    n_removed: int = 0
    key: str = ""
    """What code knows it by: name of the flag, setting, experiment or package; empty for code."""
    before: str = ""
    """Value that it replaced, as told."""
    after: str = ""
    window: int | None = None
    """First window of the recording that ran with it (without it, where it was rolled back); None
    where that is not known."""
    is_roll_back: bool = False
    """Whether a commit was taken out again rather than deployed."""
    rollout: tuple[tuple[int, float], ...] = ()
    """(window, fraction of the traffic that it reaches from then on), where it came in steps."""
    detail: str = ""
    """What its author, or the system that made it, says of it."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One piece of evidence for or against a candidate."""

    name: str
    value: float
    contribution: float
    """What it adds to the candidate's log-odds."""
    note: str
    """The same in words."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A change with the weight of evidence against it."""

    change: Change
    probability: float
    """That it is the cause; with those of the other candidates and of none it adds up to 1."""
    functions: tuple[str, ...]
    """Subjects of its functions that carry the growth, most first."""
    growth: float
    """Net growth blamed on it, in the metric's unit."""
    features: tuple[Feature, ...] = ()
    """What the probability is made of."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who could have caused a regression; that nobody known did is always one of the answers."""

    suspects: tuple[Suspect, ...] = ()
    """Every candidate, most probable first."""
    none_probability: float = 1.0
    """That none of the candidates is the cause."""
    none_features: tuple[Feature, ...] = ()

    @property
    def first(self) -> Change | None:
        """The most probable cause; None where that is none of the candidates."""
        if not self.suspects or self.none_probability >= self.suspects[0].probability:
            return None
        return self.suspects[0].change


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Records:
    """What is told of one service beside its profiles: tables as a store has them."""

    changes: pd.DataFrame
    """`id`, `kind`, `at`, `title`, `author`, `detail`, `files`, `key`, `before`, `after`."""
    experiments: pd.DataFrame
    """`id`, `title`, `start`, `end`, `arms`."""
    experiment_results: pd.DataFrame
    """`experiment`, `arm`, `metric`, `at`, `n`, `mean`, `low`, `high`."""
    measurements: pd.DataFrame
    """`metric`, `subject`, `unit`, `at`, `version`, `host`, `value`."""
    services: pd.DataFrame
    """`servers`, `watts` of one server, `owner`: one row, or none."""
    documents: pd.DataFrame
    """`id`, `title`, `at`, `text`."""
    past_cases: pd.DataFrame
    """`id`, `at`, `title`, `subject`, `category`, `cause`, `mitigation`, `change`."""

    def until(self, moment: datetime) -> Records:
        """Return what was told of the time before a moment; rows without a time are kept."""
        tables = {name: getattr(self, name) for name in self.__slots__}
        times = {name: "start" if name == "experiments" else "at" for name in tables}
        return Records(**{
            name: rows[~(rows[times[name]] >= moment)] if times[name] in rows else rows
            for name, rows in tables.items()
        })  # fmt: skip

    def __repr__(self) -> str:
        """Return how much there is."""
        sizes = (f"{len(getattr(self, name))} {name}" for name in self.__slots__)
        return f"Records({', '.join(sizes)})"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A claim, and the tool call whose result supports it."""

    claim: str
    call_id: str


MITIGATIONS = {
    "revert": "take back what of the change costs, and keep the rest",
    "fix_forward": "leave the change in and mend it in a new one",
    "roll_back_flag": "set the flag, setting or experiment back",
    "pin_dependency": "hold the dependency back at the version before",
    "restore_cache": "keep results again, as many as before",
    "lower_log_volume": "sample, or raise the level, and format only what is written",
    "hoist": "do once what does not depend on the loop",
    "replace_structure": "look up in a set or map, or collect and join once",
    "batch_calls": "ask for all items in one call",
    "precompile": "compile a pattern once, and make it one that cannot backtrack",
    "drop_copy": "hand on the object itself, or copy only what is written to",
    "check_first": "test for the common case in place of raising for it",
    "narrow_lock": "lock less, for a shorter time, or count without a lock",
    "reuse_objects": "make fewer objects, or set the collector back",
    "import_at_top": "import once, when the module is loaded",
    "import_lazily": "import where it is used, when that runs first",
    "guard_debug": "do debug work only where its output is wanted",
    "fetch_less": "ask for no more items or fields than are used",
    "add_cache": "keep answers, where the same is asked again and again",
    "do_less": "leave out sorting and lists that nobody looks at",
    "add_capacity": "nothing is wrong with the code: plan for the traffic",
    "accept": "not a regression: cost has only moved",
}
"""Named strategies, and what each does."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A grounded answer to "what caused this regression", or an abstention (`change_id` None)."""

    regression_id: str
    summary: str
    change_id: str | None = None
    functions: tuple[str, ...] = ()
    category: str = ""
    mitigation: str = ""
    """One of `MITIGATIONS`; empty for none."""
    confidence: float = 0.0
    """Probability that this answer is right; of an abstention, that no known change did it."""
    evidence: tuple[Evidence, ...] = ()
    skill: str = ""
    """The one whose opinion this is."""
    suspects: tuple[str, ...] = ()
    """Ids of the likeliest changes, most likely first, at most three; also of an abstention."""
    opportunity_id: str = ""
    """Of the opportunity that is to be mended, in place of a regression that is explained."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an investigation, for people to follow."""

    node: str
    """Node of the graph, such as `triage`, `model`, `tool` or `diagnose`."""
    title: str
    detail: str
    started_s: float
    """Seconds since the investigation began."""
    seconds: float
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What a solver may see: recorded profiles, a repository, a workload. Never the truth."""

    id: str
    service: str
    folder: str
    """Of the case, or of the store where there is none."""
    base: str
    """Revision that ran before the deploy."""
    head: str
    """Revision that runs now."""
    store: str = ""
    """Folder of the recorded profiles."""
    repository: str = ""
    """Folder of the code; empty where there is none."""
    workload: Workload | None = None
    workload_folder: str = ""
    """What the paths of the workload are relative to; empty: `folder`."""
    content_hash: str = ""

    @property
    def is_store(self) -> bool:
        """Whether it is a store alone, which may have other services beside."""
        return self.folder == self.store


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Everything one solve produced, for the report, the tracker and `--json`."""

    case: Case
    recording: Recording
    series: SeriesMatrix
    detection: Detection
    ranking: Ranking = Ranking()
    """Who could have caused the largest regression."""
    diagnosis: Diagnosis | None = None
    fix: Fix | None = None
    no_fix: str = ""
    """Why there is none; empty where there is one, or nothing to be fixed."""
    steps: tuple[Step, ...] = ()
    messages: Sequence[Mapping[str, Any]] = ()
    """The conversation as plain dictionaries, as the model saw it."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """`detect`, `diagnose`, `fix`, `total`."""
    model: str = ""
    skills: Mapping[str, str] = field(default_factory=dict)
    """Content hash of every skill that was on offer, by name."""
    reproduction: Reproduction | None = None
    """What running the workload showed, where the recording left it open."""
    investigation_id: str = ""
    """What the investigation is kept under; empty where there was none."""
    review: Mapping[str, Any] = field(default_factory=dict)
    """What a person said of the diagnosis: `verdict`, `by`, `why`, `changes`; empty: nothing."""
    status: str = ""
    """`done`, `waits for review`, or `stopped` on the way; empty where there was no investigation.
    """
    opened: PullRequest | None = None
    """Where its fix was handed to a host for review; None: nowhere."""
    opportunity: Opportunity | None = None
    """What was mended, in place of a regression."""
    warnings: tuple[str, ...] = ()
    """What besides could not be done, a line each."""

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """Every candidate, most probable first."""
        return self.ranking.suspects

    @property
    def cause(self) -> str | None:
        """Commit named as the cause; None for no regression or an abstention."""
        return self.diagnosis.change_id if self.diagnosis else None
