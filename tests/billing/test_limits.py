import pytest

from sentineliq.billing.limits import GIGABYTE, Feature, Limit, allows, gigabytes, limit_of, plan_that_fits
from sentineliq.billing.plan_ids import PaymentPlanId
from sentineliq.billing.plans import payment_plans
from sentineliq.config import Settings

PLANS = (None, PaymentPlanId.HOBBY, PaymentPlanId.PRO)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (Limit.MEMBERS, (3, 10, None)),
        (Limit.WORKSPACES, (1, 3, None)),
        (Limit.ALERTS, (10, 100, None)),
        (Limit.STORAGE, (GIGABYTE, 10 * GIGABYTE, 100 * GIGABYTE)),
        (Limit.AUDIT_RETENTION, (30, 90, 2555)),
    ],
)
def test_each_plan_has_its_limits(limit: Limit, expected: tuple[int | None, ...]) -> None:
    assert tuple(limit_of(plan, limit) for plan in PLANS) == expected


def test_branding_comes_with_hobby_and_analytics_with_pro() -> None:
    assert [allows(plan, Feature.BRANDING) for plan in PLANS] == [False, True, True]
    assert [allows(plan, Feature.ADVANCED_ANALYTICS) for plan in PLANS] == [False, False, True]


def test_credits_are_no_plan_to_be_on() -> None:
    assert limit_of(PaymentPlanId.CREDITS10, Limit.MEMBERS) == limit_of(None, Limit.MEMBERS)
    assert not allows(PaymentPlanId.CREDITS10, Feature.BRANDING)


def test_the_pricing_page_lists_what_the_limits_say(settings: Settings) -> None:
    plans = payment_plans(settings)
    assert plans[PaymentPlanId.HOBBY].features == (
        "10 members",
        "3 workspaces",
        "100 alerts a month",
        "10 GB of storage",
        "90 days of audit log",
        "Your own branding",
    )
    assert plans[PaymentPlanId.PRO].features == (
        "Unlimited members",
        "Unlimited workspaces",
        "Unlimited alerts",
        "100 GB of storage",
        "7 years of audit log",
        "Your own branding",
        "Advanced analytics",
    )


def test_the_plan_to_upgrade_to_is_the_smallest_that_fits() -> None:
    assert plan_that_fits(Limit.MEMBERS, 10) is PaymentPlanId.HOBBY
    assert plan_that_fits(Limit.MEMBERS, 11) is PaymentPlanId.PRO
    assert plan_that_fits(Limit.STORAGE, 200 * GIGABYTE) is None


def test_bytes_read_as_gigabytes() -> None:
    assert [gigabytes(amount) for amount in (0, 1, GIGABYTE, 3 * GIGABYTE // 2)] == [
        "0",
        "under 0.1",
        "1",
        "1.5",
    ]
