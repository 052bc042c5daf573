"""Customer portal sessions (https://docs.stripe.com/api/customer_portal/sessions/create)."""

from urllib.parse import urlencode

import structlog
from stripe.params.billing_portal import (
    SessionCreateParams,
    SessionCreateParamsFlowData,
    SessionCreateParamsFlowDataAfterCompletion,
    SessionCreateParamsFlowDataSubscriptionCancel,
    SessionCreateParamsFlowDataSubscriptionUpdate,
)

from ...config import get_settings
from ..processor import NothingToManage, PaymentProcessorRefused, PaymentProcessorUnavailable, PortalFlow
from .client import stripe_client, stripe_errors

_log = structlog.get_logger(__name__)


async def fetch_customer_portal_url(
    *, customer_id: str | None, email: str, flow: PortalFlow, subscription_id: str | None
) -> str:
    """A portal session's URL, returning to billing; else the portal's login link for that address."""
    if customer_id is None:
        link = _login_link(email)
        if link is None:
            raise NothingToManage
        return link
    parameters: SessionCreateParams = {"customer": customer_id, "return_url": _billing_page()}
    if configuration := get_settings().stripe_portal_configuration_id:
        parameters["configuration"] = configuration
    flow_data = _flow_data(flow, subscription_id)
    if flow_data:
        parameters["flow_data"] = flow_data
    try:
        async with stripe_errors("create a portal session"):
            session = await stripe_client().v1.billing_portal.sessions.create_async(parameters)
    except (PaymentProcessorUnavailable, PaymentProcessorRefused):
        link = _login_link(email)
        if link is None:
            raise
        return link
    return session.url


def _billing_page() -> str:
    return f"{get_settings().web_client_url}/workspace/billing"


def _flow_data(flow: PortalFlow, subscription_id: str | None) -> SessionCreateParamsFlowData | None:
    """The deep link (https://docs.stripe.com/customer-management/portal-deep-links)."""
    after: SessionCreateParamsFlowDataAfterCompletion = {
        "type": "redirect",
        "redirect": {"return_url": _billing_page()},
    }
    match flow, subscription_id:
        case PortalFlow.PAYMENT_METHOD_UPDATE, _:
            return {"type": "payment_method_update", "after_completion": after}
        case PortalFlow.SUBSCRIPTION_CANCEL, str(running):
            cancel: SessionCreateParamsFlowDataSubscriptionCancel = {"subscription": running}
            return {"type": "subscription_cancel", "after_completion": after, "subscription_cancel": cancel}
        case PortalFlow.SUBSCRIPTION_UPDATE, str(running):
            update: SessionCreateParamsFlowDataSubscriptionUpdate = {"subscription": running}
            return {"type": "subscription_update", "after_completion": after, "subscription_update": update}
        case _:
            return None


def _login_link(email: str) -> str | None:
    """https://docs.stripe.com/customer-management/activate-no-code-customer-portal#url-parameters"""
    link = get_settings().stripe_customer_portal_url
    if not link:
        return None
    return f"{link}{'&' if '?' in link else '?'}{urlencode({'prefilled_email': email})}"
