"""The billing page's parts as plain fields, ready to read. An empty first field means: nothing to show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..billing.card_expiry import CardExpiry
from ..billing.subscription_changes import InvoicePreview
from ..billing.views import (
    AuditView,
    BillingAlert,
    BillingOverview,
    InvoiceView,
    PaymentMethodView,
)
from ..workspaces.models import SubscriptionStatus
from . import wording


@dataclass(frozen=True)
class AlertBanner:
    kind: str = ""
    title: str = ""
    text: str = ""
    action: str = ""


@dataclass(frozen=True)
class InvoiceRow:
    id: str
    number: str
    day: str
    total: str
    status: str
    hosted_url: str
    pdf_url: str


@dataclass(frozen=True)
class AuditRow:
    id: int
    at: str
    actor: str
    summary: str


@dataclass(frozen=True)
class Card:
    brand: str = ""
    last4: str = ""
    expires: str = ""
    warning: str = ""
    as_of: str = ""


@dataclass(frozen=True)
class NextInvoice:
    """What the next renewal asks for. `problem` says why it cannot be shown."""

    total: str = ""
    day: str = ""
    note: str = ""
    problem: str = ""
    as_of: str = ""


_EXPIRY_WARNINGS = {
    CardExpiry.VALID: "",
    CardExpiry.EXPIRING: "This card lapses soon. Change it before the next payment.",
    CardExpiry.EXPIRED: "This card has lapsed. Change it to keep the plan.",
}


@dataclass(frozen=True)
class Renewal:
    """The date that matters next, what happens then, and how long a trial goes on; without a date the label
    says it all."""

    label: str = "No renewal: nothing is billed."
    day: str = ""
    left: str = ""


def alert_banner(overview: BillingOverview) -> AlertBanner:
    """What needs the owner's eye, if anything does; whoever is not the owner reads who can put it right."""
    if overview.alert is None:
        return AlertBanner()
    title, text, action = {
        BillingAlert.PAST_DUE: _past_due,
        BillingAlert.CANCELING: _canceling,
        BillingAlert.UNPAID: _unpaid,
        BillingAlert.INCOMPLETE: _incomplete,
        BillingAlert.PAUSED: _paused,
    }[overview.alert](overview)
    if not overview.can_manage:
        text, action = f"{text} Only the owner can change that, and has been told.", ""
    return AlertBanner(kind=overview.alert, title=title, text=text, action=action)


def _past_due(overview: BillingOverview) -> tuple[str, str, str]:
    plan, until = overview.subscribed_plan or overview.plan_name, wording.day(overview.grace_ends)
    ask, action = "Update your payment method", "Update payment method"
    if not overview.can_manage:
        ask = "The payment method must be updated"
    if _is_on_hold(overview):
        return (
            f"{plan} is on hold",
            f"Your last payment failed, and the workspace is on Free since {until}. "
            f"{ask}: {plan} is back once the payment goes through. Nothing was deleted.",
            action,
        )
    stays = f"{plan} stays on until {until}" if until else f"{plan} stays on"
    return "Your last payment failed", f"{stays} while we retry. {ask} to keep it.", action


def _canceling(overview: BillingOverview) -> tuple[str, str, str]:
    ends = wording.day(overview.ends_at or overview.renewal_date)
    text = f"{overview.plan_name} stays on until then, and the workspace is on Free afterwards."
    if overview.can_manage:
        text += " You can resume it at any time before."
    title = f"Your subscription ends on {ends}" if ends else "Your subscription is set to end"
    return title, text, "Resume subscription"


def _unpaid(overview: BillingOverview) -> tuple[str, str, str]:
    plan = overview.subscribed_plan or "The plan"
    text = f"The workspace is on Free until the open invoice is paid. {plan} is back at once then."
    return "Your subscription is unpaid", text, "Pay the invoice"


