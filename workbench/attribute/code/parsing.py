"""Find the functions of many files at a revision, in two processes where there is much to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from workbench.attribute.code.languages import find_spans
from workbench.attribute.code.trees import no_cycles_sought
from workbench.history import Repository, Span

Task = tuple[str, str]
"""Id of a content, and the language to read it as."""

_MUCH_BYTES = 6_000_000
"""A second process takes about a second to begin, in which this process does some of the work."""
_HEAD_START_BYTES = 2_000_000


def parse_blobs(
    repository: Repository,
    sizes: dict[Task, int],
    progress: Callable[[int, int], object] | None = None,
) -> dict[Task, list[Span]]:
    """Return the functions of contents, by id and language.

    Parameters
    ----------
    sizes : dict of Task to int
        What to parse, with bytes.
    progress : callable, optional
        Told how many contents are done, and how many there are.
    """
    found: dict[Task, list[Span]] = {}

    def keep(task: Task, spans: list[Span]) -> None:
        found[task] = spans
        if progress:
            progress(len(found), len(sizes))

    mine, theirs = _share(sizes)
    with _second_process(repository, theirs, keep):
        for task, spans in _parse(repository, mine):
            keep(task, spans)
    left = [task for task in theirs if task not in found]  # it could not, or not all
    for task, spans in _parse(repository, left):
        keep(task, spans)
    return found


def serve() -> None:
    """Be the second process: read what to do from standard input, write what was found."""
    asked = json.load(sys.stdin)
    tasks = [(blob, language) for blob, language in asked["tasks"]]
    for task, spans in _parse(Repository(asked["folder"]), tasks):
        print(json.dumps([task, spans]))


def _share(sizes: dict[Task, int]) -> tuple[list[Task], list[Task]]:
    """Deal out the work, the largest first."""
    if sum(sizes.values()) < _MUCH_BYTES or (os.cpu_count() or 1) < 2:
        return list(sizes), []
    mine: list[Task] = []
    theirs: list[Task] = []
    n_mine, n_theirs = 0, _HEAD_START_BYTES
    for task, size in sorted(sizes.items(), key=lambda item: -item[1]):
        if n_mine <= n_theirs:
            mine.append(task)
            n_mine += size
        else:
            theirs.append(task)
            n_theirs += size
    return mine, theirs


def _parse(repository: Repository, tasks: Sequence[Task]) -> Iterator[tuple[Task, list[Span]]]:
    contents = repository.read_blobs([blob for blob, _ in tasks]) if tasks else ()
    with no_cycles_sought():
        for task, content in zip(tasks, contents, strict=True):
            yield task, find_spans(content, task[1])


@contextmanager
def _second_process(
    repository: Repository, tasks: Sequence[Task], keep: Callable[[Task, list[Span]], None]
) -> Iterator[None]:
    """Have another process parse, meanwhile; what it does not do is left undone.

    It is a plain one rather than of `multiprocessing`, which would run the user's script again.
    """
    if not tasks:
        yield
        return
    root = str(Path(__file__).parents[3])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {__name__} import serve; serve()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, encoding="ascii", env={**os.environ, "PYTHONPATH": paths},
        )  # fmt: skip
    except OSError:
        yield
        return
    asked = json.dumps({"folder": str(repository.folder.resolve()), "tasks": tasks})
    reader = threading.Thread(target=_listen, args=(process, asked, keep), daemon=True)
    reader.start()
    try:
        yield
        reader.join()
    finally:
        process.kill()
        process.wait()
        reader.join()
        assert process.stdout is not None
        process.stdout.close()


def _listen(
    process: subprocess.Popen[str], asked: str, keep: Callable[[Task, list[Span]], None]
) -> None:
    """Tell the second process what to do, and keep what it finds."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdin as stdin:
            stdin.write(asked)
        for line in process.stdout:
            (blob, language), spans = json.loads(line)
            keep((blob, language), [Span(*span) for span in spans])
    except (OSError, ValueError):  # it ended early
        return
