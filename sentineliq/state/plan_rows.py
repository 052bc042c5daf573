"""A plan change as plain fields, ready to read. An empty first field means: nothing to show."""

from dataclasses import dataclass, field

from ..billing.plan_ids import BillingInterval
from ..billing.plan_views import PlanChoices, PlanOffer, PlanQuote
from ..billing.subscription_changes import InvoicePreview
from ..billing.views import PriceView
from . import wording

PER = {BillingInterval.MONTH: "per month", BillingInterval.YEAR: "per year"}


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
        per=PER[interval] if price else "",
        is_current=(offer.plan_id, interval) == (choices.plan_id, choices.interval),
    )


def _price(price: PriceView | None) -> str:
    return wording.money(amount=price.amount, currency=price.currency) if price else ""


def standing_row(choices: PlanChoices) -> StandingRow:
    name = next((offer.name for offer in choices.offers if offer.plan_id == choices.plan_id), "")
    renews = wording.day(choices.renews_at)
    verb = "The trial ends on" if choices.is_trial else "Renews on"
    planned = choices.planned
    return StandingRow(
        plan=f"{name}, paid {'by the year' if choices.interval is BillingInterval.YEAR else 'by the month'}",
        text=f"{verb} {renews}." if choices.ends_at is None else "",
        ends=wording.day(choices.ends_at),
        planned=f"Changes to {planned.plan_name or 'another plan'} on {wording.day(planned.at)}."
        if planned
        else "",
        is_waiting=choices.is_waiting,
        waiting_url=choices.waiting_url,
    )


def quote_row(quote: PlanQuote, name: str) -> QuoteRow:
    renewal = quote.renewal
    due, note = _due(quote)
    ends = wording.day(quote.period_end)
    return QuoteRow(
        plan=name,
        due=due,
        due_note=note,
        renewal=f"{wording.money(amount=renewal.total, currency=renewal.currency)} {PER[quote.interval]}",
        renewal_note=f"From {wording.day(renewal.at)}{_tax(renewal)}.",
        later=f"On {ends}",
        later_note=f"Nothing changes before. {name} begins with the next period, and nothing is due now.",
        can_wait=quote.is_downgrade and not quote.is_trial,
        must_go=list(quote.must_go),
    )


def _due(quote: PlanQuote) -> tuple[str, str]:
    """What is due now, and why."""
    now = quote.due_now
    nothing = wording.money(amount=0, currency=quote.renewal.currency)
    if now is None:
        return nothing, f"The trial goes on until {wording.day(quote.period_end)}."
    if now.total < 0:
        credit = wording.money(amount=-now.total, currency=now.currency)
        return nothing, f"{credit} of what was paid becomes credit for the next invoices."
    due = wording.money(amount=now.amount_due, currency=now.currency)
    used = now.total - now.amount_due
    credit = f" {wording.money(amount=used, currency=now.currency)} of credit is used." if used > 0 else ""
    return due, f"For the rest of this period, less what was paid for it{_tax(now)}.{credit}"


def _tax(preview: InvoicePreview) -> str:
    if preview.tax == 0:
        return ""
    return f", {wording.money(amount=preview.tax, currency=preview.currency)} of tax included"
