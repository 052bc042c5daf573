"""One visit of the hosted portal: whose it is, what its configuration allows, and where its flow leads."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import RedirectResponse, Response

from sentineliq.sandbox.engine import Document, Engine, NotFound
from sentineliq.sandbox.pages.cards import OVER
from sentineliq.sandbox.pages.site import Site

PORTAL_NOUN = "portal session"


class Flow(StrEnum):
    """Deep links that a session may ask for: https://docs.stripe.com/customer-management/portal-deep-links."""

    PAYMENT_METHOD_UPDATE = "payment_method_update"
    SUBSCRIPTION_CANCEL = "subscription_cancel"
    SUBSCRIPTION_UPDATE = "subscription_update"
    SUBSCRIPTION_UPDATE_CONFIRM = "subscription_update_confirm"


@dataclass(frozen=True)
class Plan:
    """A live subscription as the portal speaks of it; the amount is in minor units."""

    subscription: Document
    name: str
    price: Document

    @property
    def id(self) -> str:
        return self.subscription["id"]

    @property
    def ends_at(self) -> int | None:
        """When it ends, if it is set to: either form of Stripe's says so."""
        if self.subscription["cancel_at"]:
            return self.subscription["cancel_at"]
        return self.period_end if self.subscription["cancel_at_period_end"] else None

    @property
    def period_end(self) -> int:
        return self.subscription["items"]["data"][0]["current_period_end"]

    @property
    def status(self) -> str:
        """Stripe's status, or `ending`."""
        live = self.subscription["status"] in ("active", "trialing")
        return "ending" if live and self.ends_at else self.subscription["status"]


@dataclass(frozen=True)
class Visit:
    """A portal session with what it may do."""

    session: Document
    features: Document
    return_url: str

    @property
    def id(self) -> str:
        return self.session["id"]

    @property
    def customer_id(self) -> str:
        return self.session["customer"]

    @property
    def flow(self) -> Document | None:
        return self.session["flow"]

    @property
    def confirmation(self) -> str | None:
        """The message of a flow that ends with a hosted confirmation."""
        hosted = self.flow["after_completion"]["hosted_confirmation"] if self.flow else None
        return hosted["custom_message"] if hosted else None

    @property
    def ways_out(self) -> list[str]:
        """Where forms may lead to outside the portal."""
        redirect = self.flow["after_completion"]["redirect"] if self.flow else None
        return [self.return_url, redirect["return_url"]] if redirect else [self.return_url]

    def allows(self, feature: str) -> bool:
        return bool(self.features[feature]["enabled"])

    def is_flow(self, *kinds: Flow) -> bool:
        """Whether the session was made for one of these alone."""
        return self.flow is not None and self.flow["type"] in kinds


async def visit_of(engine: Engine, session_id: str) -> Visit:
    """Raises NotFound."""
    session = await engine.retrieve("billing_portal.session", session_id)
    configuration = await engine.retrieve("billing_portal.configuration", session["configuration"])
    return Visit(
        session=session,
        features=configuration["features"],
        return_url=session["return_url"] or configuration["default_return_url"] or engine.config.app_url,
    )


def finish(site: Site, visit: Visit, notice: str, *kinds: Flow) -> Response:
    """After a form: where the session's flow says to go if this was it, else the portal's home."""
    if visit.flow is not None and visit.is_flow(*kinds):
        completion = visit.flow["after_completion"]
        if completion["type"] == "redirect":
            return RedirectResponse(completion["redirect"]["return_url"], status_code=303)
        if completion["type"] == "hosted_confirmation":
            return site.see(f"/portal/{visit.id}/done")
    return site.see(f"/portal/{visit.id}/home?notice={notice}")


async def plans_of(engine: Engine, customer_id: str) -> list[Plan]:
    """The customer's live subscriptions, newest first."""
    subscriptions = await engine.list_documents("subscription", customer=customer_id)
    return [await _plan(engine, one) for one in subscriptions if one["status"] not in OVER]


async def plan_of(engine: Engine, visit: Visit, subscription_id: str) -> Plan:
    """One subscription of the visitor. Raises NotFound for another customer's, and for an ended one."""
    subscription = await engine.retrieve("subscription", subscription_id)
    if subscription["customer"] != visit.customer_id or subscription["status"] in OVER:
        raise NotFound("subscription", subscription_id)
    return await _plan(engine, subscription)


async def _plan(engine: Engine, subscription: Document) -> Plan:
    price = subscription["items"]["data"][0]["price"]
    product = await engine.retrieve("product", price["product"])
    return Plan(subscription=subscription, name=product["name"], price=price)
