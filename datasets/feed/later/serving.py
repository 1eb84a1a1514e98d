"""Serve the same requests by several versions of the service in one process, a few at a time in turn.

    python serving.py CODE …        # an order as JSON comes on standard input

The order has `runtime`, `seed`, `n_requests` and `n_times`. Prints CPU seconds by operation of each version. A request is asked `n_times`, and the least that it took counts: the rest is what else the
machine did. Ends with an error where a reply differs.
"""

from __future__ import annotations

import gc
import json
import random
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from load import BEGINS_AT, Asked, Server, make_requests

SLICE = 10
"""Requests that one version serves before the next has its turn."""
N_WARM_UP = 100
WARM_UP_SEED = 1_000_000
RNG = random.Random(0)


class Version:
    """The service in one version; several can live in a process."""

    def __init__(self, code: Path, runtime: dict[str, Any]) -> None:
        self._modules: dict[str, ModuleType] = {}
        sys.path.insert(0, str(code))
        self.enter()
        from feed.app import create_app

        self.handle: Callable[[bytes], bytes] = create_app(runtime).handle
        self.leave()
        sys.path.remove(str(code))

    def enter(self) -> None:
        """Let imports find this version's modules, those inside of functions too."""
        sys.modules.update(self._modules)

    def leave(self) -> None:
        """Make room for another version."""
        for name in [name for name in sys.modules if name.split(".")[0] == "feed"]:
            self._modules[name] = sys.modules.pop(name)

    def serve(self, requests: list[Asked]) -> tuple[list[float], int]:
        """Serve requests; return CPU seconds of each and the sum of the replies."""
        self.enter()
        server = Server(self.handle, requests)
        for _ in requests:
            server.serve_next()
        self.leave()
        return server.cpu_seconds, server.check


def serve_all(
    versions: list[Version], requests: list[Asked], n_times: int
) -> list[dict[str, float]]:
    """Let all versions serve all requests; return CPU seconds by operation of each."""
    sums: list[dict[str, float]] = [defaultdict(float) for _ in versions]
    for begin in range(0, len(requests), SLICE):
        part = requests[begin : begin + SLICE]
        for total, costs in zip(sums, serve_part(versions, part, n_times), strict=True):
            for asked, cost in zip(part, costs, strict=True):
                total[asked.operation] += cost
    return sums


def serve_part(versions: list[Version], part: list[Asked], n_times: int) -> list[list[float]]:
    """Let all versions serve a few requests several times; return the least that each took."""
    least = [[float("inf")] * len(part) for _ in versions]
    for turn in range(n_times):
        checks = set()
        order = list(range(len(versions)))
        RNG.shuffle(order)
        for i in order:
            costs, check = versions[i].serve(part)
            least[i] = list(map(min, least[i], costs))
            checks.add(check)
        if len(checks) > 1:
            raise SystemExit(f"turn {turn}: expected the same replies, got others: {part}")
    return least


def main() -> None:
    order = json.load(sys.stdin)
    versions = [Version(Path(code), order["runtime"]) for code in sys.argv[1:]]
    warm_up = make_requests({}, N_WARM_UP, WARM_UP_SEED, BEGINS_AT - N_WARM_UP)
    serve_all(versions, warm_up, 1)
    gc.collect()
    gc.freeze()
    requests = make_requests({}, order["n_requests"], order["seed"])
    print(json.dumps(serve_all(versions, requests, order["n_times"])), flush=True)


if __name__ == "__main__":
    main()
