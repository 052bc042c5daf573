"""Letting a subscription run out, and taking that back (https://docs.stripe.com/billing/subscriptions/cancel)."""

from .. import db
from ..activity import audit
from ..activity.models import AuditAction
from ..errors import AppError
from ..workspaces.members import Member
from .plan_views import CancellationFeedback
from .processor import payment_processor
from .reconcile import follow
from .running import running

COMMENT_LENGTH = 500


class UnknownFeedback(AppError):
    message = "Please choose one of the reasons, or none."


class CommentTooLong(AppError):
    message = f"Please keep the comment below {COMMENT_LENGTH} characters."


async def cancel_subscription(*, member: Member, feedback: str = "", comment: str = "") -> None:
    """End it with the running period, with an optional reason; a planned change is dropped.

    Raises `NotWorkspaceOwner`, `NothingToManage`, `UnknownFeedback`, `CommentTooLong`. Asked again, nothing
    changes.
    """
    member.require_owner()
    reason, words = _checked_feedback(feedback), _checked_comment(comment)
    subscription = await running(member)
    if subscription.ends_at is None:
        details = {"feedback": reason, "comment": words or None}
        await _note(member, AuditAction.CANCELLATION_REQUESTED, after=details)
        if subscription.schedule_id:
            await payment_processor().drop_planned_change(subscription.schedule_id)
        await payment_processor().end_at_period_end(subscription.id, feedback=reason, comment=words)
    await follow(member.workspace_id)


async def resume_subscription(member: Member) -> None:
    """Let it go on. Raises `NotWorkspaceOwner` and `NothingToManage`; asked again, nothing changes."""
    member.require_owner()
    subscription = await running(member)
    if subscription.ends_at is not None:
        await _note(member, AuditAction.RESUME_REQUESTED)
        await payment_processor().resume(subscription)
    await follow(member.workspace_id)


def _checked_feedback(feedback: str) -> CancellationFeedback | None:
    try:
        return CancellationFeedback(feedback) if feedback else None
    except ValueError:
        raise UnknownFeedback from None


def _checked_comment(comment: str) -> str:
    words = comment.replace("\x00", "").strip()
    if len(words) > COMMENT_LENGTH:
        raise CommentTooLong
    return words


async def _note(member: Member, action: AuditAction, *, after: dict[str, str | None] | None = None) -> None:
    """What the owner asked for, before Stripe is asked."""
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=member.workspace_id,
            actor=member.user_id,
            action=action,
            after=after,
            origin=member.origin,
        )
