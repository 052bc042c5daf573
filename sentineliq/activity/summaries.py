"""An audit row as one sentence for people."""

from typing import Any

from .models import AuditAction, AuditEntry

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
        case AuditAction.CREDITS_CHANGED:
            return f"Credits changed from {before.get('credits', 0)} to {after.get('credits', 0)}"
        case AuditAction.PAYMENT_RECEIVED:
            return f"Payment received for invoice {after.get('invoice', '')}"
        case AuditAction.PAYMENT_FAILED:
            return f"Payment failed for invoice {after.get('invoice', '')}"
        case AuditAction.CUSTOMER_LINKED:
            return "Connected to Stripe"
        case AuditAction.CHECKOUT_STARTED:
            return f"Checkout started for {_plan(after)}"
        case _:
            return entry.action.value.replace("_", " ").capitalize()


def _plan(values: dict[str, Any]) -> str:
    return {"hobby": "Hobby", "pro": "Pro", "credits10": "10 credits"}.get(values.get("plan") or "", _FREE)


def _status(values: dict[str, Any]) -> str:
    status = values.get("status")
    return _STATUSES.get(status, str(status))
