"""The portal's plan pages: switch, cancel, resume; each change is confirmed before it is made."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sentineliq.sandbox.engine import CardDeclined, Document, InvalidRequest, NotFound
from sentineliq.sandbox.pages import forms
from sentineliq.sandbox.pages.formatting import per
from sentineliq.sandbox.pages.portal_visit import PORTAL_NOUN, Flow, Plan, Visit, finish, plan_of, visit_of
from sentineliq.sandbox.pages.site import Site

REASONS = {
    "too_expensive": "It is too expensive",
    "missing_features": "Features that I need are missing",
    "switched_service": "I found another service",
    "unused": "I do not use it enough",
    "customer_service": "Customer service was not what I expected",
    "too_complex": "It is too hard to use",
    "low_quality": "The quality was not what I expected",
    "other": "Another reason",
}
"""Stripe's codes of `cancellation_details.feedback`: https://docs.stripe.com/api/subscriptions/object."""

_LONGEST_COMMENT = 1000
_PLAN_PATH = "/portal/{id}/plans/{subscription}"


class PortalPlanPages:
    """Switch, cancel and resume one subscription of the visitor."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._engine = site.engine

    @property
    def routes(self) -> list[BaseRoute]:
        site = self._site
        return [
            site.page_route(f"{_PLAN_PATH}/switch", self._choose, what="plan"),
            site.page_route(f"{_PLAN_PATH}/switch/{{price}}", self._confirm_switch, what="plan"),
            site.form_route(f"{_PLAN_PATH}/switch/{{price}}", self._switch, what="plan"),
            site.page_route(f"{_PLAN_PATH}/cancel", self._confirm_cancel, what="plan"),
            site.form_route(f"{_PLAN_PATH}/cancel", self._cancel, what="plan"),
            site.form_route(f"{_PLAN_PATH}/resume", self._resume, what=PORTAL_NOUN),
        ]

    async def _choose(self, request: Request) -> Response:
        visit, plan = await self._visit_and_plan(request, feature="subscription_update")
        prices = await self._engine.portal_prices(visit.id)
        return self._site.renderer.page(
            request,
            "portal_switch.html",
            visit=visit,
            plan=plan,
            prices=[price for price in prices if price["id"] != plan.price["id"]],
            per=per,
        )

    async def _confirm_switch(self, request: Request) -> Response:
        visit, plan = await self._visit_and_plan(request, feature="subscription_update")
        return await self._confirm_page(request, visit, plan)

    async def _switch(self, request: Request) -> Response:
        visit, plan = await self._visit_and_plan(request, feature="subscription_update")
        price = await self._offered_price(request, visit)
        try:
            await self._engine.change_plan(plan.id, price["id"])
        except (CardDeclined, InvalidRequest) as refusal:
            return await self._confirm_page(
                request, visit, plan, status=refusal.status, problem=refusal.message
            )
        return finish(
            self._site, visit, "switched", Flow.SUBSCRIPTION_UPDATE, Flow.SUBSCRIPTION_UPDATE_CONFIRM
        )

    async def _confirm_page(
        self, request: Request, visit: Visit, plan: Plan, *, status: int = 200, problem: str = ""
    ) -> Response:
        price = await self._offered_price(request, visit)
        return self._site.renderer.page(
            request,
            "portal_switch_confirm.html",
            status=status,
            form_targets=visit.ways_out,
            visit=visit,
            plan=plan,
            price=price,
            preview=await self._engine.preview_plan_change(plan.id, price["id"]),
            problem=problem,
            per=per,
        )

    async def _offered_price(self, request: Request, visit: Visit) -> Document:
        """Raises NotFound for a price that this portal does not offer."""
        price_id = request.path_params["price"]
        for price in await self._engine.portal_prices(visit.id):
            if price["id"] == price_id:
                return price
        raise NotFound("price", price_id)

    async def _confirm_cancel(self, request: Request) -> Response:
        visit, plan = await self._visit_and_plan(request, feature="subscription_cancel")
        return self._site.renderer.page(
            request,
            "portal_cancel.html",
            form_targets=visit.ways_out,
            visit=visit,
            plan=plan,
            reasons=REASONS,
            at_once=_cancels_at_once(visit),
            per=per,
        )

    async def _cancel(self, request: Request) -> Response:
        visit, plan = await self._visit_and_plan(request, feature="subscription_cancel")
        if _cancels_at_once(visit):
            await self._engine.cancel_now(plan.id)
            return finish(self._site, visit, "ended", Flow.SUBSCRIPTION_CANCEL)
        data = await forms.read(request)
        reason = forms.text(data, "feedback")
        await self._engine.cancel_at_period_end(
            plan.id,
            feedback=reason if reason in REASONS else None,
            comment=forms.text(data, "comment")[:_LONGEST_COMMENT] or None,
        )
        return finish(self._site, visit, "canceled", Flow.SUBSCRIPTION_CANCEL)

    async def _resume(self, request: Request) -> Response:
        visit, plan = await self._visit_and_plan(request, feature="subscription_cancel")
        try:
            await self._engine.resume(plan.id)
        except InvalidRequest:
            return finish(self._site, visit, "refused")
        return finish(self._site, visit, "resumed")

    async def _visit_and_plan(self, request: Request, *, feature: str) -> tuple[Visit, Plan]:
        """Raises NotFound when the portal does not offer the feature, or the plan is not the visitor's."""
        visit = await visit_of(self._engine, request.path_params["id"])
        if not visit.allows(feature):
            raise NotFound("feature", feature)
        return visit, await plan_of(self._engine, visit, request.path_params["subscription"])


def _cancels_at_once(visit: Visit) -> bool:
    return visit.features["subscription_cancel"]["mode"] == "immediately"
