"""Reads a log; prints what the timed part cost and a digest of all reports."""

import hashlib
import logging
import os
import random
import time

from tally import LineError, Report, read

HELD_OUT = os.environ.get("WL_INPUTS") == "held-out"
NOTES = ("", "", "", "cache miss", "user ann@mail.test asked", "token=s3cret retry", "a=b slow")


def make_log(
    rng: random.Random, count: int, clients: int, paths: list[str], month: str = "2023-11"
) -> list[str]:
    """Lines as the servers write them."""
    lines = []
    second = rng.randrange(3600)
    for _ in range(count):
        second += rng.randrange(40)
        day, rest = divmod(second, 86400)
        stamp = f"{month}-{day % 28 + 1:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
        client = f"10.1.{rng.randrange(clients) % 250}.{rng.randrange(clients) // 250}"
        method = rng.choice(("GET", "GET", "GET", "POST", "PUT"))
        path = rng.choice(paths)
        status = rng.choice((200, 200, 200, 200, 304, 404, 500, 503))
        note = rng.choice(NOTES)
        lines.append(f"{stamp} {client} {method} {path} {status} {rng.randrange(900)}ms {note}\n")
    return lines


def make_inputs() -> list[tuple[list[str], int | None]]:
    """Logs, and how many of their lines may be bad."""
    if not HELD_OUT:
        rng = random.Random(3)
        paths = ["/", "/cart?id=1", "/cart?id=2", "/item/7", "/search?q=shoe", "/login"]
        return [(make_log(rng, 1500, 900, paths, "2024-05"), None)]
    rng = random.Random(90210)
    paths = [f"/v2/{name}" for name in ("ünï", "orders", "orders?page=2", "a/b/c", "x?")] + ["/"]
    broken = [
        "2024-02-30T10:00:00 10.0.0.1 GET / 200 5ms\n",
        "2024-05-01T25:00:00 10.0.0.1 GET / 200 5ms\n",
        "2024-05-01T23:59:60 10.0.0.1 GET / 200 5ms\n",
        "2024-05-01 23:59:59 10.0.0.1 GET / 200 5ms\n",
        "0000-01-01T00:00:00 10.0.0.1 GET / 200 5ms\n",
        "2024-05-01T10:00:00 10.0.0.1 GET / 099 5ms\n",
        "2024-05-01T10:00:00 10.0.0.1 PATCH / 200 5ms\n",
        f"2024-05-01T10:00:00 10.0.0.1 GET /{'x' * 480} 200 5ms\n",
        "2024-05-01T10:00:00 10.0.0.1 GET / 500 5ms key=1 a@b.test password=x=y\n",
        "9999-12-31T23:59:59 10.0.0.1 GET / 200 0ms\n",
        "# a comment\n",
        "\n",
    ]
    mixed = make_log(rng, 700, 2000, paths) + broken * 3
    rng.shuffle(mixed)
    return [
        (make_log(rng, 333, 40, paths[:2]), None),
        (mixed, None),
        (mixed, 5),
        ([], None),
        (broken, 100),
        (make_log(rng, 41, 3, paths), 0),
    ]


def one_round(inputs: list[tuple[list[str], int | None]]) -> list[object]:
    """Each report, or why there is none; and what was told on the way."""
    results: list[object] = []
    for lines, limit in inputs:
        told: list[tuple[int, str]] = []
        try:
            report = read(lines, limit=limit, on_reject=lambda *what, told=told: told.append(what))
            results.append((report, report.text(), told))
        except LineError as error:
            results.append((error, str(error), told))
    return results


def main() -> None:
    logging.disable(logging.CRITICAL)
    inputs = make_inputs()
    repeat = int(os.environ.get("WL_REPEAT", "20"))
    wall, cpu = time.perf_counter(), time.process_time()
    rounds = [one_round(inputs) for _ in range(repeat)]
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    digest = hashlib.sha256()
    for results in rounds:
        for result, text, told in results:
            digest.update(f"{text}|{told}".encode())
            if isinstance(result, Report):
                digest.update(repr((result.rows(), result.notes)).encode())
    print(f"WL cpu={cpu:.6f} wall={wall:.6f} check={digest.hexdigest()[:16]}")


if __name__ == "__main__":
    main()
