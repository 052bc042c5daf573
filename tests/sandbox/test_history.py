"""A customer's whole life on an engine alone: no server, nothing delivered, everything told in order."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sentineliq.sandbox import SandboxConfig
from sentineliq.sandbox.engine import Engine
from tests.sandbox import conformance
from tests.sandbox.world import card


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    config = SandboxConfig(tmp_path / "history.db", "http://localhost:3000/sandbox", webhook_url=None)
    engine = Engine(config)
    await engine.open()
    yield engine
    await engine.close()


async def buy(engine: Engine, customer: str, price: str) -> str:
    """A paid checkout session."""
    session = await engine.create_checkout(
        mode="payment" if "credits" in price else "subscription",
        customer=customer,
        line_items=[{"price": price, "quantity": 1}],
        success_url="http://localhost:3000/checkout",
        metadata={"workspace_id": "ws_1"},
    )
    await engine.complete_checkout(
        session["id"], card=card(), email="owner@example.com", name="Jenny Rosen", country="US"
    )
    return session["id"]


async def told(engine: Engine, cursor: int) -> tuple[list[str], int]:
    events, after = await engine.events_since(cursor)
    spec = conformance.load()
    if spec is not None:
        assert [found for event in events for found in conformance.serious(spec.check_object(event))] == []
    return [event["type"] for event in events], after


async def test_a_customers_life_is_told_in_order(engine: Engine) -> None:
    customer = (await engine.create_customer(email="owner@example.com"))["id"]
    types, cursor = await told(engine, 0)
    assert types == ["customer.created"]

    session = await engine.retrieve("checkout.session", await buy(engine, customer, "price_sandbox_hobby"))
    subscription = session["subscription"]
    types, cursor = await told(engine, cursor)
    assert {"checkout.session.completed", "customer.subscription.created", "invoice.paid"} <= set(types)

    await engine.fail_next_payment(customer)
    await engine.renew(subscription)
    types, cursor = await told(engine, cursor)
    assert {"invoice.payment_failed", "customer.subscription.updated"} <= set(types)
    (owed,) = await engine.list_documents("invoice", customer=customer, status="open")
    await engine.pay_invoice(owed["id"])
    types, cursor = await told(engine, cursor)
    assert types[-1] == "customer.subscription.updated"
    assert (await engine.retrieve("subscription", subscription))["status"] == "active"

    await engine.change_plan(subscription, "price_sandbox_pro")
    prorated = (await engine.list_documents("invoice", customer=customer))[0]
    assert len(prorated["lines"]["data"]) == 2
    await engine.cancel_at_period_end(subscription)
    await engine.resume(subscription)
    credits_session = await engine.retrieve(
        "checkout.session", await buy(engine, customer, "price_sandbox_credits10")
    )
    (charge,) = await engine.list_documents("charge", payment_intent=credits_session["payment_intent"])
    await engine.refund(charge["id"], 400)
    await engine.refund(charge["id"])
    dispute = await engine.dispute((await engine.list_documents("charge", status="succeeded"))[1]["id"])
    await engine.close_dispute(dispute["id"], won=False)
    await engine.announce(subscription)
    types, cursor = await told(engine, cursor)
    assert types.count("charge.refunded") == 2
    assert {"charge.dispute.created", "charge.dispute.closed", "invoice.upcoming"} <= set(types)

    await engine.cancel_at_period_end(subscription)
    await engine.advance_period()
    types, cursor = await told(engine, cursor)
    assert types[-1] == "customer.subscription.deleted"
    await engine.delete_customer(customer)
    types, cursor = await told(engine, cursor)
    assert types[-1] == "customer.deleted"
    assert await told(engine, cursor) == ([], cursor)


async def test_history_is_read_in_pieces(engine: Engine) -> None:
    for number in range(5):
        await engine.create_customer(email=f"{number}@example.com")
    seen, cursor = [], 0
    while True:
        events, cursor = await engine.events_since(cursor, limit=2)
        if not events:
            break
        seen += [event["data"]["object"]["email"] for event in events]
    assert seen == [f"{number}@example.com" for number in range(5)]
    assert not [record for record in await engine.events() if record.next_attempt_at is not None]
