"""From a checkout to a served app: migrate, seed a first start, build what has changed, listen."""

import asyncio
import compileall
import multiprocessing
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import structlog
from alembic.util import CommandError
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from . import build, db, logs, migrations, tracing
from .config import DEVELOPMENT_STAFF, SANDBOX_PATH, Settings
from .identity import seed
from .stopping import StoppingServer

Say = Callable[[str], None]

_PULSE = 10
"""Seconds between two signs of life on a websocket, and until a missing one means that it is dead: what is
pressed on a connection that died without a word is lost, so the page must know soon."""
_HEADER_MS = 10_000
_HEADER_BYTES = 64 * 1024
"""What a client's request line and headers may take, in milliseconds and in bytes."""
_CONNECTIONS = 4096
"""Open connections of one worker; an open page holds one. Granian's own default is 1024 shared by all."""
_GRACE = 4
_GRACE_IN_PRODUCTION = 12
"""Seconds that running requests get when the server stops: a delivery may be asking Stripe. What does not run
is not waited for (`stopping`)."""


class CannotStart(Exception):
    """Something that the start needs is missing or broken; the message says what to do."""


def voice(settings: Settings, *, person: Say) -> Say:
    """How the start tells what it does: to a person in development, as lines of the log in production."""
    if not settings.in_production:
        return person
    logs.configure(settings)
    return structlog.get_logger(__name__).info


def check_place(settings: Settings, *, host: str, workers: int) -> None:
    """Find out before any work whether the app can listen here. Raises `CannotStart`."""
    check_folder()
    try:
        tracing.check()
    except tracing.TracingNotInstalled as error:
        raise CannotStart(str(error)) from error
    if workers > 1 and not settings.redis_url:
        raise CannotStart("Several workers need REDIS_URL: open pages and states are shared through it.")
    if workers > 1 and settings.uses_sandbox:
        raise CannotStart("The built-in Stripe sandbox works with one worker. Set STRIPE_API_KEY.")
    _check_port(host, settings.port, other="PORT=…")


def check_sandbox_place(settings: Settings, *, host: str, port: int) -> None:
    """Whether the sandbox can and may listen here. Raises `CannotStart`."""
    if settings.in_production:
        raise CannotStart(
            "The Stripe sandbox is for development; SENTINELIQ_ENV says that this is production."
        )
    _check_port(host, port, other="--port …")


def _check_port(host: str, port: int, *, other: str) -> None:
    """Raises `CannotStart`; `other` is how another port is chosen."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"Port {port} of {host} cannot be used: {error.strerror}. {other} takes another."
            raise CannotStart(message) from error


def check_folder() -> None:
    """Only where the sources lie can they be built and served. Raises `CannotStart`."""
    if not Path("rxconfig.py").exists():
        raise CannotStart("There is no rxconfig.py here: run `sentineliq` in the project's folder.")


def prepare(settings: Settings, *, say: Say) -> None:
    """Bring database and front end up to date. Raises `CannotStart`."""
    asyncio.run(_prepare_data(settings, say))
    build_what_changed(say=say)


def build_what_changed(*, say: Say) -> None:
    """What is made of the sources: Python's bytecode, and the front end. Raises `CannotStart`."""
    compileall.compile_dir(Path(__file__).parent, quiet=2)  # also where Python is told to keep no bytecode
    if build.is_current():
        say("Front end: up to date")
        return
    say("Front end: building (the first time takes a minute)")
    try:
        build.ensure_built()
    except build.BuildFailed as error:
        raise CannotStart(f"The front end could not be built.\n{error}") from error
    say("Front end: built")


async def _prepare_data(settings: Settings, say: Say) -> None:
    try:
        upgraded = await migrations.upgrade(settings.database_url)
    except (SQLAlchemyError, OSError, CommandError) as error:
        raise CannotStart(f"The database cannot be brought up to date: {_reason(error)}") from error
    say("Database: upgraded" if upgraded else "Database: up to date")
    if settings.in_production:
        return
    db.configure(settings.database_url)
    try:
        if await seed.seed_demo():
            say("Demo data: seeded")
    finally:
        await db.dispose()


