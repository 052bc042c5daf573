"""The objects that an account must hold for the product, and how they are known again. Pure."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from ....config import Settings
from ...plan_ids import BillingInterval, PaymentPlanId
from ...plans import payment_plans
from ..handlers import HANDLERS

EVENTS = tuple(HANDLERS)
"""What the endpoint is told of: exactly what we handle."""
MARK = "sentineliq"
"""The metadata key of what setup made; its value says what it is."""
CUSTOMER_UPDATES = frozenset({"email", "tax_id"})
"""What customers must be able to change about themselves in the portal."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104  compared, not bound


@dataclass(frozen=True, slots=True)
class WantedPrice:
    """A price by its place: which variable names it, and what it is made as where there is none."""

    plan: PaymentPlanId
    interval: BillingInterval | None
    variable: str
    amount: int
    """Minor units."""

    @property
    def lookup_key(self) -> str:
        """https://docs.stripe.com/products-prices/manage-prices#lookup-keys"""
        times = {None: "once", BillingInterval.MONTH: "monthly", BillingInterval.YEAR: "annual"}
        return f"{MARK}_{self.plan}_{times[self.interval]}"

    @property
    def label(self) -> str:
        often = {None: "one-time", BillingInterval.MONTH: "monthly", BillingInterval.YEAR: "annual"}
        return f"{self.plan}, {often[self.interval]}"

    @property
    def is_optional(self) -> bool:
        """Selling by the year is a choice."""
        return self.interval is BillingInterval.YEAR

    def ids(self, settings: Settings) -> tuple[str, ...]:
        """The configured ids: the one on sale first, then older ones."""
        return getattr(settings, self.variable.lower())


PRICES = (
    WantedPrice(PaymentPlanId.HOBBY, BillingInterval.MONTH, "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID", 999),
    WantedPrice(PaymentPlanId.PRO, BillingInterval.MONTH, "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID", 1999),
    WantedPrice(PaymentPlanId.CREDITS10, None, "PAYMENTS_CREDITS_10_PLAN_ID", 999),
    WantedPrice(PaymentPlanId.HOBBY, BillingInterval.YEAR, "PAYMENTS_HOBBY_ANNUAL_PLAN_ID", 9900),
    WantedPrice(PaymentPlanId.PRO, BillingInterval.YEAR, "PAYMENTS_PRO_ANNUAL_PLAN_ID", 19900),
)


def plan_names() -> dict[PaymentPlanId, str]:
    """What the products are called."""
    return {plan.id: plan.name for plan in payment_plans(Settings()).values()}


def stripe_reaches(settings: Settings) -> bool:
    """Whether Stripe can deliver to our address: it cannot to this machine, a local test double can."""
    return settings.stripe_api_base is not None or urlsplit(settings.webhook_url).hostname not in _LOOPBACK


def listening(settings: Settings) -> str:
    """How events come to an address that Stripe cannot reach (https://docs.stripe.com/stripe-cli)."""
    return f"stripe listen --forward-to {settings.webhook_url} --events {','.join(EVENTS)}"
