"""Real servers for tests: `sentineliq run` on a free port, with a data folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from sentineliq.config import Settings

PROJECT = Path(__file__).parents[1]
PATIENCE = 180
"""Seconds until a server must answer; the first one builds the front end."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**values: str) -> dict[str, str]:
    """This machine's environment without any setting of the product's, but for `values`."""
    ours = {name.upper() for name in Settings.model_fields} | {"WASP_WEB_CLIENT_URL", "GRANIAN_WORKERS"}
    return {name: value for name, value in os.environ.items() if name not in ours} | values


@dataclass(frozen=True)
class Server:
    """A running server. `url` is its origin."""

    url: str
    port: int
    data_dir: Path
    log: Path
    process: subprocess.Popen[bytes]

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code, once it has ended."""
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=15)


@contextmanager
def running_server(data_dir: Path, **environment: str) -> Iterator[Server]:
    """A server of the product as `make run` starts it, in development, with the Stripe sandbox."""
    server = _start(data_dir, environment)
    try:
        _wait_until_it_answers(server)
        yield server
    finally:
        if server.process.poll() is None:
            try:
                server.stop()
            except subprocess.TimeoutExpired:
                os.killpg(server.process.pid, signal.SIGKILL)


def _start(data_dir: Path, environment: Mapping[str, str]) -> Server:
    port = free_port()
    data_dir.mkdir(parents=True, exist_ok=True)
    log = data_dir / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("sentineliq"), "run"],
            cwd=PROJECT,
            env=clean_environment(PORT=str(port), SENTINELIQ_DATA_DIR=str(data_dir), **environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(f"http://localhost:{port}", port, data_dir, log, process)


def _wait_until_it_answers(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.process.poll() is None:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError(f"The server did not start:\n{server.log.read_text()[-4000:]}")