def _reason(error: Exception) -> str:
    """In one line, with the mend: a service that starts again and again says it each time."""
    if isinstance(error, CommandError):
        return "its schema is of a newer version of SentinelIQ. Run that, or restore the dump of before it."
    said = str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
    return f"{said}. Is it up, and does DATABASE_URL name its host, database, user and password?"


def serve(settings: Settings, *, host: str, workers: int, say: Say) -> None:
    """Listen until SIGINT or SIGTERM."""
    _tell_reflex()
    if workers > 1:
        _share_metrics(settings)
    multiprocessing.set_start_method("spawn", force=True)  # a worker inherits nothing of this process
    _when_ready(settings, host=host, then=lambda: say(_welcome(settings)))
    StoppingServer(
        target="sentineliq.sentineliq:app",
        factory=True,
        interface=Interfaces.ASGI,
        address=host,
        port=settings.port,
        workers=workers,
        workers_kill_timeout=_GRACE_IN_PRODUCTION if settings.in_production else _GRACE,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MS, max_buffer_size=_HEADER_BYTES),
        backpressure=_CONNECTIONS,
        log_level=LogLevels.info if settings.in_production else LogLevels.warning,
        log_dictconfig=logs.server_logging(settings),
    ).serve()


def serve_sandbox(*, host: str, port: int, data_dir: Path, webhook_url: str) -> None:
    """Serve the Stripe sandbox alone, until SIGINT or SIGTERM."""
    from . import startup  # the app's start needs it in the worker only

    multiprocessing.set_start_method("spawn", force=True)
    app = partial(startup.standalone_sandbox, port=port, data_dir=data_dir, webhook_url=webhook_url)
    Server(
        target="",
        interface=Interfaces.ASGI,
        address=host,
        port=port,
        workers_kill_timeout=_GRACE,
        log_level=LogLevels.warning,
    ).serve(target_loader=app, wrap_loader=False)


def _tell_reflex() -> None:
    """Reflex reads these when it is imported: the finished build is served, nothing is compiled."""
    os.environ.update(
        {
            "REFLEX_ENV_MODE": "prod",
            "__REFLEX_SKIP_COMPILE": "true",
            "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
            "REFLEX_TELEMETRY_ENABLED": "false",
            "REFLEX_CHECK_LATEST_VERSION": "false",
            "REFLEX_SOCKET_INTERVAL": str(_PULSE),
            "REFLEX_SOCKET_TIMEOUT": str(_PULSE),
        }
    )


def _share_metrics(settings: Settings) -> None:
    """A folder in which the workers' numbers come together."""
    folder = settings.sentineliq_data_dir.absolute() / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _when_ready(settings: Settings, *, host: str, then: Callable[[], None]) -> None:
    """Call `then` once the server answers."""
    address = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  compared, not bound

    def wait() -> None:
        for _ in range(240):
            connection = HTTPConnection(address, settings.port, timeout=30)
            with suppress(OSError, HTTPException):
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    then()
                    return
            time.sleep(0.25)

    threading.Thread(target=wait, daemon=True).start()


def _welcome(settings: Settings) -> str:
    ready = f"SentinelIQ is ready: {settings.web_client_url}"
    if settings.in_production:
        return ready
    lines = ["", ready, f"Demo login: {seed.DEMO_EMAIL} / {seed.DEMO_PASSWORD}"]
    lines.append(f"Staff: {DEVELOPMENT_STAFF}, with the same password, at /admin/billing")
    if settings.uses_sandbox:
        lines.append(f"Stripe: the built-in sandbox, {settings.web_client_url}{SANDBOX_PATH}")
    if settings.uses_mailbox:
        lines.append(f"Mails: {settings.web_client_url}{SANDBOX_PATH}/mailbox")
    return "\n".join([*lines, "Ctrl-C stops it."])
