"""How fast the server of the tools answers: the first time, warm, and to many clients at once.

    python benchmarks/server.py [--seconds 60] [--clients 8] [--store DIR --repo DIR]

Without a store of one's own, one of ordinary size is made up in a temporary folder: 330 windows of
1,500 stacks, a repository of 300 files and 120 commits, flags, experiments and documents.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from workbench.history import Repository, run_git
from workbench.ingest import read
from workbench.store import Store, WindowProfile

COMMAND = [sys.executable, "-c", "from workbench.cli import main; main()", "mcp"]
START = datetime(2026, 3, 2, tzinfo=UTC)
N_WINDOWS, N_STACKS, N_FUNCTIONS, N_FILES, N_COMMITS = 330, 1500, 900, 300, 120
N_TOGETHER = 15
"""Functions that call each other."""
DEPLOY = 200
"""Window in which a function gets slow."""
Calls = dict[str, dict[str, Any]]


def make_code(file: int, version: int = 0) -> str:
    """Return a module of three functions."""
    functions = [
        f"def work_{file * 3 + n}(items):\n    total = {version}\n    for item in items:\n"
        "        total += item\n    return total\n"
        for n in range(3)
    ]
    return f'"""Part {file}."""\n\n\n' + "\n\n".join(functions)


def make_repository(folder: Path) -> Repository:
    """Make a repository whose commits each change one file."""

    def block(text: str) -> str:
        return f"data {len(text.encode())}\n{text}\n"

    stream = []
    for commit in range(N_COMMITS):
        seconds = int((START + timedelta(hours=2 * commit)).timestamp())
        person = f"Ada Keller <ada@example.invalid> {seconds} +0000"
        stream.append(f"commit refs/heads/main\nauthor {person}\ncommitter {person}\n")
        stream.append(block(f"Change part {commit}"))
        if commit == 0:
            files = {f"app/part_{n}.py": make_code(n) for n in range(N_FILES)}
            files |= {f"docs/guide_{n}.md": f"# Guide {n}\n\nOn part {n}.\n" for n in range(40)}
        else:
            files = {f"app/part_{commit}.py": make_code(commit, commit)}
        stream += [f"M 100644 inline {path}\n{block(text)}" for path, text in files.items()]
    folder.mkdir()
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    run_git(folder, "fast-import", "--quiet", stdin="".join(stream))
    return Repository(folder)


def make_store(folder: Path, commits: list[str]) -> None:
    """Make a store whose windows run one commit after the other."""
    rng = random.Random(7)
    names = [f"work_{n} (app/part_{n // 3}.py)" for n in range(N_FUNCTIONS)]
    stacks = []
    for _ in range(N_STACKS):  # each within one part of the program
        part = rng.randrange(0, N_FUNCTIONS, N_TOGETHER)
        frames = rng.choices(names[part : part + N_TOGETHER], k=rng.randint(3, 14))
        stacks.append(";".join(["main (app/part_0.py)", *frames]))
    weights = [rng.expovariate(1) for _ in stacks]
    slow = [
        weight * (6 if "work_300 " in s else 1) for s, weight in zip(stacks, weights, strict=True)
    ]
    store = Store.create(folder)
    windows = []
    for number in range(N_WINDOWS):
        drawn = rng.choices(stacks, slow if number >= DEPLOY else weights, k=900)
        folded = "".join(f"{stack} 1\n" for stack in drawn)
        version = commits[min(number * N_COMMITS // N_WINDOWS, N_COMMITS - 1)]
        cpu = 9.0 * sum(slow if number >= DEPLOY else weights) / sum(weights)
        windows.append(WindowProfile(
            read(folded.encode(), format="folded"), "app", version,
            START + timedelta(hours=number), 5000.0, cpu * rng.gauss(1, 0.01),
        ))  # fmt: skip
    store.add_all(windows)
    put_records(store, rng)


def put_records(store: Store, rng: random.Random) -> None:
    """Put flags, experiments, measurements and documents beside the profiles."""
    hours = [START + timedelta(hours=n) for n in range(N_WINDOWS)]
    store.put("changes", [
        {"id": f"FLG-{n}", "kind": "flag", "service": "app", "at": hours[n * 3],
         "key": f"f{n % 20}", "title": f"Turn flag {n % 20}", "author": "Ada", "before": "0",
         "after": "1"}
        for n in range(100)
    ])  # fmt: skip
    store.put("experiments", [
        {"id": f"EXP-{n}", "service": "app", "title": f"Try {n}", "start": hours[n * 20],
         "arms": ["control", "treatment"]}
        for n in range(15)
    ])  # fmt: skip
    store.put("experiment_results", [
        {"experiment": f"EXP-{n}", "arm": arm, "metric": "cpu_ms", "at": at, "n": 500,
         "mean": 1.0, "low": 0.9, "high": 1.1}
        for n in range(15) for arm in ("control", "treatment") for at in hours[n * 20 : n * 20 + 40]
    ])  # fmt: skip
    store.put("measurements", [
        {"service": "app", "metric": metric, "subject": f"Endpoint{n}", "unit": unit, "at": at,
         "value": rng.gauss(10, 1)}
        for metric, unit in (("requests", "requests"), ("cpu_ms", "ms"), ("latency_p99_ms", "ms"))
        for n in range(8) for at in hours
    ])  # fmt: skip
    store.put("services", [{"service": "app", "servers": 900, "watts": 300.0, "owner": "App"}])
    store.put("documents", [
        {"id": f"review-{n}", "service": "app", "title": f"Review {n}", "at": START,
         "text": f"Part {n} was slow as its cache was too small.\n" * 20}
        for n in range(60)
    ])  # fmt: skip
    store.put("past_cases", [
        {"id": f"C-{n}", "service": "app", "at": START, "title": f"Part {n} got slow",
         "subject": f"app.part_{n}:work_{3 * n}", "category": "lost cache",
         "cause": "a smaller cache", "mitigation": "restored"}
        for n in range(200)
    ])  # fmt: skip


@contextmanager
def folders(store: Path | None, repo: Path | None) -> Iterator[list[str]]:
    """Yield the arguments that say what to serve."""
    if store is not None:
        yield [str(store), *(["--repo", str(repo)] if repo else [])]
        return
    with tempfile.TemporaryDirectory(prefix="workbench-mcp-") as made:
        top = Path(made)
        repository = make_repository(top / "repo")
        out = run_git(repository.folder, "rev-list", "--reverse", "main")
        make_store(top / "store", out.split())
        yield [str(top / "store"), "--repo", str(top / "repo")]


@asynccontextmanager
async def over_stdio(served: list[str]) -> AsyncIterator[ClientSession]:
    """Open a session with a fresh process."""
    parameters = StdioServerParameters(
        command=COMMAND[0], args=[*COMMAND[1:], *served], env=dict(os.environ)
    )
    async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
        yield session


async def first_answers(served: list[str], n_starts: int) -> list[tuple[float, float, float]]:
    """Return seconds to the first answer, to the list of tools and to the first call's reply."""
    rows = []
    for _ in range(n_starts):
        began = time.perf_counter()
        async with over_stdio(served) as session:
            await session.initialize()
            ready = time.perf_counter() - began
            await session.list_tools()
            listed = time.perf_counter() - began
            await session.call_tool("list_regressions", {})
            rows.append((ready, listed, time.perf_counter() - began))
    return rows


