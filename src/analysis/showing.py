"""What a cell of a notebook calls: a report of another pair than the documented one may show something else there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from .display import Display

if TYPE_CHECKING:
    from .report import Report

P = ParamSpec("P")
Shows = Callable[Concatenate["Report", P], Display]


def name_of(make: Callable[..., Display]) -> str:
    """The name by which a report is asked for its display, such as `tables.annual.growth`."""
    return f"{make.__module__.partition('.')[2]}.{make.__name__}"


def in_notebooks(make: Shows[P]) -> Shows[P]:
    """The display of a report: the one that `make` gives, or what the report has in its place (`Report.display`).

    It goes by the name of the function, such as `tables.annual.growth`.
    """
    name = name_of(make)

    @functools.wraps(make)
    def show(report: Report, /, *args: P.args, **kwargs: P.kwargs) -> Display:
        return report.display(name, make)(report, *args, **kwargs)

    return show
