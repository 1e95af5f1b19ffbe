"""The kernel provisioner `analysis-forked`: a kernel that is a fork of the server of the build that runs."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from . import forks

NAME = "analysis-forked"


class ForkedProvisioner(LocalProvisioner):  # type: ignore[misc]
    """jupyter_client's own provisioner, but for the way in which the process comes into being."""

    # jupyter_client makes the provisioners itself, so what they need stands here; a build runs one server at a time.
    server: ClassVar[forks.Server | None] = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel that reads the connection file of `cmd`. Raises OSError where it cannot be forked."""
        server = type(self).server
        if server is None:
            raise OSError("no build runs a server of kernels")
        arguments = cmd[cmd.index("-f") :]
        self.process = server.kernel(arguments, kwargs.get("env") or dict(os.environ), str(kwargs.get("cwd") or "."))
        # A kernel leads a group of its own, as the fork has seen to, or is about to.
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info
