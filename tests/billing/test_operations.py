"""Buying, managing and refusing, against the sandbox over HTTP, on both databases."""

import asyncio
import dataclasses

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

from sentineliq import config, db
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.billing import operations, prices, processor
from sentineliq.billing.checkouts import AlreadySubscribed, CheckoutOvertaken
from sentineliq.billing.operations import MissingEmail
from sentineliq.billing.plans import NotOnSale, UnknownPlan
from sentineliq.billing.processor import (
    NothingToManage,
    PaymentProcessorRefused,
    PaymentProcessorUnavailable,
    PortalFlow,
)
from sentineliq.billing.stripe import client
from sentineliq.billing.views import CheckoutProgress, PlanAction
from sentineliq.errors import TooManyAttempts
from sentineliq.identity.attempts import Attempt, count_attempt
from sentineliq.workspaces.members import NotWorkspaceOwner
from sentineliq.workspaces.models import Role, SubscriptionStatus
from tests.billing.shop import Shop, member_of, new_owner, record_of
from tests.factories import make_member, make_user, make_workspace
from tests.state.tab import returning


async def test_a_bought_plan_lands_by_its_webhooks(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    progress = operations.get_checkout_progress
    assert await progress(member=owner, session_id=session.id) is CheckoutProgress.CONFIRMING
    await shop.pay(session.id)
    for event_type in ("checkout.session.completed", "customer.subscription.created", "invoice.paid"):
        await shop.landed(event_type)
    assert await progress(member=owner, session_id=session.id) is CheckoutProgress.SUCCESSFUL
    overview = await operations.get_billing_overview(owner)
    assert (overview.plan_name, overview.status_label) == ("Hobby", "Active")
    assert [invoice.status for invoice in overview.invoices] == ["paid"]
    card = await operations.get_payment_method(owner)
    assert card is not None
    assert card.last4 == "4242"


async def test_credits_are_bought_once_and_stay_buyable_while_subscribed(shop: Shop) -> None:
    owner = await new_owner()
    for plan_id in ("hobby", "credits10"):
        session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
        await shop.pay(session.id)
        await shop.landed("checkout.session.completed", 1 if plan_id == "hobby" else 2)
    await shop.landed("customer.subscription.created")
    assert (await record_of(owner)).credits == 10
    cards = {card.plan_id: card for card in await operations.list_plan_cards(owner)}
    assert [cards[plan].action for plan in ("hobby", "pro", "credits10")] == [
        PlanAction.MANAGE,
        PlanAction.SWITCH,
        PlanAction.BUY,
    ]


async def test_a_subscribed_workspace_cannot_start_a_second_subscription(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    await shop.pay(session.id)
    await shop.landed("customer.subscription.created")
    with pytest.raises(AlreadySubscribed):
        await operations.generate_checkout_session(member=owner, plan_id="pro")


async def test_a_subscription_whose_webhooks_are_lost_is_not_sold_again(shop: Shop) -> None:
    owner = await new_owner()
    shop.deaf = True
    session = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    await shop.pay(session.id)
    assert (await record_of(owner)).subscription_status is None
    with pytest.raises(AlreadySubscribed):
        await operations.generate_checkout_session(member=owner, plan_id="pro")
    assert (await record_of(owner)).subscription_status is SubscriptionStatus.ACTIVE


async def test_late_webhook_is_made_up_for_by_asking_stripe(shop: Shop) -> None:
    owner = await new_owner()
    shop.deaf = True
    for plan_id in ("credits10", "hobby"):
        session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
        await shop.pay(session.id)
        confirmed = await operations.confirm_checkout(member=owner, session_id=session.id)
        assert confirmed is CheckoutProgress.SUCCESSFUL
    record = await record_of(owner)
    assert (record.credits, record.subscription_plan) == (10, "hobby")
    shop.deaf = False
    for event in await shop.engine.events():
        await shop.engine.resend(event.event["id"])
    await shop.landed("checkout.session.completed", 2)
    assert (await record_of(owner)).credits == 10


async def test_the_return_address_carries_no_authority(shop: Shop) -> None:
    owner, stranger = await new_owner(), await new_owner(email="stranger@example.com")
    session = await operations.generate_checkout_session(member=owner, plan_id="credits10")
    for member, session_id in ((owner, "cs_made_up"), (owner, ""), (stranger, session.id)):
        confirmed = await operations.confirm_checkout(member=member, session_id=session_id)
        assert confirmed is CheckoutProgress.UNKNOWN
    confirmed = await operations.confirm_checkout(member=owner, session_id=session.id)
    assert confirmed is CheckoutProgress.CONFIRMING
    await shop.pay(session.id)
    await operations.confirm_checkout(member=stranger, session_id=session.id)
    assert (await record_of(stranger)).credits == 0


async def test_two_clicks_at_once_make_one_customer_and_one_session(shop: Shop) -> None:
    owner = await new_owner()
    buy = operations.generate_checkout_session
    sessions = await asyncio.gather(*(buy(member=owner, plan_id="hobby") for _ in range(6)))
    assert len({session.id for session in sessions}) == 1
    assert len(await shop.engine.list_documents("customer")) == 1


async def test_two_tabs_with_two_plans_leave_one_session_open(shop: Shop) -> None:
    owner = await new_owner()
    buy = operations.generate_checkout_session
    results = await asyncio.gather(
        buy(member=owner, plan_id="hobby"), buy(member=owner, plan_id="pro"), return_exceptions=True
    )
    assert all(
        not isinstance(result, BaseException) or isinstance(result, CheckoutOvertaken) for result in results
    )
    sessions = await shop.engine.list_documents("checkout.session")
    assert [each["status"] for each in sessions].count("open") == 1


async def test_a_new_checkout_closes_the_older_one(shop: Shop) -> None:
    owner = await new_owner()
    first = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    second = await operations.generate_checkout_session(member=owner, plan_id="pro")
    statuses = {each["id"]: each["status"] for each in await shop.engine.list_documents("checkout.session")}
    assert statuses == {first.id: "expired", second.id: "open"}


async def test_only_the_owner_acts(shop: Shop) -> None:
    owner = await new_owner()
    person = await make_user(email="admin@example.com")
    await make_member(await record_of(owner), user=person, role=Role.ADMIN)
    admin = await member_of(await record_of(owner), role=Role.ADMIN, email="admin@example.com")
    with pytest.raises(NotWorkspaceOwner):
        await operations.generate_checkout_session(member=admin, plan_id="hobby")
    with pytest.raises(NotWorkspaceOwner):
        await operations.get_customer_portal_url(member=admin)
    assert await shop.engine.list_documents("customer") == []
    assert {card.action for card in await operations.list_plan_cards(admin)} == {PlanAction.OWNER_ONLY}


async def test_a_flood_of_clicks_does_not_become_a_flood_at_stripe(shop: Shop) -> None:
    owner = await new_owner()
    for _ in range(60):
        await count_attempt(Attempt.STRIPE_PAGE, address=owner.workspace_id, client="another owner's browser")
    with pytest.raises(TooManyAttempts):
        await operations.generate_checkout_session(member=owner, plan_id="hobby")
    with pytest.raises(TooManyAttempts):
        await operations.get_customer_portal_url(member=owner)
    assert await shop.engine.list_documents("customer") == []


@pytest.mark.parametrize("plan_id", ["", "enterprise", "HOBBY", "price_sandbox_hobby"])
async def test_unknown_plan_is_refused(shop: Shop, plan_id: str) -> None:
    with pytest.raises(UnknownPlan):
        await operations.generate_checkout_session(member=await new_owner(), plan_id=plan_id)


async def test_a_plan_without_a_price_is_shown_and_not_sold(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.get_settings(), "payments_pro_subscription_plan_id", ())
    owner = await new_owner()
    priced = {card.plan_id: card.price is not None for card in await operations.list_plan_cards(owner)}
    assert priced == {"hobby": True, "pro": False, "credits10": True}
    with pytest.raises(NotOnSale):
        await operations.generate_checkout_session(member=owner, plan_id="pro")
    assert await shop.engine.list_documents("customer") == []


async def test_missing_mail_address_is_refused(shop: Shop) -> None:
    with pytest.raises(MissingEmail):
        await operations.generate_checkout_session(
            member=dataclasses.replace(await new_owner(), email=""), plan_id="hobby"
        )


async def test_stripe_outage_leaves_nothing_half_done(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = await new_owner()
    base = config.get_settings().stripe_api_base
    monkeypatch.setattr(config.get_settings(), "stripe_api_base", "http://127.0.0.1:9")
    client.stripe_client.cache_clear()
    with pytest.raises(PaymentProcessorUnavailable):
        await operations.generate_checkout_session(member=owner, plan_id="hobby")
    assert (await record_of(owner)).stripe_customer_id is None
    monkeypatch.setattr(config.get_settings(), "stripe_api_base", base)
    client.stripe_client.cache_clear()
    assert (await operations.generate_checkout_session(member=owner, plan_id="hobby")).url


async def test_wrong_key_is_told_apart_from_an_outage(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = await new_owner()
    settings = config.get_settings()
    monkeypatch.setattr(settings, "stripe_api_key", type(settings.jwt_secret)("sk_test_wrong"))
    client.stripe_client.cache_clear()
    with pytest.raises(PaymentProcessorRefused):
        await operations.generate_checkout_session(member=owner, plan_id="hobby")


async def test_portal_opens_for_the_customer_and_lands_where_asked(shop: Shop) -> None:
    owner = await new_owner()
    with pytest.raises(NothingToManage):
        await operations.get_customer_portal_url(member=owner)
    await operations.generate_checkout_session(member=owner, plan_id="hobby")
    for flow in (PortalFlow.HOME, PortalFlow.PAYMENT_METHOD_UPDATE):
        url = await operations.get_customer_portal_url(member=owner, flow=flow)
        assert "/sandbox/portal/bps_" in url
    async with db.reading() as session:
        entries = (await session.exec(select(AuditEntry))).all()
    opened = [each for each in entries if each.action == AuditAction.PORTAL_OPENED]
    assert [each.actor for each in opened] == [owner.user_id] * 2


async def test_a_customer_of_another_workspace_is_refused_and_logged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await new_owner(), await new_owner(email="second@example.com")
    await operations.generate_checkout_session(member=first, plan_id="hobby")
    taken = (await record_of(first)).stripe_customer_id
    monkeypatch.setattr(processor.payment_processor(), "fetch_customer", returning(taken))
    with capture_logs() as logs, pytest.raises(operations.CustomerTaken):
        await operations.generate_checkout_session(member=second, plan_id="hobby")
    [told] = [each for each in logs if each["event"] == "customer_taken"]
    assert (told["workspace_id"], told["customer_id"]) == (second.workspace_id, taken)
    assert (await record_of(second)).stripe_customer_id is None


async def test_portal_falls_back_to_its_login_link(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = await new_owner(email="owner+billing@example.com")
    link = "https://billing.stripe.com/p/login/test"
    monkeypatch.setattr(config.get_settings(), "stripe_customer_portal_url", link)
    url = await operations.get_customer_portal_url(member=owner)
    assert url == f"{link}?prefilled_email=owner%2Bbilling%40example.com"


@pytest.mark.parametrize("verified", [True, False])
async def test_customer_of_the_same_address_is_adopted_only_when_it_is_verified(
    shop: Shop, verified: bool
) -> None:
    existing = await client.stripe_client().v1.customers.create_async({"email": "owner@example.com"})
    owner = await new_owner(verified=verified)
    await operations.generate_checkout_session(member=owner, plan_id="hobby")
    assert ((await record_of(owner)).stripe_customer_id == existing.id) is verified


async def test_customer_that_another_workspace_claims_is_never_adopted(shop: Shop) -> None:
    theirs = await client.stripe_client().v1.customers.create_async(
        {"email": "owner@example.com", "metadata": {"workspace_id": "another"}}
    )
    owner = await new_owner(verified=True)
    await operations.generate_checkout_session(member=owner, plan_id="hobby")
    assert (await record_of(owner)).stripe_customer_id != theirs.id


async def test_customer_made_before_a_crash_is_found_again(shop: Shop) -> None:
    owner = await new_owner()
    made = await client.stripe_client().v1.customers.create_async(
        {"email": owner.email, "metadata": {"workspace_id": owner.workspace_id}}
    )
    await operations.generate_checkout_session(member=owner, plan_id="hobby")
    assert (await record_of(owner)).stripe_customer_id == made.id


async def test_an_owner_of_two_workspaces_has_two_customers(shop: Shop) -> None:
    user = await make_user(email="second@example.com", verified=True)
    first = await make_workspace(name="One", owner=user)
    second = await make_workspace(name="Two", owner=user)
    customers: set[str | None] = set()
    for workspace in (first, second):
        member = await member_of(workspace, email="second@example.com", verified=True)
        await operations.generate_checkout_session(member=member, plan_id="hobby")
        customers.add((await record_of(member)).stripe_customer_id)
    assert len(customers - {None}) == 2


async def test_prices_are_stripes_and_outlive_an_outage(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = await operations.list_plan_cards(None)
    shown = [(card.price.amount, card.price.currency, card.price.interval) for card in cards if card.price]
    assert shown == [(999, "usd", "month"), (1999, "usd", "month"), (999, "usd", None)]
    monkeypatch.setattr(prices, "FRESH_FOR", 0)
    monkeypatch.setattr(config.get_settings(), "stripe_api_base", "http://127.0.0.1:9")
    client.stripe_client.cache_clear()
    again = await operations.list_plan_cards(None)
    assert [card.price for card in again] == [card.price for card in cards]
    async with asyncio.timeout(30):
        await asyncio.gather(*prices._asking.values())
    assert prices.stale_since() is not None
    prices.forget()
    assert {card.price for card in await operations.list_plan_cards(None)} == {None}
