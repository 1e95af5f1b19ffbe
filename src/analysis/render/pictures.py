"""Charts as PNG: the very SVG of a report, set by Typst on a page of its size.

Typst draws without the fonts, the screen and the time of a machine, so the same drawing gives the same bytes, and
a kernel neither draws a chart once more nor carries the picture.
"""

from __future__ import annotations

from pathlib import Path

import typst

from ..errors import BuildError, shown

TEMPLATE = Path(__file__).parent / "templates" / "picture.typ"
# A chart is 7.1 inches wide; at this density it fills a slide or a page of print.
PIXELS_PER_INCH = 192.0


def png(svg: str) -> bytes:
    """The drawing `svg` as a PNG; BuildError for a drawing that cannot be read."""
    try:
        made = typst.compile(
            TEMPLATE, format="png", ppi=PIXELS_PER_INCH, ignore_system_fonts=True, sys_inputs={"svg": svg}
        )
    except typst.TypstError as error:
        raise BuildError(f"A chart cannot be made a picture: {shown(error.message.rstrip('.'), 300)}.") from error
    if not isinstance(made, bytes):
        raise BuildError("A chart cannot be made a picture: Typst gave no file, or more than one.")
    return made
