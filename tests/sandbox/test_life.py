"""A subscription's life after its first payment: renewals, failures, recovery, changes and endings."""

import pytest
import stripe

from sentineliq.sandbox.engine import AuthenticationRequired, Card, CardDeclined, InvalidRequest
from tests.sandbox.world import ALWAYS_ASKS, DECLINED, FAILS_LATER, REFUND_FAILS, World, card


async def test_a_renewal_begins_a_new_period_and_is_paid(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe()
    before = subscription["items"].data[0]
    sandbox.inbox.clear()
    await sandbox.engine.renew(subscription.id)
    events = await sandbox.inbox.wait_for("invoice.paid", "customer.subscription.updated")
    renewed = await sandbox.v1.subscriptions.retrieve_async(subscription.id)
    assert renewed.status == "active"
    assert renewed["items"].data[0].current_period_start > before.current_period_start
    updated = next(one for one in events if one["type"] == "customer.subscription.updated")
    assert updated["data"]["previous_attributes"]["latest_invoice"] == subscription.latest_invoice
    paid = sandbox.inbox.last("invoice.paid")["data"]["object"]
    assert (paid["billing_reason"], paid["amount_paid"]) == ("subscription_cycle", 999)
    assert paid["parent"]["subscription_details"]["subscription"] == subscription.id


async def test_a_failed_renewal_is_past_due_and_recovers_when_paid(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe()
    assert await sandbox.engine.fail_next_payment(customer.id)
    sandbox.inbox.clear()
    await sandbox.engine.renew(subscription.id)
    assert not await sandbox.engine.next_payment_fails(customer.id)
    await sandbox.inbox.wait_for("invoice.payment_failed")
    await sandbox.inbox.wait_for("customer.subscription.updated", count=2)
    failed = sandbox.inbox.last("invoice.payment_failed")["data"]["object"]
    assert (failed["status"], failed["attempt_count"], failed["amount_remaining"]) == ("open", 1, 999)
    assert failed["next_payment_attempt"] > failed["created"]
    late = sandbox.inbox.last("customer.subscription.updated")["data"]
    assert late["object"]["status"] == "past_due"
    assert late["previous_attributes"] == {"status": "active"}
    sandbox.inbox.clear()
    await sandbox.engine.pay_invoice(failed["id"])
    await sandbox.inbox.wait_for("invoice.paid", "customer.subscription.updated")
    back = sandbox.inbox.last("customer.subscription.updated")["data"]
    assert (back["object"]["status"], back["previous_attributes"]) == ("active", {"status": "past_due"})


async def test_a_card_that_fails_later_pays_at_the_checkout_and_not_at_the_renewal(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe(number=FAILS_LATER)
    late = await sandbox.engine.renew(subscription.id)
    assert late["status"] == "past_due"
    with pytest.raises(CardDeclined):
        await sandbox.engine.pay_invoice(late["latest_invoice"])
    again = await sandbox.v1.invoices.retrieve_async(late["latest_invoice"])
    assert again.attempt_count == 2
    await sandbox.engine.replace_card(customer.id, card())
    recovered = await sandbox.engine.renew(subscription.id)
    assert recovered["status"] == "active"
    await sandbox.inbox.wait_for("payment_method.attached", "setup_intent.succeeded")


async def test_a_renewal_that_asks_the_holder_waits_for_the_answer(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe()
    await sandbox.engine.replace_card(customer.id, card(ALWAYS_ASKS), authenticated=True)
    sandbox.inbox.clear()
    late = await sandbox.engine.renew(subscription.id)
    assert late["status"] == "past_due"
    await sandbox.inbox.wait_for("invoice.payment_action_required", "payment_intent.requires_action")
    with pytest.raises(AuthenticationRequired):
        await sandbox.engine.pay_invoice(late["latest_invoice"])
    await sandbox.engine.pay_invoice(late["latest_invoice"], authenticated=True)
    assert (await sandbox.engine.retrieve("subscription", subscription.id))["status"] == "active"


async def test_a_failure_that_was_asked_for_refuses_one_upgrade_only(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe()
    await sandbox.engine.fail_next_payment(customer.id)
    with pytest.raises(CardDeclined):
        await sandbox.engine.change_plan(subscription.id, "price_sandbox_pro")
    changed = await sandbox.engine.change_plan(subscription.id, "price_sandbox_pro")
    assert changed["items"]["data"][0]["price"]["id"] == "price_sandbox_pro"


async def test_a_refused_card_replaces_nothing(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe()
    with pytest.raises(CardDeclined):
        await sandbox.engine.replace_card(customer.id, card(DECLINED))
    unchanged = await sandbox.v1.subscriptions.retrieve_async(subscription.id)
    assert unchanged.default_payment_method == subscription.default_payment_method


async def test_a_cancellation_ends_with_the_period_unless_taken_back(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe()
    sandbox.inbox.clear()
    leaving = await sandbox.engine.cancel_at_period_end(subscription.id, feedback="too_expensive")
    assert leaving["cancel_at"] == leaving["items"]["data"][0]["current_period_end"]
    await sandbox.inbox.wait_for("customer.subscription.updated")
    assert sandbox.inbox.last("customer.subscription.updated")["data"]["previous_attributes"] == {
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"feedback": None, "reason": None},
    }
    stayed = await sandbox.engine.resume(subscription.id)
    assert (stayed["cancel_at"], stayed["cancel_at_period_end"], stayed["canceled_at"]) == (None, False, None)
    with pytest.raises(InvalidRequest):
        await sandbox.engine.resume(subscription.id)
    await sandbox.engine.cancel_at_period_end(subscription.id)
    await sandbox.engine.advance_period()
    await sandbox.inbox.wait_for("customer.subscription.deleted")
    ended = sandbox.inbox.last("customer.subscription.deleted")["data"]["object"]
    assert (ended["status"], ended["cancel_at_period_end"]) == ("canceled", True)
    assert ended["ended_at"] == ended["cancel_at"]
    assert ended["cancellation_details"]["reason"] == "cancellation_requested"


async def test_a_cancellation_stays_with_the_end_of_the_period_when_that_moves(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe()
    await sandbox.engine.cancel_at_period_end(subscription.id)
    yearly = await sandbox.v1.subscriptions.update_async(
        subscription.id,
        {"items": [{"id": subscription["items"].data[0].id, "price": "price_sandbox_hobby_annual"}]},
    )
    assert yearly.cancel_at_period_end
    assert (
        yearly.cancel_at == yearly["items"].data[0].current_period_end > subscription.created + 364 * 86_400
    )


async def test_an_upgrade_invoices_its_prorations_at_once(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe()
    preview = await sandbox.engine.preview_plan_change(subscription.id, "price_sandbox_pro")
    sandbox.inbox.clear()
    changed = await sandbox.engine.change_plan(subscription.id, "price_sandbox_pro")
    assert changed["items"]["data"][0]["price"]["id"] == "price_sandbox_pro"
    await sandbox.inbox.wait_for("invoice.paid", "customer.subscription.updated")
    invoice = sandbox.inbox.last("invoice.paid")["data"]["object"]
    assert invoice["billing_reason"] == "subscription_update"
    assert [line["amount"] > 0 for line in invoice["lines"]["data"]] == [False, True]
    assert all(line["parent"]["invoice_item_details"]["proration"] for line in invoice["lines"]["data"])
    assert invoice["total"] == invoice["amount_paid"] == preview.amount_due_now
    assert 990 <= invoice["total"] <= 1000


async def test_a_downgrade_leaves_credit_that_the_next_invoice_uses(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe("price_sandbox_pro")
    await sandbox.engine.change_plan(subscription.id, "price_sandbox_hobby")
    credited = await sandbox.v1.customers.retrieve_async(customer.id)
    assert -1000 <= credited.balance <= -990
    await sandbox.engine.renew(subscription.id)
    latest = (await sandbox.v1.invoices.list_async({"customer": customer.id, "limit": 1})).data[0]
    assert latest.amount_due == max(latest.total + credited.balance, 0)
    assert latest.status == "paid"


async def test_an_upgrade_with_a_failing_card_changes_nothing(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe(number=FAILS_LATER)
    with pytest.raises(CardDeclined):
        await sandbox.engine.change_plan(subscription.id, "price_sandbox_pro")
    unchanged = await sandbox.v1.subscriptions.retrieve_async(subscription.id)
    assert unchanged["items"].data[0].price.id == "price_sandbox_hobby"
    assert unchanged.latest_invoice == subscription.latest_invoice


async def test_a_month_renews_every_subscription_once(sandbox: World) -> None:
    _, first = await sandbox.subscribe()
    _, second = await sandbox.subscribe("price_sandbox_pro")
    sandbox.inbox.clear()
    before = await sandbox.engine.now()
    after = await sandbox.engine.advance_period()
    assert after > before + 27 * 86_400
    await sandbox.inbox.wait_for("invoice.paid", "invoice.upcoming", count=2)
    for one in (first, second):
        invoices = await sandbox.v1.invoices.list_async({"subscription": one.id})
        assert [invoice.billing_reason for invoice in invoices.data] == [
            "subscription_cycle",
            "subscription_create",
        ]


async def test_unpaid_retries_end_the_subscription(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe(number=FAILS_LATER)
    await sandbox.engine.advance_period()
    assert (await sandbox.engine.retrieve("subscription", subscription.id))["status"] == "past_due"
    await sandbox.engine.advance_period()
    ended = await sandbox.engine.retrieve("subscription", subscription.id)
    assert (ended["status"], ended["cancellation_details"]["reason"]) == ("canceled", "payment_failed")
    await sandbox.inbox.wait_for("customer.subscription.deleted")


async def test_refunds_add_up_to_the_charge_and_not_beyond(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.session(customer.id, "price_sandbox_credits10")
    await sandbox.complete(session.id)
    charge = (await sandbox.v1.charges.list_async({"customer": customer.id})).data[0]
    await sandbox.engine.refund(charge.id, 400)
    await sandbox.inbox.wait_for("charge.refunded")
    partial = sandbox.inbox.last("charge.refunded")["data"]
    assert (partial["object"]["amount_refunded"], partial["object"]["refunded"]) == (400, False)
    assert partial["previous_attributes"] == {"amount_refunded": 0}
    with pytest.raises(InvalidRequest):
        await sandbox.engine.refund(charge.id, 600)
    await sandbox.v1.refunds.create_async({"payment_intent": charge.payment_intent})
    whole = await sandbox.v1.charges.retrieve_async(charge.id, {"expand": ["refunds"]})
    assert (whole.amount_refunded, whole.refunded) == (999, True)
    assert sorted(one.amount for one in whole.refunds.data) == [400, 599]


async def test_a_refund_to_a_card_that_takes_none_succeeds_first_and_fails_afterwards(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.session(customer.id, "price_sandbox_credits10")
    await sandbox.complete(session.id, number=REFUND_FAILS)
    charge = (await sandbox.v1.charges.list_async({"customer": customer.id})).data[0]
    refund = await sandbox.v1.refunds.create_async({"charge": charge.id, "amount": 400})
    assert refund.status == "succeeded"
    await sandbox.engine.refund(charge.id, 100)
    await sandbox.engine.fail_refund(refund.id)
    await sandbox.inbox.wait_for("refund.updated", "charge.refund.updated", "refund.failed")
    changed = sandbox.inbox.last("charge.refund.updated")["data"]
    assert changed == sandbox.inbox.last("refund.updated")["data"]
    assert changed["previous_attributes"] == {
        "failure_balance_transaction": None,
        "failure_reason": None,
        "status": "succeeded",
    }
    failed = sandbox.inbox.last("refund.failed")["data"]["object"]
    assert (failed["id"], failed["status"]) == (refund.id, "failed")
    back = await sandbox.v1.balance_transactions.retrieve_async(failed["failure_balance_transaction"])
    assert (back.amount, back.type, back.source) == (400, "refund_failure", refund.id)
    partly = await sandbox.v1.charges.retrieve_async(charge.id)
    assert (partly.amount_refunded, partly.refunded) == (100, False)
    with pytest.raises(InvalidRequest):
        await sandbox.engine.fail_refund(refund.id)
    await sandbox.engine.advance_period()  # the other one fails by itself
    assert (await sandbox.v1.charges.retrieve_async(charge.id)).amount_refunded == 0


async def test_a_written_off_invoice_may_be_paid_or_voided_a_void_one_neither(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe(number=FAILS_LATER)
    await sandbox.engine.advance_period()
    owed = str((await sandbox.v1.subscriptions.retrieve_async(subscription.id)).latest_invoice)
    await sandbox.v1.invoices.mark_uncollectible_async(owed)
    await sandbox.v1.invoices.void_invoice_async(owed)
    await sandbox.inbox.wait_for("invoice.marked_uncollectible", "invoice.voided")
    assert sandbox.inbox.last("invoice.marked_uncollectible")["data"]["object"]["status"] == "uncollectible"
    assert sandbox.inbox.last("invoice.voided")["data"]["object"]["status"] == "void"
    with pytest.raises(InvalidRequest):
        await sandbox.engine.pay_invoice(owed)


async def test_a_dispute_takes_the_money_until_it_is_won(sandbox: World) -> None:
    customer, _ = await sandbox.subscribe()
    charge = (await sandbox.v1.charges.list_async({"customer": customer.id})).data[0]
    dispute = await sandbox.engine.dispute(charge.id)
    await sandbox.engine.close_dispute(dispute["id"], won=True)
    await sandbox.inbox.wait_for(
        "charge.dispute.created", "charge.dispute.closed", "charge.dispute.funds_reinstated"
    )
    assert (await sandbox.v1.disputes.retrieve_async(dispute["id"])).status == "won"


@pytest.mark.parametrize("closed", [False, True])
async def test_what_the_bank_took_back_cannot_be_refunded(sandbox: World, closed: bool) -> None:
    customer, _ = await sandbox.subscribe()
    charge = (await sandbox.v1.charges.list_async({"customer": customer.id})).data[0]
    dispute = await sandbox.engine.dispute(charge.id)
    if closed:
        await sandbox.engine.close_dispute(dispute["id"], won=False)
    with pytest.raises(stripe.InvalidRequestError, match="charged back") as refused:
        await sandbox.v1.refunds.create_async({"charge": charge.id})
    assert refused.value.code == "charge_disputed"


async def test_a_payment_that_was_disputed_in_vain_can_be_refunded(sandbox: World) -> None:
    customer, _ = await sandbox.subscribe()
    charge = (await sandbox.v1.charges.list_async({"customer": customer.id})).data[0]
    dispute = await sandbox.engine.dispute(charge.id)
    await sandbox.engine.close_dispute(dispute["id"], won=True)
    assert (await sandbox.v1.refunds.create_async({"charge": charge.id})).amount == 999


async def test_a_subscription_canceled_now_is_listed_only_on_demand(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe()
    await sandbox.engine.cancel_now(subscription.id)
    await sandbox.inbox.wait_for("customer.subscription.deleted")
    assert (await sandbox.v1.subscriptions.list_async({"customer": customer.id})).data == []
    listed = await sandbox.v1.subscriptions.list_async({"customer": customer.id, "status": "all"})
    assert [one.status for one in listed.data] == ["canceled"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (card("4242 4242 4242 4241"), "incorrect_number"),
        (card(exp_month=13), "invalid_expiry_month"),
        (card(exp_year=2020), "invalid_expiry_year"),
        (card(cvc="12"), "invalid_cvc"),
    ],
)
async def test_a_mistyped_card_is_told_what_is_wrong(sandbox: World, typed: Card, code: str) -> None:
    session = await sandbox.session((await sandbox.customer()).id)
    with pytest.raises(CardDeclined) as refused:
        await sandbox.engine.complete_checkout(session.id, card=typed, email="a@b.c", name="A", country="US")
    assert refused.value.code == code
    assert await sandbox.engine.list_documents("charge") == []
