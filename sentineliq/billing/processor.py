"""The payment processor's interface, in our own types. `billing.stripe` implements it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..errors import AppError
from .plan_ids import BillingInterval
from .plans import PaymentPlan
from .refunds import RefundProcessor
from .subscription_changes import SubscriptionProcessor
from .views import PaymentMethodView, PriceView


class PaymentProcessorUnavailable(AppError):
    """The processor could not be asked: nothing was changed, the cause is in the log."""

    status = 503
    message = "Stripe cannot be reached right now. Nothing was charged; please try again in a minute."


class OutcomeUnknown(PaymentProcessorUnavailable):
    """The processor was asked to act, and its answer never came: it may have acted."""

    message = (
        "We could not hear from Stripe whether this went through. Please look at what is shown in a minute, "
        "before you try again."
    )


class PaymentProcessorBusy(PaymentProcessorUnavailable):
    """We ask too often: wait, then ask again."""


class PaymentProcessorRefused(AppError):
    """The processor understood and said no: a setting or an id of ours is wrong, as the log says."""

    status = 502
    message = "Stripe refused this request. Nothing was charged; our team can see why in the log."


class NothingToManage(AppError):
    status = 409
    message = "There is no subscription to manage yet. Choose a plan first."


class PortalFlow(StrEnum):
    """Where in the customer portal to land."""

    HOME = "home"
    PAYMENT_METHOD_UPDATE = "payment_method_update"
    SUBSCRIPTION_CANCEL = "subscription_cancel"
    SUBSCRIPTION_UPDATE = "subscription_update"


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """A hosted checkout page: send the owner to `url`."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class BillingCustomer:
    """A workspace as the processor needs to know it. `email_verified` decides whether an existing
    customer of that address may be adopted (invariant: never by typing a stranger's address)."""

    workspace_id: str
    workspace_name: str
    email: str
    email_verified: bool
    customer_id: str | None
    deleted_customers: int = 0
    """How many it had before, deleted at the processor: a new one must not be taken for one of those."""


Spare = Callable[[], Awaitable[frozenset[str]]]
"""Which checkouts, by our own ids, stay open: asked after the open ones are listed, so none is missed."""


class PaymentProcessor(SubscriptionProcessor, RefundProcessor, Protocol):
    """Every method may raise `PaymentProcessorUnavailable` or `PaymentProcessorRefused`; none touches our
    database."""

    id: str

    async def fetch_customer(self, customer: BillingCustomer) -> str:
        """The workspace's customer id: the known one, else found or made once."""
        ...

    async def update_customer_email(self, customer_id: str, email: str) -> None:
        """Where receipts go from now on; a customer that is gone stays gone."""
        ...

    async def create_checkout_session(
        self,
        *,
        customer_id: str,
        workspace_id: str,
        plan: PaymentPlan,
        checkout_id: str,
        interval: BillingInterval = BillingInterval.MONTH,
        trial_days: int = 0,
    ) -> CheckoutSession:
        """The hosted session of that checkout; asked again for the same one, the same session."""
        ...

    async def expire_checkout_session(self, session_id: str) -> None:
        """Close a session; one that is paid or over already stays as it is."""
        ...

    async def expire_open_checkout_sessions(self, customer_id: str, *, spare: Spare | None = None) -> None:
        """Close every session of the customer that can still be paid, but those of `spare`'s checkouts."""
        ...

    async def has_running_subscription(self, customer_id: str) -> bool:
        """Whether the customer has a subscription that has begun and not ended, by the processor's word."""
        ...

    async def list_unended_subscriptions(self, customer_id: str) -> tuple[str, ...]:
        """The ids of what may charge now or later, by the processor's own word."""
        ...

    async def cancel_subscription_now(self, subscription_id: str) -> None:
        """End it at once, with nothing refunded; one that has ended already stays as it is."""
        ...

    async def fetch_customer_portal_url(
        self, *, customer_id: str | None, email: str, flow: PortalFlow, subscription_id: str | None
    ) -> str:
        """A portal session of that customer, else the portal's login link with the address filled in."""
        ...

    async def fetch_price(self, price_id: str) -> PriceView:
        """The price as the processor has it."""
        ...

    async def fetch_payment_method(self, customer_id: str) -> PaymentMethodView | None:
        """The card that pays the customer's invoices."""
        ...


_processor: PaymentProcessor | None = None


def use(processor: PaymentProcessor) -> None:
    """Say which processor this process pays through; the composition root does."""
    global _processor
    _processor = processor


def payment_processor() -> PaymentProcessor:
    """The one in use. Raises `PaymentProcessorUnavailable` before `use`."""
    if _processor is None:
        raise PaymentProcessorUnavailable
    return _processor
