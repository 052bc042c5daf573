"""Each way to break the connection is named, with its mend, and nothing else is hidden by it."""

import asyncio
import json

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from sentineliq import config, db, doctor
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.billing.stripe import checks
from sentineliq.cli import main
from sentineliq.doctor import surroundings
from tests.doctor.conftest import Hospital
from tests.doctor.faults import FAULTS
from tests.state.tab import returning


async def test_the_built_in_sandbox_passes_every_check(development: Hospital) -> None:
    found = await development.examine()
    assert {name: each.says for name, each in found.items() if not each.passed} == {}
    assert {"webhook events", "webhook API version", "webhook delivery", "customer portal"} <= set(found)


async def test_a_connected_account_passes_every_check(connected: Hospital) -> None:
    found = await connected.examine()
    assert {name: each.says for name, each in found.items() if not each.passed} == {}
    assert "verified" in found["mail"].says


async def test_a_test_delivery_leaves_one_ignored_event(connected: Hospital) -> None:
    await connected.examine()
    await connected.examine()
    async with db.reading() as session:
        event = await session.get_one(WebhookEvent, "evt_sentineliq_doctor")
    assert event.status is EventStatus.IGNORED


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_fault_is_named_with_its_mend(connected: Hospital, fault: str) -> None:
    breaking, check, says, mend = FAULTS[fault]
    await breaking(connected)
    found = await connected.examine()
    assert not found[check].passed
    assert says in found[check].says
    assert mend in found[check].mend
    assert len([each for each in found.values() if each.passed]) > 4, "the others are still looked at"


async def test_a_check_that_breaks_tells_why_and_blames_nobody_else(
    connected: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "check_sender", returning(FileNotFoundError("/no/such/ca.pem")))
    with capture_logs() as logs:
        found = await connected.examine()
    assert "FileNotFoundError" in found["mail"].says
    assert "database" not in found["mail"].says
    assert [(each["check"], each["exc_info"]) for each in logs if each["event"] == "check_failed"] == [
        ("mail", True)
    ]


async def test_an_old_schema_is_named(connected: Hospital) -> None:
    connected.set(DATABASE_URL=connected.database_url.replace("sentineliq.db", "empty.db"))
    found = await connected.examine()
    assert (found["database"].passed, found["migrations"].passed) == (True, False)
    assert "db upgrade" in found["migrations"].mend
    assert "database" in found["event versions"].says


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_pooler_that_drops_the_limits_of_waiting_is_named(
    connected: Hospital, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected.set(DATABASE_URL=database_url)
    assert (await connected.examine())["database"].passed
    monkeypatch.setattr(db, "postgres_limits", lambda _patience: {})  # pyright: ignore[reportUnknownLambdaType]
    found = await connected.examine()
    assert "statement_timeout" in found["database"].says
    assert "role" in found["database"].mend


async def test_no_environment_at_all_lists_every_fault_and_what_depends_on_it(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("SENTINELIQ_ENV", "production")
    environment.delenv("JWT_SECRET")
    findings = await doctor.examine()
    told = [each.says.split()[0] for each in findings if each.check == "settings"]
    assert sorted(told) == sorted(config.PURPOSES)
    by_name = {each.check: each for each in findings}
    for name in ("stripe key", "prices", "webhook endpoint", "tax"):
        assert "needs STRIPE_API_KEY" in by_name[name].says
    assert "needs DATABASE_URL" in by_name["database"].says


async def test_a_test_key_in_production_is_named() -> None:
    settings = config.Settings(
        sentineliq_env=config.Environment.PRODUCTION, stripe_api_key="sk_test_1", web_client_url="https://a.b"
    )
    [finding] = await checks.examine("stripe key", settings)
    assert "test key in production" in finding.says


async def test_a_check_that_hangs_or_breaks_hides_no_other(
    connected: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_account: object) -> list[object]:
        await asyncio.Event().wait()
        return []

    async def explode(_account: object) -> list[object]:
        raise KeyError("a fault of ours")

    monkeypatch.setitem(checks.CHECKS, "tax", hang)
    monkeypatch.setitem(checks.CHECKS, "prices", explode)
    monkeypatch.setattr(doctor, "PATIENCE", 5)
    found = await connected.examine()
    assert "no answer within 5 s" in found["tax"].says
    assert "KeyError" in found["prices"].says
    assert found["customer portal"].passed


async def test_the_command_prints_a_line_a_check_and_no_secret(connected: Hospital) -> None:
    connected.set(STRIPE_API_KEY="sk_test_wrong", RESEND_API_KEY="re_secret")
    done = await asyncio.to_thread(CliRunner().invoke, main, ["doctor"])
    lines = done.stdout.splitlines()
    assert done.exit_code == 1
    assert {line[0] for line in lines} == {"✓", "✗"}
    assert any(line.startswith("✗ stripe key") and "→" in line for line in lines)
    for secret in ("sk_test_wrong", "re_secret", "whsec_sandbox"):
        assert secret not in done.output


async def test_the_command_tells_machines_and_ends_with_0(connected: Hospital) -> None:
    done = await asyncio.to_thread(CliRunner().invoke, main, ["doctor", "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ok"]) == (0, True)
    assert {"check", "passed", "says", "mend"} == set(told["checks"][0])
