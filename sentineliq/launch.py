"""From a checkout to a served app: migrate, build what has changed, seed a first start, listen."""

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from . import build, migrations
from .config import Settings

_ACCESS_LOG = '[%(time)s] %(addr)s "%(method)s %(path)s" %(status)d %(dt_ms).1fms'
"""Without query strings: the websocket's carries the tab's token."""
_GRACE = 4
"""Seconds that open connections get when the server stops."""


class CannotStart(Exception):
    """Something that the start needs is missing or broken; the message says what to do."""


def prepare(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Everything that must hold before the app listens. Raises `CannotStart`."""
    if not Path("rxconfig.py").exists():
        raise CannotStart("There is no rxconfig.py here: run `sentineliq` in the project's folder.")
    changed = asyncio.run(migrations.upgrade(settings.database_url))
    say("Database: upgraded" if changed else "Database: up to date")
    _build(say)
    say(f"SentinelIQ: {settings.web_client_url}")


def _build(say: Callable[[str], None]) -> None:
    if build.is_current():
        say("Front end: up to date")
        return
    say("Front end: building (the first time takes a minute)")
    try:
        build.ensure_built()
    except build.BuildFailed as error:
        raise CannotStart(f"The front end could not be built.\n{error}") from error
    say("Front end: built")


def serve(settings: Settings, *, host: str, workers: int) -> None:
    """Listen until SIGINT or SIGTERM. Several workers need Redis."""
    _tell_reflex(settings)
    multiprocessing.set_start_method("spawn", force=True)  # a worker inherits nothing of this process
    Server(
        target="sentineliq.sentineliq:app",
        factory=True,
        interface=Interfaces.ASGI,
        address=host,
        port=settings.port,
        workers=workers if settings.redis_url else 1,
        workers_kill_timeout=_GRACE,
        log_level=LogLevels.info if settings.in_production else LogLevels.warning,
        log_access=settings.in_production,
        log_access_format=_ACCESS_LOG,
    ).serve()


def _tell_reflex(settings: Settings) -> None:
    """Reflex reads these when it is imported: the finished build is served, nothing is compiled."""
    states = settings.sentineliq_data_dir / "states"
    os.environ.update(
        {
            "REFLEX_ENV_MODE": "prod",
            "__REFLEX_SKIP_COMPILE": "true",
            "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
            "REFLEX_TELEMETRY_ENABLED": "false",
            "REFLEX_CHECK_LATEST_VERSION": "false",
            "REFLEX_STATES_WORKDIR": str(states.absolute()),
        }
    )
