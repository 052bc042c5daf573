"""An audit row as one sentence for people."""

from typing import Any

from ..money import format_money
from .models import STAFF_ACTIONS, AuditAction, AuditEntry

_FREE = "Free"
_STATUSES = {
    None: "free",
    "cancel_at_period_end": "canceling",
    "past_due": "past due",
    "deleted": "canceled",
}


def summarize(entry: AuditEntry) -> str:
    """What was done, from what to what, in English."""
    before, after = entry.before or {}, entry.after or {}
    match entry.action:
        case AuditAction.PLAN_CHANGED:
            return f"Plan changed from {_plan(before)} to {_plan(after)}"
        case AuditAction.STATUS_CHANGED:
            return f"Subscription went from {_status(before)} to {_status(after)}"
        case AuditAction.END_DATE_CHANGED:
            return f"The subscription ends on {_day(after)} instead of {_day(before)}"
        case AuditAction.SUBSCRIPTION_REPLACED:
            return "Another subscription counts now"
        case AuditAction.CREDITS_CHANGED:
            reason = f": {after['reason']}" if after.get("reason") else ""
            return f"Credits changed from {before.get('credits', 0)} to {after.get('credits', 0)}{reason}"
        case AuditAction.PAYMENT_RECEIVED:
            return f"Payment received for invoice {after.get('invoice', '')}"
        case AuditAction.PAYMENT_FAILED:
            return f"Payment failed for invoice {after.get('invoice', '')}"
        case AuditAction.CUSTOMER_LINKED:
            return "Connected to Stripe"
        case AuditAction.CHECKOUT_STARTED:
            return f"Checkout started for {_plan(after)}"
        case AuditAction.PLAN_CHANGE_REQUESTED:
            at_once = after.get("when") != "period_end"
            asked = "Asked to change" if at_once else "Planned a change, at the period's end,"
            return f"{asked} from {_plan(before)} to {_plan(after)}"
        case AuditAction.PLANNED_CHANGE_DROPPED:
            return "Took back the planned change of plan"
        case AuditAction.CANCELLATION_REQUESTED:
            reason = str(after.get("feedback") or "").replace("_", " ")
            return f"Asked to cancel the subscription{f' ({reason})' if reason else ''}"
        case AuditAction.RESUME_REQUESTED:
            return "Asked to resume the subscription"
        case _ if entry.action in STAFF_ACTIONS:
            return _of_staff(entry.action, before, after)
        case _:
            return _of_people(entry.action, before, after)


def _of_staff(action: AuditAction, before: dict[str, Any], after: dict[str, Any]) -> str:
    """What SentinelIQ's staff did for the workspace."""
    match action:
        case AuditAction.COMPLIMENTARY_GRANTED:
            return f"{_plan(after)} is complimentary until {str(after.get('until'))[:10]}"
        case AuditAction.COMPLIMENTARY_REVOKED:
            return f"{_plan(before)} is no longer complimentary"
        case AuditAction.REFUND_REQUESTED:
            amount, currency = after.get("amount", 0), str(after.get("currency", "usd"))
            return f"Asked Stripe to refund {format_money(amount, currency)}"
        case AuditAction.RECONCILE_REQUESTED:
            return "Compared with Stripe"
        case _:
            return "Took an event of Stripe's again"


def _of_people(action: AuditAction, before: dict[str, Any], after: dict[str, Any]) -> str:
    """What happened to the workspace itself and to who belongs to it."""
    match action:
        case AuditAction.WORKSPACE_RENAMED:
            return f"Workspace renamed from {before.get('name')} to {after.get('name')}"
        case AuditAction.OWNERSHIP_TRANSFERRED:
            return f"Ownership went from {before.get('owner')} to {after.get('owner')}"
        case AuditAction.INVITATION_SENT:
            return f"Invited {after.get('email')} as {_role(after)}"
        case AuditAction.INVITATION_REVOKED:
            return f"Invitation of {before.get('email')} revoked"
        case AuditAction.MEMBER_ADDED:
            return f"{after.get('email')} joined as {_role(after)}"
        case AuditAction.MEMBER_REMOVED:
            return f"{before.get('email')} was removed"
        case AuditAction.MEMBER_LEFT:
            return f"{before.get('email')} left"
        case AuditAction.ROLE_CHANGED:
            return f"{after.get('email')} went from {_role(before)} to {_role(after)}"
        case _:
            return action.value.replace("_", " ").capitalize()


def _plan(values: dict[str, Any]) -> str:
    return {"hobby": "Hobby", "pro": "Pro", "credits10": "10 credits"}.get(values.get("plan") or "", _FREE)


def _status(values: dict[str, Any]) -> str:
    status = values.get("status")
    return _STATUSES.get(status, str(status))


def _day(values: dict[str, Any]) -> str:
    return str(values.get("ends_at") or "no set day")[:10]


def _role(values: dict[str, Any]) -> str:
    return str(values.get("role") or "member").lower()
