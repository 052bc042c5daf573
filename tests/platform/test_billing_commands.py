"""`sentineliq events` and `sentineliq reconcile`, as a shell calls them."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlmodel import SQLModel
from typer.testing import CliRunner, Result

from sentineliq import config, db
from sentineliq.billing import catch_up
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.billing.processor import PaymentProcessorRefused
from sentineliq.billing.stripe import client, reads
from sentineliq.cli import main
from sentineliq.workspaces.models import Workspace

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


def _reconciled(environment: pytest.MonkeyPatch, outcome: Exception | list[object]) -> str:
    """A workspace with a customer, and what comparing it gives; no event was missed. Its id."""

    async def nothing_missed(**_: object) -> list[dict[str, object]]:
        return []

    async def compare(_workspace_id: str, *, dry_run: bool) -> list[object]:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    environment.setattr(reads, "fetch_events", nothing_missed)
    environment.setattr(catch_up, "reconcile_workspace", compare)
    return asyncio.run(_customer(config.get_settings().database_url))


async def _customer(url: str) -> str:
    db.configure(url)
    async with db.transaction() as session:
        workspace = Workspace(name="Acme", stripe_customer_id="cus_1")
        session.add(workspace)
    await db.dispose()
    return workspace.id


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_what_could_not_be_compared_is_named_and_ends_with_1(
    ledger: None, environment: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    workspace_id = _reconciled(environment, OSError("a lock, once"))
    said = call("reconcile", *words)
    assert said.exit_code == 1
    failed, counted = said.stdout.splitlines()[-2:]
    assert failed == f"failed {workspace_id}: the log says why"
    assert counted.startswith("1 workspaces, ")
    assert counted.endswith(", 0 differences, 1 failed")


def test_json_of_what_could_not_be_compared_is_whole_and_ends_with_1(
    ledger: None, environment: pytest.MonkeyPatch
) -> None:
    workspace_id = _reconciled(environment, OSError("a lock, once"))
    said = call("reconcile", "--json")
    assert said.exit_code == 1
    assert json.loads(said.stdout)["failed"] == [workspace_id]
    assert "workspace_not_reconciled" in said.stderr


def test_an_unknown_workspace_is_not_one_without_differences(ledger: None) -> None:
    said = call("reconcile", "--workspace", "nowhere")
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == "There is no workspace nowhere.\n"


def test_a_refused_key_is_told_for_one_workspace_too(ledger: None, environment: pytest.MonkeyPatch) -> None:
    workspace_id = _reconciled(environment, PaymentProcessorRefused())
    said = call("reconcile", "--workspace", workspace_id)
    assert (said.exit_code, said.stdout) == (1, "")
    assert PaymentProcessorRefused.message in said.stderr


def test_one_workspace_without_differences_ends_with_0(ledger: None, environment: pytest.MonkeyPatch) -> None:
    workspace_id = _reconciled(environment, [])
    said = call("reconcile", "--workspace", workspace_id)
    assert (said.exit_code, said.stdout) == (0, "1 workspaces, 0 missed events, 0 differences\n")


def test_wrong_call_ends_with_2(ledger: None) -> None:
    assert call("events", "list", "--status", "lost").exit_code == 2
