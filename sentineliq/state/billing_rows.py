"""The billing page's parts as plain fields, ready to read. An empty first field means: nothing to show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..billing.card_expiry import CardExpiry
from ..billing.limits import allowance
from ..billing.subscription_changes import InvoicePreview
from ..billing.views import (
    AuditView,
    BillingAlert,
    BillingOverview,
    InvoiceView,
    PaymentMethodView,
)
from ..i18n import Money, mark, say
from ..workspaces.models import SubscriptionStatus
from . import wording
from .plan_rows import plan_change


@dataclass(frozen=True)
class AlertBanner:
    kind: str = ""
    title: str = ""
    text: str = ""
    action: str = ""


@dataclass(frozen=True)
class InvoiceRow:
    """`kind` is Stripe's own word for the status."""

    id: str
    number: str
    day: str
    total: str
    status: str
    kind: str
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
    """What the next renewal asks for, and the change of plan that comes with it. `problem` says why it cannot
    be shown."""

    total: str = ""
    day: str = ""
    note: str = ""
    problem: str = ""
    as_of: str = ""
    change: str = ""


_INVOICE_STATUSES = {
    "draft": mark("Draft"),
    "open": mark("Open"),
    "paid": mark("Paid"),
    "uncollectible": mark("Uncollectible"),
    "void": mark("Void"),
}
_EXPIRY_WARNINGS = {
    CardExpiry.VALID: "",
    CardExpiry.EXPIRING: mark("This card lapses soon. Change it before the next payment."),
    CardExpiry.EXPIRED: mark("This card has lapsed. Change it to keep the plan."),
}


@dataclass(frozen=True)
class Renewal:
    """The date that matters next, what happens then, and how long a trial goes on; without a date the label
    says it all."""

    label: str = ""
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
        text, action = f"{text} {say('Only the owner can change that, and has been told.')}", ""
    return AlertBanner(kind=overview.alert, title=title, text=text, action=action)


def _past_due(overview: BillingOverview) -> tuple[str, str, str]:
    plan, until = _subscribed_plan(overview), wording.day(overview.grace_ends)
    action = say("Update payment method")
    if overview.is_on_hold:
        since = say(
            "Your last payment failed, and the workspace is on {plan} since {day}.",
            plan=overview.plan_name,
            day=until,
        )
        return say("{plan} is on hold", plan=plan), f"{since} {_way_back(overview, plan)}", action
    stays = (
        say("{plan} stays on until {day} while we retry.", plan=plan, day=until)
        if until
        else say("{plan} stays on while we retry.", plan=plan)
    )
    ask = (
        say("Update your payment method to keep it.")
        if overview.can_manage
        else say("The payment method must be updated to keep it.")
    )
    return say("Your last payment failed"), f"{stays} {ask}", action


def _way_back(overview: BillingOverview, plan: str) -> str:
    message = (
        mark("Update your payment method: {plan} is back once the payment goes through. Nothing was deleted.")
        if overview.can_manage
        else mark(
            "The payment method must be updated: {plan} is back once the payment goes through. "
            "Nothing was deleted."
        )
    )
    return say(message, plan=plan)


def _canceling(overview: BillingOverview) -> tuple[str, str, str]:
    ends = wording.day(overview.ends_at or overview.renewal_date)
    text = say(
        "{plan} stays on until then, and the workspace is on {next_plan} afterwards.",
        plan=_subscribed_plan(overview),
        next_plan=_plan_after(overview),
    )
    if overview.can_manage:
        text += " " + say("You can resume it at any time before.")
    title = (
        say("Your subscription ends on {day}", day=ends) if ends else say("Your subscription is set to end")
    )
    return title, text, say("Resume subscription")


def _unpaid(overview: BillingOverview) -> tuple[str, str, str]:
    text = say(
        "The workspace is on {standing} until the open invoice is paid. {plan} is back at once then.",
        standing=overview.plan_name,
        plan=overview.subscribed_plan or say("The plan"),
    )
    return say("Your subscription is unpaid"), text, say("Pay the invoice")


