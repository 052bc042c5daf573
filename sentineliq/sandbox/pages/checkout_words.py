"""What the checkout calls its parts, by mode."""

from sentineliq.sandbox.engine import CheckoutSummary
from sentineliq.sandbox.pages.formatting import every, money, per

_LABELS = {"subscription": "Subscribe", "payment": "Pay", "setup": "Save card"}


def submit_label(summary: CheckoutSummary) -> str:
    """The one button of the form."""
    return _LABELS.get(summary.mode, "Pay")


def headline(summary: CheckoutSummary) -> tuple[str, str, str]:
    """Heading, the big amount under it, and what the amount is per."""
    name = summary.lines[0].description if summary.lines else "SentinelIQ"
    due = money(summary.total, summary.currency)
    if summary.mode == "setup":
        return "Save a card for later", "", ""
    if summary.mode != "subscription":
        return f"Pay for {name}", due, ""
    if summary.trial_days:
        return f"Try {name}", f"{summary.trial_days} days free", f"then {recurring_price(summary)}"
    regular = sum(line.amount for line in summary.lines if line.interval)
    return f"Subscribe to {name}", money(regular, summary.currency), _interval(summary)


def recurring_price(summary: CheckoutSummary) -> str:
    """What one period costs before discounts and tax: `$9.99 every month`."""
    regular = sum(line.amount for line in summary.lines if line.interval)
    if not summary.interval:
        return money(regular, summary.currency)
    return f"{money(regular, summary.currency)} {every(summary.interval, summary.interval_count)}"


def _interval(summary: CheckoutSummary) -> str:
    return per(summary.interval, summary.interval_count) if summary.interval else ""
