"""`python -m analysis`."""

import contextlib
import signal

from .cli import main

if __name__ == "__main__":
    code = main()
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the code is known: a late Ctrl-C must not take its place
    raise SystemExit(code)
