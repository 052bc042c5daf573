"""The pricing page: each plan's price, and what its button does for the one who looks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec, EventType

from ..billing import operations
from ..billing.plans import PaymentPlanId
from ..billing.processor import PortalFlow
from ..billing.views import PlanAction, PlanCard
from ..workspaces.members import Member
from . import paths, wording
from .session import SessionState


@dataclass(frozen=True)
class Offer:
    """One plan's card. `price` is empty until known, `unpriced` when Stripe could not tell it; `is_open`: the
    button may be pressed."""

    price: str = ""
    interval: str = ""
    unpriced: bool = False
    action: str = ""
    label: str = ""
    is_open: bool = False
    is_current: bool = False


_PORTAL_FLOWS: dict[str, PortalFlow] = {
    PlanAction.MANAGE: PortalFlow.HOME,
    PlanAction.SWITCH: PortalFlow.SUBSCRIPTION_UPDATE,
}


def _label(card: PlanCard) -> str:
    return {
        PlanAction.LOG_IN: "Log in to buy plan",
        PlanAction.BUY: "Buy plan",
        PlanAction.MANAGE: "Manage subscription",
        PlanAction.SWITCH: f"Switch to {card.name}",
        PlanAction.OWNER_ONLY: "Only the owner can buy",
    }[card.action]


def _offer(card: PlanCard) -> Offer:
    price = card.price
    return Offer(
        price=wording.money(amount=price.amount, currency=price.currency) if price else "",
        interval=wording.billing_interval(price) if price else "",
        unpriced=price is None,
        action=card.action,
        label=_label(card),
        is_open=card.action is not PlanAction.OWNER_ONLY,
        is_current=card.is_current,
    )


class PricingState(SessionState):
    """The offers by plan id; `busy` is the plan whose button is at work."""

    offers: dict[str, Offer] = {plan_id.value: Offer() for plan_id in PaymentPlanId}
    busy: str = ""

    @rx.event
    async def load(self) -> None:
        async with self._reporting():
            self.busy = ""
            await self._show_offers(await self._enter())

    @rx.event
    async def choose(self, plan_id: str) -> AsyncIterator[EventSpec | None]:
        """Do what the plan's button says: log in, buy it, or manage the subscription."""
        if await self._member() is None:
            yield rx.redirect(f"{paths.LOG_IN}?next={paths.PRICING}")
            return
        self.problem, self.busy = "", plan_id
        yield None
        async with self._reporting():
            yield self._leave_for(await self._url_of(plan_id))
            return
        self.busy = ""

    async def _url_of(self, plan_id: str) -> str:
        """Stripe's page for the plan's button. The services decide whether it may be had."""
        member = await self._require_member()
        offer = self.offers.get(plan_id)
        if offer and offer.action in _PORTAL_FLOWS:
            flow = _PORTAL_FLOWS[offer.action]
            return await operations.get_customer_portal_url(member=member, flow=flow)
        return (await operations.generate_checkout_session(member=member, plan_id=plan_id)).url

    async def _show_offers(self, member: Member | None) -> None:
        cards = await operations.list_plan_cards(member)
        self.offers = {card.plan_id.value: _offer(card) for card in cards}

    async def _refresh(self) -> EventType[()] | None:
        await self._show_offers(await self._show_header())
        return None
