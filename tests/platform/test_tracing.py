"""Traces where an exporter is configured, and nothing at all elsewhere."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from sentineliq import launch, tracing
from sentineliq.config import SANDBOX_WEBHOOK_SECRET, Settings
from sentineliq.launch import CannotStart
from tests.billing.conftest import payload, sign
from tests.platform.otlp import Collector, attributes, collecting
from tests.servers import PROJECT, running_server


def test_without_an_exporter_nothing_is_imported() -> None:
    code = "import sys, sentineliq.tracing as t; t.configure(); print('opentelemetry' in sys.modules)"
    environment = {"PATH": "/usr/bin", tracing.ENDPOINT: ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "False"


def test_an_exporter_without_the_extra_is_told_before_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, "http://localhost:4318")
    monkeypatch.setattr(tracing, "find_spec", lambda _name: None)
    monkeypatch.chdir(PROJECT)
    with pytest.raises(CannotStart, match=r"\.\[otel\]"):
        launch.check_place(settings, host="127.0.0.1", workers=1)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Traces of this process go to it."""
    with collecting() as collector:
        monkeypatch.setenv(tracing.ENDPOINT, collector.url)
        monkeypatch.setattr(tracing, "_tracer", None)
        tracing.configure()
        yield collector
        tracing._tracer.span_processor.shutdown()


def told(collector: Collector) -> dict[str, Span]:
    """What has arrived once everything has been sent."""
    assert tracing._tracer.span_processor.force_flush()
    return collector.spans


def test_a_span_has_its_name_its_attributes_and_its_place(collector: Collector) -> None:
    with tracing.span("webhook"), tracing.span("ledger", event_id="evt_1"):
        pass
    spans = told(collector)
    assert attributes(spans["ledger"]) == {"event_id": "evt_1"}
    assert spans["ledger"].parent_span_id == spans["webhook"].span_id
    assert spans["ledger"].trace_id == spans["webhook"].trace_id
    assert collector.services == {"sentineliq"}


def test_of_an_error_only_its_type_is_told(collector: Collector) -> None:
    with pytest.raises(ValueError, match="ada"), tracing.span("ledger"):
        raise ValueError("no room for ada@example.com")
    assert attributes(told(collector)["ledger"]) == {"error.type": "ValueError"}
    assert "ada" not in collector.text()


def test_the_trace_of_a_delivery_names_its_event_and_no_person(tmp_path: Path) -> None:
    """A server's last spans are sent when it stops."""
    event = payload("customer.updated.address")
    body = json.dumps(event).encode()
    with collecting() as collector:
        with running_server(tmp_path, **{tracing.ENDPOINT: collector.url}) as server:
            headers = {"Stripe-Signature": sign(body, secret=SANDBOX_WEBHOOK_SECRET)}
            answer = httpx.post(f"{server.url}/webhooks/stripe", content=body, headers=headers, timeout=30)
            assert answer.status_code == 200
            assert server.stop() == 0
        spans = collector.spans
    assert attributes(spans["ledger"]) == {"event_id": event["id"], "event_type": "customer.updated"}
    assert spans["ledger"].parent_span_id == spans["webhook"].span_id
    customer = event["data"]["object"]
    for personal in (customer["email"], customer["name"], customer["id"], "@", "whsec_"):
        assert personal not in collector.text()
