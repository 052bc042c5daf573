"""`checkout.session.*`: what becomes of a checkout session, and the credits it sold."""

from dataclasses import replace

from ....activity.models import AuditAction, NotificationKind
from ....i18n import Money, Phrase
from ....mail.models import MailKind
from ...billed import BilledWorkspace
from ...effects import (
    AuditNote,
    CheckoutRecord,
    CreditGrant,
    Decision,
    Effects,
    NeedsCheckoutPrices,
    Notice,
    OwnerMail,
    Unmatched,
)
from ...models import CheckoutStatus
from ...plans import CreditsEffect, PaymentPlanId, get_plan_id_by_price_id, payment_plans
from ..payloads import CheckoutSessionPayload, StripeEvent
from .answers import Answers
from .held import plan_name


def on_checkout_session(
    event: StripeEvent, session: CheckoutSessionPayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`checkout.session.completed` and what follows it: credits when the money is there.

    A subscription's session grants nothing itself: its subscription and invoice tell the rest.
    """
    record = _record_of(session)
    if session.mode != "payment" or record.status is not CheckoutStatus.COMPLETE:
        return Effects(checkout=record)
    plan_id = record.plan_id
    if plan_id is None:
        if answers.price_ids is None:
            return NeedsCheckoutPrices(session.id)
        plan_id = next(
            (plan for price in answers.price_ids if (plan := get_plan_id_by_price_id(price))), None
        )
    effect = payment_plans()[plan_id].effect if plan_id else None
    if plan_id is None or not isinstance(effect, CreditsEffect):
        return Unmatched("the checkout session sold no credits of ours")
    return _credits_bought(
        event, session, record=replace(record, plan_id=plan_id), amount=effect.amount, workspace=workspace
    )


def on_async_payment_failed(
    event: StripeEvent, session: CheckoutSessionPayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """A bank debit that was promised at checkout did not arrive: nothing was granted, the owner is told.

    Of a subscription's first invoice its own event tells the same.
    """
    about = f"payment_failed:{session.invoice or session.id}"
    amount, currency = session.amount_total or 0, session.currency or "usd"
    plan_id = _plan_of_session(session)
    mail = OwnerMail(
        kind=MailKind.PAYMENT_FAILED,
        key=about,
        context={
            "amount": amount,
            "currency": currency,
            "plan_name": plan_name(plan_id),
            "invoice_url": None,
            "next_attempt_at": None,
        },
    )
    notice = Notice(
        kind=NotificationKind.PAYMENT_FAILED,
        about=about,
        title=Phrase("Payment of {amount} failed", {"amount": Money(amount, currency)}),
        body=Phrase(
            "The bank did not send the money. Update the payment method."
            if session.subscription
            else "The bank did not send the money. Nothing was added; please buy again."
        ),
    )
    after = {"invoice": session.invoice or session.id, "amount": amount, "currency": currency}
    return Effects(
        checkout=replace(_record_of(session), status=CheckoutStatus.FAILED),
        notices=(notice,),
        mails=(mail,),
        audit=(AuditNote(action=AuditAction.PAYMENT_FAILED, after=after),),
    )


def _record_of(session: CheckoutSessionPayload) -> CheckoutRecord:
    return CheckoutRecord(
        session_id=session.id,
        checkout_id=session.metadata.get("checkout_id"),
        status=_status_of(session),
        plan_id=_plan_of_session(session),
        subscription_id=session.subscription,
        payment_intent=session.payment_intent,
        created=session.created,
    )


def _status_of(session: CheckoutSessionPayload) -> CheckoutStatus:
    if session.status == "complete":
        return CheckoutStatus.COMPLETE if session.is_paid else CheckoutStatus.PROCESSING
    return CheckoutStatus.EXPIRED if session.status == "expired" else CheckoutStatus.OPEN


def _plan_of_session(session: CheckoutSessionPayload) -> PaymentPlanId | None:
    named = session.metadata.get("plan_id")
    return PaymentPlanId(named) if named in set(PaymentPlanId) else None


def _credits_bought(
    event: StripeEvent,
    session: CheckoutSessionPayload,
    *,
    record: CheckoutRecord,
    amount: int,
    workspace: BilledWorkspace,
) -> Effects:
    about = f"checkout_session:{session.id}"
    paid = session.amount_total or 0
    mail = OwnerMail(
        kind=MailKind.PAYMENT_RECEIVED,
        key=f"payment_received:{session.invoice or session.id}",
        context={
            "amount": paid,
            "currency": session.currency or "usd",
            "plan_name": f"{amount} credits",
            "invoice_url": None,
            "period_end": None,
        },
    )
    return Effects(
        checkout=record,
        credits=CreditGrant(amount=amount, source=about, description=f"Bought {amount} credits"),
        date_paid=event.created,
        notices=(
            Notice(
                kind=NotificationKind.CREDITS_ADDED,
                about=about,
                title=Phrase("{amount} credits added", {"amount": amount}),
                body=Phrase(
                    "{workspace} has {amount} more credits to spend.",
                    {"workspace": workspace.name, "amount": amount},
                ),
            ),
        ),
        mails=(mail,) if paid else (),
    )
