"""What the dashboard's lists show: documents with the few facts of others that a reader needs beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.requests import Request

from sentineliq.sandbox.engine import Document, Engine, EventRecord, NotFound
from sentineliq.sandbox.engine.subscriptions import renews
from sentineliq.sandbox.pages.cards import OVER, PaymentMethodLine, paying_method
from sentineliq.sandbox.pages.paging import Paging

Row = TypeVar("Row")

_ROWS = 10
_EVENT_ROWS = 25


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """One page of rows."""

    rows: Sequence[Row]
    paging: Paging


@dataclass(frozen=True)
class CustomerRow:
    """A customer, what pays, and whether the next charge is set to fail."""

    document: Document
    pays_with: PaymentMethodLine | None
    next_payment_fails: bool


@dataclass(frozen=True)
class SubscriptionRow:
    """A subscription with the names behind its ids."""

    document: Document
    plan: str
    price: Document
    customer: str
    period_end: int

    @property
    def is_live(self) -> bool:
        return self.document["status"] not in OVER

    @property
    def announces(self) -> str:
        """The button for what is told days ahead; empty when nothing comes."""
        if self.document["status"] == "trialing":
            return "Announce trial end"
        return "Announce renewal" if renews(self.document) else ""


@dataclass(frozen=True)
class PaymentRow:
    """A charge, who paid, its dispute, and its newest refund that has not failed."""

    charge: Document
    customer: str
    dispute: Document | None
    refund: Document | None

    @property
    def refundable(self) -> bool:
        """Whether some of it is still there and not in dispute."""
        left = self.charge["amount"] > self.charge["amount_refunded"]
        return self.charge["status"] == "succeeded" and left and self.dispute is None

    @property
    def is_pending(self) -> bool:
        """Whether a bank has not yet said if the money comes."""
        return self.charge["status"] == "pending"

    @property
    def status(self) -> str:
        """What happened to it last."""
        if self.dispute is not None:
            return self.dispute["status"]
        if self.charge["refunded"]:
            return "refunded"
        return "partly_refunded" if self.charge["amount_refunded"] else self.charge["status"]


@dataclass(frozen=True)
class CheckoutRow:
    """A checkout session and whose it is."""

    session: Document
    customer: str


class DashboardRows:
    """Reads the lists; each has a query parameter of its own for its page."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def customers(self, request: Request) -> Listing[CustomerRow]:
        documents, paging = await self._page_of(request, "customer", "customers")
        return Listing([await self._customer_row(one) for one in documents], paging)

    async def subscriptions(self, request: Request) -> Listing[SubscriptionRow]:
        documents, paging = await self._page_of(request, "subscription", "subscriptions")
        return Listing([await self._subscription_row(one) for one in documents], paging)

    async def checkouts(self, request: Request) -> Listing[CheckoutRow]:
        documents, paging = await self._page_of(request, "checkout.session", "checkouts")
        rows = [
            CheckoutRow(session=one, customer=await self._customer_name(one["customer"])) for one in documents
        ]
        return Listing(rows, paging)

    async def invoices(self, request: Request) -> Listing[Document]:
        return Listing(*await self._page_of(request, "invoice", "invoices"))

    async def payments(self, request: Request) -> Listing[PaymentRow]:
        documents, paging = await self._page_of(request, "charge", "payments")
        return Listing([await self._payment_row(one) for one in documents], paging)

    async def events(self, request: Request) -> Listing[EventRecord]:
        asked = Paging.asked_for(request, size=_EVENT_ROWS, name="events")
        return Listing(*asked.of(await self._engine.events(limit=asked.reach)))

    async def _page_of(
        self, request: Request, object_type: str, name: str
    ) -> tuple[Sequence[Document], Paging]:
        asked = Paging.asked_for(request, size=_ROWS, name=name)
        return asked.of(await self._engine.list_documents(object_type, limit=asked.reach))

    async def _customer_row(self, customer: Document) -> CustomerRow:
        return CustomerRow(
            document=customer,
            pays_with=await paying_method(self._engine, customer),
            next_payment_fails=await self._engine.next_payment_fails(customer["id"]),
        )

    async def _subscription_row(self, subscription: Document) -> SubscriptionRow:
        item = subscription["items"]["data"][0]
        product = await self._engine.retrieve("product", item["price"]["product"])
        return SubscriptionRow(
            document=subscription,
            plan=product["name"],
            price=item["price"],
            customer=await self._customer_name(subscription["customer"]),
            period_end=item["current_period_end"],
        )

    async def _payment_row(self, charge: Document) -> PaymentRow:
        disputes = (
            await self._engine.list_documents("dispute", charge=charge["id"]) if charge["disputed"] else []
        )
        refunds = (
            await self._engine.list_documents("refund", charge=charge["id"], status="succeeded")
            if charge["amount_refunded"]
            else []
        )
        return PaymentRow(
            charge=charge,
            customer=await self._customer_name(charge["customer"]),
            dispute=disputes[0] if disputes else None,
            refund=refunds[0] if refunds else None,
        )

    async def _customer_name(self, customer_id: str | None) -> str:
        """The e-mail address, or the id of a customer that has none."""
        if customer_id is None:
            return "No customer"
        try:
            customer = await self._engine.retrieve("customer", customer_id)
        except NotFound:
            return customer_id
        return customer.get("email") or customer_id
