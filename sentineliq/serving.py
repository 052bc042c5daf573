"""Serve the built app with granian: pages, websocket, API and webhook on one port."""

import os
from pathlib import Path

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from .config import Settings

_ACCESS_LOG = '[%(time)s] %(addr)s "%(method)s %(path)s" %(status)d %(dt_ms).1fms'
"""Without query strings: the websocket's carries the tab's token."""


def serve(settings: Settings, *, host: str, workers: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    _configure_reflex(settings)
    Server(
        target="sentineliq.sentineliq:app",
        factory=True,
        interface=Interfaces.ASGI,
        address=host,
        port=settings.port,
        workers=workers,
        workers_kill_timeout=5,
        log_level=LogLevels.info if settings.in_production else LogLevels.warning,
        log_access=settings.in_production,
        log_access_format=_ACCESS_LOG,
    ).serve()


def _configure_reflex(settings: Settings) -> None:
    """Reflex reads these when it is imported: the finished build is served, nothing is compiled."""
    states = Path(settings.sentineliq_data_dir) / "states"
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
