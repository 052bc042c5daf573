"""An audit row as one sentence for people, in the language that is spoken."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..i18n import Money, mark, say, short_day
from .audit import Recorded
from .models import STAFF_ACTIONS, AuditAction, AuditEntry

ACTION_NAMES: dict[AuditAction, str] = {
    AuditAction.WORKSPACE_CREATED: mark("Workspace created"),
    AuditAction.WORKSPACE_RENAMED: mark("Workspace renamed"),
    AuditAction.WORKSPACE_DELETED: mark("Workspace deleted"),
    AuditAction.OWNERSHIP_TRANSFERRED: mark("Ownership transferred"),
    AuditAction.INVITATION_SENT: mark("Invitation sent"),
    AuditAction.INVITATION_REVOKED: mark("Invitation revoked"),
    AuditAction.MEMBER_ADDED: mark("Member added"),
    AuditAction.MEMBER_REMOVED: mark("Member removed"),
    AuditAction.MEMBER_LEFT: mark("Member left"),
    AuditAction.ROLE_CHANGED: mark("Role changed"),
    AuditAction.CUSTOMER_LINKED: mark("Customer linked"),
    AuditAction.CUSTOMER_DELETED: mark("Customer deleted"),
    AuditAction.BILLING_EMAIL_CHANGED: mark("Billing email changed"),
    AuditAction.PLAN_CHANGED: mark("Plan changed"),
    AuditAction.STATUS_CHANGED: mark("Status changed"),
    AuditAction.END_DATE_CHANGED: mark("End date changed"),
    AuditAction.SUBSCRIPTION_REPLACED: mark("Subscription replaced"),
    AuditAction.CREDITS_CHANGED: mark("Credits changed"),
    AuditAction.PAYMENT_RECEIVED: mark("Payment received"),
    AuditAction.PAYMENT_FAILED: mark("Payment failed"),
    AuditAction.PAYMENT_REFUNDED: mark("Payment refunded"),
    AuditAction.REFUND_FAILED: mark("Refund failed"),
    AuditAction.PAYMENT_DISPUTED: mark("Payment disputed"),
    AuditAction.DISPUTE_CLOSED: mark("Dispute closed"),
    AuditAction.CHECKOUT_STARTED: mark("Checkout started"),
    AuditAction.PORTAL_OPENED: mark("Portal opened"),
    AuditAction.PLAN_CHANGE_REQUESTED: mark("Plan change requested"),
    AuditAction.PLANNED_CHANGE_DROPPED: mark("Planned change dropped"),
    AuditAction.CANCELLATION_REQUESTED: mark("Cancellation requested"),
    AuditAction.RESUME_REQUESTED: mark("Resume requested"),
    AuditAction.TRIAL_STARTED: mark("Trial started"),
    AuditAction.TRIAL_REFUSED: mark("Trial refused"),
    AuditAction.COMPLIMENTARY_GRANTED: mark("Complimentary plan granted"),
    AuditAction.COMPLIMENTARY_REVOKED: mark("Complimentary plan revoked"),
    AuditAction.REFUND_REQUESTED: mark("Refund requested"),
    AuditAction.RECONCILE_REQUESTED: mark("Comparison with Stripe requested"),
    AuditAction.EVENT_REPLAYED: mark("Event taken again"),
}

PLAN_NAMES = {"hobby": "Hobby", "pro": "Pro", "credits10": mark("10 credits")}
_STATUSES = {
    None: mark("free"),
    "incomplete": mark("incomplete"),
    "trialing": mark("trialing"),
    "active": mark("active"),
    "cancel_at_period_end": mark("canceling"),
    "past_due": mark("past due"),
    "unpaid": mark("unpaid"),
    "paused": mark("paused"),
    "deleted": mark("canceled"),
}
_ROLES = {"owner": mark("owner"), "admin": mark("admin"), "member": mark("member")}
FEEDBACK_NAMES = {
    "too_expensive": mark("too expensive"),
    "missing_features": mark("missing features"),
    "switched_service": mark("switched service"),
    "unused": mark("unused"),
    "customer_service": mark("customer service"),
    "too_complex": mark("too complex"),
    "low_quality": mark("low quality"),
    "other": mark("other"),
}

Values = Mapping[str, Any]


def summarize(entry: AuditEntry | Recorded) -> str:
    """What was done, from what to what."""
    before, after = entry.before or {}, entry.after or {}
    match entry.action:
        case AuditAction.PLAN_CHANGED:
            return say("Plan changed from {before} to {after}", before=_plan(before), after=_plan(after))
        case AuditAction.STATUS_CHANGED:
            return say(
                "Subscription went from {before} to {after}", before=_status(before), after=_status(after)
            )
        case AuditAction.END_DATE_CHANGED:
            return say(
                "The subscription ends on {after} instead of {before}", after=_day(after), before=_day(before)
            )
        case AuditAction.SUBSCRIPTION_REPLACED:
            return say("Another subscription counts now")
        case AuditAction.CREDITS_CHANGED:
            was, now = before.get("credits", 0), after.get("credits", 0)
            changed = say("Credits changed from {before} to {after}", before=was, after=now)
            return f"{changed}: {after['reason']}" if after.get("reason") else changed
        case AuditAction.PAYMENT_RECEIVED:
            return say("Payment received for invoice {invoice}", invoice=after.get("invoice", ""))
        case AuditAction.PAYMENT_FAILED:
            return say("Payment failed for invoice {invoice}", invoice=after.get("invoice", ""))
        case AuditAction.CUSTOMER_LINKED:
            return say("Connected to Stripe")
        case AuditAction.CHECKOUT_STARTED:
            return say("Checkout started for {plan}", plan=_plan(after))
        case _:
            return _of_requests(entry.action, before, after)


def _of_requests(action: AuditAction, before: Values, after: Values) -> str:
    """What people asked of their subscription."""
    match action:
        case AuditAction.PLAN_CHANGE_REQUESTED:
            return say(
                "Planned a change, at the period's end, from {before} to {after}"
                if after.get("when") == "period_end"
                else "Asked to change from {before} to {after}",
                before=_plan(before),
                after=_plan(after),
            )
        case AuditAction.PLANNED_CHANGE_DROPPED:
            return say("Took back the planned change of plan")
        case AuditAction.CANCELLATION_REQUESTED:
            reason = str(after.get("feedback") or "")
            if not reason:
                return say("Asked to cancel the subscription")
            return say(
                "Asked to cancel the subscription ({reason})", reason=say(FEEDBACK_NAMES.get(reason, reason))
            )
        case AuditAction.RESUME_REQUESTED:
            return say("Asked to resume the subscription")
        case _ if action in STAFF_ACTIONS:
            return _of_staff(action, before, after)
        case _:
            return _of_people(action, before, after)


def _of_staff(action: AuditAction, before: Values, after: Values) -> str:
    """What SentinelIQ's staff did for the workspace."""
    match action:
        case AuditAction.COMPLIMENTARY_GRANTED:
            until = short_day(datetime.fromisoformat(str(after.get("until"))))
            return say("{plan} is complimentary until {day}", plan=_plan(after), day=until)
        case AuditAction.COMPLIMENTARY_REVOKED:
            return say("{plan} is no longer complimentary", plan=_plan(before))
        case AuditAction.REFUND_REQUESTED:
            amount = Money(after.get("amount", 0), str(after.get("currency", "usd")))
            return say("Asked Stripe to refund {amount}", amount=amount)
        case AuditAction.RECONCILE_REQUESTED:
            return say("Compared with Stripe")
        case _:
            return say("Took an event of Stripe's again")


