"""What else staff do for a workspace: correct its credits, and compare it with Stripe now."""

from ... import changes, db
from ...activity import audit
from ...activity.models import AuditAction
from ...errors import AppError
from ...identity import staff as staff_people
from ...identity.staff import StaffMember
from ...workspaces.authority import lock
from ..credits import Movement, book
from ..reconcile import Difference, reconcile_workspace

MOST_CREDITS = 100_000
REASON_LENGTH = 200


class InvalidAdjustment(AppError):
    message = f"Please give a number of credits up to {MOST_CREDITS:,}."


class InvalidReason(InvalidAdjustment):
    message = f"Please say why, in at most {REASON_LENGTH} characters."


class MoreThanThere(AppError):
    status = 409
    message = "There are not that many credits to take: a balance never goes below zero."


async def adjust_credits(staff: StaffMember, workspace_id: str, *, amount: int, reason: str, key: str) -> int:
    """Give credits, or take them where `amount` is negative; the balance afterwards. Once by `key`.

    Raises `NotFound`, `InvalidAdjustment` and `MoreThanThere`.
    """
    why = reason.strip()
    if not 0 < abs(amount) <= MOST_CREDITS or not 0 < len(key) <= 64:
        raise InvalidAdjustment
    if not 0 < len(why) <= REASON_LENGTH:
        raise InvalidReason
    async with db.transaction() as session:
        await staff_people.confirm(session, staff)
        workspace = await lock(session, workspace_id)
        movement = Movement(
            amount=amount,
            source=f"staff:{workspace_id}:{key}",
            description=why,
            actor=staff.user_id,
            reason=why,
        )
        await book(session, workspace, movement)
        if workspace.credits < 0:
            raise MoreThanThere  # and nothing is booked; what was booked before by that key is in the balance
        balance = workspace.credits
    changes.announce(workspace_id)
    return balance


async def reconcile_now(staff: StaffMember, workspace_id: str) -> list[Difference]:
    """Bring the workspace to Stripe's view; what differed. Raises `NotFound`, and what Stripe does."""
    async with db.transaction() as session:
        await staff_people.confirm(session, staff)
        await lock(session, workspace_id)
    differences = await reconcile_workspace(workspace_id)
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=workspace_id,
            actor=staff.user_id,
            action=AuditAction.RECONCILE_REQUESTED,
            after={"differences": len(differences)},
            origin=staff.origin,
        )
    changes.announce(workspace_id)
    return differences
