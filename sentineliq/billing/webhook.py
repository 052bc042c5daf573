"""The webhook's route: bytes in, answer out. It decides nothing; the ledger does."""

import time
import traceback

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars

from .. import changes, metrics, tracing
from ..config import WEBHOOK_PATH
from ..errors import AppError
from . import ledger
from .processor import PaymentProcessorRefused, PaymentProcessorUnavailable
from .stored_events import is_foreign
from .stripe.events import MalformedEvent, construct_stripe_event
from .stripe.handlers import HANDLERS
from .stripe.payloads import StripeEvent
from .stripe.signatures import read_header

MAX_BODY = 1024 * 1024
"""Bytes of a delivery that are read; Stripe's events are far smaller."""

_log = structlog.get_logger(__name__)


class BodyTooLarge(AppError):
    status = 413
    message = "The body is larger than 1 MiB."


async def stripe_webhook(request: Request) -> Response:
    """Answer one delivery. 2xx means committed."""
    started = time.perf_counter()
    with tracing.span("webhook"):
        answer, outcome = await _answer(request)
    metrics.WEBHOOK_DELIVERIES.labels(type=_bounded_type(), outcome=outcome).inc()
    metrics.WEBHOOK_SECONDS.observe(time.perf_counter() - started)
    unbind_contextvars("event_id", "event_type")
    return answer


def _bounded_type() -> str:
    """What is bound to the log, if we act on it: a label must not grow by what is sent."""
    event_type = get_contextvars().get("event_type", "unknown")
    return event_type if event_type in HANDLERS or event_type == "unknown" else "other"


async def _answer(request: Request) -> tuple[Response, str]:
    event: StripeEvent | None = None
    try:
        body = await _read(request)
        event = await _verified(body, request.headers.get("stripe-signature"))
        metrics.WEBHOOK_API_VERSIONS.labels(version=_version_label(event.api_version)).inc()
        bind_contextvars(event_id=event.id, event_type=event.type)
        with tracing.span("ledger", event_id=event.id, event_type=event.type):
            outcome = await ledger.ingest(event, body)
    except (PaymentProcessorUnavailable, PaymentProcessorRefused) as error:
        return _refused(503, "Stripe did not answer our question. Please send the event again."), type(
            error
        ).__name__
    except MalformedEvent as error:
        changes.announce(changes.NO_WORKSPACE)  # it is kept, as failed
        return _refused(error.status, error.message), type(error).__name__
    except AppError as error:
        return _refused(error.status, error.message), type(error).__name__
    except ClientDisconnect:
        return _refused(400, "The body ended early."), "disconnected"
    except (SQLAlchemyError, OSError) as error:  # a lock, a full disk, a dead connection, a silent server
        _log.error("webhook_database_unavailable", **_about(event, error))
        return _refused(503, "The event could not be stored. Please send it again."), "unavailable"
    except Exception as error:
        _log.error("webhook_failed", **_about(event, error))
        return _refused(500, "Something went wrong. Please send the event again."), "error"
    if outcome.workspace_id is None and not outcome.duplicate:
        changes.announce(changes.NO_WORKSPACE)
    label = "duplicate" if outcome.duplicate else outcome.status.value
    return JSONResponse({"received": True}), label


async def _verified(body: bytes, signature: str | None) -> StripeEvent:
    """The event that Stripe signed; signed bytes that are none are kept before they are refused."""
    try:
        return construct_stripe_event(body, signature)
    except MalformedEvent as malformed:
        await ledger.record_malformed(body, malformed.reason)
        raise


def _about(event: StripeEvent | None, error: Exception) -> dict[str, str | None]:
    """What may be logged: an error's own words can quote a row, and with it a person's address."""
    cause = error.driver_exception if isinstance(error, DBAPIError) else error
    return {
        "event_id": event.id if event else None,
        "type": event.type if event else None,
        "error": getattr(cause, "sqlite_errorname", type(cause).__name__),
        "where": "".join(traceback.format_tb(error.__traceback__)),
    }


def _version_label(version: str | None) -> str:
    if version is None:
        return "none"
    return "other" if is_foreign(version) else "same"


async def _read(request: Request) -> bytes:
    """The raw body, for the signature is over its very bytes. May raise before it is there."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise BodyTooLarge
    read_header(request.headers.get("stripe-signature"))  # a flood of nonsense costs no body
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BodyTooLarge
    return bytes(body)


def _refused(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status)


routes = [Route(WEBHOOK_PATH, stripe_webhook, methods=["POST"])]
