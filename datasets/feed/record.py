"""Record the store: python record.py [--scratch FOLDER] [--windows 0:330] [--out store].

Windows are recorded two at a time and in no order, so that drift of the machine meets all alike.
What is recorded stays in the scratch folder: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from running import FOLDER, Checkouts, Load, pins, serve_recorded

from workbench.evaluate.cases.timeline import Timeline, load_timeline
from workbench.history import Repository
from workbench.ingest import read
from workbench.store import Store, WindowProfile

RATE_HZ = 250
N_REQUESTS = 5000
"""Of a window; about six CPU seconds."""
N_AT_ONCE = 2
_ORDER_SEED = 20260302
_SERVERS, _WATTS = 1800.0, 340.0
_CONFIGURED = ("flag", "config")
_UNITS = {"requests": "requests", "cpu_ms": "ms", "latency_p99_ms": "ms"}


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records windows of the timeline into a scratch folder."""

    timeline: Timeline
    checkouts: Checkouts
    scratch: Path

    def profile_path(self, window: int) -> Path:
        return self.scratch / f"{window:03d}.pb.gz"

    def facts_path(self, window: int) -> Path:
        return self.scratch / f"{window:03d}.json"

    def record(self, window: int) -> int:
        """Record one window, whole or not at all: its facts are written last."""
        state = self.timeline.state(window)
        load = Load(N_REQUESTS, seed=window)
        with tempfile.TemporaryDirectory(dir=self.scratch, prefix=".window-") as place:
            profile, run, results = serve_recorded(
                self.checkouts, state, load, Path(place), rate_hz=RATE_HZ
            )
        profile.save(self.profile_path(window))
        facts = {
            "work": run.rounds,
            "cpu_seconds": run.cpu_seconds,
            "results": results,
        }
        self.facts_path(window).write_text(json.dumps(facts), encoding="utf-8")
        return window

    def record_all(self, windows: Sequence[int]) -> None:
        """Record those windows that are not there yet."""
        missing = [window for window in windows if not self.facts_path(window).is_file()]
        random.Random(_ORDER_SEED).shuffle(missing)
        done = len(windows) - len(missing)
        with ThreadPoolExecutor(N_AT_ONCE) as pool:
            for window in pool.map(self.record, missing):
                done += 1
                print(f"recorded window {window}: {done} of {len(windows)}", flush=True)

    def facts(self, window: int) -> dict[str, Any]:
        """Return what was counted in a window, with the id that its commit has by now: a patch may
        say something else in a comment or a test than when it was recorded.
        """
        found: dict[str, Any] = json.loads(self.facts_path(window).read_text(encoding="utf-8"))
        return found | {"version": self.checkouts.ids[self.timeline.state(window).patch]}

    def window_profile(self, window: int) -> WindowProfile:
        facts = self.facts(window)
        return WindowProfile(
            read(self.profile_path(window)), self.timeline.service, facts["version"],
            self.timeline.at(window), float(facts["work"]), facts["cpu_seconds"],
        )  # fmt: skip


def write_store(recorder: Recorder, windows: Sequence[int], out: Path) -> None:
    """Write the store from what was recorded."""
    timeline = recorder.timeline
    store = Store.create(out)
    store.add_all(recorder.window_profile(window) for window in windows)
    changes = [*change_rows(timeline), *dependency_rows(timeline, recorder.checkouts)]
    store.put("changes", sorted(changes, key=lambda row: row["at"]))
    store.put("experiments", list(experiment_rows(timeline)))
    facts = [(window, recorder.facts(window)) for window in windows]
    store.put("experiment_results", list(result_rows(timeline, facts)))
    store.put("measurements", list(measurement_rows(timeline, facts)))
    store.put("services", [service_row(timeline)])
    store.put("documents", list(document_rows(timeline)))
    store.put("past_cases", past_case_rows(timeline))


def change_rows(timeline: Timeline) -> Iterator[dict[str, Any]]:
    """Yield flags and settings as they changed; experiments have a table of their own."""
    for event in timeline.events:
        if event.kind in _CONFIGURED:
            before, after = text_of(event.before), text_of(event.after)
            yield {
                "id": event.id, "kind": event.kind, "service": timeline.service,
                "at": timeline.at(event.window), "title": event.title,
                "author": f"{event.author} <{event.email}>", "key": event.key,
                "before": before, "after": after,
                "detail": f"{event.kind} {event.key}: {before} -> {after}",
            }  # fmt: skip


