"""Usage and limits as plain fields, ready to read."""

from dataclasses import dataclass
from enum import StrEnum

from ..billing.limits import Limit, gigabytes, whole_years
from ..billing.views import UsageView
from ..i18n import number, say, say_plural

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
        if usage.limit is None:
            return say("All of it")
        if years := whole_years(usage.limit):
            return say_plural("{count} year", "{count} years", count=years)
        return say_plural("{count} day", "{count} days", count=usage.limit)
    if usage.limit is None:
        return say("{amount} · Unlimited", amount=_amount(usage, usage.used))
    return say("{amount} of {most}", amount=_amount(usage, usage.used), most=_amount(usage, usage.limit))


def _amount(usage: UsageView, amount: int) -> str:
    return f"{gigabytes(amount)} GB" if usage.kind is Limit.STORAGE else number(amount)


def _level(usage: UsageView, percent: int) -> UsageLevel:
    if usage.limit is None or percent < WARN_FROM or (usage.used, usage.limit) == (1, 1):
        return UsageLevel.FINE  # the one that everybody has is no reason to warn
    if usage.used > usage.limit:
        return UsageLevel.EXCEEDED
    return UsageLevel.FULL if usage.used == usage.limit else UsageLevel.NEAR
