"""Plans that staff give until a date. Stripe's own fields are not touched; the larger plan holds."""

from datetime import UTC, date, datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ... import changes, db
from ...activity import audit, notifications
from ...activity.models import AuditAction, NotificationKind
from ...errors import AppError
from ...i18n import Phrase
from ...identity import staff as staff_people
from ...identity.staff import StaffMember
from ...workspaces import service as workspaces
from ...workspaces.authority import lock
from ...workspaces.models import Workspace
from ..limits import allowance
from ..models import PlanOverride
from ..plan_ids import PaymentPlanId

PLANS = (PaymentPlanId.HOBBY, PaymentPlanId.PRO)
AT_MOST = timedelta(days=5 * 366)
REASON_LENGTH = 500


class InvalidComp(AppError):
    message = "Please choose a plan, a day from today on within five years, and say why."


class InvalidLastDay(InvalidComp):
    message = "Please choose a day from today on, within five years."


class InvalidReason(InvalidComp):
    message = f"Please say why, in at most {REASON_LENGTH} characters."


class NothingComplimentary(AppError):
    status = 409
    message = "This workspace has no complimentary plan any more."


async def grant(staff: StaffMember, workspace_id: str, *, plan: str, last_day: str, reason: str) -> None:
    """Give the plan until that day is over, in UTC, in place of what was given before.

    Raises `NotFound` and `InvalidComp`.
    """
    given, until, why = _plan(plan), _end_of(last_day), _reason(reason)
    async with db.transaction() as session:
        await staff_people.confirm(session, staff)
        workspace = await lock(session, workspace_id)
        await _close_running(session, staff, workspace_id)
        override = PlanOverride(
            workspace_id=workspace_id, plan=given, until=until, reason=why, created_by=staff.user_id
        )
        session.add(override)
        before = _held(workspace)
        workspace.complimentary_plan, workspace.complimentary_until = given, until
        session.add(workspace)
        after = {"plan": given, "until": last_day, "reason": why}
        _record(session, staff, workspace_id, AuditAction.COMPLIMENTARY_GRANTED, before=before, after=after)
        title = Phrase(
            "{plan} is complimentary until {day}",
            {"plan": allowance(given).name, "day": _last_moment_of(until)},
        )
        await _tell(session, workspace_id, about=f"complimentary:{override.id}", title=title)
    changes.announce(workspace_id)


async def revoke(staff: StaffMember, workspace_id: str) -> None:
    """Take the given plan back now. Raises `NotFound` and `NothingComplimentary`."""
    async with db.transaction() as session:
        await staff_people.confirm(session, staff)
        workspace = await lock(session, workspace_id)
        before = _held(workspace)
        if before is None:
            raise NothingComplimentary
        closed = await _close_running(session, staff, workspace_id)
        name = allowance(PaymentPlanId(before["plan"])).name
        workspace.complimentary_plan = workspace.complimentary_until = None
        session.add(workspace)
        _record(session, staff, workspace_id, AuditAction.COMPLIMENTARY_REVOKED, before=before, after={})
        about = f"complimentary_over:{closed[0] if closed else workspace_id}"
        title = Phrase("{plan} is no longer complimentary", {"plan": name})
        await _tell(session, workspace_id, about=about, title=title)
    changes.announce(workspace_id)


def _plan(plan: str) -> PaymentPlanId:
    chosen = next((each for each in PLANS if each.value == plan), None)
    if chosen is None:
        raise InvalidComp
    return chosen


def _end_of(last_day: str) -> datetime:
    try:
        day = date.fromisoformat(last_day)
        until = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise InvalidLastDay from None
    if not db.now() < until <= db.now() + AT_MOST:
        raise InvalidLastDay
    return until


def _reason(reason: str) -> str:
    if not 0 < len(reason.strip()) <= REASON_LENGTH:
        raise InvalidReason
    return reason.strip()


def _held(workspace: Workspace) -> dict[str, str] | None:
    plan, until = workspace.complimentary_plan, workspace.complimentary_until
    if plan is None or until is None or until <= db.now():
        return None
    return {"plan": plan, "until": last_day_of(until).isoformat()}


def last_day_of(until: datetime) -> date:
    """The day that is over when the plan ends."""
    return _last_moment_of(until).date()


def _last_moment_of(until: datetime) -> datetime:
    return until.astimezone(UTC) - timedelta(microseconds=1)


async def _close_running(session: AsyncSession, staff: StaffMember, workspace_id: str) -> list[str]:
    """Their ids: one, as a rule."""
    running = (
        select(PlanOverride)
        .where(PlanOverride.workspace_id == workspace_id, col(PlanOverride.revoked_at).is_(None))
        .where(col(PlanOverride.until) > db.now())
    )
    closed: list[str] = []
    for override in (await session.exec(running)).all():
        override.revoked_at, override.revoked_by = db.now(), staff.user_id
        session.add(override)
        closed.append(override.id)
    return closed


def _record(
    session: AsyncSession,
    staff: StaffMember,
    workspace_id: str,
    action: AuditAction,
    *,
    before: dict[str, str] | None,
    after: dict[str, str],
) -> None:
    audit.record(
        session,
        workspace_id=workspace_id,
        actor=staff.user_id,
        action=action,
        before=before,
        after=after,
        origin=staff.origin,
    )


async def _tell(session: AsyncSession, workspace_id: str, *, about: str, title: Phrase) -> None:
    await notifications.notify(
        session,
        user_ids=await workspaces.member_ids(session, workspace_id),
        workspace_id=workspace_id,
        kind=NotificationKind.PLAN_CHANGED,
        about=about,
        title=title,
        body=Phrase("Your subscription and what it costs stay as they are."),
    )