def dependency_rows(timeline: Timeline, checkouts: Checkouts) -> Iterator[dict[str, Any]]:
    """Yield versions of libraries as they changed; the id is that of the commit that did it."""
    changes = {change.id: change for change in Repository(checkouts.repository).changes()}
    before = pins(checkouts.folder(""))
    for event in timeline.events:
        if event.kind != "commit":
            continue
        after = pins(checkouts.folder(event.patch))
        for name in [name for name in after if after[name] != before.get(name)]:
            change = changes[checkouts.ids[event.patch]]
            yield {
                "id": change.id, "kind": "dependency", "service": timeline.service,
                "at": timeline.at(event.window), "title": change.title,
                "author": f"{change.author} <{change.email}>", "files": list(change.files),
                "key": name, "before": before.get(name, ""), "after": after[name],
                "detail": f"dependency {name}: {before.get(name, 'none')} -> {after[name]}",
            }  # fmt: skip
        before = after


def text_of(value: object) -> str:
    """Return a value as configuration shows it; nothing for none."""
    return "" if value is None else json.dumps(value)


def experiment_rows(timeline: Timeline) -> Iterator[dict[str, Any]]:
    for event in timeline.events:
        if event.kind == "experiment":
            end = None if event.end_window is None else timeline.at(event.end_window)
            yield {
                "id": event.id, "service": timeline.service, "title": event.title,
                "start": timeline.at(event.window), "end": end, "arms": list(event.arms),
            }  # fmt: skip


def result_rows(
    timeline: Timeline, facts: Iterable[tuple[int, dict[str, Any]]]
) -> Iterator[dict[str, Any]]:
    """Yield the CPU a request took in each arm of each experiment, window by window."""
    for window, told in facts:
        for experiment, arms in told["results"]["experiments"].items():
            for arm, figures in arms.items():
                at = timeline.at(window)
                yield {"experiment": experiment, "arm": arm, "metric": "cpu_ms", "at": at} | figures


def measurement_rows(
    timeline: Timeline, facts: Iterable[tuple[int, dict[str, Any]]]
) -> Iterator[dict[str, Any]]:
    """Yield how each operation did, window by window."""
    for window, told in facts:
        for operation, figures in told["results"]["operations"].items():
            for metric, unit in _UNITS.items():
                yield {
                    "service": timeline.service, "metric": metric, "subject": operation,
                    "unit": unit, "at": timeline.at(window), "version": told["version"],
                    "value": float(figures[metric]),
                }  # fmt: skip


def service_row(timeline: Timeline) -> dict[str, Any]:
    owner = "Feed Platform <feed-platform@example.invalid>"
    return {"service": timeline.service, "servers": _SERVERS, "watts": _WATTS, "owner": owner}


def document_rows(timeline: Timeline) -> Iterator[dict[str, Any]]:
    """Yield what people wrote outside of the repository; the second line is its date."""
    for path in sorted((FOLDER / "documents").glob("*.md")):
        title, date, *body = path.read_text(encoding="utf-8").splitlines()
        yield {
            "id": path.stem, "title": title.removeprefix("# "), "service": timeline.service,
            "at": datetime.fromisoformat(date.strip()), "text": "\n".join(body).strip() + "\n",
        }  # fmt: skip


def past_case_rows(timeline: Timeline) -> list[dict[str, Any]]:
    """Return what was found out about regressions before the timeline began."""
    text = (FOLDER / "documents" / "past_cases.json").read_text(encoding="utf-8")
    return [row | {"service": timeline.service} for row in json.loads(text)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scratch", type=Path, default=FOLDER / "out" / "recording")
    parser.add_argument("--windows", default=":", help="as a slice; `::30` is each thirtieth")
    parser.add_argument("--out", type=Path, default=FOLDER / "store")
    told = parser.parse_args()
    timeline = load_timeline(FOLDER)
    parts = [int(part) if part else None for part in told.windows.split(":")]
    windows = range(timeline.n_windows)[slice(*parts)]
    told.scratch.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(timeline, Checkouts(told.scratch), told.scratch)
    recorder.record_all(windows)
    shutil.rmtree(told.out, ignore_errors=True)
    write_store(recorder, windows, told.out)
    size = sum(path.stat().st_size for path in told.out.rglob("*") if path.is_file())
    print(f"{told.out}: {len(windows)} windows, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
