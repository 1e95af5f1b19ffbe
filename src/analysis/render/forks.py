"""A server of warm kernels: a fork of the build, with every library loaded, that forks once more for each kernel.

A kernel started anew spends seconds on imports and on facts that the build has computed already; a fork has both.
Each kernel is a fork of the server, never of another kernel, so nothing that one does is seen by the next. The server
ends with the build, and the kernels with the server, however either ended. Linux alone: other systems cannot fork
a process that has loaded their own libraries, or cannot tie a child's life to its parent's.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import random
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

# What a kernel would import first. The modules of the package are those that notebooks name.
PRELOADED = (
    "ipykernel.kernelapp", "IPython.core.completer", "matplotlib.backends.backend_svg", "analysis", "analysis.figures",
    "analysis.prose", "analysis.tables",
)  # fmt: skip
INLINE = "module://matplotlib_inline.backend_inline"  # the backend of a kernel, which shows charts in the notebook
PARENT_DEATH = 1  # PR_SET_PDEATHSIG of Linux
LONGEST_MESSAGE = 1 << 20


class Server:
    """The server as the build sees it. Its methods may be called from any thread."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self._channel = channel
        self._lock = threading.Lock()

    def kernel(self, arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> Forked:
        """A new kernel with these command-line arguments, variables and working folder.

        Raises OSError where the server is gone or cannot fork.
        """
        asked = {"fork": list(arguments), "environment": dict(environment), "folder": folder}
        return Forked(self, int(self._ask(asked)["pid"]))

    def ended(self, pid: int) -> int | None:
        """The exit code of a kernel as `subprocess` gives it; None while it runs."""
        code = self._ask({"ended": pid})["code"]
        return None if code is None else int(code)

    def close(self) -> None:
        """End the server, and with it every kernel that is left."""
        # Not by asking it: it may still be loading.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self._channel.close()

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._channel.sendall(json.dumps(question).encode())
            answer = self._channel.recv(LONGEST_MESSAGE)
        if not answer:
            raise OSError("the server of kernels is gone")
        body: dict[str, Any] = json.loads(answer)
        if "error" in body:
            raise OSError(body["error"])
        return body


class Forked:
    """A kernel of the server, with the part of `subprocess.Popen` that jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(self, server: Server, pid: int) -> None:
        self.pid = pid
        self._server = server
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            try:
                self.returncode = self._server.ended(self.pid)
            except OSError:  # kernels do not outlive their server
                self.returncode = -signal.SIGKILL
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        pause = threading.Event()
        while (code := self.poll()) is None:
            pause.wait(0.01)
        return code

    def send_signal(self, number: int) -> None:
        # Not reaped before `poll` has said so, so the number is still this kernel's.
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def possible() -> bool:
    """Whether this process may be forked now: on Linux, from the main thread, and while there is no other.

    A thread's locks stay locked for ever in a fork; threads of libraries count, which Python does not see.
    """
    if not sys.platform.startswith("linux") or threading.current_thread() is not threading.main_thread():
        return False
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


def preload(folder: Path) -> None:
    """Load what a kernel would, with the variables of this process, and as if it were started in `folder`."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        for name in PRELOADED:
            importlib.import_module(name)
    finally:
        os.chdir(before)
    # The build may have loaded it before, with the settings of the user.
    if matplotlib := sys.modules.get("matplotlib"):
        matplotlib.rcdefaults()
    gc.collect()
    gc.freeze()  # a collection would copy every page that the forks share


def start(environment: Mapping[str, str], folder: Path) -> Server | None:
    """A server whose kernels know `environment` from their imports on; None where there is no forking now.

    `folder` is that of the notebooks: matplotlib and others look for settings where they are loaded.
    """
    if not possible():
        return None
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        pid = os.fork()
    except OSError:
        ours.close()
        theirs.close()
        return None
    if pid == 0:
        _in_child(functools.partial(_serve, theirs, ours, parent, environment, folder))
    theirs.close()
    return Server(pid, ours)


# ------------------------------------------------------------------------------------------- in the server


def _serve(
    channel: socket.socket, others: socket.socket, parent: int, environment: Mapping[str, str], folder: Path
) -> None:
    others.close()
    become_own(parent)
    os.environ.clear()
    os.environ.update(environment)
    preload(folder)
    server = os.getpid()
    kernels: set[int] = set()
    codes: dict[int, int] = {}
    while message := channel.recv(LONGEST_MESSAGE):
        asked = json.loads(message)
        answer: dict[str, Any]
        if "fork" in asked:
            try:
                pid = os.fork()
            except OSError as error:
                answer = {"error": f"no kernel can be forked: {error.strerror}"}
            else:
                if pid == 0:
                    channel.close()
                    _in_child(functools.partial(_kernel, asked, server))
                kernels.add(pid)
                answer = {"pid": pid}
        else:
            pid = asked["ended"]
            if pid in kernels:
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    kernels.discard(pid)
                    codes[pid] = os.waitstatus_to_exitcode(status)
            answer = {"code": codes.get(pid)}
        channel.sendall(json.dumps(answer).encode())
    for pid in kernels:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in kernels:
        os.waitpid(pid, 0)


def _kernel(asked: Mapping[str, Any], server: int) -> None:
    """Be a kernel, as if Python had just been started for it."""
    become_own(server)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["ipykernel_launcher", *asked["fork"], f"--IPKernelApp.parent_handle={server}"]
    _forget_the_starter()
    gc.unfreeze()
    _reseed()
    _draw_inline()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def become_own(parent: int) -> None:
    """Make a fork a process of its own that dies with `parent`: no signal of the terminal, no handler, no input."""
    ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before we asked
        os._exit(1)
    os.setsid()
    for name in ("SIGTERM", "SIGHUP", "SIGPIPE"):
        signal.signal(getattr(signal, name), signal.SIG_DFL if name != "SIGPIPE" else signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.unraisablehook = sys.__unraisablehook__
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process lives
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _forget_the_starter() -> None:
    """The way in which the build itself was started is nothing to a kernel: `python -m` puts its folder on the path."""
    folders = {"", str(Path.cwd()), os.environ.get("PWD", "")}
    if sys.path and (sys.path[0] in folders or not Path(sys.path[0]).is_absolute()):
        del sys.path[0]


def _draw_inline() -> None:
    """Have pyplot draw into the notebook: a kernel names the backend in a variable, which matplotlib reads when loaded.

    In a fork it is loaded already.
    """
    backend = os.environ.setdefault("MPLBACKEND", INLINE)
    if matplotlib := sys.modules.get("matplotlib"):
        matplotlib.rcParams["backend"] = backend
    # Both look once, when they are loaded, for a kernel to draw in, and the build had none.
    for name in ("matplotlib.pyplot", "matplotlib_inline.backend_inline"):
        sys.modules.pop(name, None)


def _reseed() -> None:
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()


def _in_child(action: Callable[[], None]) -> NoReturn:
    """Do it in a fork and end there, without the clearing up that belongs to the parent."""
    code = 1
    try:
        atexit._clear()
        action()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
