"""Stripe's objects as we read them: both shapes in, one shape out.

Version 2025-04-30.basil moved fields (https://docs.stripe.com/changelog/basil): a subscription's period
to its items, an invoice's subscription under `parent`, a line's price under `pricing`. Shapes are told
apart by the fields that are there, never by the version's name. Unknown fields are left alone.
"""

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetPydanticSchema, model_validator
from pydantic_core import core_schema

from ..recurring import RecurringPrice
from .fields import dig as _dig
from .fields import first as _first
from .item_prices import price_of_items

Json = dict[str, Any]

STORABLE = r"^[^\x00]*$"
"""PostgreSQL's text has no NUL: an event with one would be refused at each retry, and never be stored."""

MAX_UNIX_TIME = 253_402_300_799  # the end of year 9999: what a datetime can hold


def _to_id(value: object) -> object:
    """An id, or the id of an expanded object."""
    return cast(Json, value).get("id") if isinstance(value, dict) else value


def _metadata(value: object) -> object:
    return {} if value is None else value


_SECONDS = core_schema.int_schema(strict=True, ge=0, le=MAX_UNIX_TIME)
_ID = core_schema.str_schema(pattern=r"^[A-Za-z0-9_\-]{1,200}$")
_EXPANDED = core_schema.no_info_before_validator_function(_to_id, _ID)

UnixTime = Annotated[
    datetime,
    GetPydanticSchema(  # whole seconds; no function of ours is called for it, as every event has several
        lambda _type, _handler: core_schema.no_info_after_validator_function(
            partial(datetime.fromtimestamp, tz=UTC), _SECONDS
        )
    ),
]
Text = Annotated[str, Field(max_length=5000, pattern=STORABLE)]
StripeId = Annotated[
    str,
    GetPydanticSchema(
        lambda _type, _handler: core_schema.union_schema([_ID, _EXPANDED], mode="left_to_right")
    ),
]
MinorUnits = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
Currency = Annotated[str, Field(pattern=r"^[a-z]{3}$")]
Metadata = Annotated[dict[str, Text], BeforeValidator(_metadata)]
Flag = Annotated[bool, Field(strict=True)]


class Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class EventData(Payload):
    object: Json
    previous_attributes: Json | None = None


class StripeEvent(Payload):
    """The envelope of a delivery (https://docs.stripe.com/api/events/object)."""

    id: Annotated[str, Field(pattern=r"^evt_[A-Za-z0-9_]{1,200}$")]
    type: Annotated[str, Field(pattern=r"^[a-z0-9_.]{1,255}$")]
    created: UnixTime
    livemode: Flag
    api_version: Annotated[str, Field(max_length=64, pattern=STORABLE)] | None = None
    data: EventData


class StripeSubscriptionStatus(StrEnum):
    """https://docs.stripe.com/api/subscriptions/object#subscription_object-status"""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"


class SubscriptionPayload(Payload):
    """A whole subscription. `current_period_end` is the latest of its items (basil) or its own (before)."""

    id: StripeId
    customer: StripeId
    status: StripeSubscriptionStatus
    created: UnixTime
    price_ids: tuple[StripeId, ...]
    current_period_end: UnixTime | None = None
    cancel_at_period_end: Flag = False
    cancel_at: UnixTime | None = None
    canceled_at: UnixTime | None = None
    ended_at: UnixTime | None = None
    trial_end: UnixTime | None = None
    price: RecurringPrice | None = None
    is_discounted: bool = False
    metadata: Metadata = {}

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, raw: object) -> object:
        items = _dig(raw, "items", "data")
        if type(items) is not list or not items:
            raise ValueError("is not a subscription with items")
        lines: list[object] = items  # pyright: ignore[reportUnknownVariableType]
        subscription: Json = raw  # pyright: ignore[reportAssignmentType]  it has items
        ends_at: int | None = None
        is_discounted = bool(subscription.get("discount") or subscription.get("discounts"))
        for line in lines:
            end = _dig(line, "current_period_end")
            if type(end) is int and (ends_at is None or end > ends_at):
                ends_at = end
            is_discounted = is_discounted or bool(_dig(line, "discounts"))
        return {
            **subscription,
            "price_ids": [_price_id_of(line) for line in lines],
            "current_period_end": subscription.get("current_period_end") if ends_at is None else ends_at,
            "price": price_of_items(lines),
            "is_discounted": is_discounted,
        }


