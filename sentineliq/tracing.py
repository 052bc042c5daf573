"""Traces for OpenTelemetry, where an exporter is configured; else nothing is imported and spans cost nothing.

Needs the extra `otel` and OTEL_EXPORTER_OTLP_ENDPOINT; the other variables are OpenTelemetry's own
(https://opentelemetry.io/docs/languages/sdk-configuration/otlp-exporter/).
"""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
INSTALL = "`.venv/bin/pip install -e '.[otel]'`"

_tracer: Any = None
is_on = False
"""Whether spans go anywhere."""


class TracingNotInstalled(Exception):
    """An exporter is configured, but the extra is not installed."""


def check() -> None:
    """Find out before the start whether the extra is needed and missing. Raises `TracingNotInstalled`."""
    if os.environ.get(ENDPOINT) and find_spec("opentelemetry") is None:
        raise TracingNotInstalled(f"{ENDPOINT} is set: {INSTALL} installs what sends traces.")


def configure() -> None:
    """Export spans from now on, if an exporter is configured. Raises `TracingNotInstalled`."""
    global _tracer, is_on
    if not os.environ.get(ENDPOINT) or _tracer is not None:
        return
    check()
    sdk = importlib.import_module("opentelemetry.sdk.trace")
    export = importlib.import_module("opentelemetry.sdk.trace.export")
    otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    os.environ.setdefault("OTEL_SERVICE_NAME", "sentineliq")
    provider = sdk.TracerProvider()  # sends what it still has when the process ends
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    _tracer, is_on = provider.get_tracer("sentineliq"), True


def flush() -> None:
    """Send what is still here, within 2 s: a process that stops does not wait for more."""
    if _tracer is not None:
        _tracer.span_processor.force_flush(2000)


@contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """A step of the trace. No personal value among the attributes.

    Of an error only its type is told: its own words can quote a row, and with it a person's address.
    """
    if _tracer is None:
        yield
        return
    with _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            raise
