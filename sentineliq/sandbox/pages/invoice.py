"""The hosted invoice page and its PDF."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sentineliq.sandbox.engine import AuthenticationRequired, CardDeclined, Document, InvalidRequest
from sentineliq.sandbox.pages import forms
from sentineliq.sandbox.pages.cards import paying_method
from sentineliq.sandbox.pages.formatting import day, money
from sentineliq.sandbox.pages.notices import notice_of
from sentineliq.sandbox.pages.pdf import PdfPage
from sentineliq.sandbox.pages.site import Site

_WHAT = "invoice"
_LINES_ON_PAGE = 20


class InvoicePages:
    """Look at an invoice, pay it while it is open, take it away as a PDF."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._engine = site.engine

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            self._site.page_route("/invoices/{id}", self._show, what=_WHAT),
            self._site.form_route("/invoices/{id}", self._pay, what=_WHAT),
            self._site.page_route("/invoices/{id}/authenticate", self._ask_holder, what=_WHAT),
            self._site.form_route("/invoices/{id}/authenticate", self._authenticate, what=_WHAT),
            self._site.page_route("/invoices/{id}/pdf", self._pdf, what=_WHAT),
        ]

    async def _show(self, request: Request) -> Response:
        return await self._page(request)

    async def _pay(self, request: Request, *, authenticated: bool = False) -> Response:
        invoice_id = request.path_params["id"]
        try:
            await self._engine.pay_invoice(invoice_id, authenticated=authenticated)
        except AuthenticationRequired:
            return self._site.see(authentication_path(invoice_id))
        except (CardDeclined, InvalidRequest) as refusal:
            return await self._page(request, status=refusal.status, problem=refusal.message)
        return self._site.see(f"/invoices/{invoice_id}?notice=paid")

    async def _ask_holder(self, request: Request) -> Response:
        """The bank's question, as long as there is something to pay."""
        invoice = await self._engine.retrieve("invoice", request.path_params["id"])
        if invoice["status"] != "open":
            return self._site.see(f"/invoices/{invoice['id']}")
        customer = await self._engine.retrieve("customer", invoice["customer"])
        method = await paying_method(self._engine, customer) if not customer.get("deleted") else None
        return self._site.renderer.page(
            request,
            "authenticate.html",
            message="Your bank wants to be sure that this payment is yours.",
            amount=money(invoice["amount_remaining"], invoice["currency"]),
            last4=method.last4 if method else "",
            carried={},
            action=self._site.renderer.path(authentication_path(invoice["id"])),
        )

    async def _authenticate(self, request: Request) -> Response:
        if forms.text(await forms.read(request), "outcome") != "complete":
            return await self._page(request, status=402, problem=forms.AUTHENTICATION_FAILED)
        return await self._pay(request, authenticated=True)

    async def _page(self, request: Request, *, status: int = 200, problem: str = "") -> Response:
        invoice = await self._engine.retrieve("invoice", request.path_params["id"])
        return self._site.renderer.page(
            request,
            "invoice.html",
            status=status,
            invoice=invoice,
            sums=sums_of(invoice),
            notice=notice_of(request),
            problem=problem,
        )

    async def _pdf(self, request: Request) -> Response:
        invoice = await self._engine.retrieve("invoice", request.path_params["id"])
        name = f"{invoice['number'] or invoice['id']}.pdf"
        return Response(
            invoice_pdf(invoice),
            media_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"},
        )


def authentication_path(invoice_id: str) -> str:
    """Where the holder of the card says that a payment is theirs."""
    return f"/invoices/{invoice_id}/authenticate"


def sums_of(invoice: Document) -> list[tuple[str, int]]:
    """The lines under an invoice, in minor units; those that are nothing are left out."""
    discount = sum(one["amount"] for one in invoice["total_discount_amounts"] or [])
    tax = sum(one["amount"] for one in invoice["total_taxes"] or [])
    from_balance = invoice["amount_due"] - invoice["total"] if invoice["total"] > 0 else 0
    middle = [("Discount", -discount), ("Tax", tax)]
    after = [("Applied balance", from_balance), ("Amount paid", -invoice["amount_paid"])]
    return [
        ("Subtotal", invoice["subtotal"]),
        *[(name, amount) for name, amount in middle if amount],
        ("Total", invoice["total"]),
        *[(name, amount) for name, amount in after if amount],
        ("Amount due", invoice["amount_remaining"]),
    ]


def invoice_pdf(invoice: Document) -> bytes:
    """The invoice on one page; more lines than fit are summed up in words."""
    page = PdfPage(title=f"Invoice {invoice['number'] or invoice['id']}")
    page.text("SentinelIQ", size=20, bold=True)
    page.text("Sandbox invoice: no real money", size=9)
    page.gap(18)
    page.text(f"Invoice {invoice['number'] or '(draft)'}", size=14, bold=True)
    page.row("Date", day(invoice["created"]))
    page.row("Status", invoice["status"])
    page.row("Bill to", invoice["customer_name"] or "")
    page.row("", invoice["customer_email"] or invoice["customer"])
    page.gap(12)
    page.rule()
    lines = invoice["lines"]["data"]
    for line in lines[:_LINES_ON_PAGE]:
        page.row(line["description"] or "Item", money(line["amount"], line["currency"]))
    if len(lines) > _LINES_ON_PAGE:
        page.row(f"and {len(lines) - _LINES_ON_PAGE} more lines", "")
    page.rule()
    for name, amount in sums_of(invoice):
        page.row(name, money(amount, invoice["currency"]), bold=name == "Amount due")
    return page.document()
