"""Validate, copy and dump nested models (pydantic v1, pure Python)."""

import _wl
from pydantic import BaseModel, validator


class A(BaseModel):
    x: int
    y: float = 1.0
    s: str | None = None
    tags: list[str] = []

    @validator("s")
    def up(cls, v):
        return v and v.upper()


class B(BaseModel):
    id: int
    kids: list[A]
    m: dict[str, A]
    n: A | None = None


D = {
    "id": "7",
    "kids": [{"x": str(i), "s": "abc", "tags": ["q", "r"]} for i in range(40)],
    "m": {"k%d" % i: {"x": i} for i in range(10)},
}


def main():
    n = 0
    for _i in range(10):
        b = B(**D)
        n += len(b.dict()["kids"]) + len(b.json())
        c = b.copy(deep=True)
        n += c == b
    return n


_wl.run(main, 4)
