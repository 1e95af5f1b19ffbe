"""Marks that git leaves in a file whose two sides it could not join."""

from __future__ import annotations

MARKS = ("<<<<<<< ", ">>>>>>> ", "||||||| ")


def conflict_in(text: str) -> int | None:
    """The first line of `text` with such a mark, counted from one; None where there is none."""
    lines = text.splitlines()
    marked = [number for number, line in enumerate(lines, start=1) if line.startswith(MARKS)]
    return marked[0] if marked and any(line.startswith("=======") for line in lines) else None
