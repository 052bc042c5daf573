"""Which plan a workspace may use now. Pure: the record and the time in, the answer out.

What Stripe says and what staff gave stand side by side on the record; the larger of the two plans holds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlmodel import col

from ..workspaces.models import SubscriptionStatus, Workspace
from .limits import ALLOWANCES
from .plans import PaymentPlanId

GRACE_PERIOD = timedelta(days=7)
"""How long a past-due workspace keeps its plan, from the first failed payment."""

ENTITLED = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.CANCEL_AT_PERIOD_END)
SUBSCRIBED = (
    *ENTITLED,
    SubscriptionStatus.PAST_DUE,
    SubscriptionStatus.UNPAID,
    SubscriptionStatus.PAUSED,
)
"""Statuses in which a second subscription must not be started."""


class Entitled(Protocol):
    """What decides over a workspace's plan: its record, or these columns of it alone."""

    @property
    def subscription_plan(self) -> str | None: ...
    @property
    def subscription_status(self) -> SubscriptionStatus | None: ...
    @property
    def past_due_since(self) -> datetime | None: ...
    @property
    def complimentary_plan(self) -> str | None: ...
    @property
    def complimentary_until(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """`Entitled` without the rest of the record."""

    subscription_plan: str | None
    subscription_status: SubscriptionStatus | None
    past_due_since: datetime | None
    complimentary_plan: str | None
    complimentary_until: datetime | None


TERMS = tuple(col(getattr(Workspace, name)) for name in Terms.__slots__)
"""The columns of `Terms`, in that order."""

_SIZES = {plan: size for size, plan in enumerate(ALLOWANCES)}


def entitled_plan(workspace: Entitled, *, at: datetime) -> PaymentPlanId | None:
    """The plan whose limits hold now, None for free."""
    paid, given = paid_plan(workspace, at=at), complimentary_plan(workspace, at=at)
    return max(paid, given, key=lambda plan: _SIZES.get(plan, 0))


def complimentary_plan(workspace: Entitled, *, at: datetime) -> PaymentPlanId | None:
    """The plan that staff gave it, until its date; None where none is given or it has ended."""
    plan, until = workspace.complimentary_plan, workspace.complimentary_until
    return PaymentPlanId(plan) if plan is not None and until is not None and at < until else None


def paid_plan(workspace: Entitled, *, at: datetime) -> PaymentPlanId | None:
    """The plan that its subscription stands for now, by Stripe's word alone."""
    if workspace.subscription_plan is None:
        return None
    if workspace.subscription_status in ENTITLED or _in_grace(workspace, at=at):
        return PaymentPlanId(workspace.subscription_plan)
    return None


def grace_ends(workspace: Entitled) -> datetime | None:
    """Until when a failing workspace keeps its plan; None where none fails, or since when is unknown."""
    if workspace.subscription_status is not SubscriptionStatus.PAST_DUE or workspace.past_due_since is None:
        return None
    return workspace.past_due_since + GRACE_PERIOD


def _in_grace(workspace: Entitled, *, at: datetime) -> bool:
    if workspace.subscription_status is not SubscriptionStatus.PAST_DUE:
        return False
    ends = grace_ends(workspace)
    return ends is None or at < ends


def is_subscribed(workspace: Workspace) -> bool:
    """Whether the workspace has a running subscription, paid or not."""
    return workspace.subscription_status in SUBSCRIBED
