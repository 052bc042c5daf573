"""Who is measured: the product, the reference and the peer, each a real server on a port of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.database import socket_folder
from bench.workload import PRICE, SECRET
from tests.servers import clean_environment, free_port

PROJECT = Path(__file__).parents[1]
HERE = Path(__file__).parent
PEER_ENDPOINT = "/stripe/webhook/6f9c2d0e-0000-4000-8000-000000000001/"
PATIENCE = 180.0
JWT_SECRET = "a-secret-of-the-benchmark-with-enough-letters"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

NAMES = ("ours", "reference", "peer")


@dataclass(frozen=True)
class Contestant:
    """A running server that takes deliveries at `path`."""

    name: str
    port: int
    path: str
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """Processor time that its processes have used so far, those of the database server left out."""
        return sum(_cpu_of(pid) for pid in _processes_of(self.process.pid))

    def resident_bytes(self) -> int:
        """Memory that its processes hold now, those of the database server left out."""
        return sum(_resident(pid) for pid in _processes_of(self.process.pid))


def _processes_of(group: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and _is_of(int(entry.name), group):
            yield int(entry.name)


def _is_of(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return False


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0


@contextmanager
def ours(database_url: str, folder: Path) -> Iterator[Contestant]:
    """The real app in production mode, as `make run` serves it."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("sentineliq")), "run"]
    environment = clean_environment(**production(database_url, folder, port))
    with _running("ours", command, folder, port, "/webhooks/stripe", environment) as contestant:
        yield contestant


def production(database_url: str, folder: Path, port: int) -> dict[str, str]:
    """The settings of a production instance whose Stripe and mail service are out of reach."""
    return {
        "SENTINELIQ_ENV": "production",
        "SENTINELIQ_DATA_DIR": str(folder / "ours"),
        "PORT": str(port),
        "DATABASE_URL": database_url,
        "STRIPE_API_KEY": "sk_test_of_the_benchmark",
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_CUSTOMER_PORTAL_URL": "http://127.0.0.1:9/portal",
        "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_bench_hobby",
        "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": PRICE,
        "PAYMENTS_CREDITS_10_PLAN_ID": "price_bench_credits",
        "JWT_SECRET": JWT_SECRET,
        "WEB_CLIENT_URL": f"http://localhost:{port}",
        "ADMIN_EMAILS": "staff@example.com",
        "SENDER_EMAIL": "billing@example.com",
        "RESEND_API_KEY": "re_of_the_benchmark",
    }


@contextmanager
def reference(database_url: str, folder: Path) -> Iterator[Contestant]:
    port = free_port()
    command = _granian(sys.executable, "asgi", port, "bench.reference:app")
    environment = clean_environment(DATABASE_URL=database_url, STRIPE_WEBHOOK_SECRET=SECRET)
    with _running("reference", command, folder, port, "/webhooks/stripe", environment) as contestant:
        yield contestant


@contextmanager
def peer(database_url: str, folder: Path) -> Iterator[Contestant]:
    """dj-stripe. Its virtual environment is made once and kept in an ignored folder."""
    python = _peer_environment()
    environment = dict(os.environ) | {
        "DATABASE_URL": database_url,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "PYTHONPATH": str(HERE / "peer"),
    }
    if database_url.startswith("postgres"):
        environment["PGHOST"] = socket_folder(database_url)
    subprocess.run([python, HERE / "peer" / "app.py"], env=environment, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    command = [*_granian(python, "wsgi", port, "app:application"), "--blocking-threads", "8"]
    with _running("peer", command, folder, port, PEER_ENDPOINT, environment) as contestant:
        yield contestant


def _peer_environment() -> str:
    folder, wanted = PROJECT / ".bench" / "peer", (HERE / "peer" / "requirements.txt").read_text()
    python, installed = folder / "bin" / "python", folder / "requirements.txt"
    if not installed.exists() or installed.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "-r", HERE / "peer" / "requirements.txt"], check=True
        )
        installed.write_text(wanted)
    return str(python)


def _granian(python: str, interface: str, port: int, target: str) -> list[str]:
    options = ["--interface", interface, "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    return [python, "-m", "granian", *options, target]


@contextmanager
def _running(
    name: str, command: list[str], folder: Path, port: int, path: str, environment: dict[str, str]
) -> Iterator[Contestant]:
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_for(port, process, log)
        yield Contestant(name, port, path, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")
