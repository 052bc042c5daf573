"""A trial each for workspace, owner and card, against the sandbox over HTTP, on both databases."""

import asyncio
import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from sentineliq import config, db
from sentineliq.activity.models import Notification
from sentineliq.billing import catch_up, ledger, operations, plan_changes, trials
from sentineliq.billing.models import Job, TrialClaim
from sentineliq.billing.overview import get_billing_overview
from sentineliq.billing.processor import PaymentProcessorUnavailable
from sentineliq.billing.stripe.events import parse_event
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from sentineliq.identity.models import User
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.sandbox.engine import payment_methods, subscription_update
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.shop import Shop, member_of, new_owner, record_of
from tests.factories import make_user, make_workspace
from tests.sandbox.world import FAILS_LATER

MASTERCARD = "5555 5555 5555 4444"


async def begin(shop: Shop, owner: Member, *, number: str = "4242 4242 4242 4242") -> None:
    """Buy Pro, and wait until its first events have been answered."""
    before = shop.taken.count("customer.subscription.created")
    session = await operations.generate_checkout_session(member=owner, plan_id="pro")
    await shop.pay(session.id, number)
    if not shop.deaf:
        await shop.landed("customer.subscription.created", before + 1)


async def another(name: str = "grace@example.com") -> Member:
    return await new_owner(email=name)


async def status_of(owner: Member) -> SubscriptionStatus | None:
    return (await record_of(owner)).subscription_status


async def becomes(owner: Member, status: SubscriptionStatus) -> None:
    """Until the webhook has told it."""
    for _ in range(400):
        if await status_of(owner) is status:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"still {await status_of(owner)}")


async def mails_of(owner: Member) -> list[OutboxMail]:
    found = select(OutboxMail).where(OutboxMail.workspace_id == owner.workspace_id)
    async with db.reading() as session:
        return list((await session.exec(found)).all())


async def mail_of(owner: Member, kind: MailKind) -> dict[str, Any]:
    """The context of the one mail of that kind, once it is written."""
    for _ in range(400):
        found = [mail.context for mail in await mails_of(owner) if mail.kind is kind]
        if found:
            assert len(found) == 1
            return found[0]
        await asyncio.sleep(0.05)
    raise AssertionError(f"no {kind}")


async def claims() -> set[str]:
    async with db.reading() as session:
        return {claim.partition(":")[0] for claim in (await session.exec(select(TrialClaim.claimant))).all()}


async def pro_card_of(member: Member | None) -> int:
    return {card.plan_id: card.trial_days for card in await operations.list_plan_cards(member)}["pro"]


async def test_a_first_trial_is_free_and_claimed_for_workspace_owner_and_card(shop: Shop) -> None:
    owner = await new_owner()
    assert await pro_card_of(owner) == await pro_card_of(None) == 14
    await begin(shop, owner)
    workspace = await record_of(owner)
    assert (workspace.subscription_status, workspace.subscription_plan) == ("trialing", "pro")
    assert workspace.trial_end is not None
    assert timedelta(days=13) < workspace.trial_end - db.now() < timedelta(days=15)
    assert await claims() == {"workspace", "owner", "email", "card", "subscription"}
    assert (await get_billing_overview(owner)).trial_days_left == 14
    assert await pro_card_of(owner) == 0
    [invoice] = await shop.engine.list_documents("invoice")
    assert (invoice["billing_reason"], invoice["amount_paid"]) == ("subscription_create", 0)


async def test_hobby_and_credits_begin_without_a_trial(shop: Shop) -> None:
    offered = {card.plan_id: card.trial_days for card in await operations.list_plan_cards(None)}
    assert offered == {"hobby": 0, "pro": 14, "credits10": 0}


