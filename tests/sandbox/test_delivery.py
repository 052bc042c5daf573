"""Webhooks: signed, in order, again and again until somebody takes them, also after a restart."""

from pathlib import Path

import certifi
import pytest

from sentineliq.sandbox import delivery
from tests.sandbox.world import World, world


async def test_what_is_refused_comes_again_and_its_tries_are_on_record(tmp_path: Path) -> None:
    async with world(tmp_path, answers=[500]) as running:
        await running.customer()
        await running.inbox.wait_for("customer.created")
        assert [event["type"] for event in running.inbox.refused] == ["customer.created"]
        assert running.inbox.refused[0]["id"] == running.inbox.events[0]["id"]
        record = (await running.engine.events())[0]
        assert [attempt.status for attempt in record.attempts] == [500, 200][: len(record.attempts)]
        assert record.attempts[0].response == '{"received":false}'


async def test_what_nobody_took_is_delivered_after_a_restart(tmp_path: Path) -> None:
    async with world(tmp_path, answers=[503] * 5) as running:
        customer = await running.customer()
    async with world(tmp_path) as running:
        await running.inbox.wait_for("customer.created")
        assert running.inbox.events[0]["data"]["object"]["id"] == customer.id
        assert (await running.v1.customers.retrieve_async(customer.id)).email == "owner@example.com"


async def test_a_resent_event_arrives_once_more(sandbox: World) -> None:
    await sandbox.customer()
    await sandbox.inbox.wait_for("customer.created")
    await sandbox.engine.resend(sandbox.inbox.events[0]["id"])
    await sandbox.inbox.wait_for("customer.created", count=2)
    assert sandbox.inbox.events[0]["id"] == sandbox.inbox.events[1]["id"]


async def test_an_event_says_which_request_made_it(sandbox: World) -> None:
    await sandbox.v1.customers.create_async({"email": "a@b.c"}, {"idempotency_key": "customer:ws_1"})
    await sandbox.inbox.wait_for("customer.created")
    event = sandbox.inbox.events[0]
    assert event["request"]["idempotency_key"] == "customer:ws_1"
    assert event["request"]["id"].startswith("req_")
    assert (event["api_version"], event["pending_webhooks"]) == ("2025-04-30.basil", 1)


async def test_an_endpoint_gets_the_types_that_it_asks_for(sandbox: World) -> None:
    endpoint = await sandbox.v1.webhook_endpoints.create_async(
        {"url": f"{sandbox.base}/webhooks/elsewhere", "enabled_events": ["invoice.paid"]}
    )
    sandbox.elsewhere.secret = endpoint.secret
    await sandbox.subscribe()
    await sandbox.elsewhere.wait_for("invoice.paid")
    assert sandbox.elsewhere.types() == ["invoice.paid"]
    assert sandbox.elsewhere.events[0]["pending_webhooks"] == 2
    assert (await sandbox.v1.webhook_endpoints.delete_async(endpoint.id)).deleted


def test_it_trusts_the_certificates_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = "-----END CERTIFICATE-----\n"
    mine = tmp_path / "mine.pem"
    mine.write_text(Path(certifi.where()).read_text().partition(end)[0] + end)
    monkeypatch.setenv("SSL_CERT_FILE", str(mine))
    assert len(delivery.trusted_authorities().get_ca_certs()) == 1
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    assert len(delivery.trusted_authorities().get_ca_certs()) > 50