async def ordinary_calls(session: ClientSession) -> Calls:
    """Return arguments with which every tool has something to say."""

    async def ask(name: str, **arguments: Any) -> dict[str, Any]:
        reply = await session.call_tool(name, arguments)
        assert not reply.isError, reply.content
        found: dict[str, Any] = reply.structuredContent or {}
        return found

    found = (await ask("list_regressions"))["regressions"]
    regression = {"regression_id": found[0]["regression_id"]} if found else {}
    function = {"function": (await ask("query_profile"))["functions"][0]["function"]}
    commits = (await ask("list_changes", kind="commit"))["changes"]
    config = (await ask("config_history"))["changes"]
    experiments = (await ask("list_experiments"))["experiments"]
    lines = (await ask("search_code", pattern="def "))["lines"]
    documents = (await ask("search_documents", query="slow"))["documents"]
    path = {"path": lines[0]["path"]}
    calls: Calls = {
        "list_regressions": {}, "query_profile": {}, "function_series": function,
        "callers": function, "list_experiments": {}, "config_history": {},
        "search_code": {"pattern": "def "}, "read_code": path,
        "find_symbol": {"name": function["function"]}, "blame": path,
        "search_documents": {"query": "slow cache"}, "list_changes": {}, "top_endpoints": {},
        "capacity_cost": function, "similar_cases": {"text": "slow cache"},
    }  # fmt: skip
    if regression:
        calls |= {"diff_profile": regression, "rank_changes": regression}
    if commits:
        calls["get_change"] = {"change_id": commits[0]["change_id"]}
    if config:
        calls["get_config_change"] = {"change_id": config[0]["change_id"]}
    if experiments:
        calls["get_experiment"] = {"experiment_id": experiments[0]["experiment_id"]}
    if documents:
        calls["read_document"] = {"path": documents[0]["path"]}
    return calls