async def test_no_trial_is_offered_where_trials_are_switched_off(
    shop: Shop, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("PAYMENTS_TRIAL_DAYS", "0")
    config.get_settings.cache_clear()
    owner = await new_owner()
    assert await pro_card_of(owner) == 0
    await begin(shop, owner)
    assert await status_of(owner) is SubscriptionStatus.ACTIVE
    assert await claims() == set()


async def test_the_end_of_a_trial_is_announced_and_its_first_payment_told_with_the_amount(shop: Shop) -> None:
    owner = await new_owner()
    await begin(shop, owner)
    await shop.engine.advance_period()
    await becomes(owner, SubscriptionStatus.ACTIVE)
    ending = await mail_of(owner, MailKind.TRIAL_ENDING)
    paid = await mail_of(owner, MailKind.TRIAL_PAID)
    assert (ending["plan_name"], paid["amount"], paid["currency"]) == ("Pro", 1999, "usd")
    await shop.engine.advance_period()
    assert (await mail_of(owner, MailKind.PAYMENT_RECEIVED))["amount"] == 1999


async def test_a_trial_that_is_canceled_ends_free_of_charge_and_says_so(shop: Shop) -> None:
    owner = await new_owner()
    await begin(shop, owner)
    await shop.engine.cancel_at_period_end(str((await record_of(owner)).stripe_subscription_id))
    await becomes(owner, SubscriptionStatus.CANCEL_AT_PERIOD_END)
    assert (await get_billing_overview(owner)).trial_days_left == 14
    await shop.engine.advance_period()
    await becomes(owner, SubscriptionStatus.DELETED)
    assert (await mail_of(owner, MailKind.TRIAL_ENDED))["outcome"] == "canceled"


async def test_a_trial_whose_card_is_gone_ends_and_says_what_to_do(shop: Shop) -> None:
    owner = await new_owner()
    await begin(shop, owner)
    subscription = await shop.engine.retrieve(
        "subscription", str((await record_of(owner)).stripe_subscription_id)
    )
    method = subscription["default_payment_method"]
    await shop.engine.act(lambda books: payment_methods.detach(books, method))
    await shop.engine.advance_period()
    await becomes(owner, SubscriptionStatus.DELETED)
    assert (await mail_of(owner, MailKind.TRIAL_ENDED))["outcome"] == "no_card"


async def test_a_second_workspace_of_the_owner_is_offered_no_trial(shop: Shop) -> None:
    owner = await new_owner()
    await begin(shop, owner)
    user = await make_user(email="ow.ner+again@gmail.com")
    second = await make_workspace(owner=user)
    assert await pro_card_of(await member_of(second, email="ow.ner+again@gmail.com")) == 14
    mine = await _second_workspace(owner)
    assert await pro_card_of(mine) == 0
    await begin(shop, mine)
    assert await status_of(mine) is SubscriptionStatus.ACTIVE


async def _second_workspace(owner: Member) -> Member:
    async with db.reading() as session:
        user = await session.get_one(User, owner.user_id)
    return await member_of(await make_workspace(name="Second", owner=user), email=owner.email)


@pytest.mark.parametrize("alias", ["ada.lovelace+again@gmail.com", "AdaLovelace@googlemail.com"])
async def test_another_account_of_the_same_mailbox_is_offered_no_trial(shop: Shop, alias: str) -> None:
    await begin(shop, await new_owner(email="adalovelace@gmail.com"), number=MASTERCARD)
    assert await pro_card_of(await another(alias.lower())) == 0
    assert await pro_card_of(await another("ada@example.com")) == 14


async def test_another_owner_with_the_same_card_is_charged_at_once_and_told(shop: Shop) -> None:
    await begin(shop, await new_owner())
    other = await another()
    await begin(shop, other)
    await becomes(other, SubscriptionStatus.ACTIVE)
    assert (await mail_of(other, MailKind.TRIAL_REFUSED))["why"] == "This card has had a trial before."
    assert (await mail_of(other, MailKind.TRIAL_PAID))["amount"] == 1999
    async with db.reading() as session:
        found = select(Notification.title).where(Notification.workspace_id == other.workspace_id)
        assert "Pro begins without a trial" in (await session.exec(found)).all()
    assert await pro_card_of(await another("joan@example.com")) == 14


async def test_a_used_card_that_does_not_pay_rides_no_further(shop: Shop) -> None:
    await begin(shop, await new_owner(), number=FAILS_LATER)
    other = await another()
    await begin(shop, other, number=FAILS_LATER)
    await becomes(other, SubscriptionStatus.DELETED)
    assert (await mail_of(other, MailKind.TRIAL_ENDED))["outcome"] == "canceled"
    assert await pro_card_of(other) == 0


async def test_two_checkouts_of_one_owner_at_once_give_one_trial(shop: Shop) -> None:
    owner = await new_owner()
    mine = await _second_workspace(owner)
    sessions = [
        await operations.generate_checkout_session(member=each, plan_id="pro") for each in (owner, mine)
    ]
    await shop.pay(sessions[0].id)
    await shop.pay(sessions[1].id, MASTERCARD)
    await shop.landed("customer.subscription.created", 2)
    await becomes(mine, SubscriptionStatus.ACTIVE)
    assert await status_of(owner) is SubscriptionStatus.TRIALING
    assert (await mail_of(mine, MailKind.TRIAL_REFUSED))["why"] == "You have had a trial before."


async def test_of_two_workspaces_with_one_card_at_the_same_time_one_has_the_trial(shop: Shop) -> None:
    owners = [await new_owner(), await another()]
    shop.deaf = True
    for each in owners:
        await begin(shop, each)
    created = [
        record.event
        for record in await shop.engine.events(limit=200)
        if record.event["type"] == "customer.subscription.created"
    ]
    assert len(created) == 2
    await asyncio.gather(*(_take(event) for event in created * 3))
    shop.deaf = False
    async with db.reading() as session:
        ends = (await session.exec(select(Job).where(Job.name.startswith("trial:")))).all()
    assert [job.finished_at is not None for job in ends] == [True]
    at_stripe = [one["status"] for one in await shop.engine.list_documents("subscription")]
    assert sorted(at_stripe) == ["active", "trialing"]


async def _take(event: dict[str, Any]) -> None:
    body = json.dumps(event)
    await ledger.ingest(parse_event(body), body)


async def test_a_redelivered_beginning_ends_nothing_twice(shop: Shop) -> None:
    await begin(shop, await new_owner())
    other = await another()
    await begin(shop, other)
    await becomes(other, SubscriptionStatus.ACTIVE)
    await shop.landed("invoice.paid", 3)  # two trials' invoices over nothing, and the payment
    created = next(
        record.event
        for record in await shop.engine.events(limit=200)
        if record.event["type"] == "customer.subscription.created"
    )
    await _take(copy.deepcopy(created) | {"id": "evt_again"})
    await trials.settle_refused()
    mails = [mail.kind for mail in await mails_of(other)]
    assert MailKind.TRIAL_ENDING not in mails
    assert (mails.count(MailKind.TRIAL_REFUSED), mails.count(MailKind.TRIAL_PAID)) == (1, 1)
    customer = (await record_of(other)).stripe_customer_id
    invoices = [one for one in await shop.engine.list_documents("invoice") if one["customer"] == customer]
    assert [one["amount_paid"] for one in invoices] == [1999, 0]


async def test_a_refused_trial_is_ended_later_where_stripe_was_down(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(shop, await new_owner())
    other = await another()

    async def unreachable(*_args: object) -> None:
        raise PaymentProcessorUnavailable

    with monkeypatch.context() as down:
        down.setattr(StripePaymentProcessor, "end_trial_now", unreachable)
        await begin(shop, other)
        await trials.settle_refused()
    assert await status_of(other) is SubscriptionStatus.TRIALING
    await trials.settle_refused()
    await becomes(other, SubscriptionStatus.ACTIVE)


async def test_a_trial_that_no_event_told_of_is_judged_by_reconciliation(shop: Shop) -> None:
    await begin(shop, await new_owner())
    other = await another()
    shop.deaf = True
    await begin(shop, other)
    report = await catch_up.reconcile_one(other.workspace_id, dry_run=True)
    assert "trial end" in {each.what for each in report.differences}
    assert (await record_of(other)).stripe_subscription_id is None
    await catch_up.reconcile_one(other.workspace_id, dry_run=False)
    [mine] = [
        one
        for one in await shop.engine.list_documents("subscription")
        if one["customer"] == (await record_of(other)).stripe_customer_id
    ]
    assert mine["status"] == "active"
    await catch_up.reconcile_one(other.workspace_id, dry_run=False)
    assert await status_of(other) is SubscriptionStatus.ACTIVE
    assert (await mail_of(other, MailKind.TRIAL_REFUSED))["plan_name"] == "Pro"


async def test_a_trial_that_staff_gives_by_hand_is_left_alone(shop: Shop) -> None:
    owner = await new_owner()
    await begin(shop, owner)
    other = await another()
    await begin(shop, other)
    await becomes(other, SubscriptionStatus.ACTIVE)
    subscription = str((await record_of(other)).stripe_subscription_id)
    until = int((db.now() + timedelta(days=60)).timestamp())
    await shop.engine.act(lambda books: subscription_update.update(books, subscription, {"trial_end": until}))
    await becomes(other, SubscriptionStatus.TRIALING)
    await trials.settle_refused()
    assert (await shop.engine.retrieve("subscription", subscription))["status"] == "trialing"


async def test_a_trial_goes_on_under_another_plan(shop: Shop) -> None:
    owner = await new_owner()
    await begin(shop, owner)
    until = (await record_of(owner)).trial_end
    quote = await plan_changes.preview_plan_change(member=owner, plan_id="hobby")
    assert (quote.due_now, quote.is_trial) == (None, True)
    await plan_changes.change_plan(member=owner, quote=quote)
    after = await record_of(owner)
    assert (after.subscription_status, after.subscription_plan, after.trial_end) == (
        "trialing",
        "hobby",
        until,
    )


async def test_a_trial_that_is_heard_of_anew_is_not_refused_by_its_own_claims(shop: Shop) -> None:
    """As when another subscription was shown in its place for a while."""
    owner = await new_owner()
    await begin(shop, owner)
    async with db.transaction() as session:
        row = await session.get_one(Workspace, owner.workspace_id)
        row.stripe_subscription_id, row.trial_end = "sub_another", None
    await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    await trials.settle_refused()
    [mine] = await shop.engine.list_documents("subscription")
    assert (mine["status"], await status_of(owner)) == ("trialing", "trialing")
    assert MailKind.TRIAL_REFUSED not in {mail.kind for mail in await mails_of(owner)}
