"""A bank debit is promised at checkout and comes days later or not at all: what the return page says."""

from itertools import permutations

import pytest
from sqlmodel import select

from sentineliq import db
from sentineliq.billing import operations
from sentineliq.billing.models import Checkout, CheckoutStatus
from sentineliq.billing.processor import CheckoutSession
from sentineliq.billing.views import CheckoutProgress
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Workspace
from tests.billing.conftest import Webhook, payload
from tests.billing.shop import Shop, new_owner, record_of

SESSION = "checkout.session"


async def debited(shop: Shop, plan_id: str) -> tuple[Member, CheckoutSession, str]:
    """Bought by bank; the charge that waits."""
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
    await shop.engine.complete_checkout_by_bank(
        session.id, email="owner@example.com", name="Jenny Rosen", country="US"
    )
    await shop.landed(f"{SESSION}.completed")
    [charge] = await shop.engine.list_documents("charge")
    return owner, session, charge["id"]


@pytest.mark.parametrize("plan_id", ["credits10", "hobby"])
async def test_a_debit_is_said_to_be_on_its_way_until_the_bank_has_answered(shop: Shop, plan_id: str) -> None:
    owner, session, charge = await debited(shop, plan_id)
    progress = operations.get_checkout_progress
    assert await progress(member=owner, session_id=session.id) is CheckoutProgress.PROCESSING
    assert (
        await operations.confirm_checkout(member=owner, session_id=session.id) is CheckoutProgress.PROCESSING
    )
    await shop.engine.settle_payment(charge)
    await shop.landed(f"{SESSION}.async_payment_succeeded")
    await shop.landed("invoice.paid")
    assert await progress(member=owner, session_id=session.id) is CheckoutProgress.SUCCESSFUL


@pytest.mark.parametrize("plan_id", ["credits10", "hobby"])
async def test_a_debit_that_comes_back_is_said_to_have_failed(shop: Shop, plan_id: str) -> None:
    owner, session, charge = await debited(shop, plan_id)
    await shop.engine.fail_payment(charge)
    await shop.landed(f"{SESSION}.async_payment_failed")
    progress = await operations.confirm_checkout(member=owner, session_id=session.id)
    assert (progress, (await record_of(owner)).credits) == (CheckoutProgress.FAILED, 0)
    await operations.generate_checkout_session(member=owner, plan_id="credits10")


@pytest.mark.parametrize("order", list(permutations(range(2))), ids=str)
@pytest.mark.parametrize(
    ("answer", "end"),
    [("async_payment_failed", CheckoutStatus.FAILED), ("async_payment_succeeded", CheckoutStatus.COMPLETE)],
)
async def test_the_banks_answer_counts_though_the_promise_comes_after_it(
    stripe_webhook: Webhook, workspace: Workspace, answer: str, end: CheckoutStatus, order: tuple[int, ...]
) -> None:
    told = [
        payload(f"{SESSION}.{name}.bank_debit", id="cs_debit", customer=workspace.stripe_customer_id)
        for name in ("completed", answer)
    ]
    await stripe_webhook.deliver_all(*(told[place] for place in order))
    async with db.reading() as session:
        [status] = (await session.exec(select(Checkout.status))).all()
    assert status is end


async def test_looking_at_an_open_session_leaves_it_open(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="credits10")
    await operations.confirm_checkout(member=owner, session_id=session.id)
    async with db.reading() as reading:
        [status] = (await reading.exec(select(Checkout.status))).all()
    assert status is CheckoutStatus.OPEN
