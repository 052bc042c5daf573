"""The webhook's route: bytes in, answer out. It decides nothing; the ledger does.

It speaks ASGI itself, without a request or a response of a framework between: every delivery comes this way.
"""

import json
import traceback
from collections.abc import Awaitable
from functools import cache

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.routing import Route
from starlette.types import Receive, Scope
from structlog.contextvars import bound_contextvars

from .. import changes, metrics, tracing
from ..bodies import MAX_BODY, BodyTooLarge, read_body
from ..config import WEBHOOK_PATH, get_settings
from ..errors import AppError
from ..http import Answer, Endpoint
from . import ledger
from .batches.queue import offer
from .batches.store import StoreUnavailable
from .outcomes import Outcome
from .processor import PaymentProcessorRefused, PaymentProcessorUnavailable
from .stripe.events import MalformedEvent, construct_stripe_event
from .stripe.handlers import HANDLERS
from .stripe.payloads import StripeEvent
from .stripe.signatures import Signature, read_signature

STRIPE_SILENT = "Stripe did not answer our question. Please send the event again."
RECEIVED = b'{"received":true}'

_log = structlog.get_logger(__name__)


def answer(scope: Scope, receive: Receive) -> Awaitable[Answer]:
    """Take one delivery."""
    return _traced_answer(scope, receive) if tracing.is_on else _answer(scope, receive)


async def _traced_answer(scope: Scope, receive: Receive) -> Answer:
    with tracing.span("webhook"):
        return await _answer(scope, receive)


async def _answer(scope: Scope, receive: Receive) -> Answer:
    event: StripeEvent | None = None
    try:
        signature = _read_headers(scope)
        body = await read_body(receive)
        try:
            event = construct_stripe_event(body, signature)
        except MalformedEvent as malformed:  # signed bytes that are no event are kept before they are refused
            await ledger.record_malformed(body, malformed.reason)
            raise
        waiting = offer(event, body)
        if waiting and tracing.is_on:
            waiting = _traced(waiting, event)
        outcome = await waiting if waiting else None
        if outcome is None:
            outcome = await _by_itself(event, body, scope)
    except (PaymentProcessorUnavailable, PaymentProcessorRefused) as error:
        return _refused(event, 503, STRIPE_SILENT, error)
    except MalformedEvent as error:
        changes.announce(changes.NO_WORKSPACE)  # it is kept, as failed
        return _refused(event, error.status, error.message, error)
    except AppError as error:
        return _refused(event, error.status, error.message, error)
    except (SQLAlchemyError, StoreUnavailable, OSError) as error:
        # a lock, a full disk, a dead connection, a silent server
        _log.error("webhook_database_unavailable", **_about(event, scope), **_faults(error))
        return _refused(event, 503, "The event could not be stored. Please send it again.", "unavailable")
    except Exception as error:
        _log.error("webhook_failed", **_about(event, scope), **_faults(error))
        return _refused(event, 500, "Something went wrong. Please send the event again.", "error")
    return _answered(event, 200, RECEIVED, "duplicate" if outcome.duplicate else outcome.status)


async def _traced(waiting: Awaitable[Outcome | None], event: StripeEvent) -> Outcome | None:
    with tracing.span("ledger", event_id=event.id, event_type=event.type):
        return await waiting


async def _by_itself(event: StripeEvent, body: bytes, scope: Scope) -> Outcome:
    """The ledger's own way, for what is not plain."""
    with (
        bound_contextvars(**_about(event, scope)),
        tracing.span("ledger", event_id=event.id, event_type=event.type),
    ):
        outcome = await ledger.ingest(event, body)
    if outcome.workspace_id is None and not outcome.duplicate:
        changes.announce(changes.NO_WORKSPACE)
    return outcome


def _read_headers(scope: Scope) -> Signature:
    """Nonsense costs no body, nor does one that is declared to be too large."""
    header = declared = b""
    for name, value in scope["headers"]:
        if name == b"stripe-signature" and not header:  # the first, if there are several
            header = value
        elif name == b"content-length":
            declared = value
    if declared.isdigit() and int(declared) > MAX_BODY:
        raise BodyTooLarge
    return read_signature(header)


def _about(event: StripeEvent | None, scope: Scope) -> dict[str, str]:
    """Whose it is, for the log."""
    about: dict[str, str] = {"request_id": scope.get("request_id", "")}
    return about | {"event_id": event.id, "event_type": event.type} if event else about


def _faults(error: Exception) -> dict[str, str]:
    """What may be logged: an error's own words can quote a row, and with it a person's address."""
    cause = error.driver_exception if isinstance(error, DBAPIError) else error
    cause = cause.__cause__ if isinstance(cause, StoreUnavailable) and cause.__cause__ else cause
    return {
        "error": getattr(cause, "sqlite_errorname", type(cause).__name__),
        "where": "".join(traceback.format_tb(error.__traceback__)),
    }


def _refused(event: StripeEvent | None, status: int, message: str, outcome: Exception | str) -> Answer:
    counted = outcome if isinstance(outcome, str) else type(outcome).__name__
    return _answered(event, status, json.dumps({"error": message}).encode(), counted)


def _answered(event: StripeEvent | None, status: int, body: bytes, outcome: str) -> Answer:
    if event is None:
        about, counted = {}, (_deliveries("unknown", outcome),)
    else:
        about = {"event_id": event.id, "event_type": event.type}
        version, ours = event.api_version, get_settings().stripe_api_version
        counted = (
            _deliveries(event.type if event.type in HANDLERS else "other", outcome),
            _versions("none" if version is None else "same" if version == ours else "other"),
        )
    return Answer(status, body, about, counted, metrics.WEBHOOK_SECONDS)


@cache
def _deliveries(label: str, outcome: str) -> Counter:
    return metrics.WEBHOOK_DELIVERIES.labels(type=label, outcome=outcome)


@cache
def _versions(label: str) -> Counter:
    return metrics.WEBHOOK_API_VERSIONS.labels(version=label)


routes = [Route(WEBHOOK_PATH, Endpoint(answer), methods=["POST"])]
