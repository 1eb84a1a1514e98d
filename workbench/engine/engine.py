"""The engine: look, investigate what is new, have it reviewed; killed at any point, it goes on."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, replace
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from threading import Event
from typing import Any

from pydantic import TypeAdapter

from workbench.agent import SavedInvestigations
from workbench.detect import DetectConfig
from workbench.engine.ledger import Entry, Ledger, slug
from workbench.engine.look import look_at
from workbench.engine.webhook import Webhook, deliver
from workbench.errors import CaseError, StoreError, WorkbenchError
from workbench.history import Repository
from workbench.solver import (
    SolveOptions,
    find_workload,
    open_case,
    place_workload,
    resume,
    solve,
    to_json,
)
from workbench.store import Store
from workbench.types import Case, Outcome

_RETRY_S = (60.0, 600.0)
"""How long an investigation that failed is let be: the first time, the second."""
_MAX_STARTS = 20
"""What ends the engine itself each time, as by taking all memory, is not tried for ever."""
_TICK_S = 0.5
_MAX_REASON = 500
_STATES = {"waits for review": "waiting", "done": "done", "": "set aside"}


class Stopped(Exception):
    """Somebody asked the engine to end; what it was at goes on when it is started again."""


def ledger_file(saved: Path) -> Path:
    """Return where engines remember what they did, beside a file of investigations."""
    return saved.with_suffix(".watch.db")


class Engine:
    """Watches a store, and has each new regression investigated, once.

    Its verified fix waits for a review, and so does a diagnosis without one; nothing of the
    repository is touched before that. Of what it found, began and told each step is one
    transaction, and an investigation goes on from its last step; so it may be killed at any moment.

    Parameters
    ----------
    store : Path
        Folder of the store.
    repository : Path
        The code of its services.
    saved : Path
        File of investigations; `ledger_file` of it is where the engine remembers.
    workload : Path, optional
        File that names workloads. Default: `workbench.toml` of the repository, if it has one.
    webhook : Webhook, optional
        Who is told of a new regression, a diagnosis, and a verified fix.
    options : SolveOptions, optional
        How to solve.
    n_jobs : int
        Investigations at once. Those that measure at once disturb each other.
    say : callable
        Told in one line of each thing that happens.
    retry_s : tuple of float
        Seconds that an investigation which failed is let be, after each failure.

    Raises
    ------
    WorkbenchError
        Where store, repository or workload are not what they should be.
    """

    def __init__(
        self, store: Path, repository: Path, saved: Path, *, workload: Path | None = None,
        webhook: Webhook | None = None, options: SolveOptions | None = None, n_jobs: int = 1,
        say: Callable[[str], None] = lambda text: None, retry_s: tuple[float, ...] = _RETRY_S,
    ) -> None:  # fmt: skip
        self.store, self.repository, self.saved = store.resolve(), repository.resolve(), saved
        self._opened = Store.open(self.store)
        Repository(self.repository)
        self._workload_file, self._webhook, self._n_jobs = workload, webhook, n_jobs
        self._options = replace(options or SolveOptions(), review=True, fix_first=True)
        self._say, self._retry_s = say, retry_s
        self._stop = Event()
        name = blake2b(str(self.store).encode(), digest_size=4).hexdigest()
        self._snapshots = saved.resolve().with_suffix(".snapshots") / f"{self.store.name}-{name}"
        for service in self._opened.services():
            find_workload(self.repository, service, workload)

    def stop(self) -> None:
        """End at the next step; may be called from a signal handler, or another thread."""
        self._stop.set()

    def run(self, *, every_s: float = 60.0, once: bool = False) -> None:
        """Look and investigate, again and again until it is stopped; or once.

        StoreError where another engine watches the store.
        """
        with (
            _only_one(self.store),
            Ledger(
                ledger_file(self.saved), str(self.store), posts=self._webhook is not None
            ) as ledger,
            ThreadPoolExecutor(self._n_jobs) as pool,
        ):
            self._sweep(ledger)
            while not self._stop.is_set():
                try:
                    self._round(ledger, pool)
                except WorkbenchError as error:
                    if once:
                        raise
                    self._say(f"not looked: {error}")
                if once:
                    return
                next_s = time.monotonic() + every_s
                while time.monotonic() < next_s and not self._stop.wait(min(_TICK_S, every_s)):
                    self._post(ledger)

    def _round(self, ledger: Ledger, pool: ThreadPoolExecutor) -> None:
        if changed := Repository(self.repository).uncommitted():
            raise CaseError(
                f"{self.repository}: expected a clean repository, found uncommitted changes in "
                f"{', '.join(changed[:3])}"
            )
        faults = []
        for service in self._opened.services():
            try:
                self._look(ledger, service)
            except WorkbenchError as error:
                faults.append(f"{service}: {error}")
            if self._stop.is_set():
                return
        jobs = [pool.submit(self._investigate, ledger, entry) for entry in ledger.due(time.time())]
        self._wait_for(jobs, ledger)
        if faults:
            raise CaseError("; ".join(faults))

    def _wait_for(self, jobs: list[Future[None]], ledger: Ledger) -> None:
        """Wait for investigations to end; post what comes about meanwhile."""
        self._post(ledger)
        pending = {*jobs}
        while pending:
            done, pending = wait(pending, _TICK_S)
            for job in done:
                job.result()
            self._post(ledger)

    def _look(self, ledger: Ledger, service: str) -> None:
        """Find what is new in a service."""
        n_before = ledger.n_looked_at(service)
        if len(self._opened.windows(service)) == n_before:
            return
        folder = self._snapshots / f"{slug(service)}-{token_hex(4)}"
        try:
            snapshot = self._opened.snapshot(folder)
            n_windows = len(snapshot.windows(service))
            look = look_at(
                self._case(folder, service), snapshot.recording(service),
                snapshot.records(service), n_windows - n_before,
            )  # fmt: skip
            if look is not None:
                config = json.dumps(asdict(look.config), default=sorted)  # sets are sorted
                for entry in ledger.take(service, n_windows, look.found, str(folder), config):
                    self._tell(entry, "new")
        finally:
            self._sweep(ledger)

    def _sweep(self, ledger: Ledger) -> None:
        """Remove snapshots that no regression was found in."""
        used = {Path(entry.snapshot) for entry in ledger.entries()}
        for folder in self._snapshots.glob("*"):
            if folder not in used:
                shutil.rmtree(folder)

    def _investigate(self, ledger: Ledger, entry: Entry) -> None:
        """Investigate a regression, or go on with that, and keep what comes of it."""
        if self._stop.is_set():
            return
        if entry.n_starts >= _MAX_STARTS:
            reason = f"the engine ended {entry.n_starts} times while it was at this"
            ledger.end(entry.number, "failed", reason, {})
            self._tell(entry, reason)
            return
        ledger.begin(entry.number)
        try:
            outcome = self._solved(entry)
        except Stopped:
            return
        except Exception as error:  # whatever it is, it is kept, and what else there is goes on
            kind = "" if isinstance(error, WorkbenchError) else f"{type(error).__name__}: "
            reason = f"{kind}{error}"[:_MAX_REASON]
            self._tell(entry, f"{ledger.fail(entry.number, reason, self._retry_s)}: {reason}")
            return
        state = _STATES[outcome.status]
        reason = "" if outcome.investigation_id else "running the workload shows no loss"
        ledger.end(entry.number, state, reason, _messages(entry, outcome))
        self._tell(entry, _in_words(outcome, state))

    def _solved(self, entry: Entry) -> Outcome:
        with SavedInvestigations(self.saved) as file:
            is_begun = entry.investigation in file
        if is_begun:
            return resume(
                self.saved, entry.investigation, progress=self._check, on_step=self._check
            )
        options = replace(
            self._options, regression=entry.found.told["id"],
            detection=TypeAdapter(DetectConfig).validate_json(entry.config),
        )  # fmt: skip
        return solve(
            self._case(Path(entry.snapshot), entry.found.service), options, saved=self.saved,
            investigation_id=entry.investigation, progress=self._check, on_step=self._check,
        )  # fmt: skip

    def _check(self, _: object) -> None:
        """Raise Stopped where somebody asked for an end; called between any two steps."""
        if self._stop.is_set():
            raise Stopped

    def _case(self, folder: Path, service: str) -> Case:
        case = open_case(folder, repository=self.repository, service=service)
        return place_workload(case, self._workload_file)

    def _post(self, ledger: Ledger) -> None:
        if self._webhook and (fault := deliver(ledger, self._webhook, time.time())):
            self._say(f"{fault}; it is kept, and sent later")

    def _tell(self, entry: Entry, what: str) -> None:
        told = entry.found.told
        self._say(f"{told['id']}  {told['service']}  {told['subject']}  {what}")


@contextmanager
def _only_one(store: Path) -> Iterator[None]:
    """Hold the lock of a store, which ends with the process; StoreError where another has it."""
    with (store / "store.json").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(f"{store}: another engine watches this store") from error
        yield


def _messages(entry: Entry, outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Return what is to be posted of an investigation that has ended: event -> what of it."""
    if outcome.diagnosis is None:
        return {}
    told = to_json(outcome)
    names = ("diagnosis", "cause", "category", "mitigation", "evidence", "no_fix")
    body = {
        "regression": entry.found.told, "investigation": entry.investigation,
        "waits_for_review": outcome.status == "waits for review",
        **{name: told[name] for name in names},
    }  # fmt: skip
    messages = {"diagnosis.ready": body}
    if outcome.fix and outcome.fix.verification.verified:
        messages["fix.verified"] = {**body, "fix": told["fix"]}
    return messages


def _in_words(outcome: Outcome, state: str) -> str:
    if state != "waiting":
        return state
    fix = outcome.fix
    has = "a verified fix" if fix and fix.verification.verified else "a diagnosis"
    return f"{has} waits for review: workbench queue show {outcome.investigation_id}"
