"""Checks deliveries against a schema; prints what the timed part cost and a digest of all problems."""

import hashlib
import os
import random
import time
from typing import Any

from shapes import Problem, SchemaError, Validator

HELD_OUT = os.environ.get("WL_INPUTS") == "held-out"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "customer", "lines"],
    "others": False,
    "parts": {
        "id": {"$ref": "#/defs/number"},
        "customer": {"$ref": "#/defs/person"},
        "lines": {"type": "array", "most_items": 20, "items": {"$ref": "#/defs/line"}},
        "tags": {"type": "array", "unique": True, "items": {"$ref": "#/defs/tag"}},
    },
    "defs": {
        "number": {"type": "integer", "least": 1},
        "tag": {"type": "string", "format": "slug"},
        "date": {"type": "string", "format": "date"},
        "person": {
            "type": "object",
            "required": ["mail"],
            "parts": {
                "mail": {"type": "string", "format": "mail"},
                "since": {"$ref": "#/defs/date"},
            },
        },
        "line": {
            "type": "object",
            "required": ["sku", "count"],
            "parts": {
                "sku": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"},
                "count": {"$ref": "#/defs/number", "most": 99},
                "due": {"$ref": "#/defs/date"},
                "color": {"enum": ["red", "green", "blue", None]},
            },
        },
    },
}

OTHER: dict[str, Any] = {
    "type": "array",
    "items": {"$ref": "#/defs/node~1any"},
    "defs": {
        "node/any": {
            "type": "object",
            "parts": {
                "name": {"$ref": "#/defs/name", "most_chars": 6},
                "kids": {"type": "array", "items": {"$ref": "#/defs/alias"}},
                "price": {"type": "number", "least": -1.5, "most": 1e6},
            },
            "others": {"$ref": "#/defs/name"},
        },
        "alias": {"$ref": "#/defs/node~1any", "required": ["name"]},
        "name": {"type": "string", "pattern": "^[a-zé ]*$"},
    },
}


def make_delivery(rng: random.Random, lines: int, faults: float) -> dict[str, Any]:
    """A delivery; this share of its values is wrong."""

    def one(right: object, wrong: object) -> Any:
        return wrong if rng.random() < faults else right

    return {
        "id": one(rng.randrange(1, 9999), 0),
        "customer": {
            "mail": one(f"c{rng.randrange(99)}@mail.test", "nobody"),
            "since": one("2021-05-06", "2021-13-06"),
        },
        "lines": [
            {
                "sku": one(f"AB-{rng.randrange(10_000):04}", "ab-1"),
                "count": one(rng.randrange(1, 99), "three"),
                "due": one("2024-02-29", "2023-02-29"),
                "color": one(rng.choice(("red", "green", None)), "pink"),
            }
            for _ in range(lines)
        ],
        "tags": [one(f"tag-{rng.randrange(9)}", "No Slug") for _ in range(3)],
    }


def make_node(rng: random.Random, depth: int) -> dict[str, Any]:
    """A tree."""
    node: dict[str, Any] = {
        "name": rng.choice(("ada", "é o", "toolong", "Upper", 5)),
        "price": rng.choice((0, -1.5, -2, 1e6, 1e7, True, None)),
    }
    if depth:
        node["kids"] = [make_node(rng, depth - 1) for _ in range(rng.randint(1, 3))]
        node[rng.choice(("x", "y"))] = rng.choice(("fine", "BAD", []))
    return node


def make_inputs() -> list[tuple[dict[str, Any], list[Any], int]]:
    """Schemas, the values checked against each, and how many problems to tell."""
    if not HELD_OUT:
        rng = random.Random(4)
        return [(SCHEMA, [make_delivery(rng, 9, 0.02) for _ in range(110)], 100)]
    rng = random.Random(60_613)
    deep: list[Any] = []
    for _ in range(50):
        deep = [deep]
    nest = {"items": {"$ref": "#/defs/n"}, "defs": {"n": {"items": {"$ref": "#/defs/n"}}}}
    return [
        (SCHEMA, [make_delivery(rng, rng.randrange(26), 0.15) for _ in range(30)], 12),
        (SCHEMA, [{}, [], None, {"id": True, "extra": {}}, {"lines": {}}], 100),
        (OTHER, [[make_node(rng, 3) for _ in range(4)] for _ in range(6)], 1000),
        (nest, [deep, [], [[1], 2]], 100),
        ({"unique": True}, [[1, 1, "1", 1.0, True, None, None, [1], [1]], []], 100),
        ({"pattern": "(a"}, ["x", 3], 100),
        ({"type": "what"}, ["x"], 100),
        ({"$ref": "#/defs/a", "defs": {"a": {"$ref": "#/defs/b"}}}, ["x"], 100),
        ({"$ref": "#/x~1y/0", "x/y": {"0": 5}}, ["x"], 100),
        ({"items": {"$ref": "else.json#/a"}}, [[], [1]], 100),
        ({"format": "date"}, ["2024-02-30", "20240229", "2024-W01-1", "2024-02-29", 7], 100),
    ]


def one_round(inputs: list[tuple[dict[str, Any], list[Any], int]]) -> list[object]:
    """The problems of each value, or what is wrong with its schema."""
    results: list[object] = []
    for schema, values, limit in inputs:
        told: list[Problem] = []
        validator = Validator(schema, told.append, limit)
        for value in values:
            try:
                results.append(validator.check(value))
            except SchemaError as error:
                results.append(error)
        results.append(told)
    return results


def main() -> None:
    inputs = make_inputs()
    repeat = int(os.environ.get("WL_REPEAT", "20"))
    wall, cpu = time.perf_counter(), time.process_time()
    rounds = [one_round(inputs) for _ in range(repeat)]
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    digest = hashlib.sha256()
    for results in rounds:
        for result in results:
            if isinstance(result, SchemaError):
                digest.update(f"! {result}".encode())
            else:
                digest.update(repr([tuple(problem) for problem in result]).encode())
    print(f"WL cpu={cpu:.6f} wall={wall:.6f} check={digest.hexdigest()[:16]}")


if __name__ == "__main__":
    main()
