"""Each way to break the connection is named, with its mend, and nothing else is hidden by it."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from typer.testing import CliRunner

from sentineliq import config, db, doctor
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.billing.stripe import checks
from sentineliq.cli import main
from sentineliq.sandbox.engine import tax_settings
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.endpoints import SEEDED
from sentineliq.workspaces.models import Workspace
from tests.doctor.conftest import Hospital

Break = Callable[[Hospital], Awaitable[None]]
NOWHERE = "http://127.0.0.1:9"


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


async def no_endpoint(it: Hospital) -> None:
    await it.client.v1.webhook_endpoints.delete_async(SEEDED)


async def endpoint_elsewhere(it: Hospital) -> None:
    await it.client.v1.webhook_endpoints.update_async(SEEDED, {"url": "https://old.example.com/stripe"})


async def endpoint_disabled(it: Hospital) -> None:
    await it.client.v1.webhook_endpoints.update_async(SEEDED, {"disabled": True})


async def an_event_too_few(it: Hospital) -> None:
    events = (await it.client.v1.webhook_endpoints.retrieve_async(SEEDED)).enabled_events
    kept = [event for event in events if event != "charge.refunded"]
    await it.client.v1.webhook_endpoints.update_async(SEEDED, {"enabled_events": kept})


async def every_event(it: Hospital) -> None:
    await it.client.v1.webhook_endpoints.update_async(SEEDED, {"enabled_events": ["*"]})


async def older_version(it: Hospital) -> None:
    def age(books: Books) -> None:
        books.save({**books.get("webhook_endpoint", SEEDED), "api_version": "2020-08-27"})

    await it.engine.transact(age)


async def second_endpoint(it: Hospital) -> None:
    url = f"http://localhost:{it.port}/webhooks/stripe"
    await it.client.v1.webhook_endpoints.create_async({"url": url, "enabled_events": ["invoice.paid"]})


async def undelivered_event(it: Hospital) -> None:
    """Stripe signs with a secret that is not ours any more, and it happened some minutes ago."""
    it.set(STRIPE_WEBHOOK_SECRET="whsec_another")
    config.get_settings.cache_clear()
    customer = await it.client.v1.customers.create_async({"email": "owner@example.com"})
    await it.client.v1.customers.update_async(customer.id, {"name": "Acme"})

    def age(books: Books) -> None:
        [event] = books.select("event", type="customer.updated")
        books.save({**event, "created": event["created"] - 600})

    await it.engine.transact(age)


async def portal_without_cancelling(it: Hospital) -> None:
    configurations = it.client.v1.billing_portal.configurations
    [default] = (await configurations.list_async({"is_default": True})).data
    await configurations.update_async(default.id, {"features": {"subscription_cancel": {"enabled": False}}})


async def portal_unknown(it: Hospital) -> None:
    it.set(STRIPE_PORTAL_CONFIGURATION_ID="bpc_unknown")


async def archived_price(it: Hospital) -> None:
    await it.client.v1.prices.update_async("price_sandbox_pro", {"active": False})


async def archived_product(it: Hospital) -> None:
    await it.client.v1.products.update_async("prod_sandbox_hobby", {"active": False})


async def other_currency(it: Hospital) -> None:
    price = await it.client.v1.prices.create_async(
        {
            "currency": "eur",
            "unit_amount": 1999,
            "product": "prod_sandbox_pro",
            "recurring": {"interval": "month"},
        }
    )
    it.set(PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID=price.id)


async def key_without_permission(it: Hospital) -> None:
    withheld = frozenset({"rak_checkout_session_write", "rak_customer_write"})
    object.__setattr__(it.engine.config, "withheld", withheld)
    it.set(STRIPE_API_KEY="rk_test_sandbox")


async def tax_pending(it: Hospital) -> None:
    details = {"pending": {"missing_fields": ["head_office"]}}
    it.environment.setitem(tax_settings._SETTINGS, "status", "pending")
    it.environment.setitem(tax_settings._SETTINGS, "status_details", details)


async def domain_not_verified(it: Hospital) -> None:
    it.resend.answer["data"][0]["status"] = "pending"


async def domain_unknown(it: Hospital) -> None:
    it.set(SENDER_EMAIL="billing@other.example.com")


async def resend_refuses(it: Hospital) -> None:
    it.resend.status, it.resend.answer = 401, {"name": "validation_error", "message": "API key is invalid"}


async def foreign_event(it: Hospital) -> None:
    async with db.transaction() as session:
        session.add(
            WebhookEvent(
                id="evt_old", type="invoice.paid", status=EventStatus.PROCESSED, api_version="2020-08-27"
            )
        )


async def workspace_without_owner(it: Hospital) -> None:
    async with db.transaction() as session:
        session.add(Workspace(id="orphan", name="Orphan"))


def setting(**variables: str) -> Break:
    async def set_them(it: Hospital) -> None:
        it.set(**variables)

    return set_them


def proxy(fault: str) -> Break:
    async def meddle(it: Hospital) -> None:
        it.proxy.fault = fault

    return meddle


def resend_base(base: str) -> Break:
    async def point(it: Hospital) -> None:
        it.environment.setenv("RESEND_API_URL", base)

    return point


FAULTS: dict[str, tuple[Break, str, str, str]] = {
    # webhook signatures, as the specification's troubleshooting names them
    "another secret in the server": (
        setting(STRIPE_WEBHOOK_SECRET="whsec_mine"),
        "webhook delivery",
        "another STRIPE_WEBHOOK_SECRET",
        "restart",
    ),
    "a secret that is not the endpoint's": (
        undelivered_event,
        "webhook deliveries",
        "wait to be delivered",
        "STRIPE_WEBHOOK_SECRET",
    ),
    "a proxy that parses the body": (
        proxy("parses the body"),
        "webhook delivery",
        "body is changed",
        "raw body",
    ),
    "a proxy that drops headers": (
        proxy("drops headers"),
        "webhook delivery",
        "Stripe-Signature header is lost",
        "header",
    ),
    "a proxy that redirects": (proxy("redirects"), "webhook delivery", "redirects", "WEB_CLIENT_URL"),
    "a proxy that loses the route": (proxy("loses the route"), "webhook delivery", "404", "WEB_CLIENT_URL"),
    "an address that does not answer": (
        setting(WEB_CLIENT_URL=NOWHERE),
        "webhook delivery",
        "cannot be reached",
        "make run",
    ),
    "an address without endpoint": (
        setting(WEB_CLIENT_URL=NOWHERE),
        "webhook endpoint",
        "none at",
        "WEB_CLIENT_URL",
    ),
    "no endpoint": (no_endpoint, "webhook endpoint", "none at", "stripe setup"),
    "an endpoint elsewhere": (endpoint_elsewhere, "webhook endpoint", "none at", "another address"),
    "a disabled endpoint": (endpoint_disabled, "webhook endpoint", "disabled", "stripe setup"),
    "an event too few": (an_event_too_few, "webhook events", "+charge.refunded", "stripe setup"),
    "every event": (every_event, "webhook events", "-*", "stripe setup"),
    "a second endpoint": (second_endpoint, "webhook endpoint", "2 deliver", "--disable-replaced"),
    # versions
    "an endpoint of an older version": (older_version, "webhook API version", "2020-08-27", "stripe setup"),
    "events of an older version": (foreign_event, "event versions", "1 of 2020-08-27", "stripe setup"),
    # plans
    "a price that is not set": (
        setting(PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID=""),
        "price pro, monthly",
        "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID is not set",
        "stripe setup",
    ),
    "a price of another account": (
        setting(PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID="price_unknown"),
        "price pro, monthly",
        "price_unknown is not in this account",
        "stripe setup",
    ),
    "a price of the wrong interval": (
        setting(PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID="price_sandbox_pro_annual"),
        "price pro, monthly",
        "recurring every year, not monthly",
        "PAYMENTS_PRO",
    ),
    "credits that recur": (
        setting(PAYMENTS_CREDITS_10_PLAN_ID="price_sandbox_hobby_annual"),
        "price credits10, one-time",
        "not one-time",
        "PAYMENTS_CREDITS",
    ),
    "a plan that is sold once": (
        setting(PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID="price_sandbox_credits10"),
        "price hobby, monthly",
        "is one-time, not monthly",
        "PAYMENTS_HOBBY",
    ),
    "one price of two plans": (
        setting(PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID="price_sandbox_hobby"),
        "price pro, monthly",
        "another plan's",
        "PAYMENTS_PRO",
    ),
    "an archived price": (archived_price, "price pro, monthly", "archived", "stripe setup"),
    "an archived product": (archived_product, "price hobby, monthly", "archived", "stripe setup"),
    "another currency": (other_currency, "currency", "eur, usd", "--currency"),
    # customers
    "a workspace without a mail address": (workspace_without_owner, "owners' addresses", "orphan", "owner"),
    "a key without a permission": (
        key_without_permission,
        "key permissions",
        "rak_checkout_session_write, rak_customer_write",
        "grant",
    ),
    "Stripe out of reach": (
        setting(STRIPE_API_BASE=NOWHERE),
        "stripe key",
        "cannot be reached",
        "firewall",
    ),
    # everything else
    "a wrong key": (
        setting(STRIPE_API_KEY="sk_test_wrong"),
        "stripe key",
        "does not accept",
        "Developers → API keys",
    ),
    "a live key in development": (
        setting(STRIPE_API_KEY="sk_live_1"),
        "stripe key",
        "live key in development",
        "test key",
    ),
    "a portal without cancelling": (
        portal_without_cancelling,
        "customer portal",
        "cancelling",
        "stripe setup",
    ),
    "an unknown portal": (portal_unknown, "customer portal", "bpc_unknown", "stripe setup"),
    "a portal link that is none": (
        setting(STRIPE_CUSTOMER_PORTAL_URL="https://billing.stripe.com/session/x"),
        "portal login link",
        "not the portal's login link",
        "Customer portal",
    ),
    "a portal link of the other mode": (
        setting(STRIPE_CUSTOMER_PORTAL_URL="https://billing.stripe.com/p/login/abc"),
        "portal login link",
        "other mode",
        "stripe setup",
    ),
    "tax that is not set up": (tax_pending, "tax", "head_office", "Settings → Tax"),
    "a domain that waits": (domain_not_verified, "mail", "example.com is pending", "resend.com/domains"),
    "a domain that is not known": (domain_unknown, "mail", "does not know", "SENDER_EMAIL"),
    "a key that Resend refuses": (resend_refuses, "mail", "does not accept the key", "RESEND_API_KEY"),
    "Resend out of reach": (resend_base(NOWHERE), "mail", "cannot be reached", "firewall"),
    "Redis out of reach": (
        setting(REDIS_URL="redis://127.0.0.1:9"),
        "redis",
        "cannot be reached",
        "REDIS_URL",
    ),
    "a database out of reach": (
        setting(DATABASE_URL="postgresql://nobody@127.0.0.1:9/none"),
        "database",
        "cannot be reached",
        "DATABASE_URL",
    ),
    "a malformed setting": (setting(STRIPE_WEBHOOK_SECRET="typo"), "settings", "whsec_", "STRIPE_WEBHOOK"),
    "what depends on it": (
        setting(STRIPE_WEBHOOK_SECRET="typo"),
        "webhook delivery",
        "needs STRIPE_WEBHOOK_SECRET",
        "set STRIPE_WEBHOOK_SECRET",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_fault_is_named_with_its_mend(connected: Hospital, fault: str) -> None:
    breaking, check, says, mend = FAULTS[fault]
    await breaking(connected)
    found = await connected.examine()
    assert not found[check].passed
    assert says in found[check].says
    assert mend in found[check].mend
    assert len([each for each in found.values() if each.passed]) > 4, "the others are still looked at"


async def test_an_old_schema_is_named(connected: Hospital) -> None:
    connected.set(DATABASE_URL=connected.database_url.replace("sentineliq.db", "empty.db"))
    found = await connected.examine()
    assert (found["database"].passed, found["migrations"].passed) == (True, False)
    assert "db upgrade" in found["migrations"].mend
    assert "database" in found["event versions"].says


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
