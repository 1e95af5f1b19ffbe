"""Which tables and which parameters a computation rests on, whoever asked for it first.

What is kept, so as to be computed once, is kept with the names of the tables it was computed from; each later use
counts as reading them again. So `recorded()` tells what a notebook, a topic of facts or a chart rests on, however much
of it was there already. Kept values are those of `remembered` (a property) and `kept` (a function).

A parameter has the name of its own with PARAMETER before it; `tables` and `parameters` tell the two apart.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, overload

T = TypeVar("T")
P = ParamSpec("P")
PARAMETER = "?"
_recorders: list[set[str]] = []


def note(names: Iterable[str]) -> None:
    """These tables were read, now or when what is used now was computed."""
    for recorder in _recorders:
        recorder.update(names)


def note_parameters(names: Iterable[str]) -> None:
    """These parameters were read."""
    note([PARAMETER + name for name in names])


def tables(names: Iterable[str]) -> set[str]:
    """Of recorded names those of the data package."""
    return {name for name in names if not name.startswith(PARAMETER)}


def parameters(names: Iterable[str]) -> set[str]:
    """Of recorded names the parameters, by their own names."""
    return {name.removeprefix(PARAMETER) for name in names if name.startswith(PARAMETER)}


@contextmanager
def recorded(into: set[str] | None = None) -> Iterator[set[str]]:
    """The names of all tables that the block reads, as a set that grows meanwhile; `into` may give the set."""
    names: set[str] = set() if into is None else into
    _recorders.append(names)
    try:
        yield names
    finally:
        # By identity: equal sets of two blocks are two sets.
        del _recorders[next(i for i, recorder in enumerate(_recorders) if recorder is names)]


@contextmanager
def unrecorded() -> Iterator[None]:
    """What the block reads is nobody's: it checks what is there, and gives nothing that is used."""
    held = _recorders[:]
    _recorders.clear()
    try:
        yield
    finally:
        _recorders[:] = held


def record_in(file: Path) -> None:
    """Write each name that is read from now on into `file`, a line each, for as long as the process lives."""
    file.touch()
    _recorders.append(_Journal(file))


class _Journal(set[str]):
    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def update(self, *several: Iterable[str]) -> None:
        # Written at once: a kernel is ended without notice.
        if new := sorted(set().union(*several) - self):
            super().update(new)
            with self._file.open("a", encoding="utf-8") as file:
                file.writelines(f"{name}\n" for name in new)


class remembered(Generic[T]):
    """`functools.cached_property`, which knows what the value was computed from."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, holder: None, owner: type | None = None) -> remembered[T]: ...

    @overload
    def __get__(self, holder: object, owner: type | None = None) -> T: ...

    def __get__(self, holder: object | None, owner: type | None = None) -> remembered[T] | T:
        if holder is None:
            return self
        there = holder.__dict__.get(self._name)
        if there is None:
            with recorded() as names:
                value = self._make(holder)
            there = holder.__dict__[self._name] = (value, names)
        note(there[1])
        found: T = there[0]
        return found

    def __set__(self, holder: object, value: T) -> None:
        # With this Python asks the descriptor each time, and not the holder's own dictionary.
        raise AttributeError(f"{self._name} is computed")


def kept(maxsize: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """`functools.lru_cache`, which knows what each value was computed from."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.lru_cache(maxsize=maxsize)
        def keep(*args: Any, **kwargs: Any) -> tuple[T, set[str]]:
            with recorded() as names:
                value = function(*args, **kwargs)
            return value, names

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            value, names = keep(*args, **kwargs)  # type: ignore[arg-type]
            note(names)
            return value

        call.cache_clear = keep.cache_clear  # type: ignore[attr-defined]
        return call

    return decorate
