"""The Stripe client: one instance, with the API version pinned, and Stripe's errors turned into ours."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import lru_cache
from http import HTTPStatus

import structlog
from stripe import (
    APIConnectionError,
    APIError,
    CardError,
    HTTPXClient,
    InvalidRequestError,
    RateLimitError,
    StripeClient,
    StripeError,
)

from ... import metrics, tracing
from ...config import Settings, get_settings
from ..processor import (
    OutcomeUnknown,
    PaymentProcessorBusy,
    PaymentProcessorRefused,
    PaymentProcessorUnavailable,
)
from ..subscription_changes import CurrencyLocked, PaymentDeclined

TIMEOUT = 10
"""Seconds for one request."""
MAX_NETWORK_RETRIES = 2
ABOUT_CURRENCY = ("combine currencies", "match the expected currency")

_log = structlog.get_logger(__name__)


@lru_cache(maxsize=1)
def stripe_client() -> StripeClient:
    """The process's client (https://docs.stripe.com/api/versioning: the version is pinned, not the SDK's)."""
    return client_of(get_settings())


def client_of(settings: Settings, *, retries: int = MAX_NETWORK_RETRIES) -> StripeClient:
    """A client of its own, by these settings. Raises `PaymentProcessorUnavailable` without a key."""
    if settings.stripe_api_key is None:
        raise PaymentProcessorUnavailable
    return StripeClient(
        settings.stripe_api_key.get_secret_value(),
        stripe_version=settings.stripe_api_version,
        base_addresses={"api": settings.stripe_api_base} if settings.stripe_api_base else {},
        max_network_retries=retries,
        http_client=HTTPXClient(timeout=TIMEOUT),
    )


@asynccontextmanager
async def stripe_errors(doing: str, *, acts: bool = False) -> AsyncGenerator[None]:
    """Turn what Stripe raises into `PaymentProcessorUnavailable` or `…Refused`, and log why.

    `doing` also names the operation in metrics and traces: never put an id into it. Raises `PaymentDeclined`
    and `CurrencyLocked` where that is what Stripe said, and `OutcomeUnknown` for what `acts` (a charge, a
    change, a refund) where no answer came, or where the request is still under way from before.

    https://docs.stripe.com/error-low-level
    """
    try:
        with tracing.span(f"stripe: {doing}"), metrics.STRIPE_SECONDS.labels(doing).time():
            yield
    except RateLimitError as error:
        _log_failure(doing, error)
        raise PaymentProcessorBusy from error
    except (APIConnectionError, APIError) as error:
        _log_failure(doing, error)
        raise OutcomeUnknown if acts else PaymentProcessorUnavailable from error
    except CardError as error:
        _log_failure(doing, error)
        raise PaymentDeclined from error
    except StripeError as error:
        _log_failure(doing, error)
        if acts and error.http_status == HTTPStatus.CONFLICT:
            raise OutcomeUnknown from error
        raise CurrencyLocked if _is_about_currency(error) else PaymentProcessorRefused from error


def _is_about_currency(error: StripeError) -> bool:
    """Stripe has no code for it, only words."""
    words = str(error.user_message or error)
    return isinstance(error, InvalidRequestError) and any(said in words for said in ABOUT_CURRENCY)


def _log_failure(doing: str, error: StripeError) -> None:
    metrics.STRIPE_ERRORS.labels(doing, type(error).__name__).inc()
    _log.error(
        "stripe_call_failed",
        doing=doing,
        error=type(error).__name__,
        code=error.code,
        status=error.http_status,
        request_id=error.request_id,
        param=getattr(error, "param", None),
    )
