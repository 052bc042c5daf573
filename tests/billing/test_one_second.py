"""Several changes within one second: the time says nothing, and only Stripe knows where they ended."""

from copy import deepcopy
from itertools import permutations
from typing import Any

import pytest

from sentineliq import db
from sentineliq.billing.entitlements import entitled_plan
from sentineliq.billing.recurring import held_price
from sentineliq.billing.stripe import reads
from sentineliq.billing.stripe.payloads import SubscriptionPayload
from sentineliq.billing.stripe.subscriptions import current_one
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.conftest import Webhook, payload, reread
from tests.billing.test_order import fresh, updated

CREATED = payload("customer.subscription.created")
AT = CREATED["created"]
SET_TO_END = updated("evt_ends", at=AT, before={"cancel_at_period_end": False}, cancel_at_period_end=True)
RESUMED = updated("evt_goes_on", at=AT, before={"cancel_at_period_end": True})
LATER = AT + 60
LAST = {"status": "active", "cancel_at_period_end": True}


@pytest.fixture
def stripe_says_active(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stripe answers as it stands after the last change; who asked is noted."""
    asked: list[str] = []

    async def fetch(customer_id: str) -> tuple[SubscriptionPayload, ...]:
        asked.append(customer_id)
        return (SubscriptionPayload.model_validate(RESUMED["data"]["object"]),)

    monkeypatch.setattr(reads, "fetch_subscriptions", fetch)
    return asked


def at(event: dict[str, Any], second: int) -> dict[str, Any]:
    return event | {"created": second}


@pytest.mark.parametrize("order", permutations(range(3)), ids=str)
async def test_change_taken_back_within_one_second_ends_where_stripe_ended(
    stripe_webhook: Webhook, workspace: Workspace, stripe_says_active: list[str], order: tuple[int, ...]
) -> None:
    for events in (
        (CREATED, SET_TO_END, RESUMED),
        (CREATED, at(SET_TO_END, LATER), at(RESUMED, LATER)),
    ):
        await fresh(workspace)
        await stripe_webhook.deliver_all(*(events[place] for place in order))
        now = await reread(workspace)
        assert (now.subscription_status, now.cancel_at) == (SubscriptionStatus.ACTIVE, None)


async def test_a_single_change_within_the_second_of_the_purchase_needs_no_question(
    stripe_webhook: Webhook, workspace: Workspace, stripe_says_active: list[str]
) -> None:
    for events in ((CREATED, SET_TO_END), (SET_TO_END, CREATED)):
        await fresh(workspace)
        await stripe_webhook.deliver_all(*events)
        assert (await reread(workspace)).subscription_status is SubscriptionStatus.CANCEL_AT_PERIOD_END
    assert stripe_says_active == []


async def test_question_of_a_former_subscriptions_late_event_does_not_date_back_what_is_held(
    stripe_webhook: Webhook, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an older event of the running subscription, late as well, would win over a newer one."""
    failed = updated("evt_failed", at=LATER, before={"status": "active"}, status="past_due")
    renewed = updated("evt_renewed", at=LATER - 1, before={"status": "active"}, status="active")
    echo = payload("customer.subscription.created", event="evt_echo", id="sub_former", created=AT - 900)

    async def fetch(customer_id: str) -> tuple[SubscriptionPayload, ...]:
        return (SubscriptionPayload.model_validate(failed["data"]["object"]),)

    monkeypatch.setattr(reads, "fetch_subscriptions", fetch)
    await stripe_webhook.deliver_all(CREATED, failed, at(echo, AT - 900), renewed)
    assert (await reread(workspace)).subscription_status is SubscriptionStatus.PAST_DUE


async def test_a_dunning_that_stripe_tells_of_is_not_dated_back_to_the_old_event_that_asked(
    stripe_webhook: Webhook, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the grace period of a payment that fails today might be over before it begins."""
    failing = CREATED["data"]["object"] | {"status": "past_due"}

    async def fetch(customer_id: str) -> tuple[SubscriptionPayload, ...]:
        return (SubscriptionPayload.model_validate(failing),)

    monkeypatch.setattr(reads, "fetch_subscriptions", fetch)
    began = db.now()
    await stripe_webhook.deliver_all(CREATED, updated("evt_late", at=AT, before={"status": "unpaid"}, **LAST))
    now = await reread(workspace)
    assert now.past_due_since is not None and now.past_due_since >= began
    assert entitled_plan(now, at=db.now()) == "pro"
    first_failed = int(began.timestamp()) - 60
    await stripe_webhook.deliver(
        updated("evt_failed", at=first_failed, before={"status": "active"}, status="past_due")
    )
    now = await reread(workspace)
    assert now.past_due_since is not None and int(now.past_due_since.timestamp()) == first_failed


@pytest.mark.parametrize("held", ["sub_a", "sub_b"])
def test_of_two_that_began_in_one_second_an_ended_one_stays_and_a_running_one_is_the_same_for_all(
    held: str,
) -> None:
    workspace = Workspace(name="Acme", stripe_subscription_id=held)
    snapshots = [CREATED["data"]["object"] | {"id": name} for name in ("sub_a", "sub_b")]
    running = [SubscriptionPayload.model_validate(each) for each in snapshots]
    ended = [SubscriptionPayload.model_validate(each | {"status": "canceled"}) for each in snapshots]
    for order in (1, -1):
        kept = current_one(ended[::order], workspace=workspace)
        counts = current_one(running[::order], workspace=workspace)
        assert kept is not None and counts is not None
        assert (kept.id, counts.id) == (held, "sub_b")


def test_what_is_paid_for_counts_before_what_is_not_and_the_newest_of_those_alike() -> None:
    ascending = ("canceled", "incomplete", "paused", "past_due", "trialing")
    workspace = Workspace(name="Acme")
    snapshots = [
        CREATED["data"]["object"] | {"id": f"sub_{status}", "status": status, "created": AT - place}
        for place, status in enumerate(ascending)
    ]
    found = [SubscriptionPayload.model_validate(each) for each in snapshots]
    for count in range(1, len(found) + 1):
        current = current_one(found[:count], workspace=workspace)
        assert current is not None and current.id == f"sub_{ascending[count - 1]}"
    for alike in (("active", "trialing"), ("unpaid", "paused"), ("incomplete_expired", "canceled")):
        pair = [
            SubscriptionPayload.model_validate(
                snapshots[0] | {"id": status, "status": status, "created": AT + at}
            )
            for at, status in enumerate(alike)
        ]
        current = current_one(pair, workspace=workspace)
        assert current is not None and current.id == alike[1]


def test_a_running_one_counts_before_one_that_waits_for_its_first_payment() -> None:
    running = SubscriptionPayload.model_validate(CREATED["data"]["object"])
    newer = CREATED["data"]["object"] | {"id": "sub_new", "created": AT + 60}
    waiting = SubscriptionPayload.model_validate(newer | {"status": "incomplete"})
    ended = SubscriptionPayload.model_validate(newer | {"status": "canceled"})
    workspace = Workspace(name="Acme")
    assert current_one((waiting, running, ended), workspace=workspace) == running
    assert current_one((ended, waiting), workspace=workspace) == waiting


def priced(amount: int = 1900, quantity: int = 1) -> dict[str, Any]:
    """The purchase's items, at another price or in another number."""
    items = deepcopy(CREATED["data"]["object"]["items"])
    items["data"][0]["price"]["unit_amount"] = amount
    items["data"][0]["quantity"] = quantity
    return {"items": items}


CHANGES = {
    "price": (priced(), priced(2100), priced(2300)),
    "quantity": (priced(), priced(quantity=2), priced(quantity=3)),
    "discount": ({"discounts": []}, {"discounts": ["di_launch"]}, {"discounts": []}),
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("order", permutations(range(3)), ids=str)
async def test_changes_of_what_it_brings_in_within_one_second_end_where_stripe_ended(
    stripe_webhook: Webhook,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    order: tuple[int, ...],
    what: str,
) -> None:
    before, between, last = CHANGES[what]
    first = updated("evt_first", at=AT, before=before, **between)
    second = updated("evt_second", at=AT, before=between, **last)
    asked: list[str] = []

    async def fetch(customer_id: str) -> tuple[SubscriptionPayload, ...]:
        asked.append(customer_id)
        return (SubscriptionPayload.model_validate(second["data"]["object"]),)

    monkeypatch.setattr(reads, "fetch_subscriptions", fetch)
    for events in ((CREATED, first, second), (CREATED, at(first, LATER), at(second, LATER))):
        await fresh(workspace)
        asked.clear()
        await stripe_webhook.deliver_all(*(events[place] for place in order))
        now = await reread(workspace)
        truth = SubscriptionPayload.model_validate(second["data"]["object"])
        assert (held_price(now), now.is_discounted) == (truth.price, truth.is_discounted)
        if order == (0, 1, 2) and events[1]["created"] == AT:
            assert asked == []  # what each of them changed says how they follow
