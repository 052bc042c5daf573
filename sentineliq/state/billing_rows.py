"""The billing page's parts as plain fields, ready to read. An empty first field means: nothing to show."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class NextInvoice:
    """What the next renewal asks for. `problem` says why it cannot be shown."""

    total: str = ""
    day: str = ""
    note: str = ""
    problem: str = ""


_EXPIRY_WARNINGS = {
    CardExpiry.VALID: "",
    CardExpiry.EXPIRING: "This card lapses soon. Change it before the next payment.",
    CardExpiry.EXPIRED: "This card has lapsed. Change it to keep the plan.",
}


@dataclass(frozen=True)
class Renewal:
    """The date that matters next, and what happens then."""

    label: str = ""
    day: str = ""


def alert_banner(overview: BillingOverview) -> AlertBanner:
    """What needs the owner's eye, if anything does."""
    if overview.alert is None:
        return AlertBanner()
    ends = wording.day(overview.ends_at or overview.renewal_date)
    title, text, action = {
        BillingAlert.PAST_DUE: (
            "Your last payment failed",
            f"{overview.plan_name} stays on while we retry. Update your payment method to keep it.",
            "Update payment method",
        ),
        BillingAlert.CANCELING: (
            f"Your subscription ends on {ends}" if ends else "Your subscription is set to end",
            f"{overview.plan_name} stays on until then. You can resume it at any time before.",
            "Resume subscription",
        ),
        BillingAlert.UNPAID: (
            "Your subscription is unpaid",
            "The workspace is on Free until the open invoice is paid.",
            "Pay the invoice",
        ),
        BillingAlert.INCOMPLETE: (
            "Your first payment is not complete",
            "Finish it in the customer portal to start your plan.",
            "Finish payment",
        ),
    }[overview.alert]
    return AlertBanner(kind=overview.alert, title=title, text=text, action=action)


def renewal(overview: BillingOverview) -> Renewal:
    if overview.ends_at is not None:
        return Renewal(label="Ends on", day=wording.day(overview.ends_at))
    if overview.renewal_date is None:
        return Renewal()
    trialing = overview.status is SubscriptionStatus.TRIALING
    return Renewal(label="Trial ends on" if trialing else "Renews on", day=wording.day(overview.renewal_date))


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
    )