def _incomplete(overview: BillingOverview) -> tuple[str, str, str]:
    plan = overview.subscribed_plan or "your plan"
    text = "Nothing was charged yet."
    if overview.can_manage:
        text += f" Finish it in the customer portal to start {plan}."
    return "Your first payment is not complete", text, "Finish payment"


def _paused(overview: BillingOverview) -> tuple[str, str, str]:
    plan = overview.subscribed_plan or "the plan"
    text = "The workspace is on Free, and nothing is billed."
    if overview.can_manage:
        text += f" Resume it in the customer portal to have {plan} back."
    return "Your subscription is paused", text, "Open the customer portal"


def _is_on_hold(overview: BillingOverview) -> bool:
    """Whether the time is over in which a failing payment leaves the plan on."""
    return overview.alert is BillingAlert.PAST_DUE and overview.plan_id is None


_NO_RENEWAL: dict[SubscriptionStatus | None, str] = {
    SubscriptionStatus.PAST_DUE: "It goes on once the payment goes through.",
    SubscriptionStatus.INCOMPLETE: "It begins with the first payment.",
    SubscriptionStatus.UNPAID: "It goes on once the open invoice is paid.",
    SubscriptionStatus.PAUSED: "Nothing is billed while it is paused.",
    SubscriptionStatus.DELETED: "It has ended: nothing is billed.",
}


def renewal(overview: BillingOverview) -> Renewal:
    left = wording.days_left(overview.trial_days_left)
    if overview.ends_at is not None:
        return Renewal(label="Ends on", day=wording.day(overview.ends_at), left=left)
    if overview.renewal_date is None or _is_on_hold(overview):
        return Renewal(label=_NO_RENEWAL.get(overview.status, Renewal.label))
    trialing = overview.status is SubscriptionStatus.TRIALING
    label = "Trial ends on" if trialing else "Renews on"
    return Renewal(label=label, day=wording.day(overview.renewal_date), left=left)


def complimentary(overview: BillingOverview) -> str:
    """What staff have given, and until when; empty for nothing."""
    if overview.complimentary_until is None:
        return ""
    last_day = wording.day(overview.complimentary_until - timedelta(microseconds=1))
    return f"{overview.complimentary_plan} is complimentary until {last_day}."


def invoice_row(invoice: InvoiceView) -> InvoiceRow:
    return InvoiceRow(
        id=invoice.id,
        number=invoice.number,
        day=wording.day(invoice.created),
        total=wording.money(amount=invoice.total, currency=invoice.currency),
        status=invoice.status.replace("_", " ").capitalize(),
        hosted_url=invoice.hosted_url,
        pdf_url=invoice.pdf_url,
    )


def audit_row(entry: AuditView) -> AuditRow:
    return AuditRow(id=entry.id, at=wording.day_and_time(entry.at), actor=entry.actor, summary=entry.summary)


def card(method: PaymentMethodView | None) -> Card:
    if method is None:
        return Card()
    return Card(
        brand=method.brand.replace("_", " ").title(),
        last4=method.last4,
        expires=f"{method.exp_month:02d}/{method.exp_year % 100:02d}",
        warning=_EXPIRY_WARNINGS[method.expiry],
        as_of=_as_of(method.as_of),
    )


def next_invoice(preview: InvoicePreview | None) -> NextInvoice:
    if preview is None:
        return NextInvoice()
    used = preview.total - preview.amount_due
    notes = [
        f"{wording.money(amount=amount, currency=preview.currency)} of {what}"
        for amount, what in ((preview.tax, "tax included"), (max(used, 0), "credit used"))
        if amount
    ]
    return NextInvoice(
        total=wording.money(amount=preview.amount_due, currency=preview.currency),
        day=wording.day(preview.at),
        note=", ".join(notes),
        as_of=_as_of(preview.as_of),
    )


def _as_of(told: datetime | None) -> str:
    """When Stripe told it; empty where it is new."""
    return wording.day_and_time(told) if told else ""
