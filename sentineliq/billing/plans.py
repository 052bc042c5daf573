"""The plans on sale, what each does to a workspace, and which Stripe prices mean which plan. No I/O."""

from dataclasses import dataclass

from ..config import Settings, get_settings
from ..errors import AppError
from ..i18n import mark, say
from .limits import allowance, describe
from .plan_ids import BillingInterval, PaymentPlanId


class UnknownPlan(AppError):
    status = 404
    message = "This plan does not exist. Please choose one from the pricing page."


class NotOnSale(UnknownPlan):
    status = 409
    message = "This plan is not on sale at the moment."


@dataclass(frozen=True, slots=True)
class SubscriptionEffect:
    """Subscribes the workspace to the plan."""


@dataclass(frozen=True, slots=True)
class CreditsEffect:
    """Adds credits, once per paid checkout session."""

    amount: int


PaymentPlanEffect = SubscriptionEffect | CreditsEffect


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """A plan; the first of its prices is sold, the others are recognised as the same plan (older prices).

    `annual_price_ids` are the same for those who pay by the year; empty where that is not on sale.
    """

    id: PaymentPlanId
    name: str
    description: str
    features: tuple[str, ...]
    effect: PaymentPlanEffect
    price_ids: tuple[str, ...]
    annual_price_ids: tuple[str, ...] = ()
    trial_days: int = 0

    def get_payment_processor_plan_id(self, interval: BillingInterval = BillingInterval.MONTH) -> str:
        """The id of the price on sale. Raises `NotOnSale` where none of that interval is configured."""
        prices = self.price_ids if interval is BillingInterval.MONTH else self.annual_price_ids
        if not prices:
            raise NotOnSale
        return prices[0]

    @property
    def is_subscription(self) -> bool:
        return isinstance(self.effect, SubscriptionEffect)


def payment_plans(settings: Settings | None = None) -> dict[PaymentPlanId, PaymentPlan]:
    """All plans by id, with the prices of the environment."""
    env = settings or get_settings()
    plans = (
        PaymentPlan(
            id=PaymentPlanId.HOBBY,
            name=name_of_plan(PaymentPlanId.HOBBY),
            description=say("For a small team that has started to watch its systems."),
            features=describe(PaymentPlanId.HOBBY),
            effect=SubscriptionEffect(),
            price_ids=env.payments_hobby_subscription_plan_id,
            annual_price_ids=env.payments_hobby_annual_plan_id,
        ),
        PaymentPlan(
            id=PaymentPlanId.PRO,
            name=name_of_plan(PaymentPlanId.PRO),
            description=say("For organisations that cannot afford to miss anything."),
            features=describe(PaymentPlanId.PRO),
            effect=SubscriptionEffect(),
            price_ids=env.payments_pro_subscription_plan_id,
            annual_price_ids=env.payments_pro_annual_plan_id,
            trial_days=env.payments_trial_days,
        ),
        PaymentPlan(
            id=PaymentPlanId.CREDITS10,
            name=name_of_plan(PaymentPlanId.CREDITS10),
            description=say("One-time purchase, for work beyond the plan. Credits do not expire."),
            features=(say("10 credits"), say("No subscription needed"), say("Never expire")),
            effect=CreditsEffect(amount=10),
            price_ids=env.payments_credits_10_plan_id,
        ),
    )
    return {plan.id: plan for plan in plans}


def get_plan(plan_id: str) -> PaymentPlan:
    """The plan of that id, as a stranger may have typed it. Raises `UnknownPlan`."""
    try:
        return payment_plans()[PaymentPlanId(plan_id)]
    except ValueError:
        raise UnknownPlan from None


def get_plan_id_by_price_id(price_id: str, settings: Settings | None = None) -> PaymentPlanId | None:
    """Which plan a price means, older and annual prices included; None for a price that is not ours."""
    global _indexed
    settings = settings or get_settings()
    if _indexed is None or _indexed[0] is not settings:
        _indexed = settings, _plans_by_price(settings)
    return _indexed[1].get(price_id)


_indexed: tuple[Settings, dict[str, PaymentPlanId]] | None = None
"""Every event asks, and the prices change with the settings only."""


def _plans_by_price(settings: Settings) -> dict[str, PaymentPlanId]:
    index: dict[str, PaymentPlanId] = {}
    for plan in payment_plans(settings).values():
        for price_id in (*plan.price_ids, *plan.annual_price_ids):
            index.setdefault(price_id, plan.id)
    return index


_NAMES = {
    PaymentPlanId.HOBBY: allowance(PaymentPlanId.HOBBY).name,
    PaymentPlanId.PRO: allowance(PaymentPlanId.PRO).name,
    PaymentPlanId.CREDITS10: mark("10 credits"),
}


def name_of_plan(plan_id: PaymentPlanId) -> str:
    """The name that people know, to be said in their language."""
    return _NAMES[plan_id]


def interval_of_price(price_id: str) -> BillingInterval:
    """How often a price of ours is billed; what is not sold by the year is sold by the month."""
    annual = any(price_id in plan.annual_price_ids for plan in payment_plans().values())
    return BillingInterval.YEAR if annual else BillingInterval.MONTH


def subscription_plans() -> list[PaymentPlan]:
    """The plans that are subscribed to, from the smallest to the largest."""
    return [plan for plan in payment_plans().values() if plan.is_subscription]


def sold_by_the_year() -> bool:
    """Whether every subscription plan has an annual price, so that people may choose."""
    return all(plan.annual_price_ids for plan in subscription_plans())
