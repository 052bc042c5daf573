"""The next invoice, as Stripe would write it now, and the card that will pay it."""

from dataclasses import replace

from .. import db
from ..workspaces.members import Member
from ..workspaces.models import Workspace
from .card_expiry import expiry_of
from .entitlements import is_subscribed
from .processor import payment_processor
from .running import workspace_of
from .subscription_changes import InvoicePreview
from .views import PaymentMethodView


async def get_next_invoice(member: Member) -> InvoicePreview | None:
    """None where nothing will be billed. Raises what the processor raises."""
    workspace = await workspace_of(member)
    if workspace.stripe_subscription_id is None or not _will_renew(workspace):
        return None
    return await payment_processor().preview_next_invoice(workspace.stripe_subscription_id)


async def get_payment_method(member: Member) -> PaymentMethodView | None:
    """The card that pays, asked of Stripe; None where there is none. Raises what the processor raises."""
    workspace = await workspace_of(member)
    if workspace.stripe_customer_id is None:
        return None
    card = await payment_processor().fetch_payment_method(workspace.stripe_customer_id)
    if card is None:
        return None
    needed_on = workspace.current_period_end if _will_renew(workspace) else None
    expiry = expiry_of(exp_month=card.exp_month, exp_year=card.exp_year, at=db.now(), needed_on=needed_on)
    return replace(card, expiry=expiry)


def _will_renew(workspace: Workspace) -> bool:
    return is_subscribed(workspace) and workspace.cancel_at is None
