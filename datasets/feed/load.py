"""Ask the service what its clients ask, and count what each request took.

`WL_REPEAT` is how many requests; `FEED_ORDER` names a JSON file with `runtime`, `traffic`, `interpreter`,
`seed` and `n_warm_up`; into `FEED_RESULTS` goes what each operation and each arm of an experiment took. The same
seed asks the same. Prints the line that a workload prints, and is one (the timed part is `_wl.run`).
"""

from __future__ import annotations

import gc
import json
import math
import os
import random
import statistics
import time
from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from zlib import crc32

FOLDER = Path(__file__).parent
MIX = {
    "HomeTimeline": 0.46, "Profile": 0.15, "Search": 0.13, "Notifications": 0.11,
    "PostDetail": 0.11, "Compose": 0.04,
}  # fmt: skip
CLIENTS = {"ios-8.2": 0.42, "android-7.9": 0.34, "web-2026.3": 0.24}
PAGE_SIZES = {
    "HomeTimeline": 20,
    "Profile": 10,
    "Search": 10,
    "Notifications": 20,
    "PostDetail": 10,
}
TRAFFIC = {"mix": MIX, "clients": CLIENTS, "page_factor": 1.0, "zipf": 0.8, "per_second": 20.0}
"""What clients do where `traffic` says nothing else."""
N_USERS = 2_000
POSTS_PER_USER = 20
BEGINS_AT = 1_772_406_000
_WARM_UP_SEED = 1_000_000
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    operation: str
    user: int
    body: bytes


class Crowd:
    """Users, few of whom ask often, and what they ask."""

    def __init__(self, traffic: dict, seed: int) -> None:
        self.traffic = {**TRAFFIC, **traffic}
        self.rng = random.Random(seed)
        self.users = list(range(1, N_USERS + 1))
        random.Random(7).shuffle(self.users)
        self.limits = list(accumulate((i + 1) ** -self.traffic["zipf"] for i in range(N_USERS)))
        self.queries = json.loads((FOLDER / "base" / "config" / "queries.json").read_text())
        self.terms = (FOLDER / "terms.txt").read_text(encoding="utf-8").split()

    def user(self) -> int:
        """Draw a user, the first most often."""
        return self.users[bisect(self.limits, self.rng.random() * self.limits[-1])]

    def client(self, user: int) -> str:
        """Return the client of a user, always the same."""
        draw = crc32(f"client:{user}".encode()) / 0xFFFFFFFF
        limits = list(accumulate(self.traffic["clients"].values()))
        return list(self.traffic["clients"])[bisect(limits[:-1], draw * limits[-1])]

    def variables(self, operation: str, user: int) -> dict:
        """Draw what an operation is asked about."""
        told = {
            "Profile": lambda: {"userId": self.user()},
            "Search": lambda: {"text": " ".join(self.words(self.rng.choice((1, 1, 2, 3))))},
            "PostDetail": lambda: {"postId": self.user() * 1_000 + self.post_number()},
            "Compose": lambda: {"text": self.text()},
        }.get(operation, dict)()
        if operation in PAGE_SIZES:
            told["first"] = round(PAGE_SIZES[operation] * self.traffic["page_factor"])
        return told

    def words(self, n: int) -> list[str]:
        """Draw words, the first of the list most often."""
        n_terms = len(self.terms)
        return [self.terms[int(n_terms * self.rng.random() ** 2.5)] for _ in range(n)]

    def post_number(self) -> int:
        """Draw which post of its author; the first two have the answers."""
        return self.rng.randrange(2 if self.rng.random() < 0.6 else POSTS_PER_USER)

    def text(self) -> str:
        """Draw a new post's text."""
        words = [w for word in self.words(self.rng.randrange(5, 14)) for w in (word, "the")]
        return " ".join([*words, f"#{self.rng.choice(('music', 'films', 'travel'))}"]).capitalize()

    def ask(self, operation: str, request_id: str, at: float) -> Asked:
        """Draw one request."""
        user = self.user()
        body = {
            "operation": operation,
            "query": self.queries[self.client(user)][operation],
            "variables": self.variables(operation, user),
            "user": user,
            "request_id": request_id,
            "at": at,
        }
        return Asked(operation, user, json.dumps(body).encode())