async def find_calls(served: list[str]) -> Calls:
    """Return what to call, with arguments that fit the store."""
    async with over_stdio(served) as session:
        await session.initialize()
        return await ordinary_calls(session)


def warm_calls(served: list[str], calls: Calls, n_calls: int) -> dict[str, list[float]]:
    """Return seconds of each call of each tool, the first left out.

    Lines are written and read as they are: what a client does with replies is its own affair.
    """
    took: dict[str, list[float]] = {}
    with subprocess.Popen(
        [*COMMAND, *served], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(method: str, **params: Any) -> Any:
            message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())["result"]

        ask("initialize", protocolVersion="2025-06-18", capabilities={},
            clientInfo={"name": "benchmark", "version": "1"})  # fmt: skip
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        process.stdin.write(json.dumps(note) + "\n")
        for name, arguments in calls.items():
            for turn in range(n_calls + 1):
                began = time.perf_counter()
                reply = ask("tools/call", name=name, arguments=arguments)
                if turn:
                    took.setdefault(name, []).append(time.perf_counter() - began)
                assert not reply["isError"], reply
        process.stdin.close()
    return took


async def many_clients(address: str, token: str, n_clients: int, seconds: float) -> list[float]:
    """Let clients call tools at random for a while; return seconds of each call."""
    took: list[float] = []
    n_errors = 0

    async def client(seed: int) -> None:
        nonlocal n_errors
        rng = random.Random(seed)
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx.AsyncClient(headers=headers, timeout=60) as http,
            streamable_http_client(address, http_client=http) as (received, sent, _),
            ClientSession(received, sent) as session,
        ):
            await session.initialize()
            calls = [*(await ordinary_calls(session)).items()]
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                name, arguments = rng.choice(calls)
                began = time.perf_counter()
                reply = await session.call_tool(name, arguments)
                took.append(time.perf_counter() - began)
                n_errors += reply.isError

    async with anyio.create_task_group() as group:
        for number in range(n_clients):
            group.start_soon(client, number)
    assert not n_errors, f"{n_errors} errors of {len(took)} calls"
    return took


@contextmanager
def over_http(served: list[str]) -> Iterator[tuple[str, str]]:
    """Run a server over HTTP; yield its address and its token."""
    with subprocess.Popen(
        [*COMMAND, *served, "--http"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            address, token = (process.stderr.readline().split()[-1] for _ in range(2))
            yield address, token
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def show(name: str, seconds: list[float]) -> None:
    """Print the middle, and what one call in a hundred takes."""
    ranked = sorted(seconds)
    tail = ranked[min(len(ranked) - 1, int(0.99 * len(ranked)))]
    print(f"  {name:20} p50 {statistics.median(ranked) * 1e3:8.1f} ms   p99 {tail * 1e3:8.1f} ms")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--calls", type=int, default=50, help="of each tool")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--repo", type=Path)
    told = parser.parse_args()
    with folders(told.store, told.repo) as served:
        rows = anyio.run(first_answers, served, told.starts)
        for name, column in zip(
            ("first answer", "tools listed", "first call"), zip(*rows, strict=True), strict=True
        ):
            print(f"{name:14} {statistics.median(column):6.2f} s (worst {max(column):.2f} s)")
        print(f"warm calls over standard streams, {told.calls} of each:")
        calls = anyio.run(find_calls, served)
        for name, seconds in warm_calls(served, calls, told.calls).items():
            show(name, seconds)
        with over_http(served) as (address, token):
            began = time.perf_counter()
            took = anyio.run(many_clients, address, token, told.clients, told.seconds)
            spent = time.perf_counter() - began
        print(f"{told.clients} clients over HTTP: {len(took)} calls in {spent:.0f} s, no error")
        show("any tool", took)


if __name__ == "__main__":
    main()
