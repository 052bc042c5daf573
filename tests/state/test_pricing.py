"""The pricing page's buttons."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sentineliq.billing import operations
from sentineliq.billing.plan_ids import BillingInterval
from sentineliq.billing.plans import PaymentPlanId, payment_plans
from sentineliq.billing.processor import CheckoutSession, PaymentProcessorUnavailable
from sentineliq.billing.views import PlanAction, PlanCard, PriceView
from sentineliq.errors import AppError
from sentineliq.state import session
from sentineliq.state.pricing import PricingState
from tests.state.conftest import Team
from tests.state.tab import open_tab, returning, send, target

NINE_99 = PriceView(amount=999, currency="usd", interval="month")


def cards(action: PlanAction, *, price: PriceView | None = NINE_99) -> list[PlanCard]:
    return [
        PlanCard(plan.id, plan.name, plan.description, plan.features, price, action)
        for plan in payment_plans().values()
    ]


@pytest.mark.parametrize(
    ("action", "label", "is_open"),
    [
        (PlanAction.LOG_IN, "Log in to buy plan", True),
        (PlanAction.BUY, "Buy plan", True),
        (PlanAction.MANAGE, "Manage subscription", True),
        (PlanAction.SWITCH, "Switch to Hobby", True),
        (PlanAction.OWNER_ONLY, "Only the owner can buy", False),
    ],
)
async def test_a_button_says_what_it_does(
    team: Team, monkeypatch: pytest.MonkeyPatch, action: PlanAction, label: str, is_open: bool
) -> None:
    monkeypatch.setattr(operations, "list_plan_cards", returning(cards(action)))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    await send(tab, PricingState.load)
    offer = tab.offers["hobby"]
    assert (offer.price, offer.interval) == ("$9.99", "per month")
    assert (offer.label, offer.is_open) == (label, is_open)


async def test_a_price_that_stripe_does_not_tell_is_not_made_up(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "list_plan_cards", returning(cards(PlanAction.BUY, price=None)))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    [goes_on_with] = await send(tab, PricingState.load)
    assert goes_on_with == PricingState.load_prices
    assert (tab.offers["pro"].label, tab.offers["pro"].unpriced) == ("Buy plan", False)
    tab._fill(cards(PlanAction.BUY, price=None), asked=True)
    await tab._refresh()
    assert (tab.offers["pro"].price, tab.offers["pro"].unpriced) == ("", True)


async def test_old_prices_say_of_when_they_are(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "list_plan_cards", returning(cards(PlanAction.BUY)))
    monkeypatch.setattr(operations, "prices_stale_since", lambda: datetime(2026, 11, 22, 14, 5, tzinfo=UTC))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    assert await send(tab, PricingState.load) == []
    assert (tab.offers["pro"].price, tab.stale_since) == ("$9.99", "22 Nov 2026, 14:05 UTC")


async def test_a_stranger_is_led_to_log_in_and_back(team: Team) -> None:
    [sent] = await send(open_tab(PricingState, url="/pricing"), PricingState.choose, "hobby")
    assert target(sent) == "/login?next=/pricing"


async def test_buying_leads_to_stripes_page_with_the_button_at_work(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = CheckoutSession(id="cs_1", url="https://checkout.stripe.com/c/cs_1")
    monkeypatch.setattr(operations, "generate_checkout_session", returning(session))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    [sent] = await send(tab, PricingState.choose, "hobby")
    assert target(sent) == session.url
    assert tab.busy == "hobby"


async def test_switching_leads_to_the_comparison_of_plans(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "list_plan_cards", returning(cards(PlanAction.SWITCH)))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    await send(tab, PricingState.load)
    [sent] = await send(tab, PricingState.choose, "pro")
    assert target(sent) == "/workspace/billing/plan?plan=pro&interval=month"


async def test_the_present_plan_leads_to_the_portal(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "list_plan_cards", returning(cards(PlanAction.MANAGE)))
    monkeypatch.setattr(operations, "get_customer_portal_url", returning("https://billing.stripe.com/p/1"))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    await send(tab, PricingState.load)
    [sent] = await send(tab, PricingState.choose, "hobby")
    assert target(sent) == "https://billing.stripe.com/p/1"


async def test_plans_may_be_bought_by_the_year_where_all_are_sold_so(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[BillingInterval] = []

    async def checkout(*, interval: BillingInterval, **_: object) -> CheckoutSession:
        asked.append(interval)
        return CheckoutSession(id="cs_1", url="https://checkout.stripe.com/c/cs_1")

    year = PriceView(amount=9900, currency="usd", interval="year")
    offered = [
        replace(card, annual=None if card.plan_id is PaymentPlanId.CREDITS10 else year)
        for card in cards(PlanAction.BUY)
    ]
    monkeypatch.setattr(operations, "list_plan_cards", returning(offered))
    monkeypatch.setattr(operations, "generate_checkout_session", checkout)
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    await send(tab, PricingState.load)
    assert (tab.by_the_year, tab.yearly) == (True, False)
    await send(tab, PricingState.choose, "hobby")
    PricingState.show_yearly.fn(tab, True)
    assert (tab.offers["hobby"].annual_price, tab.offers["hobby"].annual_interval) == ("$99.00", "per year")
    for plan in ("hobby", "credits10"):
        await send(tab, PricingState.choose, plan)
    assert asked == [BillingInterval.MONTH, BillingInterval.YEAR, BillingInterval.MONTH]


async def test_a_year_that_is_not_sold_cannot_be_looked_at(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "list_plan_cards", returning(cards(PlanAction.BUY)))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    await send(tab, PricingState.load)
    PricingState.show_yearly.fn(tab, True)
    assert (tab.by_the_year, tab.yearly) == (False, False)


async def test_a_failure_to_read_who_is_here_is_said(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    monkeypatch.setattr(session, "current_visitor", returning(RuntimeError("down")))
    assert await send(tab, PricingState.choose, "hobby") == []
    assert (tab.problem, tab.busy) == (AppError().message, "")


async def test_an_outage_is_said_and_the_button_is_usable_again(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "generate_checkout_session", returning(PaymentProcessorUnavailable()))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    assert await send(tab, PricingState.choose, "hobby") == []
    assert (tab.problem, tab.busy) == (PaymentProcessorUnavailable.message, "")


@pytest.mark.parametrize("plan_id", [PaymentPlanId.HOBBY.value, "enterprise", ""])
async def test_what_may_be_bought_is_decided_by_the_services(team: Team, plan_id: str) -> None:
    tab = open_tab(PricingState, url="/pricing", cookie=team.member)
    assert await send(tab, PricingState.choose, plan_id) == []
    assert tab.problem


async def test_a_trial_is_told_on_the_card_and_its_terms_below(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = [replace(card, trial_days=14 if card.plan_id == "pro" else 0) for card in cards(PlanAction.BUY)]
    monkeypatch.setattr(operations, "list_plan_cards", returning(offered))
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    await send(tab, PricingState.load)
    assert (tab.offers["pro"].trial, tab.offers["hobby"].trial) == ("14 days free, one trial per card", "")
    assert tab.has_trial
    monkeypatch.setattr(operations, "list_plan_cards", returning(cards(PlanAction.BUY)))
    await send(tab, PricingState.load)
    assert not tab.has_trial
