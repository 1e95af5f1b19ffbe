"""Where the project lies: the folder that everything is read from and written to."""

from __future__ import annotations

import os
from pathlib import Path


def project_root() -> Path:
    """The folder that holds data/, notebooks/ and reports/.

    It is the checkout this package was installed from; the variable ANALYSIS_ROOT names another one.
    """
    if given := os.environ.get("ANALYSIS_ROOT"):
        return Path(given).resolve()
    return Path(__file__).resolve().parents[2]
