"""Usage and limits as plain fields, ready to read."""

from dataclasses import dataclass
from enum import StrEnum

from ..billing.limits import Limit, gigabytes
from ..billing.views import UsageView

WARN_FROM = 80
"""Percent of a limit."""


class UsageLevel(StrEnum):
    """How near the limit is. `FULL` is all of it and allowed; `EXCEEDED` only comes of a smaller plan."""

    FINE = "fine"
    NEAR = "near"
    FULL = "full"
    EXCEEDED = "exceeded"


@dataclass(frozen=True)
class UsageRow:
    """`percent` of the limit is used, at most 100; what is unlimited or no amount has no meter."""

    label: str
    text: str
    percent: int
    level: str
    must_go: str
    has_meter: bool


def usage_row(usage: UsageView) -> UsageRow:
    percent = 100 * usage.used // usage.limit if usage.limit else 0
    return UsageRow(
        label=usage.label,
        text=_text(usage),
        percent=min(100, percent),
        level=_level(usage, percent),
        must_go=usage.must_go,
        has_meter=bool(usage.limit) and usage.kind is not Limit.AUDIT_RETENTION,
    )


def _text(usage: UsageView) -> str:
    if usage.kind is Limit.AUDIT_RETENTION:
        return f"{usage.limit:,} days" if usage.limit is not None else "All of it"
    amount = f"{usage.used:,}" if usage.kind is not Limit.STORAGE else f"{gigabytes(usage.used)} GB"
    if usage.limit is None:
        return f"{amount} · Unlimited"
    most = f"{usage.limit:,}" if usage.kind is not Limit.STORAGE else f"{gigabytes(usage.limit)} GB"
    return f"{amount} of {most}"


def _level(usage: UsageView, percent: int) -> UsageLevel:
    if usage.limit is None or percent < WARN_FROM or (usage.used, usage.limit) == (1, 1):
        return UsageLevel.FINE  # the one that everybody has is no reason to warn
    if usage.used > usage.limit:
        return UsageLevel.EXCEEDED
    return UsageLevel.FULL if usage.used == usage.limit else UsageLevel.NEAR
