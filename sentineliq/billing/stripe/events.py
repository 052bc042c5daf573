"""From the bytes of a delivery to an event that may be trusted, and to the payload its type promises."""

import orjson
from pydantic import ValidationError

from ...config import get_settings
from ...errors import AppError
from .handlers import HANDLERS, Handler
from .payloads import Payload, StripeEvent
from .signatures import Signature

MAX_REASON = 500


class MalformedEvent(AppError):
    """Signed by Stripe, yet not an event, or not the shape that its type needs."""

    status = 400
    message = "The event does not have the shape of a Stripe event."

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class UnhandledWebhookEventError(Exception):
    """An event type that we do not act on."""


def construct_stripe_event(body: bytes, signature: Signature) -> StripeEvent:
    """The verified envelope. Raises `SignatureInvalid` and `MalformedEvent`."""
    signature.verify(body, get_settings().webhook_signing_keys)
    return parse_event(body)


def parse_event(body: bytes | str) -> StripeEvent:
    """The envelope of an event whose bytes are trusted. Raises `MalformedEvent`."""
    try:
        return StripeEvent.model_validate(orjson.loads(body))  # in two steps, for a third of the time of one
    except (ValidationError, RecursionError) as error:
        raise MalformedEvent(_reason(error)) from None
    except ValueError as error:
        raise MalformedEvent(f"no JSON: {error}"[:MAX_REASON]) from None


def parse_webhook_payload(event: StripeEvent) -> tuple[Payload, Handler]:
    """The event's object in the shape that its handler needs.

    Raises `UnhandledWebhookEventError` for a type that we do not act on, `MalformedEvent` for a wrong shape.
    """
    try:
        shape, handler = HANDLERS[event.type]
    except KeyError:
        raise UnhandledWebhookEventError(event.type) from None
    try:
        return shape.model_validate(event.data.object), handler
    except (ValidationError, RecursionError) as error:
        raise MalformedEvent(_reason(error)) from None


def _reason(error: ValidationError | RecursionError) -> str:
    """Which fields are wrong and how, without their values: nothing personal becomes a reason."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    told = [f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in faults]
    return "; ".join(told)[:MAX_REASON]
