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
    """This machine's environment with no setting of the product's but `values`; `.env` is overruled too."""
    unset = {name.upper(): "" for name in Settings.model_fields} | {"WASP_WEB_CLIENT_URL": ""}
    inherited = {name: value for name, value in os.environ.items() if name != "GRANIAN_WORKERS"}
    return inherited | unset | values


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
def running_server(data_dir: Path, *, port: int | None = None, **environment: str) -> Iterator[Server]:
    """A server of the product as `make run` starts it, in development, with the Stripe sandbox."""
    server = start(data_dir, environment, port=port)
    try:
        wait_until_ready(server)
        yield server
    finally:
        if server.process.poll() is None:
            try:
                server.stop()
            except subprocess.TimeoutExpired:
                os.killpg(server.process.pid, signal.SIGKILL)


def start(data_dir: Path, environment: Mapping[str, str], *, port: int | None = None) -> Server:
    """Begin to start a server; `wait_until_ready` says when it answers."""
    port = port or free_port()
    data_dir.mkdir(parents=True, exist_ok=True)
    log = data_dir / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("sentineliq"), "run"],
            cwd=PROJECT,
            env=clean_environment(PORT=str(port), SENTINELIQ_DATA_DIR=str(data_dir), **environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(f"http://localhost:{port}", port, data_dir, log, process)


def wait_until_ready(server: Server) -> None:
    """Raises `AssertionError` with what it wrote when it ends, or does not answer in time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.process.poll() is None:
        if "SentinelIQ is ready" in server.log.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(f"The server did not start:\n{server.log.read_text()[-4000:]}")
