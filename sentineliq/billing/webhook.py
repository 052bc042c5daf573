"""The webhook's route: bytes in, answer out. It decides nothing; the ledger does.

It speaks ASGI itself, without a request or a response of a framework between: every delivery comes this way.
"""

import json
import time
import traceback
from functools import cache

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.routing import Route
from starlette.types import Receive, Scope
from structlog.contextvars import bound_contextvars

from .. import changes, metrics, tracing
from ..config import WEBHOOK_PATH
from ..errors import AppError
from ..http import Answer, Endpoint, header_of
from . import ledger
from .batches.queue import offer
from .batches.store import StoreUnavailable
from .outcomes import Outcome
from .processor import PaymentProcessorRefused, PaymentProcessorUnavailable
from .stored_events import is_foreign
from .stripe.events import MalformedEvent, construct_stripe_event
from .stripe.handlers import HANDLERS
from .stripe.payloads import StripeEvent
from .stripe.signatures import Signature, read_signature

MAX_BODY = 1024 * 1024
"""Bytes of a delivery that are read; Stripe's events are far smaller."""

RECEIVED = b'{"received":true}'

_log = structlog.get_logger(__name__)


class BodyTooLarge(AppError):
    status = 413
    message = "The body is larger than 1 MiB."


class BodyEndedEarly(AppError):
    status = 400
    message = "The body ended early."


async def answer(scope: Scope, receive: Receive) -> Answer:
    """Take one delivery."""
    started = time.perf_counter()
    about: dict[str, str] = {"request_id": scope.get("request_id", "")}
    if tracing.is_on():
        with tracing.span("webhook"):
            status, body, outcome = await _taken(scope, receive, about)
    else:
        status, body, outcome = await _taken(scope, receive, about)
    _count(about.get("event_type"), outcome)
    metrics.WEBHOOK_SECONDS.observe(time.perf_counter() - started)
    return Answer(status, body, about)


async def _taken(scope: Scope, receive: Receive, about: dict[str, str]) -> tuple[int, bytes, str]:
    """Status, body, and what became of it, as it is counted; whose it is, into `about`."""
    try:
        _refuse_large(scope)
        signature = read_signature(header_of(scope, b"stripe-signature"))  # nonsense costs no body
        body = await _read(receive)
        event = await _verified(body, signature)
        about["event_id"], about["event_type"] = event.id, event.type
        _count_version(event.api_version)
        outcome = await offer(event, body)
        if outcome is None:
            with bound_contextvars(**about):
                outcome = await _ingested(event, body)
    except (PaymentProcessorUnavailable, PaymentProcessorRefused) as error:
        return _refused(503, "Stripe did not answer our question. Please send the event again.", error)
    except MalformedEvent as error:
        changes.announce(changes.NO_WORKSPACE)  # it is kept, as failed
        return _refused(error.status, error.message, error)
    except AppError as error:
        return _refused(error.status, error.message, error)
    except (SQLAlchemyError, StoreUnavailable, OSError) as error:
        # a lock, a full disk, a dead connection, a silent server
        _log.error("webhook_database_unavailable", **about, **_faults(error))
        return _refused(503, "The event could not be stored. Please send it again.", "unavailable")
    except Exception as error:
        _log.error("webhook_failed", **about, **_faults(error))
        return _refused(500, "Something went wrong. Please send the event again.", "error")
    return 200, RECEIVED, "duplicate" if outcome.duplicate else outcome.status.value


async def _ingested(event: StripeEvent, body: bytes) -> Outcome:
    """By itself, for what is not plain."""
    with tracing.span("ledger", event_id=event.id, event_type=event.type):
        outcome = await ledger.ingest(event, body)
    if outcome.workspace_id is None and not outcome.duplicate:
        changes.announce(changes.NO_WORKSPACE)
    return outcome


async def _verified(body: bytes, signature: Signature) -> StripeEvent:
    """The event that Stripe signed; signed bytes that are none are kept before they are refused."""
    try:
        return construct_stripe_event(body, signature)
    except MalformedEvent as malformed:
        await ledger.record_malformed(body, malformed.reason)
        raise


def _refuse_large(scope: Scope) -> None:
    """Before the body is there, if its length is declared."""
    declared = header_of(scope, b"content-length") or ""
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise BodyTooLarge


async def _read(receive: Receive) -> bytes:
    """The raw body, for the signature is over its very bytes."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False) and len(body) <= MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise BodyEndedEarly
    if len(body) > MAX_BODY:
        raise BodyTooLarge
    return body


def _faults(error: Exception) -> dict[str, str]:
    """What may be logged: an error's own words can quote a row, and with it a person's address."""
    cause = error.driver_exception if isinstance(error, DBAPIError) else error
    cause = cause.__cause__ if isinstance(cause, StoreUnavailable) and cause.__cause__ else cause
    return {
        "error": getattr(cause, "sqlite_errorname", type(cause).__name__),
        "where": "".join(traceback.format_tb(error.__traceback__)),
    }


def _refused(status: int, message: str, outcome: Exception | str) -> tuple[int, bytes, str]:
    counted = outcome if isinstance(outcome, str) else type(outcome).__name__
    return status, json.dumps({"error": message}).encode(), counted


@cache
def _counter(label: str, outcome: str) -> Counter:
    return metrics.WEBHOOK_DELIVERIES.labels(type=label, outcome=outcome)


@cache
def _version_counter(label: str) -> Counter:
    return metrics.WEBHOOK_API_VERSIONS.labels(version=label)


def _count(event_type: str | None, outcome: str) -> None:
    """By its type, if we act on it: a label must not grow by what is sent."""
    label = event_type or "unknown"
    if event_type is not None and event_type not in HANDLERS:
        label = "other"
    _counter(label, outcome).inc()


def _count_version(version: str | None) -> None:
    label = "none" if version is None else "other" if is_foreign(version) else "same"
    _version_counter(label).inc()


routes = [Route(WEBHOOK_PATH, Endpoint(answer), methods=["POST"])]
