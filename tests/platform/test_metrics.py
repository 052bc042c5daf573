"""What Prometheus is told: few labels, cheap questions, and only who may read it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from sentineliq import config, db, gauges, health, metrics
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.mail.models import MailKind, OutboxMail


@pytest.fixture
async def prometheus(database: db.Database, settings: config.Settings) -> AsyncIterator[httpx.AsyncClient]:
    gauges._last = (-gauges.FRESH_FOR, b"")
    transport = httpx.ASGITransport(Starlette(routes=health.routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


def mail(key: str, **columns: object) -> OutboxMail:
    return OutboxMail(key=key, kind=MailKind.VERIFY_EMAIL, to="ada@example.com", **columns)


async def test_what_waits_and_what_went_wrong_is_told(prometheus: httpx.AsyncClient) -> None:
    async with db.transaction() as session:
        session.add(mail("old", created_at=db.now() - timedelta(hours=2)))
        session.add(mail("new"))
        session.add(mail("sent", sent_at=db.now(), created_at=db.now() - timedelta(days=9)))
        session.add(mail("lost", given_up_at=db.now()))
        for number, status in enumerate((EventStatus.FAILED, EventStatus.UNMATCHED, EventStatus.UNMATCHED)):
            session.add(
                WebhookEvent(id=f"evt_{number}", type="x", status=status, livemode=False, payload="{}")
            )
    text = (await prometheus.get("/metrics")).text
    values = {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line[0] != "#"
    }
    assert 7200 <= values["sentineliq_mail_oldest_unsent_seconds"] < 7300
    assert (values["sentineliq_mail_unsent"], values["sentineliq_mail_given_up"]) == (2, 1)
    assert values['sentineliq_webhook_events{status="failed"}'] == 1
    assert values['sentineliq_webhook_events{status="unmatched"}'] == 2


async def test_the_database_is_asked_once_however_many_scrape(
    prometheus: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prometheus.get("/metrics")
    monkeypatch.setattr(db, "reading", None)
    assert "sentineliq_mail_unsent" in (await prometheus.get("/metrics")).text


async def test_without_a_database_the_counters_are_still_told(
    prometheus: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "reading", None)
    answer = await prometheus.get("/metrics")
    assert answer.status_code == 200
    assert "sentineliq_webhook_deliveries" in answer.text
    assert "sentineliq_mail_unsent" not in answer.text


async def test_with_a_token_only_its_bearer_may_read(
    prometheus: httpx.AsyncClient, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("METRICS_TOKEN", "let-prometheus-in")
    config.get_settings.cache_clear()
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
        assert (await prometheus.get("/metrics", headers=header)).status_code == 404
    right = {"Authorization": "Bearer let-prometheus-in"}
    assert (await prometheus.get("/metrics", headers=right)).status_code == 200


async def test_a_connection_counts_while_it_is_used(database: db.Database) -> None:
    metrics.watch_pool(database.reader.sync_engine.pool, name="tested")
    used = metrics.CONNECTIONS.labels("tested")._value
    async with database.reader.connect():
        assert used.get() == 1
    assert used.get() == 0
