"""`sentineliq events` and `sentineliq reconcile`, as a shell calls them."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlmodel import SQLModel
from typer.testing import CliRunner, Result

from sentineliq import config, db
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.billing.stripe import client, reads
from sentineliq.cli import main

PAYLOAD = json.dumps(
    {"id": "evt_1", "type": "invoice.finalized", "created": 1, "livemode": False, "data": {"object": {}}}
)


async def _fill(url: str) -> None:
    db.configure(url)
    async with db.database().writer.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    async with db.transaction() as session:
        for name, status, version in (
            ("evt_1", EventStatus.FAILED, "2020-08-27"),
            ("evt_2", EventStatus.PROCESSED, config.get_settings().stripe_api_version),
        ):
            session.add(
                WebhookEvent(
                    id=name,
                    type="invoice.paid",
                    status=status,
                    reason="why",
                    payload=PAYLOAD,
                    api_version=version,
                )
            )
    await db.dispose()


@pytest.fixture
def ledger(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two events in the ledger of a development database; Stripe is not reachable."""
    environment.setenv("STRIPE_API_KEY", "sk_test_of_the_tests")
    environment.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
    config.get_settings.cache_clear()
    client.stripe_client.cache_clear()
    asyncio.run(_fill(config.get_settings().database_url))


def call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_events_are_listed_by_status_and_as_json(ledger: None) -> None:
    assert "evt_2" in call("events", "list").stdout
    failed = call("events", "list", "--status", "failed")
    assert "evt_1" in failed.stdout
    assert "evt_2" not in failed.stdout
    listed = json.loads(call("events", "list", "--json").stdout)
    assert {event["id"] for event in listed} == {"evt_1", "evt_2"}
    assert "payload" not in listed[0]


def test_a_version_that_is_not_ours_is_named_in_the_list(ledger: None) -> None:
    lines = call("events", "list").stdout.splitlines()
    assert [line.split()[3] for line in lines if "API 2020-08-27" in line] == ["evt_1"]
    assert len([line for line in lines if " API " in line]) == 1


def test_one_event_is_shown_with_its_payload(ledger: None) -> None:
    shown = json.loads(call("events", "show", "evt_1").stdout)
    assert shown["payload"]["type"] == "invoice.finalized"
    assert shown["reason"] == "why"


def test_failed_event_is_replayed_and_a_settled_one_is_not(ledger: None) -> None:
    assert call("events", "replay", "evt_1").stdout.strip() == "ignored"
    assert json.loads(call("events", "show", "evt_1").stdout)["status"] == "ignored"
    again = call("events", "replay", "evt_1")
    assert (again.exit_code, again.stdout.strip()) == (0, "settled before")


@pytest.mark.parametrize(
    "words", [("events", "show", "evt_9"), ("events", "replay", "evt_9"), ("reconcile",)]
)
def test_what_cannot_be_done_ends_with_1_and_says_why(ledger: None, words: tuple[str, ...]) -> None:
    result = call(*words)
    assert result.exit_code == 1
    assert result.stderr


def test_a_dry_run_lists_the_parked_events_for_people_and_machines(
    ledger: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(**_: object) -> list[dict[str, object]]:
        return []

    monkeypatch.setattr(reads, "fetch_events", none)
    said = call("reconcile", "--dry-run")
    assert said.exit_code == 0
    assert said.stdout.splitlines() == [
        "would try parked event evt_1",
        "0 workspaces, 0 missed events, 1 parked events, 0 differences",
    ]
    assert json.loads(call("reconcile", "--dry-run", "--json").stdout)["parked_events"] == ["evt_1"]


def test_wrong_call_ends_with_2(ledger: None) -> None:
    assert call("events", "list", "--status", "lost").exit_code == 2
