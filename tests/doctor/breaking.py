"""Ways to break the connection to Stripe, the mail service and the database."""

from collections.abc import Awaitable, Callable

from sentineliq import config, db
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.sandbox.engine import tax_settings
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.endpoints import SEEDED
from sentineliq.workspaces.models import Workspace
from tests.doctor.conftest import Hospital

Break = Callable[[Hospital], Awaitable[None]]
NOWHERE = "http://127.0.0.1:9"


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
