"""A planned change that another one takes the place of is planned again where the other does not come about.

At Stripe the planned one is dropped first, and in between nothing is planned: a server that dies there, or an
answer that is lost, would leave the owner on the larger plan. So it is noted before.
"""

import json
from datetime import timedelta

import structlog
from sqlmodel import col, delete, select

from .. import db
from ..errors import AppError
from .models import Job
from .processor import PaymentProcessorRefused, payment_processor
from .subscription_changes import RunningSubscription

PLAN_AGAIN_JOB = "replan:"
"""A job of this name and a workspace's id: what was planned for its subscription."""

CHANGE_TAKES = timedelta(minutes=10)
"""How long the other change may be under way, at Stripe too, before the scheduled run looks after it."""

_log = structlog.get_logger(__name__)


async def note(workspace_id: str, subscription: RunningSubscription, *, key: str) -> None:
    """Before it is dropped; nothing where nothing is planned."""
    if subscription.planned is None:
        return
    noted = {
        "subscription": subscription.id,
        "price": subscription.price_id,
        "planned": subscription.planned.price_id,
        "key": key,
    }
    job = Job(
        name=PLAN_AGAIN_JOB + workspace_id, cursor=json.dumps(noted), held_until=db.now() + CHANGE_TAKES
    )
    async with db.transaction() as session:
        await session.merge(job)


async def forget(workspace_id: str) -> None:
    """The other change has taken its place, or the owner wants none."""
    async with db.transaction() as session:
        await session.exec(delete(Job).where(col(Job.name) == PLAN_AGAIN_JOB + workspace_id))


async def settle(workspace_id: str) -> None:
    """Plan it again if nothing has taken its place. What fails is tried again by the scheduled run."""
    async with db.reading() as session:
        job = await session.get(Job, PLAN_AGAIN_JOB + workspace_id)
    if job is None or job.cursor is None:
        return
    try:
        is_settled = await _plan_again(**json.loads(job.cursor))
    except PaymentProcessorRefused:
        _log.warning("planned_change_lost", workspace_id=workspace_id, exc_info=True)
        is_settled = True
    except AppError:
        _log.warning("planned_change_not_restored", workspace_id=workspace_id, exc_info=True)
        return
    if is_settled:
        await forget(workspace_id)


async def settle_left() -> None:
    """Of changes that have had their time."""
    left = select(Job.name).where(col(Job.name).startswith(PLAN_AGAIN_JOB), col(Job.held_until) < db.now())
    async with db.reading() as session:
        names = (await session.exec(left)).all()
    for name in names:
        await settle(name.removeprefix(PLAN_AGAIN_JOB))


async def _plan_again(*, subscription: str, price: str, planned: str, key: str) -> bool:
    """False while the other change waits for its payment: it may lapse yet."""
    now = await payment_processor().fetch_subscription(subscription)
    if now.is_waiting:
        return False
    if now.price_id == price and now.planned is None and now.ends_at is None:
        await payment_processor().plan_price_change(now, price_id=planned, key=key)
    return True
