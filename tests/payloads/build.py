"""Writes the corpus anew: `python -m tests.payloads.build`.

Each file is a whole event. Those of 2025-04-30.basil are the sandbox's own, made by living a life in it, and
must pass Stripe's API description where that is at hand; the same events are then put into the shape of
2020-08-27 (`older`). The files without a case in their names are other people's and are left alone.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import time_machine

from sentineliq.sandbox.engine import Card, Engine, subscription_create, subscription_update
from tests.history.stripe_side import Line, events_after, stripe_of
from tests.payloads.older import in_older_shape
from tests.sandbox import conformance

FOLDER = Path(__file__).parent
BASIL, OLDER = "2025-04-30.basil", "2020-08-27"
AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
WORKSPACE = "workspaceofthecorpus000000000000"
VISA, FAILS_LATER, ASKS = "4242 4242 4242 4242", "4000 0000 0000 0341", "4000 0027 6000 3184"
BUYER = {"email": "owner@example.com", "name": "Jenny Rosen", "country": "DE"}

Event = dict[str, Any]
Corpus = dict[str, Event]


class Story:
    """One customer's life in a sandbox; `last` picks from what has just happened."""

    def __init__(self, engine: Engine, clock: time_machine.Traveller) -> None:
        self.engine, self.clock = engine, clock
        self.place = 0
        self.news: list[Event] = []

    async def after(self, act: Awaitable[Any]) -> Any:
        self.clock.shift(timedelta(hours=1))
        made = await act
        self.place, self.news = await events_after(self.engine, self.place)
        return made

    def last(self, event_type: str) -> Event:
        return next(event for event in reversed(self.news) if event["type"] == event_type)

    async def customer(self) -> str:
        metadata = {"workspace_id": WORKSPACE}
        made = await self.after(
            self.engine.create_customer(email=BUYER["email"], name="Acme", metadata=metadata)
        )
        return made["id"]

    async def session(self, customer: str, plan: str) -> str:
        metadata = {"workspace_id": WORKSPACE, "plan_id": plan}
        mode = "payment" if plan == "credits10" else "subscription"
        given = {"invoice_creation": {"enabled": True}} if mode == "payment" else {}
        given[f"{'payment_intent' if mode == 'payment' else 'subscription'}_data"] = {"metadata": metadata}
        session = await self.engine.create_checkout(
            mode=mode,
            customer=customer,
            line_items=[{"price": f"price_sandbox_{plan}", "quantity": 1}],
            success_url="http://localhost:3000/checkout?success=true",
            automatic_tax={"enabled": True},
            customer_update={"address": "auto", "name": "auto"},
            metadata=metadata,
            **given,
        )
        return session["id"]

    async def buy(self, customer: str, plan: str, number: str = VISA) -> None:
        session = await self.session(customer, plan)
        await self.after(self.engine.complete_checkout(session, card=Card(number, 12, 2030, "123"), **BUYER))


async def subscription_life(story: Story, corpus: Corpus) -> None:
    """From the purchase to the customer's deletion."""
    engine, customer = story.engine, await story.customer()
    await story.buy(customer, "hobby")
    corpus["checkout.session.completed.subscription"] = story.last("checkout.session.completed")
    corpus["customer.subscription.created.active"] = created = story.last("customer.subscription.created")
    corpus["invoice.paid.first"] = story.last("invoice.paid")
    corpus["customer.updated.address"] = story.last("customer.updated")
    subscription = created["data"]["object"]["id"]
    await story.after(engine.change_plan(subscription, "price_sandbox_pro"))
    corpus["customer.subscription.updated.plan_switch"] = story.last("customer.subscription.updated")
    corpus["invoice.paid.proration"] = story.last("invoice.paid")
    await story.after(engine.cancel_at_period_end(subscription))
    corpus["customer.subscription.updated.set_to_end"] = story.last("customer.subscription.updated")
    await story.after(engine.resume(subscription))
    corpus["customer.subscription.updated.goes_on"] = story.last("customer.subscription.updated")
    await story.after(engine.announce(subscription))
    corpus["invoice.upcoming.monthly"] = story.last("invoice.upcoming")
    await story.after(engine.replace_card(customer, Card(FAILS_LATER, 12, 2030, "123"), authenticated=True))
    await story.after(engine.renew(subscription))
    corpus["customer.subscription.updated.renewal_failed"] = story.last("customer.subscription.updated")
    corpus["invoice.payment_failed.renewal"] = story.last("invoice.payment_failed")
    await story.after(engine.cancel_now(subscription))
    corpus["customer.subscription.deleted.now"] = story.last("customer.subscription.deleted")
    await story.after(engine.delete_customer(customer))
    corpus["customer.deleted.by_hand"] = story.last("customer.deleted")


