"""Validate, copy and dump nested models (pydantic v1, pure Python)."""

from typing import Optional

import _wl
from pydantic import BaseModel, validator


class A(BaseModel):
    x: int
    y: float = 1.0
    s: Optional[str] = None  # noqa: UP045  pydantic 1.7 knows no other way
    tags: list[str] = []

    @validator("s")
    def up(cls, v):
        return v and v.upper()


class B(BaseModel):
    id: int
    kids: list[A]
    m: dict[str, A]
    n: Optional[A] = None  # noqa: UP045


class Dot(BaseModel):
    at: tuple[float, float]
    on: bool = False
    names: dict[str, list[int]] = {}

    @validator("at")
    def inside(cls, v):
        return tuple(abs(a) for a in v)


class Line(BaseModel):
    title: str
    kids: tuple[Dot, ...]
    rows: list[list[int]]
    last: Dot


M, D = _wl.pick(
    (
        B,
        {
            "id": "7",
            "kids": [{"x": str(i), "s": "abc", "tags": ["q", "r"]} for i in range(40)],
            "m": {"k%d" % i: {"x": i} for i in range(10)},
        },
    ),
    (
        Line,
        {
            "title": 12,
            "kids": [{"at": ("-%d" % i, 0.5), "names": {"n": ["3", i]}} for i in range(30)],
            "rows": [[i, str(i)] for i in range(12)],
            "last": {"at": [1, 2], "on": "yes"},
        },
    ),
)


def main():
    n = 0
    for _i in range(10):
        b = M(**D)
        n += len(b.dict()["kids"]) + len(b.json())
        c = b.copy(deep=True)
        n += c == b
    return n


def whole(n):
    b = M(**D)
    return _wl.digest(n, b.dict(), b.json(), repr(b.copy(deep=True)), b.copy(exclude={"kids"}))


_wl.run(main, 4, check=_wl.pick(None, whole))
