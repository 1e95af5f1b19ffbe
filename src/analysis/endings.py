"""How a command ends early: Ctrl-C, a request to end, a reader that is gone, an output that takes no more."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, NoReturn, TextIO, cast

from .errors import BuildError

MOST_HEARD = 3  # Ctrl-C pressed so often ends the process without any clearing up; reports outlive that too
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Unprintable(BuildError):
    """What a command says cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"What this command prints cannot be written: {error.strerror or error}.")


class _Heard:
    """How often each signal has come since the last that was acted on."""

    def __init__(self) -> None:
        self.times: dict[int, int] = {}

    def end(self, number: int, frame: object) -> None:
        """Act on the first of a kind; while it clears up, the same again is not heard."""
        self.times[number] = self.times.get(number, 0) + 1
        if self.times[number] >= MOST_HEARD:
            os._exit(128 + number)
        if sum(self.times.values()) == 1:
            _raise(number)

    def ask_again(self, lost: sys.UnraisableHookArgs) -> None:
        """Ask once more for an end that came where Python lets no exception out, such as a callback of a reference."""
        if isinstance(lost.exc_value, SystemExit) and isinstance(lost.exc_value.code, int):
            number = lost.exc_value.code - 128
        elif isinstance(lost.exc_value, KeyboardInterrupt):
            number = signal.SIGINT
        else:
            sys.__unraisablehook__(lost)
            return
        self.times.clear()
        # Not from here, for this is such a place too.
        again = threading.Timer(0.01, _signal, [number])
        again.daemon = True
        again.start()


@contextlib.contextmanager
def heard_once() -> Iterator[None]:
    """A request to end (SIGTERM, a closed terminal) clears up like Ctrl-C, and each of them once."""
    heard = _Heard()
    before = {}
    for name in SIGNALS:
        number = getattr(signal, name, None)
        with contextlib.suppress(ValueError):  # not the main thread
            usual = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            if number is not None and signal.getsignal(number) == usual:
                before[number] = signal.signal(number, heard.end)
    hook, sys.unraisablehook = sys.unraisablehook, heard.ask_again
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def give_streams() -> None:
    """Have all three standard streams: where one was closed, what is said goes nowhere."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is not None:
            continue
        # Whatever is opened would else get the number of the stream, and what children print.
        null = os.open(os.devnull, os.O_RDWR)
        if null != number:
            os.dup2(null, number)
            os.close(null)
        setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as we live


def forget_stdout() -> None:
    """What is still to be printed goes nowhere, so that the interpreter does not complain when it closes stdout."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    with contextlib.suppress(OSError, ValueError, Unprintable):
        sys.stdout.flush()


class _Output:
    """A stream to print to, whose errors say that it is this stream which cannot be written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with _printing():
            return self._stream.write(text)

    def flush(self) -> None:
        with _printing():
            self._stream.flush()


@contextlib.contextmanager
def _printing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # nobody listens any more, which is no error
        raise
    except OSError as error:
        raise Unprintable(error) from error


@contextlib.contextmanager
def printing() -> Iterator[None]:
    """While the block lasts, a print that fails raises Unprintable, or BrokenPipeError where nobody listens."""
    stream = sys.stdout
    sys.stdout = cast(TextIO, _Output(stream))
    try:
        yield
    finally:
        sys.stdout = stream


def _raise(number: int) -> NoReturn:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def _signal(number: int) -> None:
    """Send this process a signal; where the system can, to the main thread, which a long wait then ends."""
    main_thread = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main_thread is not None:
        signal.pthread_kill(main_thread, number)
    else:
        signal.raise_signal(number)
