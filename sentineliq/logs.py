"""How the process logs: lines for a person in development, JSON for a collector in production."""

import logging
import sys

import structlog

from .config import Settings


def configure(settings: Settings) -> None:
    """Set up structlog. Tracebacks never show the values of variables: there are secrets among them."""
    if settings.in_production:
        ending = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.plain_traceback
        ending = [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *ending,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
