"""The owner's choice holds for the mails of billing too, but for failing payments."""

import pytest
from sqlmodel import col, delete, select

from sentineliq import db
from sentineliq.activity.models import NotificationKind
from sentineliq.activity.preferences import ALWAYS_ON, Channel, set_preference
from sentineliq.billing.effects import Effects, OwnerMail
from sentineliq.billing.mail_topics import TOPICS
from sentineliq.billing.payment_details import update_workspace_stripe_payment_details
from sentineliq.config import Settings
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.workspaces.models import Membership, Workspace
from tests.factories import make_user, make_workspace

RECEIVED = OwnerMail(
    kind=MailKind.PAYMENT_RECEIVED,
    key="payment_received:in_1",
    context={"plan_name": "Hobby", "amount": 1, "currency": "usd", "invoice_url": None, "period_end": None},
    staff_too=True,
)


async def tell(workspace: Workspace, mail: OwnerMail) -> list[str]:
    async with db.transaction() as session:
        locked = await session.get_one(Workspace, workspace.id)
        await update_workspace_stripe_payment_details(session, locked, Effects(mails=(mail,)), event_id=None)
    async with db.reading() as session:
        return sorted((await session.exec(select(OutboxMail.to))).all())


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_mail_that_the_owner_switched_off_is_not_written(
    database: db.Database, environment: pytest.MonkeyPatch, settings: Settings, wanted: bool
) -> None:
    environment.setenv("ADMIN_EMAILS", "staff@example.com")
    owner = await make_user(email="owner@example.com")
    await set_preference(
        user_id=owner.id, kind=NotificationKind.PAYMENT_RECEIVED, channel=Channel.BY_MAIL, wanted=wanted
    )
    told = await tell(await make_workspace(owner=owner), RECEIVED)
    assert ("owner@example.com" in told) is wanted


async def test_staff_hear_of_a_workspace_that_nobody_is_left_in(
    database: db.Database, environment: pytest.MonkeyPatch, settings: Settings
) -> None:
    environment.setenv("ADMIN_EMAILS", "staff@example.com")
    owner = await make_user(email="owner@example.com")
    workspace = await make_workspace(owner=owner)
    async with db.transaction() as session:
        await session.exec(delete(Membership).where(col(Membership.workspace_id) == workspace.id))
    assert await tell(workspace, RECEIVED) == ["staff@example.com"]


def test_a_mail_about_a_failing_payment_cannot_be_switched_off() -> None:
    urgent = (
        MailKind.PAYMENT_FAILED,
        MailKind.PAYMENT_ACTION_REQUIRED,
        MailKind.PAYMENT_DISPUTED,
        MailKind.INVOICE_NOT_FINALIZED,
        MailKind.TWO_SUBSCRIPTIONS,
        MailKind.PLAN_ON_HOLD,
    )
    assert all(TOPICS[kind] in ALWAYS_ON for kind in urgent)
