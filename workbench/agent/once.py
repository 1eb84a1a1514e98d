"""Values that are computed on first use, by one thread while the others wait."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar, overload

Value_co = TypeVar("Value_co", covariant=True)


class Locked(Protocol):
    """Who has such values."""

    lock: AbstractContextManager[Any]
    """Held while one is computed; a thread may take it again."""


class once(Generic[Value_co]):  # written as `property` is
    """A method without arguments as an attribute whose value is computed once."""

    def __init__(self, compute: Callable[[Any], Value_co]) -> None:
        self.compute = compute
        self.name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> once[Value_co]: ...
    @overload
    def __get__(self, instance: Locked, owner: type | None = None) -> Value_co: ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        with instance.lock:  # who comes after finds the value among the attributes, without this
            if self.name not in vars(instance):
                vars(instance)[self.name] = self.compute(instance)
            return vars(instance)[self.name]
