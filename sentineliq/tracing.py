"""Traces for OpenTelemetry, where an exporter is configured; else nothing is imported and spans cost nothing.

Needs the extra `otel` and OTEL_EXPORTER_OTLP_ENDPOINT; the other variables are OpenTelemetry's own
(https://opentelemetry.io/docs/languages/sdk-configuration/otlp-exporter/).
"""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

_tracer: Any = None
is_on = False
"""Whether spans go anywhere."""


class TracingNotInstalled(Exception):
    """An exporter is configured, but the extra is not installed."""


def configure() -> None:
    """Export spans from now on, if an exporter is configured. Raises `TracingNotInstalled`."""
    global _tracer, is_on
    if not os.environ.get(ENDPOINT) or _tracer is not None:
        return
    try:
        api = importlib.import_module("opentelemetry.trace")
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError as error:
        raise TracingNotInstalled(f"{ENDPOINT} is set: install sentineliq[otel].") from error
    provider = sdk.TracerProvider()  # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES name it
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    api.set_tracer_provider(provider)
    _tracer, is_on = provider.get_tracer("sentineliq"), True


@contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """A step of the trace. No personal value among the attributes."""
    if _tracer is None:
        yield
        return
    with _tracer.start_as_current_span(name, attributes=attributes):
        yield
