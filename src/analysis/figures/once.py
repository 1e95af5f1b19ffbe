"""Charts that are made once for all editions in which they are the same."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, cast

from ..display import Display
from ..showing import name_of

if TYPE_CHECKING:
    from ..report import Report

P = ParamSpec("P")


def once(make: Callable[P, Display]) -> Callable[P, Display]:
    """The chart of a report, the first argument, taken from where a build keeps it, if all is the same
    that it rests on, tables and parameters.

    As with `showing.in_notebooks`, a report of another pair may have another chart in its place. Further arguments are
    plain values. Outside a build the chart is made each time.
    """

    @functools.wraps(make)
    def shown(*args: P.args, **kwargs: P.kwargs) -> Display:
        if not args:  # all by name
            return make(*args, **kwargs)
        report = cast("Report", args[0])
        what: list[Any] = [make.__module__, make.__name__, list(args[1:]), dict(sorted(kwargs.items()))]
        pair = report.parameters.pair
        if not pair.documented:
            what.append([pair.reporter, pair.partner])
        chosen = report.display(name_of(make), make)
        return report.once(what, lambda: chosen(*args, **kwargs))

    return shown
