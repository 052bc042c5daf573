"""Credits: append-only entries whose sum is the balance, and the one place that moves it.

The product spends them for work beyond the plan, under a key of its own for that piece of work, and gives
them back when the work fails:

    await spend_credits(workspace_id=workspace.id, amount=2, key=f"scan:{scan.id}", actor=member.user_id)
    ...
    await refund_spend(workspace_id=workspace.id, key=f"scan:{scan.id}")

The same key spends once, however often it is asked; a balance never goes below zero, however many ask. A key
is for one piece of work and one attempt at it: asked with another amount, or after its credits were given
back, it is refused, for the work would be done for another price or for nothing.
"""

from dataclasses import dataclass

from sqlalchemy import literal, or_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import changes, db
from ..activity import audit
from ..activity.models import AuditAction
from ..errors import AppError, NotFound
from ..workspaces.models import Workspace
from .models import Checkout, CreditEntry, Refund

MAX_KEY = 150


class NotEnoughCredits(AppError):
    status = 402
    message = "There are not enough credits for this. Buy more on the pricing page."


class SpendKeyUsed(AppError):
    status = 409
    message = "These credits were spent before, for another amount or given back. Please start again."


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of credits by its business key; negative when spent or taken back.

    `shortfall` is what should have been taken as well and had been spent.
    """

    amount: int
    source: str
    description: str
    actor: str
    event_id: str | None = None
    shortfall: int = 0
    reason: str = ""
    """Why, where a person says so: the audit row tells it."""


async def book(session: AsyncSession, workspace: Workspace, movement: Movement) -> bool:
    """Book once by source; the balance moves with the entry or not at all. False when booked before.

    `workspace` is locked by the caller. The table's own check keeps the balance from going below zero.
    """
    entry = {
        "workspace_id": workspace.id,
        "amount": movement.amount,
        "source": movement.source,
        "description": movement.description,
        "actor": movement.actor,
        "created_at": db.now(),
        "event_id": movement.event_id,
    }
    if not await db.insert_if_new(session, CreditEntry, entry):
        return False
    before = workspace.credits
    workspace.credits = before + movement.amount
    shortfall = {"shortfall": movement.shortfall} if movement.shortfall else {}
    reason = {"reason": movement.reason} if movement.reason else {}
    session.add(workspace)
    audit.record(
        session,
        workspace_id=workspace.id,
        actor=movement.actor,
        action=AuditAction.CREDITS_CHANGED,
        before={"credits": before},
        after={"credits": workspace.credits, "source": movement.source} | shortfall | reason,
        event_id=movement.event_id,
    )
    return True


async def spend_credits(*, workspace_id: str, amount: int, key: str, actor: str = "system") -> int:
    """Spend once by `key`, which is the caller's own; the balance afterwards.

    Raises `NotEnoughCredits` with nothing changed, also when many spend at once; `SpendKeyUsed` when the key
    was spent for another amount, or was given back; `ValueError` for an amount that is not positive or a key
    that is empty or too long; `NotFound` for an unknown workspace.
    """
    _check(amount, key)
    source, back = _spend_sources(workspace_id, key)
    async with db.transaction() as session:
        workspace = await _locked(session, workspace_id)
        spent = await _booked(session, source)
        if spent is None:
            if workspace.credits < amount:
                raise NotEnoughCredits
            movement = Movement(amount=-amount, source=source, description=f"Spent: {key}", actor=actor)
            await book(session, workspace, movement)
        elif spent != -amount or await _booked(session, back) is not None:
            raise SpendKeyUsed
        balance = workspace.credits
    changes.announce(workspace_id)
    return balance


async def refund_spend(*, workspace_id: str, key: str, actor: str = "system") -> int:
    """Give back what was spent under `key`, once; the balance afterwards. Raises `NotFound`."""
    source, back = _spend_sources(workspace_id, key)
    async with db.transaction() as session:
        workspace = await _locked(session, workspace_id)
        amount = await _booked(session, source)
        if amount is None:
            raise NotFound
        movement = Movement(
            amount=-amount,
            source=back,
            description=f"Given back: {key}",
            actor=actor,
        )
        await book(session, workspace, movement)
        balance = workspace.credits
    changes.announce(workspace_id)
    return balance


async def settle_refund(
    session: AsyncSession,
    workspace: Workspace,
    payment_intent: str,
    *,
    actor: str,
    event_id: str | None,
) -> None:
    """Take credits back in proportion to the money that went back, as far as they are unspent; give back
    what was taken beyond that when a refund has failed.

    Called when the charge is refunded, when a refund fails, and when its credits are granted, whichever comes
    last; a shortfall (credits already spent) is settled once and recorded in the entry's audit row.
    """
    refund = (await session.exec(select(Refund).where(Refund.payment_intent == payment_intent))).first()
    granted = await _granted_for(session, workspace.id, payment_intent)
    if refund is None or not granted or refund.amount <= 0:
        return
    due = granted * min(refund.went_back, refund.amount) // refund.amount
    newly_due, refund.credits_due = due - refund.credits_due, due
    session.add(refund)
    if newly_due > 0:
        taken = min(newly_due, workspace.credits)
        shortfall = newly_due - taken
        spent = f", {shortfall} already spent" if shortfall else ""
        movement = Movement(
            amount=-taken,
            source=f"refund:{refund.charge_id}:{refund.amount_refunded}",
            description=f"Taken back for a refund{spent}",
            actor=actor,
            event_id=event_id,
            shortfall=shortfall,
        )
        await book(session, workspace, movement)
    elif newly_due < 0 and (surplus := await _taken_for(session, refund) - due) > 0:
        movement = Movement(
            amount=surplus,
            source=f"refund_failed:{list(refund.failed)[-1]}",
            description="Given back for a refund that failed",
            actor=actor,
            event_id=event_id,
        )
        await book(session, workspace, movement)


async def _taken_for(session: AsyncSession, refund: Refund) -> int:
    """Credits that the charge's refunds took and did not give back: a shortfall is not among them."""
    source = col(CreditEntry.source)
    taken = source.startswith(f"refund:{refund.charge_id}:", autoescape=True)
    given_back = source.in_([f"refund_failed:{refund_id}" for refund_id in refund.failed])
    entries = select(func.coalesce(func.sum(CreditEntry.amount), 0)).where(
        CreditEntry.workspace_id == refund.workspace_id, or_(taken, given_back)
    )
    return -(await session.exec(entries)).one()


