"""How the process logs: lines for a person in development, JSON for a collector in production.

Secrets and what is personal are taken out last of all, from every line of ours and of the libraries.
"""

import logging
import logging.config
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Literal

import structlog
from structlog.typing import Processor

from .config import Settings

Stream = Literal["stdout", "stderr"]
"""Where lines go: the server's are all that it says; a command prints what a machine may read, so its lines
go to the other one."""

HIDDEN = "[hidden]"

_SECRET = re.compile(
    r"whsec_[\w+/=-]+|\b[sr]k_(?:test|live)_\w+|\bre_[A-Za-z0-9]+_\w+"  # Stripe's and Resend's
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]+"  # signed tokens: cookies and mailed links
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"  # the password in an address
    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"  # mail addresses
    r"|\b(?:\d[ -]?){12,18}\d\b"  # card numbers
)
_PERSONAL_NAMES = frozenset(
    ("password", "token", "cookie", "authorization", "secret", "email", "to", "payload", "body", "card")
)


def redact(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The line without what must not be kept, whoever wrote it there."""
    return {name: HIDDEN if name in _PERSONAL_NAMES else _clean(value) for name, value in line.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET.sub(HIDDEN, value)
    if isinstance(value, dict):
        return redact(None, "", value)
    if isinstance(value, list | tuple | set):
        return [_clean(one) for one in value]
    return value if isinstance(value, int | float | bool | None) else _SECRET.sub(HIDDEN, str(value))


def configure(settings: Settings, *, to: Stream = "stdout") -> None:
    """Set up structlog and the libraries' logging. Tracebacks never show the values of variables."""
    structlog.configure(
        processors=[*_shared(), *_ending(settings, to)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(getattr(sys, to)),
    )
    if settings.in_production:
        logging.config.dictConfig(server_logging(settings, to=to) | {"version": 1})


def write_answers(answers: Iterable[tuple[str, int, float, str, Mapping[str, str]]]) -> None:
    """Log answers to POST in production, without the processors of other lines, all at once: path, status,
    seconds, the request's id, and what else is told.

    Only for what needs no redaction: a path of ours, and ids and types that were checked for their shape.
    """
    end = f'"timestamp": "{datetime.now(UTC).isoformat().replace("+00:00", "Z")}"}}\n'
    text = ""
    for path, status, seconds, request_id, about in answers:
        text += f'{{"method": "POST", "path": "{path}", "status": {status}, "ms": {seconds * 1000:.1f}, '
        text += f'"event": "answered", "request_id": "{request_id}", '
        for name in about:
            text += f'"{name}": "{about[name]}", '
        text += f'"level": "info", {end}'
    sys.stdout.write(text)
    sys.stdout.flush()


def server_logging(settings: Settings, *, to: Stream = "stdout") -> dict[str, Any]:
    """The libraries' and the server's lines, in the shape of ours in production; theirs in development."""
    if not settings.in_production:
        return {}
    ours = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(settings, to)],
        "foreign_pre_chain": _shared(),
    }
    quiet = {"handlers": ["lines"], "propagate": False}
    return {
        "disable_existing_loggers": False,
        "formatters": {"json": ours},
        "handlers": {
            "lines": {"class": "logging.StreamHandler", "stream": f"ext://sys.{to}", "formatter": "json"}
        },
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {"_granian": quiet | {"level": "INFO"}, "granian.access": quiet | {"level": "WARNING"}},
    }


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _ending(settings: Settings, to: Stream) -> list[Processor]:
    if settings.in_production:
        return [structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=getattr(sys, to).isatty(), exception_formatter=plain)]
