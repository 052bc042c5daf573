"""The sandbox's dashboard: what there is, and buttons that make things happen."""

import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sentineliq.sandbox.engine import AuthenticationRequired, CardDeclined, InvalidRequest, SessionNotOpen
from sentineliq.sandbox.pages import forms
from sentineliq.sandbox.pages.dashboard_rows import DashboardRows
from sentineliq.sandbox.pages.formatting import minor_units
from sentineliq.sandbox.pages.invoice import authentication_path
from sentineliq.sandbox.pages.notices import notice_of
from sentineliq.sandbox.pages.rendering import DASHBOARD_ROUTE
from sentineliq.sandbox.pages.site import Site

Deed = Callable[[Request], Awaitable[str]]
"""Does what a button says and answers the notice to show."""


class DashboardPages:
    """Overview, one event, and a form for each button."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._engine = site.engine
        self._rows = DashboardRows(site.engine)

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            self._site.page_route("/", self._overview, what="page", name=DASHBOARD_ROUTE),
            self._site.page_route("/events/{id}", self._event, what="event"),
            self._button("/subscriptions/{id}/renew", self._renew, section="subscriptions"),
            self._button("/subscriptions/{id}/end", self._end, section="subscriptions"),
            self._button("/subscriptions/{id}/announce", self._announce, section="subscriptions"),
            self._button("/customers/{id}/delete", self._delete_customer, section="customers"),
            self._button("/customers/{id}/fail-next", self._fail_next, section="customers"),
            self._site.form_route("/dashboard/invoices/{id}/retry", self._retry_invoice, what="invoice"),
            self._button("/payments/{id}/settle", self._settle, section="payments"),
            self._button("/payments/{id}/fail", self._fail, section="payments"),
            self._button("/payments/{id}/refund", self._refund, section="payments"),
            self._button("/refunds/{id}/fail", self._fail_refund, section="payments"),
            self._button("/payments/{id}/dispute", self._dispute, section="payments"),
            self._button("/disputes/{id}/{outcome}", self._close_dispute, section="payments"),
            self._button("/checkouts/{id}/expire", self._expire_checkout, section="checkouts"),
            self._button("/events/{id}/resend", self._resend, section="events"),
            self._button("/clock/advance", self._advance, section="events"),
        ]

    async def _overview(self, request: Request) -> Response:
        return self._site.renderer.page(
            request,
            "dashboard.html",
            now=await self._engine.now(),
            notice=notice_of(request),
            customers=await self._rows.customers(request),
            subscriptions=await self._rows.subscriptions(request),
            checkouts=await self._rows.checkouts(request),
            invoices=await self._rows.invoices(request),
            payments=await self._rows.payments(request),
            events=await self._rows.events(request),
        )

    async def _event(self, request: Request) -> Response:
        record = await self._engine.event(request.path_params["id"])
        return self._site.renderer.page(
            request, "event.html", record=record, content=json.dumps(record.event, indent=2)
        )

    def _button(self, path: str, deed: Deed, *, section: str) -> BaseRoute:
        async def pressed(request: Request) -> Response:
            return self._back_to(section, await _tried(deed, request))

        return self._site.form_route(f"/dashboard{path}", pressed, what="object")

    def _back_to(self, section: str, notice: str) -> Response:
        return self._site.see(f"/?notice={notice}#{section}")

    async def _renew(self, request: Request) -> str:
        renewed = await self._engine.renew(_id(request))
        return "subscription-ended" if renewed["status"] == "canceled" else "renewed"

    async def _end(self, request: Request) -> str:
        await self._engine.cancel_now(_id(request))
        return "subscription-ended"

    async def _announce(self, request: Request) -> str:
        await self._engine.announce(_id(request))
        return "announced"

    async def _delete_customer(self, request: Request) -> str:
        await self._engine.delete_customer(_id(request))
        return "customer-deleted"

    async def _fail_next(self, request: Request) -> str:
        return "next-fails" if await self._engine.fail_next_payment(_id(request)) else "next-works"

    async def _retry_invoice(self, request: Request) -> Response:
        """A card that asks its holder leads to the bank's page."""
        try:
            return self._back_to("invoices", await _tried(self._charge_again, request))
        except AuthenticationRequired:
            return self._site.see(authentication_path(_id(request)))

    async def _charge_again(self, request: Request) -> str:
        await self._engine.pay_invoice(_id(request))
        return "paid"

    async def _settle(self, request: Request) -> str:
        await self._engine.settle_payment(_id(request))
        return "settled"

    async def _fail(self, request: Request) -> str:
        await self._engine.fail_payment(_id(request))
        return "debit-failed"

    async def _refund(self, request: Request) -> str:
        typed = forms.text(await forms.read(request), "amount")
        charge = await self._engine.retrieve("charge", _id(request))
        try:
            amount = minor_units(typed, charge["currency"]) if typed else None
        except ValueError:
            return "bad-amount"
        await self._engine.refund(charge["id"], amount)
        return "refunded"

    async def _fail_refund(self, request: Request) -> str:
        await self._engine.fail_refund(_id(request))
        return "refund-failed"

    async def _dispute(self, request: Request) -> str:
        await self._engine.dispute(_id(request))
        return "disputed"

    async def _close_dispute(self, request: Request) -> str:
        won = request.path_params["outcome"] == "won"
        await self._engine.close_dispute(_id(request), won=won)
        return "dispute-won" if won else "dispute-lost"

    async def _expire_checkout(self, request: Request) -> str:
        await self._engine.expire_checkout(_id(request))
        return "expired"

    async def _resend(self, request: Request) -> str:
        await self._engine.resend(_id(request))
        return "resent"

    async def _advance(self, request: Request) -> str:
        await self._engine.advance_period()
        return "advanced"


async def _tried(deed: Deed, request: Request) -> str:
    """The notice of what came of it: a refusal is an answer here, not a fault."""
    try:
        return await deed(request)
    except CardDeclined:
        return "declined"
    except (InvalidRequest, SessionNotOpen):
        return "refused"


def _id(request: Request) -> str:
    return request.path_params["id"]