def _price_id_of(line: Any) -> object:
    """An item's, of its price or its older plan; either may be an id alone."""
    try:
        found = line["price"]["id"]  # as it stands in almost every event
    except (KeyError, TypeError):
        found = None
    return found or _first(_to_id(_dig(line, "price")), _to_id(_dig(line, "plan")))


class InvoiceLine(Payload):
    price_id: StripeId | None
    proration: bool
    period_end: UnixTime | None
    period_start: UnixTime | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, raw: object) -> object:
        if not isinstance(raw, dict):
            raise ValueError("is not an invoice line")  # noqa: TRY004  pydantic's way to refuse
        line = cast(Json, raw)
        price = _first(
            _to_id(_dig(line, "pricing", "price_details", "price")),
            _to_id(_dig(line, "price")),
            _to_id(_dig(line, "plan")),
        )
        details = _first(
            _dig(line, "parent", "subscription_item_details"), _dig(line, "parent", "invoice_item_details")
        )
        proration = _first(_dig(details, "proration"), _dig(line, "proration"), False)
        return {
            "price_id": price,
            "proration": proration,
            "period_end": _dig(line, "period", "end"),
            "period_start": _dig(line, "period", "start"),
        }


class InvoicePayload(Payload):
    """An invoice. The period paid for is on its lines; `period_end` of the invoice is not it."""

    id: StripeId
    customer: StripeId
    status: Annotated[str, Field(max_length=32, pattern=STORABLE)]
    billing_reason: Annotated[str, Field(max_length=64, pattern=STORABLE)] | None = None
    subscription_id: StripeId | None = None
    metadata: Metadata = {}
    subscription_metadata: Metadata = {}
    number: Annotated[str, Field(max_length=255, pattern=STORABLE)] | None = None
    currency: Currency
    total: MinorUnits
    amount_due: MinorUnits
    amount_paid: MinorUnits
    amount_remaining: MinorUnits
    created: UnixTime
    paid_at: UnixTime | None = None
    next_payment_attempt: UnixTime | None = None
    hosted_invoice_url: Text | None = None
    invoice_pdf: Text | None = None
    lines: tuple[InvoiceLine, ...]

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, raw: object) -> object:
        invoice = cast(Json, raw) if isinstance(raw, dict) else {}
        return {
            **invoice,
            "subscription_id": _first(
                _dig(invoice, "parent", "subscription_details", "subscription"), invoice.get("subscription")
            ),
            "subscription_metadata": _first(
                _dig(invoice, "parent", "subscription_details", "metadata"),
                _dig(invoice, "subscription_details", "metadata"),
            ),
            "paid_at": _dig(invoice, "status_transitions", "paid_at"),
            "lines": _first(_dig(invoice, "lines", "data"), []),
        }


class CheckoutSessionPayload(Payload):
    """https://docs.stripe.com/api/checkout/sessions/object"""

    id: StripeId
    mode: Annotated[str, Field(max_length=32, pattern=STORABLE)]
    status: Annotated[str, Field(max_length=32, pattern=STORABLE)]
    payment_status: Annotated[str, Field(max_length=32, pattern=STORABLE)]
    created: UnixTime
    customer: StripeId | None = None
    subscription: StripeId | None = None
    invoice: StripeId | None = None
    payment_intent: StripeId | None = None
    currency: Currency | None = None
    amount_total: MinorUnits | None = None
    metadata: Metadata = {}

    @property
    def is_paid(self) -> bool:
        """A bank debit completes the session first and pays later."""
        return self.payment_status in ("paid", "no_payment_required")


class CustomerPayload(Payload):
    """https://docs.stripe.com/api/customers/object"""

    id: StripeId
    email: Annotated[str, Field(max_length=512, pattern=r"^[^\x00-\x1f]*$")] | None = None
    metadata: Metadata = {}

    @property
    def customer(self) -> str:
        """Whose event it is, as in other payloads."""
        return self.id


class UpcomingInvoicePayload(Payload):
    """A preview of the next invoice: it has no lasting id."""

    customer: StripeId
    currency: Currency
    amount_due: MinorUnits
    next_payment_attempt: UnixTime | None = None
