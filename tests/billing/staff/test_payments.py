"""Sending money back through Stripe: as much as was meant, once, and only of this workspace's payments."""

import asyncio
from dataclasses import replace

import pytest
from sqlmodel import select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.billing import operations
from sentineliq.billing.processor import payment_processor
from sentineliq.billing.refunds import Payment, RefundReason, RefundRefused
from sentineliq.billing.staff import payments
from sentineliq.billing.staff.payments import RefundOrder
from sentineliq.errors import NotFound
from sentineliq.identity.staff import StaffMember
from sentineliq.workspaces.members import Member
from tests.billing import shop as shops
from tests.billing.shop import Shop
from tests.billing.staff.conftest import as_staff
from tests.factories import make_user


@pytest.fixture
async def clerk(shop: Shop) -> StaffMember:
    return as_staff(await make_user(email="staff@example.com", verified=True))


async def buy(shop: Shop, plan: str, *, email: str = "owner@example.com") -> Member:
    owner = await shops.new_owner(email=email)
    session = await operations.generate_checkout_session(member=owner, plan_id=plan)
    await shop.pay(session.id)
    await shop.landed("checkout.session.completed")
    return owner


async def only_payment(clerk: StaffMember, owner: Member) -> Payment:
    [payment] = await payments.list_payments(clerk, owner.workspace_id)
    return payment


def order(payment: Payment, amount: str = "") -> RefundOrder:
    return RefundOrder(
        payment.charge_id, amount, "requested_by_customer", "Did not need it", payment.amount_refunded
    )


async def test_half_goes_back_and_takes_half_of_the_credits(shop: Shop, clerk: StaffMember) -> None:
    owner = await buy(shop, "credits10")
    payment = await only_payment(clerk, owner)
    assert (payment.amount, payment.refundable, payment.currency) == (999, 999, "usd")
    assert await payments.refund(clerk, owner.workspace_id, order(payment, "4.99")) == 499
    await shop.landed("charge.refunded")
    after = await only_payment(clerk, owner)
    assert (after.amount_refunded, after.refundable) == (499, 500)
    assert (await shops.record_of(owner)).credits == 6
    [refund] = await shop.engine.list_documents("refund")
    assert refund["reason"] == "requested_by_customer"
    assert refund["metadata"] == {
        "note": "Did not need it",
        "staff": clerk.user_id,
        "workspace_id": owner.workspace_id,
    }
    async with db.reading() as session:
        asked = select(AuditEntry).where(AuditEntry.action == AuditAction.REFUND_REQUESTED)
        [row] = (await session.exec(asked)).all()
    assert (row.actor, (row.after or {})["amount"]) == (clerk.user_id, 499)


async def test_a_subscriptions_payment_names_its_invoice_and_goes_back_whole(
    shop: Shop, clerk: StaffMember
) -> None:
    owner = await buy(shop, "hobby")
    payment = await only_payment(clerk, owner)
    [invoice] = await shop.engine.list_documents("invoice")
    assert payment.invoice_number == invoice["number"]
    assert await payments.refund(clerk, owner.workspace_id, order(payment)) == payment.amount
    with pytest.raises(payments.InvalidRefund, match=r"At most \$0.00"):
        await payments.refund(clerk, owner.workspace_id, order(await only_payment(clerk, owner)))


async def test_the_same_click_twice_refunds_once(shop: Shop, clerk: StaffMember) -> None:
    owner = await buy(shop, "credits10")
    payment = await only_payment(clerk, owner)
    twice = (payments.refund(clerk, owner.workspace_id, order(payment, "3")) for _ in range(2))
    await asyncio.gather(*twice, return_exceptions=True)
    assert (await only_payment(clerk, owner)).amount_refunded == 300
    with pytest.raises(payments.PaymentChanged):
        await payments.refund(clerk, owner.workspace_id, order(payment, "3"))


async def test_what_failed_is_told_and_can_be_sent_once_more(shop: Shop, clerk: StaffMember) -> None:
    owner = await buy(shop, "credits10")
    payment = await only_payment(clerk, owner)
    await payments.refund(clerk, owner.workspace_id, order(payment))
    [first] = await shop.engine.list_documents("refund")
    await shop.engine.fail_refund(first["id"])
    again = await only_payment(clerk, owner)
    assert (again.amount_refunded, again.amount_failed, again.refundable) == (0, 999, 999)
    await payments.refund(clerk, owner.workspace_id, order(again))
    assert [each["status"] for each in await shop.engine.list_documents("refund")] == ["succeeded", "failed"]


async def test_another_workspaces_payment_is_not_found(shop: Shop, clerk: StaffMember) -> None:
    owner = await buy(shop, "credits10")
    other = await shops.new_owner(email="other@example.com")
    payment = await only_payment(clerk, owner)
    for stray in (order(payment), replace(order(payment), charge_id="ch_unknown")):
        with pytest.raises(NotFound):
            await payments.refund(clerk, other.workspace_id, stray)
    assert await shop.engine.list_documents("refund") == []


@pytest.mark.parametrize("amount", ["0", "-1", "9.999", "10.00", "1e2", "ten"])
async def test_an_amount_that_is_not_there_is_refused(shop: Shop, clerk: StaffMember, amount: str) -> None:
    owner = await buy(shop, "credits10")
    payment = await only_payment(clerk, owner)
    with pytest.raises(payments.InvalidRefund):
        await payments.refund(clerk, owner.workspace_id, order(payment, amount))
    with pytest.raises(payments.InvalidRefund):
        await payments.refund(clerk, owner.workspace_id, replace(order(payment), note=" "))
    with pytest.raises(payments.InvalidRefund):
        await payments.refund(clerk, owner.workspace_id, replace(order(payment), reason="because"))
    assert await shop.engine.list_documents("refund") == []


async def test_a_refusal_of_stripes_is_said_in_words(shop: Shop, clerk: StaffMember) -> None:
    payment = await only_payment(clerk, await buy(shop, "credits10"))
    with pytest.raises(RefundRefused, match="Stripe refused this refund: Refund amount"):
        await refund_past_the_checks(payment, 5000, key="too-much")
    await refund_past_the_checks(payment, 100, key="one-key")
    with pytest.raises(RefundRefused, match="Someone else is refunding"):
        await refund_past_the_checks(payment, 200, key="one-key")
    await refund_past_the_checks(payment, 899, key="the-rest")
    with pytest.raises(RefundRefused, match="gone back in whole"):
        await refund_past_the_checks(payment, 1, key="nothing-left")


async def refund_past_the_checks(payment: Payment, amount: int, *, key: str) -> None:
    await payment_processor().refund(
        payment.charge_id, amount=amount, reason=RefundReason.DUPLICATE, metadata={}, key=key
    )
