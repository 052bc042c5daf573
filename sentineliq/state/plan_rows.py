"""A plan change as plain fields, ready to read. An empty first field means: nothing to show."""

from dataclasses import dataclass, field
from datetime import datetime

from ..billing.plan_ids import BillingInterval
from ..billing.plan_views import PlanChoices, PlanOffer, PlanQuote
from ..billing.subscription_changes import InvoicePreview
from ..billing.views import PriceView
from ..i18n import Money, mark, say
from . import wording

PER = {BillingInterval.MONTH: mark("per month"), BillingInterval.YEAR: mark("per year")}


@dataclass(frozen=True)
class OfferRow:
    """One plan at the interval that is looked at."""

    plan_id: str
    name: str
    features: list[str]
    price: str
    per: str
    is_current: bool


@dataclass(frozen=True)
class StandingRow:
    """What holds now, and what is about to happen to it."""

    plan: str = ""
    text: str = ""
    ends: str = ""
    planned: str = ""
    is_trial: bool = False
    is_waiting: bool = False
    waiting_url: str = ""


@dataclass(frozen=True)
class QuoteRow:
    """What was asked of Stripe for the chosen plan."""

    plan: str = ""
    due: str = ""
    due_note: str = ""
    renewal: str = ""
    renewal_note: str = ""
    later: str = ""
    later_note: str = ""
    can_wait: bool = False
    must_go: list[str] = field(default_factory=list[str])


def offer_rows(choices: PlanChoices, interval: BillingInterval) -> list[OfferRow]:
    return [_offer_row(offer, choices, interval) for offer in choices.offers]


def _offer_row(offer: PlanOffer, choices: PlanChoices, interval: BillingInterval) -> OfferRow:
    price = offer.annual if interval is BillingInterval.YEAR else offer.monthly
    return OfferRow(
        plan_id=offer.plan_id,
        name=offer.name,
        features=list(offer.features),
        price=_price(price),
        per=say(PER[interval]) if price else "",
        is_current=(offer.plan_id, interval) == (choices.plan_id, choices.interval),
    )


def _price(price: PriceView | None) -> str:
    return wording.money(amount=price.amount, currency=price.currency) if price else ""


def standing_row(choices: PlanChoices) -> StandingRow:
    name = next((offer.name for offer in choices.offers if offer.plan_id == choices.plan_id), "")
    renews = wording.day(choices.renews_at)
    return StandingRow(
        plan=say("{plan}, paid by the year", plan=name)
        if choices.interval is BillingInterval.YEAR
        else say("{plan}, paid by the month", plan=name),
        text=say("The trial ends on {day}." if choices.is_trial else "Renews on {day}.", day=renews)
        if choices.ends_at is None
        else "",
        ends=wording.day(choices.ends_at),
        planned=plan_change(choices.planned.plan_name, choices.planned.at) if choices.planned else "",
        is_trial=choices.is_trial,
        is_waiting=choices.is_waiting,
        waiting_url=choices.waiting_url,
    )


def plan_change(plan_name: str, at: datetime) -> str:
    """What is planned, in words. The name is empty for a price that is not ours."""
    plan = plan_name or say("another plan")
    return say("Changes to {plan} on {day}.", plan=plan, day=wording.day(at))


def quote_row(quote: PlanQuote, name: str) -> QuoteRow:
    renewal = quote.renewal
    due, note = _due(quote)
    ends = wording.day(quote.period_end)
    return QuoteRow(
        plan=name,
        due=due,
        due_note=note,
        renewal=f"{Money(renewal.total, renewal.currency)} {say(PER[quote.interval])}",
        renewal_note=_renewal_note(renewal),
        later=say("On {day}", day=ends),
        later_note=say(
            "Nothing changes before. {plan} begins with the next period, and nothing is due now.", plan=name
        ),
        can_wait=quote.is_downgrade and not quote.is_trial,
        must_go=list(quote.must_go),
    )


def _renewal_note(renewal: InvoicePreview) -> str:
    begins = wording.day(renewal.at)
    if not renewal.tax:
        return say("From {day}.", day=begins)
    return say("From {day}, {tax} of tax included.", day=begins, tax=Money(renewal.tax, renewal.currency))


def _due(quote: PlanQuote) -> tuple[str, str]:
    """What is due now, and why."""
    now = quote.due_now
    nothing = wording.money(amount=0, currency=quote.renewal.currency)
    if now is None:
        return nothing, say("The trial goes on until {day}.", day=wording.day(quote.period_end))
    if now.total < 0:
        credit = Money(-now.total, now.currency)
        return nothing, say("{amount} of what was paid becomes credit for the next invoices.", amount=credit)
    return wording.money(amount=now.amount_due, currency=now.currency), _due_note(now)


def _due_note(now: InvoicePreview) -> str:
    tax, used = Money(now.tax, now.currency), now.total - now.amount_due
    note = (
        say("For the rest of this period, less what was paid for it, {tax} of tax included.", tax=tax)
        if now.tax
        else say("For the rest of this period, less what was paid for it.")
    )
    credit = say("{amount} of credit is used.", amount=Money(used, now.currency)) if used > 0 else ""
    return f"{note} {credit}".rstrip()
