"""Letting a subscription run out and taking it back, against the sandbox, on both databases."""

import pytest
from sqlmodel import select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry, Notification, NotificationKind
from sentineliq.activity.notifications import words_of
from sentineliq.billing import cancellations, operations, plan_changes
from sentineliq.billing.cancellations import CommentTooLong, UnknownFeedback
from sentineliq.billing.plan_views import ChangeTime
from sentineliq.billing.processor import NothingToManage
from sentineliq.i18n import Language, day, speaking
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.sandbox.engine import subscription_update
from sentineliq.workspaces.members import Member, NotWorkspaceOwner
from sentineliq.workspaces.models import Role, SubscriptionStatus
from tests.billing.shop import Shop, member_of, new_owner, record_of
from tests.factories import make_member, make_user


async def subscriber(shop: Shop, plan_id: str = "hobby") -> Member:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
    await shop.pay(session.id)
    await shop.landed("customer.subscription.created")
    await shop.landed("invoice.paid")
    return owner


async def status_of(owner: Member) -> SubscriptionStatus | None:
    return (await record_of(owner)).subscription_status


async def mails_of(kind: MailKind) -> int:
    async with db.reading() as session:
        return len((await session.exec(select(OutboxMail).where(OutboxMail.kind == kind))).all())


async def requests_of(owner: Member, action: AuditAction) -> list[AuditEntry]:
    found = select(AuditEntry).where(
        AuditEntry.workspace_id == owner.workspace_id, AuditEntry.action == action
    )
    async with db.reading() as session:
        return list((await session.exec(found)).all())


async def told_of(kind: NotificationKind) -> tuple[str, str]:
    """The one notification of that kind, in the language that is spoken."""
    async with db.reading() as session:
        return words_of((await session.exec(select(Notification).where(Notification.kind == kind))).one())


async def test_a_cancelled_subscription_runs_out_and_the_owner_is_told_once(shop: Shop) -> None:
    owner = await subscriber(shop)
    updates = shop.taken.count("customer.subscription.updated")
    await cancellations.cancel_subscription(member=owner, feedback="too_expensive", comment="  Too dear. ")
    workspace = await record_of(owner)
    assert workspace.subscription_status is SubscriptionStatus.CANCEL_AT_PERIOD_END
    assert workspace.cancel_at == workspace.current_period_end
    details = (await shop.engine.retrieve("subscription", str(workspace.stripe_subscription_id)))[
        "cancellation_details"
    ]
    assert (details["feedback"], details["comment"]) == ("too_expensive", "Too dear.")
    await shop.landed("customer.subscription.updated", updates + 1)
    assert await mails_of(MailKind.CANCELLATION_SCHEDULED) == 1
    assert await told_of(NotificationKind.CANCELLATION_SCHEDULED) == (
        f"Hobby is set to end on {day(workspace.cancel_at)}",
        "The subscription can be resumed until then.",
    )
    with speaking(Language.PORTUGUESE):
        assert await told_of(NotificationKind.CANCELLATION_SCHEDULED) == (
            f"O Hobby está programado para terminar em {day(workspace.cancel_at)}",
            "A assinatura pode ser retomada até lá.",
        )
    [asked] = await requests_of(owner, AuditAction.CANCELLATION_REQUESTED)
    assert (asked.actor, asked.after) == (
        owner.user_id,
        {"feedback": "too_expensive", "comment": "Too dear."},
    )


async def test_a_reason_is_optional_and_asking_again_changes_nothing(shop: Shop) -> None:
    owner = await subscriber(shop)
    for _ in range(2):
        await cancellations.cancel_subscription(member=owner)
    assert await status_of(owner) is SubscriptionStatus.CANCEL_AT_PERIOD_END
    assert len(await requests_of(owner, AuditAction.CANCELLATION_REQUESTED)) == 1


async def test_a_cancellation_can_be_taken_back(shop: Shop) -> None:
    owner = await subscriber(shop)
    await cancellations.cancel_subscription(member=owner)
    for _ in range(2):
        await cancellations.resume_subscription(owner)
    assert await status_of(owner) is SubscriptionStatus.ACTIVE
    assert (await record_of(owner)).cancel_at is None
    assert len(await requests_of(owner, AuditAction.RESUME_REQUESTED)) == 1


async def test_an_end_that_was_set_by_date_alone_can_be_taken_back(shop: Shop) -> None:
    owner = await subscriber(shop)
    workspace = await record_of(owner)
    assert workspace.current_period_end is not None
    at, subscription = int(workspace.current_period_end.timestamp()), str(workspace.stripe_subscription_id)
    await shop.engine.act(lambda books: subscription_update.update(books, subscription, {"cancel_at": at}))
    await shop.landed("customer.subscription.updated")  # or it might come after all, and be taken back later
    await cancellations.resume_subscription(owner)
    assert (await shop.engine.retrieve("subscription", subscription))["cancel_at"] is None
    assert await status_of(owner) is SubscriptionStatus.ACTIVE


async def test_cancelling_drops_a_planned_change(shop: Shop) -> None:
    owner = await subscriber(shop)
    await plan_changes.change_plan(
        member=owner, quote=await plan_changes.preview_plan_change(member=owner, plan_id="pro")
    )
    quote = await plan_changes.preview_plan_change(member=owner, plan_id="hobby")
    await plan_changes.change_plan(member=owner, quote=quote, when=ChangeTime.PERIOD_END)
    await cancellations.cancel_subscription(member=owner)
    choices = await plan_changes.get_plan_choices(owner)
    assert choices.planned is None
    assert choices.ends_at is not None


async def test_words_that_stripe_would_refuse_are_refused_before(shop: Shop) -> None:
    owner = await subscriber(shop)
    with pytest.raises(UnknownFeedback):
        await cancellations.cancel_subscription(member=owner, feedback="bored")
    with pytest.raises(CommentTooLong):
        await cancellations.cancel_subscription(member=owner, comment="x" * 501)
    assert await status_of(owner) is SubscriptionStatus.ACTIVE


async def test_only_the_owner_cancels_and_resumes_and_only_what_there_is(shop: Shop) -> None:
    owner = await subscriber(shop)
    workspace = await record_of(owner)
    await make_member(workspace, user=await make_user(email="admin@example.com"), role=Role.ADMIN)
    admin = await member_of(workspace, role=Role.ADMIN, email="admin@example.com")
    for refused in (
        cancellations.cancel_subscription(member=admin),
        cancellations.resume_subscription(admin),
    ):
        with pytest.raises(NotWorkspaceOwner):
            await refused
    with pytest.raises(NothingToManage):
        await cancellations.cancel_subscription(member=await new_owner(email="someone@example.com"))
