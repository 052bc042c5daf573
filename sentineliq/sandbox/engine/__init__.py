"""The sandbox's domain: Stripe's objects and what happens to them. No HTTP in here.

`Engine` is what the hosted pages and the dashboard call; every operation is one transaction with its events.
"""

from sentineliq.sandbox.engine.engine import Engine
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