async def bank_that_asks(story: Story, corpus: Corpus) -> None:
    """A renewal whose holder must confirm it; and an invoice that could not be completed."""
    customer = await story.customer()
    session = await story.session(customer, "pro")
    card = Card(ASKS, 12, 2030, "123")
    await story.after(story.engine.complete_checkout(session, card=card, authenticated=True, **BUYER))
    subscription = story.last("customer.subscription.created")["data"]["object"]["id"]
    await story.after(story.engine.renew(subscription))
    corpus["invoice.payment_action_required.renewal"] = story.last("invoice.payment_action_required")
    corpus["invoice.finalization_failed.no_address"] = _unfinished(story.last("invoice.created"))


def _unfinished(created: Event) -> Event:
    """https://docs.stripe.com/tax/customer-locations: the sandbox itself always knows where people live."""
    error = {
        "code": "customer_tax_location_invalid",
        "doc_url": "https://stripe.com/docs/error-codes/customer-tax-location-invalid",
        "message": "The customer's location isn't recognized. Set a valid customer address.",
        "type": "invalid_request_error",
    }
    invoice = created["data"]["object"] | {"last_finalization_error": error, "auto_advance": True}
    return created | {"type": "invoice.finalization_failed", "data": {"object": invoice}}


async def credits_and_money_back(story: Story, corpus: Corpus) -> None:
    """A one-time purchase, half of it back, then all; another one disputed; one by bank, one never paid."""
    engine, customer = story.engine, await story.customer()
    await story.buy(customer, "credits10")
    corpus["checkout.session.completed.payment"] = story.last("checkout.session.completed")
    corpus["invoice.paid.credits"] = story.last("invoice.paid")
    charge = story.last("charge.succeeded")["data"]["object"]
    await story.after(engine.refund(charge["id"], charge["amount"] // 2))
    corpus["charge.refunded.half"] = story.last("charge.refunded")
    await story.after(engine.refund(charge["id"]))
    corpus["charge.refunded.whole"] = story.last("charge.refunded")
    await story.buy(customer, "credits10")
    dispute = await story.after(engine.dispute(story.last("charge.succeeded")["data"]["object"]["id"]))
    corpus["charge.dispute.created.fraudulent"] = story.last("charge.dispute.created")
    await story.after(engine.close_dispute(dispute["id"], won=False))
    corpus["charge.dispute.closed.lost"] = story.last("charge.dispute.closed")
    session = await story.session(customer, "credits10")
    await story.after(engine.expire_checkout(session))
    corpus["checkout.session.expired.open"] = story.last("checkout.session.expired")
    for answer, name in ((engine.settle_payment, "succeeded"), (engine.fail_payment, "failed")):
        session = await story.session(customer, "credits10")
        await story.after(engine.complete_checkout_by_bank(session, **BUYER))
        corpus["checkout.session.completed.bank_debit"] = story.last("checkout.session.completed")
        await story.after(answer(story.last("charge.pending")["data"]["object"]["id"]))
        event_type = f"checkout.session.async_payment_{name}"
        corpus[f"{event_type}.bank_debit"] = story.last(event_type)


async def refunds_in_vain(story: Story, corpus: Corpus) -> None:
    """Money that was sent back and came again."""
    customer = await story.customer()
    await story.buy(customer, "credits10")
    charge = story.last("charge.succeeded")["data"]["object"]["id"]
    await story.after(story.engine.refund(charge))
    await story.after(story.engine.fail_refund(story.last("refund.created")["data"]["object"]["id"]))
    for event_type in ("refund.failed", "refund.updated", "charge.refund.updated"):
        corpus[f"{event_type}.expired_card"] = story.last(event_type)


async def invoices_given_up(story: Story, corpus: Corpus) -> None:
    """A renewal that is never paid: written off, then void."""
    engine, customer = story.engine, await story.customer()
    await story.buy(customer, "hobby")
    await story.after(engine.fail_next_payment(customer))
    (subscription,) = await engine.list_documents("subscription", customer=customer)
    await story.after(engine.renew(subscription["id"]))
    owed = story.last("invoice.payment_failed")["data"]["object"]["id"]
    await story.after(engine.write_off_invoice(owed))
    corpus["invoice.marked_uncollectible.renewal"] = story.last("invoice.marked_uncollectible")
    await story.after(engine.void_invoice(owed))
    corpus["invoice.voided.renewal"] = story.last("invoice.voided")


async def trial(story: Story, corpus: Corpus) -> None:
    """Three days before its end, its pause for want of a card, and after that."""
    customer = await story.customer()
    params = {
        "customer": customer,
        "items": [{"price": "price_sandbox_hobby"}],
        "trial_period_days": 3,
        "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        "metadata": {"workspace_id": WORKSPACE, "plan_id": "hobby"},
    }
    made = await story.after(story.engine.transact(lambda books: subscription_create.create(books, params)))
    await story.after(story.engine.announce(made["id"]))
    corpus["customer.subscription.trial_will_end.three_days"] = warned = story.last(
        "customer.subscription.trial_will_end"
    )
    story.clock.shift(timedelta(days=3))
    await story.after(story.engine.settle_due())
    paused = next((one for one in story.news if one["type"] == "customer.subscription.paused"), None)
    corpus["customer.subscription.paused.no_card"] = paused or _in_status(warned, "paused")
    await story.after(story.engine.replace_card(customer, Card(VISA, 12, 2030, "123"), authenticated=True))
    if paused:
        await story.after(story.engine.transact(lambda books: subscription_update.resume(books, made["id"])))
    resumed = next((one for one in story.news if one["type"] == "customer.subscription.resumed"), None)
    corpus["customer.subscription.resumed.card_added"] = resumed or _in_status(warned, "active")


def _in_status(event: Event, status: str) -> Event:
    name = {"paused": "paused", "active": "resumed"}[status]
    later = {"status": status}
    changed = json.loads(json.dumps(event))
    changed["data"]["object"] |= later
    return changed | {"id": event["id"][:-4] + name[:4], "type": f"customer.subscription.{name}"}


STORIES: tuple[Callable[[Story, Corpus], Awaitable[None]], ...] = (
    subscription_life,
    bank_that_asks,
    credits_and_money_back,
    trial,
    refunds_in_vain,
    invoices_given_up,
)


@asynccontextmanager
async def _sandbox(seed: int) -> AsyncIterator[Story]:
    with TemporaryDirectory() as name, time_machine.travel(AT, tick=False) as clock:
        async with stripe_of(Path(name), Line(), random.Random(seed)) as engine:
            yield Story(engine, clock)


async def build() -> Corpus:
    """Every case by the name of its file."""
    corpus: Corpus = {}
    for seed, tell in enumerate(STORIES):
        async with _sandbox(seed) as story:
            await tell(story, corpus)
    return corpus


def write(corpus: Corpus) -> None:
    spec = conformance.load()
    for name, event in sorted(corpus.items()):
        if spec is not None and (faults := conformance.serious(spec.check_object(event))):
            raise AssertionError(f"{name}: {faults[:5]}")
        for version, shaped in ((BASIL, event), (OLDER, in_older_shape(event))):
            folder = FOLDER / version
            folder.mkdir(exist_ok=True)
            (folder / f"{name}.json").write_text(json.dumps(shaped, indent=1) + "\n")


if __name__ == "__main__":
    write(asyncio.run(build()))
