"""The names of the plans on sale; no plan at all is the free one."""

from enum import StrEnum


class PaymentPlanId(StrEnum):
    HOBBY = "hobby"
    PRO = "pro"
    CREDITS10 = "credits10"
