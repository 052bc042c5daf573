"""The pricing page: each plan's price, and what its button does for the one who looks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec, EventType

from ..billing import operations
from ..billing.plan_ids import BillingInterval, PaymentPlanId
from ..billing.views import PlanAction, PlanCard
from ..i18n import say, say_plural
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
    annual_price: str = ""
    annual_interval: str = ""
    trial: str = ""


def _label(card: PlanCard) -> str:
    return {
        PlanAction.LOG_IN: say("Log in to buy plan"),
        PlanAction.BUY: say("Buy plan"),
        PlanAction.MANAGE: say("Manage subscription"),
        PlanAction.SWITCH: say("Switch to {plan}", plan=card.name),
        PlanAction.OWNER_ONLY: say("Only the owner can buy"),
    }[card.action]


def _trial(days: int) -> str:
    if not days:
        return ""
    return say_plural(
        "{count} day free, one trial per card", "{count} days free, one trial per card", count=days
    )


def _offer(card: PlanCard, *, asked: bool) -> Offer:
    price = card.price
    return Offer(
        price=wording.money(amount=price.amount, currency=price.currency) if price else "",
        interval=wording.billing_interval(price) if price else "",
        unpriced=asked and price is None,
        action=card.action,
        label=_label(card),
        is_open=card.action is not PlanAction.OWNER_ONLY,
        is_current=card.is_current,
        annual_price=wording.money(amount=card.annual.amount, currency=card.annual.currency)
        if card.annual
        else "",
        annual_interval=wording.billing_interval(card.annual) if card.annual else "",
        trial=_trial(card.trial_days),
    )


class PricingState(SessionState):
    """The offers by plan id; `busy` is the plan whose button is at work. `yearly`: the prices of a year are
    looked at, which `by_the_year` says are on sale. `has_trial`: one of them is free to begin with."""

    offers: dict[str, Offer] = {plan_id.value: Offer() for plan_id in PaymentPlanId}
    busy: str = ""
    by_the_year: bool = False
    has_trial: bool = False
    yearly: bool = False
    stale_since: str = ""

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show plans and buttons at once, and ask Stripe for prices that nobody has asked for yet."""
        async with self._reporting():
            self.busy = ""
            await self._show_offers(await self._enter())
            if any(not offer.price for offer in self.offers.values()):
                return PricingState.load_prices
        return None

    @rx.event(background=True)
    async def load_prices(self) -> None:
        """Wait for Stripe, without holding up the page."""
        async with self:
            member = await self._member()
        cards = await operations.list_plan_cards(member)
        async with self:
            self._fill(cards, asked=True)

    @rx.event
    def show_yearly(self, yearly: bool) -> None:
        """Look at the prices of the year, or of the month."""
        self.yearly = bool(yearly) and self.by_the_year

    @rx.event
    async def choose(self, plan_id: str) -> AsyncIterator[EventSpec | None]:
        """Do what the plan's button says: log in, buy it, or manage the subscription."""
        self.problem = ""
        async with self._reporting():
            if await self._member() is None:
                yield rx.redirect(f"{paths.LOG_IN}?next={paths.PRICING}")
                return
            interval = self._interval_of(plan_id)
            if plan_id in self.offers and self.offers[plan_id].action == PlanAction.SWITCH:
                yield rx.redirect(f"{paths.PLAN_CHANGE}?plan={plan_id}&interval={interval.value}")
                return
            self.busy = plan_id
            yield None
            yield self._leave_for(await self._url_of(plan_id, interval))
            return
        self.busy = ""

    async def _url_of(self, plan_id: str, interval: BillingInterval) -> str:
        """Stripe's page for the plan's button. The services decide whether it may be had."""
        member = await self._require_member()
        offer = self.offers.get(plan_id)
        if offer and offer.action == PlanAction.MANAGE:
            return await operations.get_customer_portal_url(member=member)
        session = await operations.generate_checkout_session(
            member=member, plan_id=plan_id, interval=interval
        )
        return session.url

    def _interval_of(self, plan_id: str) -> BillingInterval:
        offer = self.offers.get(plan_id, Offer())
        return BillingInterval.YEAR if self.yearly and offer.annual_price else BillingInterval.MONTH

    async def _show_offers(self, member: Member | None) -> None:
        self._fill(await operations.list_plan_cards(member, wait=False), asked=False)

    def _fill(self, cards: list[PlanCard], *, asked: bool) -> None:
        """What Stripe could not tell when it was `asked` is said to be unknown until it is known."""
        since = operations.prices_stale_since()
        self.stale_since = wording.day_and_time(since) if since else ""
        unpriced = {plan_id for plan_id, offer in self.offers.items() if offer.unpriced}
        self.offers = {
            card.plan_id.value: _offer(card, asked=asked or card.plan_id.value in unpriced) for card in cards
        }
        self.by_the_year = any(offer.annual_price for offer in self.offers.values())
        self.yearly = self.yearly and self.by_the_year
        self.has_trial = any(offer.trial for offer in self.offers.values())

    async def _refresh(self) -> EventType[()] | None:
        await self._show_offers(await self._show_header())
        return None
