"""Mistakes a user can make: one exception each, one sentence each.

Every message says what was given, what is allowed, and the nearest match where there is one.
The command line prints the sentence and exits with code 2; a notebook prints it without a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(given: str, allowed: Iterable[str]) -> str | None:
    """The entry of `allowed` most like `given`, or None when nothing is close."""
    names = {str(name).lower(): str(name) for name in allowed}
    found = difflib.get_close_matches(given.lower(), list(names), n=1, cutoff=0.55)
    return names[found[0]] if found else None


def listing(names: Iterable[str], limit: int = 12) -> str:
    """`a, b and c`, cut with a count when there are more than `limit`."""
    items = [str(name) for name in names]
    if len(items) > limit:
        return ", ".join(items[:limit]) + f" and {len(items) - limit} more"
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def shown(value: object, limit: int = 60) -> str:
    """What the user gave, safe and short enough for one line of a terminal."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class UserError(Exception):
    """A mistake in what was asked for; its text is one sentence for the user."""

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception for its own rendering: the sentence, no traceback.
        return [str(self)]


class _Unknown(UserError):
    noun = "name"

    def __init__(self, given: object, allowed: Iterable[str], place: str = "") -> None:
        self.given, self.allowed = given, list(allowed)
        self.suggestion = nearest(str(given), self.allowed)
        hint = f"did you mean {self.suggestion}? " if self.suggestion else ""
        super().__init__(
            f"{place}{': there' if place else 'There'} is no {self.noun} {shown(given)!r}: {hint}allowed are "
            f"{listing(self.allowed)}."
        )


class UnknownParameter(_Unknown):
    noun = "parameter"


class UnknownEdition(_Unknown):
    noun = "edition"


class UnknownNotebook(_Unknown):
    noun = "notebook"


class UnknownTable(_Unknown):
    noun = "table"


class UnknownFact(UserError):
    """A fact that this edition does not have; names the nearest ids."""

    def __init__(self, given: str, allowed: Iterable[str]) -> None:
        ids = list(allowed)
        close = difflib.get_close_matches(given.lower(), ids, n=3, cutoff=0.6)
        hint = f"nearest are {listing(close)}" if close else "search with `python -m analysis fact WORD`"
        super().__init__(f"There is no fact {shown(given)!r} in this edition; {hint}.")


class UnknownRow(UserError):
    """A key that no row of a table has; names the nearest keys."""

    def __init__(self, table: str, given: str, allowed: Iterable[str]) -> None:
        close = difflib.get_close_matches(given, list(dict.fromkeys(filter(None, allowed))), n=3, cutoff=0.6)
        hint = f"nearest are {listing(close)}" if close else f"the file data/{table}.csv has the keys"
        super().__init__(f"There is no row {shown(given)!r} in the table {table}; {hint}.")


class BadParameter(UserError):
    """A parameter with a value that its type, its range or its choices do not allow."""

    def __init__(
        self, name: str, given: object, allowed: str, choices: Iterable[str] = (), meant: str | None = None
    ) -> None:
        self.name = name
        suggestion = meant or nearest(str(given), choices)
        hint = f"; did you mean {suggestion}?" if suggestion else "."
        super().__init__(f"{shown(name)} cannot be {shown(given)!r}: {allowed}{hint}")

    def at(self, place: str) -> BadParameter:
        """The same error, with the place in a file where the value stands."""
        self.args = (f"{place}: {self}",)
        return self


class DataError(UserError):
    """The data package is altered, incomplete or contradicts its own schema."""


class MissingTable(DataError):
    def __init__(self, name: str, path: str) -> None:
        super().__init__(f"The table {name} is missing: there should be a file {path}; restore it.")


class AlteredTable(DataError):
    def __init__(self, name: str, path: str) -> None:
        super().__init__(
            f"The table {name} ({path}) is not the one the data package describes: restore it, or run "
            "`python -m analysis seal` if the change is meant."
        )


class BuildError(UserError):
    """A build that cannot go on; the previous report is left as it was."""

    exit_code = 1


class NotebookFailed(BuildError):
    """A cell failed: names edition, notebook, cell and parameters, and where the half-run copy is."""

    def __init__(self, edition: str, notebook: str, cell: str, parameters: str, reason: str, copy: str) -> None:
        super().__init__(
            f"Edition {edition}, notebook {notebook}, {cell}: {reason} "
            f"(parameters: {parameters}; the half-run copy is {copy})."
        )