async def _granted_for(session: AsyncSession, workspace_id: str, payment_intent: str) -> int:
    granted = (
        select(func.coalesce(func.sum(CreditEntry.amount), 0))
        .join(Checkout, col(CreditEntry.source) == literal("checkout_session:") + col(Checkout.session_id))
        .where(Checkout.workspace_id == workspace_id, Checkout.payment_intent == payment_intent)
    )
    return (await session.exec(granted)).one()


async def _locked(session: AsyncSession, workspace_id: str) -> Workspace:
    workspace = await session.get(Workspace, workspace_id, with_for_update=db.AGAINST_WRITERS)
    if workspace is None:
        raise NotFound
    return workspace


async def _booked(session: AsyncSession, source: str) -> int | None:
    """The amount of the entry of that source; None where there is none."""
    return (await session.exec(select(CreditEntry.amount).where(CreditEntry.source == source))).one_or_none()


def _spend_sources(workspace_id: str, key: str) -> tuple[str, str]:
    """Of the spend, and of giving it back."""
    return f"spend:{workspace_id}:{key}", f"spend_refund:{workspace_id}:{key}"


def _check(amount: int, key: str) -> None:
    if amount <= 0:
        raise ValueError("amount must be positive")
    if not 0 < len(key) <= MAX_KEY:
        raise ValueError(f"key must have 1 to {MAX_KEY} characters")
