"""What an invoice is made of: lines with their discounts and taxes, and the totals over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sentineliq.sandbox.engine import catalogue
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.documents import blank, list_of
from sentineliq.sandbox.engine.money import TAX_PERCENT, Position, PositionBill, make_bill
from sentineliq.sandbox.engine.values import Document


@dataclass(frozen=True)
class Draft:
    """A line before discounts and tax. `period` is (start, end)."""

    price: Document
    quantity: int
    amount: int
    description: str
    period: tuple[int, int]
    subscription: str | None = None
    subscription_item: str | None = None
    invoice_item: str | None = None
    proration: bool = False
    metadata: dict[str, str] | None = None

    @property
    def position(self) -> Position:
        inclusive = self.price["tax_behavior"] == "inclusive"
        return Position(self.amount, discountable=not self.proration, tax_inclusive=inclusive)


def for_item(books: Books, subscription: Document, item: Document, *, free: bool = False) -> Draft:
    """The line of a subscription's item for its current period; `free` while on trial."""
    price, quantity = item["price"], item.get("quantity") or 1
    description = catalogue.describe(books, price, quantity)
    if free:
        description = f"Trial period for {catalogue.describe(books, price, quantity).split(' × ')[-1]}"
    return Draft(
        price=price,
        quantity=quantity,
        amount=0 if free else catalogue.line_amount(price, quantity),
        description=description,
        period=(item["current_period_start"], item["current_period_end"]),
        subscription=subscription["id"],
        subscription_item=item["id"],
        metadata=subscription["metadata"],
    )


def for_invoice_item(books: Books, invoice_item: Document) -> Draft:
    """The line of a pending item: a proration, or something added by hand."""
    details = (invoice_item["parent"] or {}).get("subscription_details") or {}
    price = books.find("price", (invoice_item["pricing"] or {}).get("price_details", {}).get("price"))
    return Draft(
        price=price
        or {"id": None, "product": None, "tax_behavior": "unspecified", "unit_amount_decimal": None},
        quantity=invoice_item["quantity"],
        amount=invoice_item["amount"],
        description=invoice_item["description"] or "",
        period=(invoice_item["period"]["start"], invoice_item["period"]["end"]),
        subscription=details.get("subscription"),
        subscription_item=details.get("subscription_item"),
        invoice_item=invoice_item["id"],
        proration=invoice_item["proration"],
        metadata=invoice_item["metadata"],
    )


def fill(
    invoice: Document, drafts: Sequence[Draft], *, discounts: Sequence[Document], country: str | None
) -> None:
    """Set an invoice's lines and totals. `country` None: no automatic tax."""
    bill = make_bill([draft.position for draft in drafts], [one["coupon"] for one in discounts], country)
    lines = [
        _line(invoice, draft, billed, discounts, country)
        for draft, billed in zip(drafts, bill.lines, strict=True)
    ]
    invoice["lines"] = list_of(lines, f"/v1/invoices/{invoice['id']}/lines", total_count=len(lines))
    contained = sum(line.tax for line in bill.lines if line.tax_inclusive)
    invoice |= {
        "discounts": [one["id"] for one in discounts],
        "subtotal": bill.subtotal,
        "subtotal_excluding_tax": bill.subtotal - contained,
        "total": bill.total,
        "total_excluding_tax": bill.total - bill.tax,
        "total_discount_amounts": [
            {"amount": sum(line.discounts[place] for line in bill.lines), "discount": one["id"]}
            for place, one in enumerate(discounts)
        ],
        "total_taxes": _total_taxes(bill.lines, country),
    }


def tax_entry(billed: PositionBill, country: str) -> Document:
    """One tax on one line, in the shape since basil."""
    collecting = country in TAX_PERCENT
    return {
        "amount": billed.tax,
        "tax_behavior": "inclusive" if billed.tax_inclusive else "exclusive",
        "tax_rate_details": {"tax_rate": f"txr_1sandbox{country}"},
        "taxability_reason": "standard_rated" if collecting else "not_collecting",
        "taxable_amount": billed.taxable if collecting else 0,
        "type": "tax_rate_details",
    }


def _line(
    invoice: Document, draft: Draft, billed: PositionBill, discounts: Sequence[Document], country: str | None
) -> Document:
    amounts = [
        {"amount": amount, "discount": one["id"]}
        for one, amount in zip(discounts, billed.discounts, strict=True)
    ]
    return {
        **blank("line_item"),
        "amount": draft.amount,
        "currency": invoice["currency"],
        "description": draft.description,
        "discount_amounts": amounts,
        "discountable": not draft.proration,
        "invoice": invoice["id"],
        "metadata": draft.metadata or {},
        "parent": _parent(draft),
        "period": {"end": draft.period[1], "start": draft.period[0]},
        "pricing": _pricing(draft.price),
        "quantity": draft.quantity,
        "subscription": draft.subscription,
        "taxes": [tax_entry(billed, country)] if country else [],
    }


def _parent(draft: Draft) -> Document | None:
    shared: dict[str, Any] = {
        "invoice_item": draft.invoice_item,
        "proration": draft.proration,
        "proration_details": {"credited_items": None},
        "subscription": draft.subscription,
    }
    if draft.invoice_item is not None:
        return {
            "invoice_item_details": shared,
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
    item = {**shared, "subscription_item": draft.subscription_item}
    return {
        "invoice_item_details": None,
        "subscription_item_details": item,
        "type": "subscription_item_details",
    }


def _pricing(price: Document) -> Document | None:
    if price["id"] is None:
        return None
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def _total_taxes(lines: Sequence[PositionBill], country: str | None) -> list[Document]:
    if country is None:
        return []
    totals: dict[str, Document] = {}
    for billed in lines:
        entry = tax_entry(billed, country)
        sum_ = totals.setdefault(entry["tax_behavior"], {**entry, "amount": 0, "taxable_amount": 0})
        sum_["amount"] += entry["amount"]
        sum_["taxable_amount"] += entry["taxable_amount"]
    return list(totals.values())
