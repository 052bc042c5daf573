"""What has ended never begins again, however late its other events come."""

from itertools import permutations
from typing import Any

import pytest

from sentineliq.billing import webhook
from sentineliq.billing.stripe import reads
from sentineliq.billing.stripe.payloads import SubscriptionPayload
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.conftest import Webhook, payload, reread
from tests.billing.test_order import facts, fresh

AT = 1756684800
DAY = 86_400


def told(kind: str, subscription_id: str, *, began: int, at: int, **now: Any) -> dict[str, Any]:
    """`customer.subscription.*` of that second."""
    event = payload(
        "customer.subscription.created",
        event=f"evt_{kind}_{subscription_id}",
        id=subscription_id,
        created=began,
        **now,
    )
    return event | {"type": f"customer.subscription.{kind}", "created": at}


def life(subscription_id: str, *, began: int, ended: int) -> tuple[dict[str, Any], dict[str, Any]]:
    end = {"status": "canceled", "ended_at": ended, "current_period_end": ended}
    return (
        told("created", subscription_id, began=began, at=began),
        told("deleted", subscription_id, began=began, at=ended, **end),
    )


FIRST, FIRST_ENDED = life("sub_first", began=AT, ended=AT + DAY)
NEXT, NEXT_ENDED = life("sub_next", began=AT + 2 * DAY, ended=AT + 3 * DAY)
LONGER, LONGER_ENDED = life("sub_longer", began=AT - DAY, ended=AT + 2 * DAY)


def paid_for(subscription_id: str, *, at: int) -> dict[str, Any]:
    event = payload("invoice.paid", event=f"evt_paid_{subscription_id}", created=at)
    event["data"]["object"]["parent"]["subscription_details"]["subscription"] = subscription_id
    return event | {"created": at}


@pytest.fixture
def at_stripe(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What Stripe answers: the objects of these events."""
    events: list[dict[str, Any]] = []

    async def fetch(customer_id: str) -> tuple[SubscriptionPayload, ...]:
        return tuple(SubscriptionPayload.model_validate(event["data"]["object"]) for event in events)

    monkeypatch.setattr(reads, "fetch_subscriptions", fetch)
    return events


@pytest.fixture(params=[True, False], ids=["together", "by itself"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(webhook, "offer", lambda event, body: None)


@pytest.mark.usefixtures("_way")
async def test_two_that_followed_each_other_have_ended_in_every_order(
    stripe_webhook: Webhook, workspace: Workspace, at_stripe: list[dict[str, Any]]
) -> None:
    at_stripe += [FIRST_ENDED, NEXT_ENDED]
    endings: set[tuple[object, ...]] = set()
    for order in permutations((FIRST, FIRST_ENDED, NEXT, NEXT_ENDED)):
        await fresh(workspace)
        await stripe_webhook.deliver_all(*order, paid_for("sub_next", at=AT + 2 * DAY))
        endings.add(facts(await reread(workspace))[:3])
    assert endings == {("sub_next", SubscriptionStatus.DELETED, None)}


@pytest.mark.usefixtures("_way")
async def test_one_that_ended_beside_a_running_one_stays_ended_after_it(
    stripe_webhook: Webhook, workspace: Workspace, at_stripe: list[dict[str, Any]]
) -> None:
    """Stripe is asked while the other one runs: what it says then is not yet the last word."""
    at_stripe += [FIRST, NEXT_ENDED]
    touched = told("updated", "sub_next", began=AT + 2 * DAY, at=AT + 2 * DAY + 1)
    await stripe_webhook.deliver_all(FIRST, NEXT_ENDED, touched)
    assert (await reread(workspace)).stripe_subscription_id == "sub_first"
    at_stripe[:] = [FIRST_ENDED, NEXT_ENDED]
    last = told("deleted", "sub_first", began=AT, at=AT + 4 * DAY, status="canceled")
    await stripe_webhook.deliver_all(last, NEXT)
    now = await reread(workspace)
    assert (now.subscription_status, now.subscription_plan) == (SubscriptionStatus.DELETED, None)


@pytest.mark.parametrize(("late", "at"), [("sub_next", AT + 2 * DAY), ("sub_longer", AT + DAY + 60)])
async def test_a_late_payment_does_not_begin_what_has_ended(
    stripe_webhook: Webhook, workspace: Workspace, at_stripe: list[dict[str, Any]], late: str, at: int
) -> None:
    at_stripe += [LONGER_ENDED, FIRST_ENDED, NEXT_ENDED]
    await stripe_webhook.deliver_all(FIRST, LONGER_ENDED, NEXT_ENDED, FIRST_ENDED, paid_for(late, at=at))
    now = await reread(workspace)
    assert (now.subscription_status, now.subscription_plan) == (SubscriptionStatus.DELETED, None)


async def test_a_payment_that_comes_before_its_subscription_after_an_ended_one_begins_it(
    stripe_webhook: Webhook, workspace: Workspace, at_stripe: list[dict[str, Any]]
) -> None:
    at_stripe += [FIRST_ENDED, NEXT]
    await stripe_webhook.deliver_all(FIRST, FIRST_ENDED, paid_for("sub_next", at=AT + 2 * DAY))
    now = await reread(workspace)
    assert (now.stripe_subscription_id, now.subscription_status) == ("sub_next", SubscriptionStatus.ACTIVE)
