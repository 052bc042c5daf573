"""What billing must do when a workspace changes hands or ends."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlmodel import col, delete, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import changes, db
from ..activity import audit
from ..activity.models import AuditAction
from ..errors import AppError
from ..identity import invitations, team
from ..identity.people import owner_of
from ..workspaces import authority
from ..workspaces.members import Member
from ..workspaces.models import Membership, SubscriptionStatus, Workspace
from .models import Job
from .processor import payment_processor

ADDRESS_JOB = "address:"
"""A job of this name and a workspace's id: its customer's address is still to be told to the processor."""

PAYABLE_FOR = timedelta(hours=25)
"""How long after a workspace was deleted a checkout session of it may be open, which lives a day
(https://docs.stripe.com/api/checkout/sessions/create): one that nobody knows of is closed by the schedule."""

_log = structlog.get_logger(__name__)


async def transfer_ownership(*, member: Member, user_id: str, typed_name: str) -> None:
    """Make another member the owner; billing goes along. The processor is told after the commit.

    Raises `NotWorkspaceOwner`, `WrongName`, `NotFound` and `OwnerStays`.
    """
    async with db.transaction() as session:
        await team.hand_over(session, member=member, user_id=user_id, typed_name=typed_name)
        await _remember(session, member.workspace_id)
    changes.announce(member.workspace_id)
    await _tell_address(member.workspace_id)


async def _remember(session: AsyncSession, workspace_id: str) -> None:
    """So that the processor hears of it however long it cannot be reached."""
    await db.insert_new(session, Job, [{"name": ADDRESS_JOB + workspace_id}])


async def _tell_address(workspace_id: str) -> None:
    """Tell the processor the owner's address. It may fail: the scheduled run tries again."""
    told = None
    try:
        while (now := await _address(workspace_id)) != told:  # until no other transfer came between
            if now is not None:
                await payment_processor().update_customer_email(now.customer_id, now.email)
            told = now
    except Exception:
        _log.warning("customer_address_not_updated", workspace_id=workspace_id, exc_info=True)
        return
    async with db.transaction() as session:
        await session.exec(delete(Job).where(col(Job.name) == ADDRESS_JOB + workspace_id))


@dataclass(frozen=True, slots=True)
class _Address:
    customer_id: str
    email: str


async def _address(workspace_id: str) -> _Address | None:
    """Where the customer's receipts belong; None where there is no customer, or no owner any more."""
    async with db.reading() as session:
        workspace = await session.get_one(Workspace, workspace_id)
        owner = await owner_of(session, workspace_id)
    if workspace.stripe_customer_id is None or owner is None:
        return None
    return _Address(workspace.stripe_customer_id, owner.email)


async def delete_workspace(*, member: Member, typed_name: str) -> None:
    """End the workspace's subscription at once, then the workspace, for everyone in it. Its rows stay.

    Raises `NotWorkspaceOwner`, `WrongName`, and what the processor raises: then nothing is deleted.
    """
    async with db.transaction() as session:
        standing = await _may_delete(session, member, typed_name)
    await _end_billing(standing.workspace)
    async with db.transaction() as session:
        standing = await _may_delete(session, member, typed_name)
        await _delete(session, standing.workspace, member)
    changes.announce(member.workspace_id)
    await _end_late(standing.workspace)


async def _may_delete(session: AsyncSession, member: Member, typed_name: str) -> authority.Standing:
    standing = await authority.stand(session, member)
    standing.require_owner()
    standing.require_name(typed_name)
    return standing


async def _end_billing(workspace: Workspace) -> None:
    """By the processor's own word, so that what no webhook has told of ends too."""
    customer_id = workspace.stripe_customer_id
    if customer_id is None:
        return
    await payment_processor().expire_open_checkout_sessions(customer_id)
    for subscription_id in await payment_processor().list_unended_subscriptions(customer_id):
        await payment_processor().cancel_subscription_now(subscription_id)


async def _end_late(workspace: Workspace) -> None:
    """What was opened or bought while the workspace was being deleted. It may fail: the scheduled run tries
    again."""
    try:
        await _end_billing(workspace)
    except AppError:
        _log.warning("deleted_workspace_still_subscribed", workspace_id=workspace.id, exc_info=True)


async def _delete(session: AsyncSession, workspace: Workspace, member: Member) -> None:
    workspace.deleted_at = db.now()
    session.add(workspace)
    await session.exec(delete(Membership).where(col(Membership.workspace_id) == workspace.id))
    await invitations.revoke_all(session, workspace.id)
    audit.record(
        session,
        workspace_id=workspace.id,
        actor=member.user_id,
        action=AuditAction.WORKSPACE_DELETED,
        before={"name": workspace.name, "owner": member.email, "user": member.user_id},
        origin=member.origin,
    )


async def settle_leftovers() -> None:
    """What the processor could not be told at once: owners' addresses, and what the deleted may still pay."""
    is_young = col(Workspace.deleted_at) > db.now() - PAYABLE_FOR
    is_subscribed = col(Workspace.subscription_status) != SubscriptionStatus.DELETED
    deleted = select(Workspace).where(col(Workspace.deleted_at).is_not(None), or_(is_young, is_subscribed))
    async with db.reading() as session:
        untold = (await session.exec(select(Job.name).where(col(Job.name).startswith(ADDRESS_JOB)))).all()
        ended = (await session.exec(deleted)).all()
    for name in untold:
        await _tell_address(name.removeprefix(ADDRESS_JOB))
    for workspace in ended:
        await _end_late(workspace)
