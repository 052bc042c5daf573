"""Traces where an exporter is configured, and nothing at all elsewhere."""

import importlib
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext

import pytest

from sentineliq import tracing
from sentineliq.tracing import TracingNotInstalled


def test_without_an_exporter_nothing_is_imported() -> None:
    code = "import sys, sentineliq.tracing as t; t.configure(); print('opentelemetry' in sys.modules)"
    environment = {"PATH": "/usr/bin", tracing.ENDPOINT: ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "False"


def test_an_exporter_without_the_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setenv(tracing.ENDPOINT, "http://localhost:4318")
    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(TracingNotInstalled, match=r"sentineliq\[otel\]"):
        tracing.configure()


def test_a_span_has_its_name_and_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, dict[str, str]]] = []

    class Tracer:
        def start_as_current_span(
            self, name: str, attributes: dict[str, str]
        ) -> AbstractContextManager[None]:
            begun.append((name, attributes))
            return nullcontext()

    monkeypatch.setattr(tracing, "_tracer", Tracer())
    with tracing.span("ledger", event_id="evt_1"):
        pass
    assert begun == [("ledger", {"event_id": "evt_1"})]