def _incomplete(overview: BillingOverview) -> tuple[str, str, str]:
    text = say("Nothing was charged yet.")
    if overview.can_manage:
        plan = overview.subscribed_plan or say("your plan")
        text += " " + say("Finish it in the customer portal to start {plan}.", plan=plan)
    return say("Your first payment is not complete"), text, say("Finish payment")


def _paused(overview: BillingOverview) -> tuple[str, str, str]:
    text = say("The workspace is on {plan}, and nothing is billed.", plan=overview.plan_name)
    if overview.can_manage:
        plan = overview.subscribed_plan or say("the plan")
        text += " " + say("Resume it in the customer portal to have {plan} back.", plan=plan)
    return say("Your subscription is paused"), text, say("Open the customer portal")


def _subscribed_plan(overview: BillingOverview) -> str:
    return overview.subscribed_plan or overview.plan_name


def _plan_after(overview: BillingOverview) -> str:
    """What the workspace is on once its subscription has ended."""
    ends, given_until = overview.ends_at, overview.complimentary_until
    is_given = ends is not None and given_until is not None and ends < given_until
    return overview.complimentary_plan if is_given else say(allowance(None).name)


_NO_RENEWAL: dict[SubscriptionStatus | None, str] = {
    None: mark("No renewal: nothing is billed."),
    SubscriptionStatus.PAST_DUE: mark("It goes on once the payment goes through."),
    SubscriptionStatus.INCOMPLETE: mark("It begins with the first payment."),
    SubscriptionStatus.UNPAID: mark("It goes on once the open invoice is paid."),
    SubscriptionStatus.PAUSED: mark("Nothing is billed while it is paused."),
    SubscriptionStatus.DELETED: mark("It has ended: nothing is billed."),
}


def renewal(overview: BillingOverview) -> Renewal:
    left = wording.days_left(overview.trial_days_left)
    if overview.ends_at is not None:
        return Renewal(label=say("Ends on"), day=wording.day(overview.ends_at), left=left)
    if overview.renewal_date is None or overview.is_on_hold:
        return Renewal(label=say(_NO_RENEWAL.get(overview.status, "No renewal: nothing is billed.")))
    trialing = overview.status is SubscriptionStatus.TRIALING
    label = say("Trial ends on") if trialing else say("Renews on")
    return Renewal(label=label, day=wording.day(overview.renewal_date), left=left)


def complimentary(overview: BillingOverview) -> str:
    """What staff have given, and until when; empty for nothing."""
    if overview.complimentary_until is None:
        return ""
    last_day = wording.day(overview.complimentary_until - timedelta(microseconds=1))
    return say("{plan} is complimentary until {day}.", plan=overview.complimentary_plan, day=last_day)


def invoice_row(invoice: InvoiceView) -> InvoiceRow:
    return InvoiceRow(
        id=invoice.id,
        number=invoice.number,
        day=wording.short_day(invoice.created),
        total=wording.money(amount=invoice.total, currency=invoice.currency),
        status=say(_INVOICE_STATUSES.get(invoice.status, invoice.status)),
        kind=invoice.status,
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
        warning=_warning(method.expiry),
        as_of=_as_of(method.as_of),
    )


def _warning(expiry: CardExpiry) -> str:
    words = _EXPIRY_WARNINGS[expiry]
    return say(words) if words else ""


def next_invoice(preview: InvoicePreview | None) -> NextInvoice:
    if preview is None:
        return NextInvoice()
    used = preview.total - preview.amount_due
    notes = [
        say(what, amount=Money(amount, preview.currency))
        for amount, what in (
            (preview.tax, mark("{amount} of tax included")),
            (max(used, 0), mark("{amount} of credit used")),
        )
        if amount
    ]
    return NextInvoice(
        total=wording.money(amount=preview.amount_due, currency=preview.currency),
        day=wording.day(preview.at),
        note=", ".join(notes),
        as_of=_as_of(preview.as_of),
        change=plan_change(preview.changes_to, preview.at) if preview.changes_to else "",
    )


def _as_of(told: datetime | None) -> str:
    """When Stripe told it; empty where it is new."""
    return wording.day_and_time(told) if told else ""
