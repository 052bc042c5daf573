"""Trials: one for each workspace, owner and card, so that ten workspaces are not ten trials.

Claims are written by Stripe's word, with the first event that tells of a trial, and never given back. Which
card pays is known only then; a trial whose workspace, owner or card has had one ends at once: its first
period is charged, as the checkout said it would be.
"""

from dataclasses import replace
from hashlib import sha256

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..activity.models import AuditAction, NotificationKind
from ..errors import AppError
from ..i18n import Phrase, mark
from ..identity.people import Person, owner_of
from ..mail.models import MailKind
from ..workspaces.models import Workspace
from . import jobs
from .effects import AuditNote, Effects, Notice, OwnerMail, TrialStart
from .models import Job, TrialClaim
from .plans import PaymentPlan
from .processor import payment_processor
from .subscription_changes import PaymentDeclined

END_JOB = "trial:"
"""A job of this name and a subscription's id: its trial is still to be ended at the processor."""
DOTLESS = ("gmail.com", "googlemail.com")
"""Whose mailboxes ignore dots (https://support.google.com/mail/answer/7436150)."""

WHY = {
    "card": mark("This card has had a trial before."),
    "owner": mark("You have had a trial before."),
    "workspace": mark("This workspace has had a trial before."),
}

_log = structlog.get_logger(__name__)


async def days_offered(session: AsyncSession, workspace_id: str, plan: PaymentPlan) -> int:
    """The days of trial that this workspace and its owner may still have of the plan."""
    if plan.trial_days == 0:
        return 0
    claimants = _claimants(workspace_id, await owner_of(session, workspace_id))
    taken = select(TrialClaim.claimant).where(col(TrialClaim.claimant).in_(claimants)).limit(1)
    return 0 if (await session.exec(taken)).first() else plan.trial_days


async def judge(session: AsyncSession, workspace: Workspace, effects: Effects, start: TrialStart) -> Effects:
    """Claim the trial for everyone it counts for; where someone has had one, plan its end and tell.

    Once for each subscription: a trial that staff grants later is theirs to grant. Of two at once that share
    a card, the second waits for the first one's row; as all take theirs in one order, none wait in a ring.
    """
    if not await _is_new(session, workspace, f"subscription:{start.subscription_id}"):
        return effects
    claimants = _claimants(workspace.id, await owner_of(session, workspace.id), card=start.card)
    taken = [each for each in sorted(claimants) if not await _is_new(session, workspace, each)]
    if not taken:
        note = AuditNote(AuditAction.TRIAL_STARTED, {"plan": start.plan_name})
        return replace(effects, audit=(*effects.audit, note))
    await db.insert_new(session, Job, [{"name": END_JOB + start.subscription_id}])
    return _with_refusal(effects, start, why=claimants[taken[0]])


async def _is_new(session: AsyncSession, workspace: Workspace, claimant: str) -> bool:
    row = {"claimant": claimant, "workspace_id": workspace.id, "claimed_at": db.now()}
    return await db.insert_if_new(session, TrialClaim, row)


def _claimants(workspace_id: str, owner: Person | None, *, card: str | None = None) -> dict[str, str]:
    """Who must not have had a trial, each with the word for it in `WHY`."""
    claimants = {f"workspace:{workspace_id}": "workspace"}
    if owner is not None:
        claimants |= {f"owner:{owner.user_id}": "owner", f"email:{_mailbox(owner.email)}": "owner"}
    return claimants | ({f"card:{card}": "card"} if card else {})


def _mailbox(email: str) -> str:
    """A digest of the mailbox, the same for every spelling that leads to it: a new account is not news."""
    name, _, host = email.lower().rpartition("@")
    name = name.partition("+")[0] or name
    if host in DOTLESS:
        name, host = name.replace(".", ""), DOTLESS[0]
    return sha256(f"{name}@{host}".encode()).hexdigest()


def _with_refusal(effects: Effects, start: TrialStart, *, why: str) -> Effects:
    about = f"trial_refused:{start.subscription_id}"
    notice = Notice(
        kind=NotificationKind.BILLING_PROBLEM,
        about=about,
        title=Phrase("{plan} begins without a trial", {"plan": start.plan_name}),
        body=Phrase("{why} The first period is charged today.", {"why": Phrase(WHY[why])}),
    )
    context = {"plan_name": start.plan_name, "why": WHY[why]}
    return replace(
        effects,
        notices=(*effects.notices, notice),
        mails=(*effects.mails, OwnerMail(kind=MailKind.TRIAL_REFUSED, key=about, context=context)),
        audit=(*effects.audit, AuditNote(AuditAction.TRIAL_REFUSED, {"plan": start.plan_name, "why": why})),
    )


async def end_refused(subscription_id: str) -> None:
    """After the commit: end that trial at the processor, if it was refused. It may fail: the scheduled run
    tries again."""
    async with db.reading() as session:
        job = await session.get(Job, END_JOB + subscription_id)
    if job is not None and job.finished_at is None:
        await _end(job.name)


async def settle_refused() -> None:
    """End the trials that could not be ended at once."""
    unfinished = select(Job.name).where(col(Job.name).startswith(END_JOB), col(Job.finished_at).is_(None))
    async with db.reading() as session:
        names = (await session.exec(unfinished)).all()
    for name in names:
        await _end(name)


async def _end(name: str) -> None:
    """By one worker at a time. A card that does not pay now ends the plan: nothing is left to ride on."""
    subscription_id = name.removeprefix(END_JOB)
    try:
        async with jobs.leased(name, not_within=jobs.EVER):
            try:
                await payment_processor().end_trial_now(subscription_id)
            except PaymentDeclined:
                await payment_processor().cancel_subscription_now(subscription_id)
    except jobs.JobTaken:
        return
    except AppError:
        _log.warning("refused_trial_not_ended", subscription_id=subscription_id, exc_info=True)