def _of_people(action: AuditAction, before: Values, after: Values) -> str:
    """What happened to the workspace itself and to who belongs to it."""
    match action:
        case AuditAction.WORKSPACE_RENAMED:
            was, now = before.get("name"), after.get("name")
            return say("Workspace renamed from {before} to {after}", before=was, after=now)
        case AuditAction.OWNERSHIP_TRANSFERRED:
            was, now = before.get("owner"), after.get("owner")
            return say("Ownership went from {before} to {after}", before=was, after=now)
        case AuditAction.INVITATION_SENT:
            return say("Invited {email} as {role}", email=after.get("email"), role=_role(after))
        case AuditAction.INVITATION_REVOKED:
            return say("Invitation of {email} revoked", email=before.get("email"))
        case AuditAction.MEMBER_ADDED:
            return say("{email} joined as {role}", email=after.get("email"), role=_role(after))
        case AuditAction.MEMBER_REMOVED:
            return say("{email} was removed", email=before.get("email"))
        case AuditAction.MEMBER_LEFT:
            return say("{email} left", email=before.get("email"))
        case AuditAction.ROLE_CHANGED:
            return say(
                "{email} went from {before} to {after}",
                email=after.get("email"),
                before=_role(before),
                after=_role(after),
            )
        case _:
            return say(ACTION_NAMES[action])


def _plan(values: Values) -> str:
    return say(PLAN_NAMES.get(values.get("plan") or "", "Free"))


def _status(values: Values) -> str:
    status = values.get("status")
    return say(_STATUSES.get(status, str(status)))


def _day(values: Values) -> str:
    ends_at = values.get("ends_at")
    return short_day(datetime.fromisoformat(ends_at)) if ends_at else say("no set day")


def _role(values: Values) -> str:
    return say(_ROLES.get(str(values.get("role") or "member").lower(), "member"))
