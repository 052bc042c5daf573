"""The names of the plans on sale, and how often they are billed; no plan at all is the free one."""

from enum import StrEnum


class PaymentPlanId(StrEnum):
    HOBBY = "hobby"
    PRO = "pro"
    CREDITS10 = "credits10"


class BillingInterval(StrEnum):
    """How often a subscription is billed, in Stripe's words."""

    MONTH = "month"
    YEAR = "year"
