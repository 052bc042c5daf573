"""What each plan allows: limits and features as data, and the pure rules that read them. No I/O.

`billing.usage` answers the same questions for a workspace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..i18n import mark, number, say, say_plural
from .plan_ids import PaymentPlanId

GIGABYTE = 10**9
"""Bytes, as storage is sold."""


class Limit(StrEnum):
    """What a plan caps: storage in bytes, the audit log's retention in days, the others by count."""

    MEMBERS = "members"
    WORKSPACES = "workspaces"
    ALERTS = "alerts"
    STORAGE = "storage"
    AUDIT_RETENTION = "audit_retention"


class Feature(StrEnum):
    """What a plan has or has not."""

    BRANDING = "branding"
    ADVANCED_ANALYTICS = "advanced_analytics"


@dataclass(frozen=True, slots=True)
class Allowance:
    """One plan's limits (None is unlimited) and features."""

    name: str
    limits: Mapping[Limit, int | None]
    features: frozenset[Feature] = frozenset()


FREE = Allowance(
    name=mark("Free"),
    limits={
        Limit.MEMBERS: 3,
        Limit.WORKSPACES: 1,
        Limit.ALERTS: 10,
        Limit.STORAGE: 1 * GIGABYTE,
        Limit.AUDIT_RETENTION: 30,
    },
)
ALLOWANCES: dict[PaymentPlanId | None, Allowance] = {
    None: FREE,
    PaymentPlanId.HOBBY: Allowance(
        name="Hobby",
        limits={
            Limit.MEMBERS: 10,
            Limit.WORKSPACES: 3,
            Limit.ALERTS: 100,
            Limit.STORAGE: 10 * GIGABYTE,
            Limit.AUDIT_RETENTION: 90,
        },
        features=frozenset({Feature.BRANDING}),
    ),
    PaymentPlanId.PRO: Allowance(
        name="Pro",
        limits={
            Limit.MEMBERS: None,
            Limit.WORKSPACES: None,
            Limit.ALERTS: None,
            Limit.STORAGE: 100 * GIGABYTE,
            Limit.AUDIT_RETENTION: 2555,
        },
        features=frozenset({Feature.BRANDING, Feature.ADVANCED_ANALYTICS}),
    ),
}
"""From the smallest to the largest: an upgrade is the next one that allows more."""

_UNLIMITED = {
    Limit.MEMBERS: mark("Unlimited members"),
    Limit.WORKSPACES: mark("Unlimited workspaces"),
    Limit.ALERTS: mark("Unlimited alerts"),
    Limit.STORAGE: mark("Unlimited storage"),
    Limit.AUDIT_RETENTION: mark("The whole audit log"),
}
_FEATURES = {
    Feature.BRANDING: mark("Your own branding"),
    Feature.ADVANCED_ANALYTICS: mark("Advanced analytics"),
}


def allowance(plan: PaymentPlanId | None) -> Allowance:
    """The plan's own; credits are no plan to be on, and allow what Free does."""
    return ALLOWANCES.get(plan, FREE)


def limit_of(plan: PaymentPlanId | None, limit: Limit) -> int | None:
    """How much of it the plan allows; None is unlimited."""
    return allowance(plan).limits[limit]


def allows(plan: PaymentPlanId | None, feature: Feature) -> bool:
    """Whether the plan has the feature."""
    return feature in allowance(plan).features


def fits(plan: PaymentPlanId | None, limit: Limit, used: int) -> bool:
    """Whether the plan allows that much."""
    most = limit_of(plan, limit)
    return most is None or used <= most


def plan_that_fits(limit: Limit, used: int) -> PaymentPlanId | None:
    """The smallest plan that allows that much; None where none does, or where Free does."""
    return next((plan for plan in ALLOWANCES if fits(plan, limit, used)), None)


def quantity(limit: Limit, amount: int | None) -> str:
    """`10 members`, `1.5 GB of storage`, `Unlimited alerts`."""
    if amount is None:
        return say(_UNLIMITED[limit])
    match limit:
        case Limit.MEMBERS:
            return say_plural("{count} member", "{count} members", count=amount)
        case Limit.WORKSPACES:
            return say_plural("{count} workspace", "{count} workspaces", count=amount)
        case Limit.ALERTS:
            return say_plural("{count} alert a month", "{count} alerts a month", count=amount)
        case Limit.STORAGE:
            return say("{amount} GB of storage", amount=gigabytes(amount))
        case Limit.AUDIT_RETENTION:
            return _span(amount)


def gigabytes(amount: int) -> str:
    """Bytes as `1.5` gigabytes; what is there at all is not shown as nothing."""
    if 0 < amount < GIGABYTE / 10:
        return say("under {amount}", amount=number(0.1))
    return number(round(amount / GIGABYTE, 1))


def whole_years(days: int) -> int:
    """Of a span that is told in years, as plans are sold; else 0."""
    return days // 365 if days >= 730 else 0


def _span(days: int) -> str:
    if years := whole_years(days):
        return say_plural("{count} year of audit log", "{count} years of audit log", count=years)
    return say_plural("{count} day of audit log", "{count} days of audit log", count=days)


def describe(plan: PaymentPlanId | None) -> tuple[str, ...]:
    """The plan's limits and features in words, as the pricing page lists them."""
    own = allowance(plan)
    limits = (quantity(limit, own.limits[limit]) for limit in Limit)
    return (*limits, *(say(words) for feature, words in _FEATURES.items() if feature in own.features))
