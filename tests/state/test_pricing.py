"""The pricing page's buttons."""

import pytest

from sentineliq.billing import operations
from sentineliq.billing.plans import PaymentPlanId, payment_plans
from sentineliq.billing.processor import CheckoutSession, PaymentProcessorUnavailable, PortalFlow
from sentineliq.billing.views import PlanAction, PlanCard, PriceView
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
    await send(tab, PricingState.load)
    assert (tab.offers["pro"].price, tab.offers["pro"].unpriced) == ("", True)


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


async def test_switching_leads_to_the_portals_plan_change(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[PortalFlow] = []

    async def portal(*, flow: PortalFlow, **_: object) -> str:
        asked.append(flow)
        return "https://billing.stripe.com/p/1"

    monkeypatch.setattr(operations, "list_plan_cards", returning(cards(PlanAction.SWITCH)))
    monkeypatch.setattr(operations, "get_customer_portal_url", portal)
    tab = open_tab(PricingState, url="/pricing", cookie=team.owner)
    await send(tab, PricingState.load)
    [sent] = await send(tab, PricingState.choose, "pro")
    assert target(sent) == "https://billing.stripe.com/p/1"
    assert asked == [PortalFlow.SUBSCRIPTION_UPDATE]


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