def make_requests(traffic: dict, n: int, seed: int, begins_at: float = BEGINS_AT) -> list[Asked]:
    """Return `n` requests; each operation has its share to the request, whatever the seed."""
    crowd = Crowd(traffic, seed)
    mix = crowd.traffic["mix"]
    ends = [round(n * part / sum(mix.values())) for part in accumulate(mix.values())]
    counts = [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
    operations = [op for op, count in zip(mix, counts, strict=True) for _ in range(count)]
    crowd.rng.shuffle(operations)
    step = 1 / crowd.traffic["per_second"]
    return [
        crowd.ask(operation, f"{seed:06d}-{i:05d}", round(begins_at + i * step, 2))
        for i, operation in enumerate(operations)
    ]


class Server:
    """Hands requests to the service, one a call, and notes what each took."""

    def __init__(self, handle, requests: list[Asked]) -> None:
        self.handle = handle
        self.waiting = iter(requests)
        self.cpu_seconds: list[float] = []
        self.wall_seconds: list[float] = []
        self.check = 0

    def serve_next(self) -> int:
        """Serve a request; the check sums up all replies."""
        body = next(self.waiting).body
        began, cpu_began = time.perf_counter(), time.thread_time()
        reply = self.handle(body)
        self.cpu_seconds.append(time.thread_time() - cpu_began)
        self.wall_seconds.append(time.perf_counter() - began)
        if reply.startswith(b'{"error"'):
            raise SystemExit(f"{reply[:200]!r}: {body[:2000]!r}")
        self.check = crc32(reply, self.check)
        return self.check


def results(server: Server, requests: list[Asked], arms_of) -> dict:
    """Return what each operation took, and each arm of each experiment."""
    operations, arms = defaultdict(list), defaultdict(lambda: defaultdict(list))
    for asked, cpu, wall in zip(requests, server.cpu_seconds, server.wall_seconds, strict=True):
        operations[asked.operation].append((cpu * 1e3, wall * 1e3))
        for experiment, arm in arms_of(asked.user).items():
            arms[experiment][arm].append(cpu * 1e3)
    return {
        "operations": {name: _of_operation(took) for name, took in sorted(operations.items())},
        "experiments": {
            experiment: {arm: _of_arm(took) for arm, took in sorted(parts.items())}
            for experiment, parts in sorted(arms.items())
        },
    }


def _of_operation(took: list[tuple[float, float]]) -> dict:
    """CPU in ms a request, and quantiles of latency in ms."""
    cpu, wall = zip(*took, strict=True)
    parts = statistics.quantiles(wall, n=100, method="inclusive") if len(wall) > 1 else [*wall] * 99
    quantiles = {f"latency_p{p}_ms": round(parts[p - 1], 4) for p in (50, 90, 99)}
    return {
        "requests": len(cpu), "cpu_seconds": round(sum(cpu) / 1e3, 6),
        "cpu_ms": round(statistics.fmean(cpu), 5),
    } | quantiles  # fmt: skip


def _of_arm(took: list[float]) -> dict:
    """Mean CPU in ms a request, with its 95 % interval."""
    mean = statistics.fmean(took)
    half = _Z * statistics.stdev(took) / math.sqrt(len(took)) if len(took) > 1 else math.inf
    numbers = {"mean": mean, "low": mean - half, "high": mean + half}
    return {"n": len(took)} | {name: round(value, 5) for name, value in numbers.items()}


def main() -> None:
    import _wl
    from feed.app import create_app
    from feed.experiments import Experiments

    order = json.loads(Path(os.environ["FEED_ORDER"]).read_text(encoding="utf-8"))
    n, traffic = int(os.environ["WL_REPEAT"]), order["traffic"]
    app = create_app(order["runtime"])
    if "gc_threshold" in order["interpreter"]:
        gc.set_threshold(*order["interpreter"]["gc_threshold"])
    n_before = order["n_warm_up"]
    begins_at = BEGINS_AT - n_before / {**TRAFFIC, **traffic}["per_second"]
    before = make_requests(traffic, n_before, _WARM_UP_SEED, begins_at)
    requests = make_requests(traffic, n, order["seed"])
    warm_up, server = Server(app.handle, before), Server(app.handle, requests)
    for _ in before:
        warm_up.serve_next()
    gc.collect()
    _wl.run(server.serve_next)
    told = results(server, requests, Experiments(order["runtime"].get("experiments", {})).arms_of)
    Path(os.environ["FEED_RESULTS"]).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
