"""The sandbox's domain: Stripe's objects and what happens to them. No HTTP in here.

`Engine` is what the hosted pages and the dashboard call; every operation is one transaction with its events.
"""

from sentineliq.sandbox.config import SandboxConfig
from sentineliq.sandbox.engine.errors import (
    AuthenticationRequired,
    CardDeclined,
    InvalidPromotionCode,
    InvalidRequest,
    NotFound,
    SandboxError,
    SessionNotOpen,
)
from sentineliq.sandbox.engine.values import (
    Card,
    CheckoutSummary,
    DeliveryAttempt,
    Document,
    EventRecord,
    PlanChangePreview,
    SummaryLine,
)

__all__ = [
    "AuthenticationRequired",
    "Card",
    "CardDeclined",
    "CheckoutSummary",
    "DeliveryAttempt",
    "Document",
    "Engine",
    "EventRecord",
    "InvalidPromotionCode",
    "InvalidRequest",
    "NotFound",
    "PlanChangePreview",
    "SandboxError",
    "SessionNotOpen",
    "SummaryLine",
]


class Engine:
    """The operations of hosted pages and dashboard. All raise `NotFound` for an unknown id."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config

    async def now(self) -> int:
        """The sandbox's clock: real time plus what `advance_period` has added."""
        raise NotImplementedError

    async def retrieve(self, object_type: str, document_id: str) -> Document:
        """The document as the API would answer it, nothing expanded: `retrieve("checkout.session", "cs_test_…")`."""
        raise NotImplementedError

    async def list_documents(
        self, object_type: str, *, customer: str | None = None, limit: int = 100, **fields: str
    ) -> list[Document]:
        """Newest first. `fields` compare top-level fields: `list_documents("invoice", status="open")`."""
        raise NotImplementedError

    async def checkout_summary(self, session_id: str, *, country: str | None = None) -> CheckoutSummary:
        """Lines and totals; `country` previews the tax of a billing country that is not saved yet."""
        raise NotImplementedError

    async def apply_promotion_code(self, session_id: str, code: str) -> None:
        """Raises InvalidPromotionCode, SessionNotOpen."""
        raise NotImplementedError

    async def remove_promotion_code(self, session_id: str) -> None:
        """Raises SessionNotOpen."""
        raise NotImplementedError

    async def complete_checkout(
        self,
        session_id: str,
        *,
        card: Card,
        email: str,
        name: str,
        country: str,
        postal_code: str = "",
        authenticated: bool = False,
    ) -> str:
        """Pay, and answer the success URL with its `{CHECKOUT_SESSION_ID}` filled in.

        Raises CardDeclined, AuthenticationRequired (ask the holder, then call again with the same card and
        `authenticated=True`), SessionNotOpen. `country` is an ISO 3166 code of two letters.
        """
        raise NotImplementedError

    async def portal_prices(self, portal_session_id: str) -> list[Document]:
        """Prices (product expanded) that the portal's configuration lets a customer switch to, cheapest first."""
        raise NotImplementedError

    async def preview_plan_change(self, subscription_id: str, price_id: str) -> PlanChangePreview:
        raise NotImplementedError

    async def change_plan(self, subscription_id: str, price_id: str) -> Document:
        """Switch as the portal does, with its configuration's proration. Raises CardDeclined, InvalidRequest."""
        raise NotImplementedError

    async def cancel_at_period_end(
        self, subscription_id: str, *, feedback: str | None = None, comment: str | None = None
    ) -> Document:
        """`feedback` is one of Stripe's reasons: `too_expensive`, `unused`, `switched_service`, …"""
        raise NotImplementedError

    async def cancel_now(self, subscription_id: str) -> Document:
        raise NotImplementedError

    async def resume(self, subscription_id: str) -> Document:
        """Take back a cancellation that has not taken effect. Raises InvalidRequest when there is none."""
        raise NotImplementedError

    async def replace_card(self, customer_id: str, card: Card, *, authenticated: bool = False) -> Document:
        """Attach a card and make it the default of the customer and its subscriptions: the payment method.

        Raises CardDeclined, AuthenticationRequired.
        """
        raise NotImplementedError

    async def pay_invoice(self, invoice_id: str) -> Document:
        """Charge an open invoice to the default card: the paid invoice. Raises CardDeclined, InvalidRequest."""
        raise NotImplementedError

    async def renew(self, subscription_id: str) -> Document:
        """End the period now: the next one is invoiced and charged (a failure is a fact, not an exception).

        A past_due subscription tries its open invoice again; one that is set to cancel ends.
        """
        raise NotImplementedError

    async def fail_next_payment(self, customer_id: str) -> bool:
        """Toggle: the customer's next charge fails. Answers whether it is now set."""
        raise NotImplementedError

    async def next_payment_fails(self, customer_id: str) -> bool:
        """Whether `fail_next_payment` is set."""
        raise NotImplementedError

    async def refund(self, charge_id: str, amount: int | None = None) -> Document:
        """`amount` in minor units; None: all that is left. Raises InvalidRequest."""
        raise NotImplementedError

    async def dispute(self, charge_id: str) -> Document:
        raise NotImplementedError

    async def close_dispute(self, dispute_id: str, *, won: bool) -> Document:
        raise NotImplementedError

    async def expire_checkout(self, session_id: str) -> Document:
        """Raises SessionNotOpen."""
        raise NotImplementedError

    async def advance_period(self) -> int:
        """Let a month pass (or the time to the next period end): renewals, endings, retries. The new time."""
        raise NotImplementedError

    async def resend(self, event_id: str) -> None:
        """Another delivery attempt to every matching endpoint, now."""
        raise NotImplementedError

    async def events(self, limit: int = 100) -> list[EventRecord]:
        """Newest first."""
        raise NotImplementedError
