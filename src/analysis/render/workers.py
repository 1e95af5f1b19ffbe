"""How many things may be made at a time: as many as there are processors, and as memory has room for."""

from __future__ import annotations

import os
from pathlib import Path

MEGABYTES_EACH = 700  # of a kernel that draws the whole report, or of an edition besides its kernels; measured, doubled
MOST = 8  # more wait for the same build


def affordable() -> int:
    """Workers that this process should run side by side: 1 or more."""
    room = _megabytes_free()
    by_memory = MOST if room is None else int(room // (2 * MEGABYTES_EACH))
    return max(1, min(_processors(), by_memory, MOST))


def room() -> bool:
    """Whether memory has room for one worker more."""
    free = _megabytes_free()
    return free is None or free > MEGABYTES_EACH


def _processors() -> int:
    """Processors that this process may use, which in a container are often fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _megabytes_free() -> float | None:
    """Memory that can be had without swapping, within the limit of a container; None where the system does not say."""
    found = [value for value in (_available(), _left_in_group()) if value is not None]
    return min(found) if found else None


def _available() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(kilobytes) / 1024
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _left_in_group() -> float | None:
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (int((group / f"memory.{name}").read_text(encoding="ascii")) for name in ("max", "current"))
    except (OSError, ValueError):  # no such group, or no limit
        return None
    return (limit - used) / 2**20
