"""The hosted customer portal: its home, deep links, and the way back."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sentineliq.sandbox.pages.cards import paying_method
from sentineliq.sandbox.pages.formatting import per
from sentineliq.sandbox.pages.notices import notice_of
from sentineliq.sandbox.pages.portal_card import PortalCardPages
from sentineliq.sandbox.pages.portal_login import PortalLoginPages
from sentineliq.sandbox.pages.portal_plan import PortalPlanPages
from sentineliq.sandbox.pages.portal_visit import PORTAL_NOUN, Flow, Visit, plans_of, visit_of
from sentineliq.sandbox.pages.site import Site

_SHOWN_INVOICES = 24


class PortalPages:
    """Everything a customer does without us: plans, card, billing information, invoices."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._engine = site.engine

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            self._site.page_route("/portal/{id}", self._enter, what=PORTAL_NOUN),
            self._site.page_route("/portal/{id}/home", self._home, what=PORTAL_NOUN),
            self._site.page_route("/portal/{id}/done", self._done, what=PORTAL_NOUN),
            *PortalLoginPages(self._site).routes,
            *PortalPlanPages(self._site).routes,
            *PortalCardPages(self._site).routes,
        ]

    async def _enter(self, request: Request) -> Response:
        """Where the session's address leads: straight into its flow, or home."""
        visit = await visit_of(self._engine, request.path_params["id"])
        step = _flow_step(visit)
        return self._site.see(f"/portal/{visit.id}{step}") if step else await self._home(request)

    async def _home(self, request: Request) -> Response:
        visit = await visit_of(self._engine, request.path_params["id"])
        customer = await self._engine.retrieve("customer", visit.customer_id)
        invoices = await self._engine.list_documents(
            "invoice", customer=visit.customer_id, limit=_SHOWN_INVOICES
        )
        return self._site.renderer.page(
            request,
            "portal.html",
            visit=visit,
            notice=notice_of(request),
            plans=await plans_of(self._engine, visit.customer_id),
            pays_with=await paying_method(self._engine, customer),
            customer=customer,
            invoices=[one for one in invoices if one["status"] != "draft"],
            per=per,
        )

    async def _done(self, request: Request) -> Response:
        """What a flow with a hosted confirmation ends with."""
        visit = await visit_of(self._engine, request.path_params["id"])
        message = visit.confirmation or "Your change is saved."
        return self._site.renderer.page(
            request, "checkout_closed.html", title="All done", message=message, return_url=visit.return_url
        )


def _flow_step(visit: Visit) -> str | None:
    if visit.flow is None:
        return None
    match visit.flow["type"]:
        case Flow.PAYMENT_METHOD_UPDATE:
            return "/card"
        case Flow.SUBSCRIPTION_CANCEL:
            return f"/plans/{visit.flow['subscription_cancel']['subscription']}/cancel"
        case Flow.SUBSCRIPTION_UPDATE:
            return f"/plans/{visit.flow['subscription_update']['subscription']}/switch"
        case Flow.SUBSCRIPTION_UPDATE_CONFIRM:
            confirm = visit.flow["subscription_update_confirm"]
            return f"/plans/{confirm['subscription']}/switch/{confirm['items'][0]['price']}"
        case _:
            return None
