"""In which language whom is written to about a workspace's money, and how its figures are written."""

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from sentineliq import config, db
from sentineliq.billing.effects import Effects, OwnerMail
from sentineliq.billing.payment_details import update_workspace_stripe_payment_details
from sentineliq.i18n import Language, speaking
from sentineliq.identity.models import User
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.workspaces.models import Workspace
from tests.factories import make_user, make_workspace

REFUNDED = OwnerMail(
    kind=MailKind.PAYMENT_REFUNDED,
    key="refunded:ch_1",
    context={"amount": 500, "currency": "usd"},
    staff_too=True,
)


async def tell(workspace: Workspace) -> dict[str, tuple[str, str]]:
    """Language and locale of what was written, by address."""
    async with db.transaction() as session:
        locked = await session.get_one(Workspace, workspace.id)
        await update_workspace_stripe_payment_details(
            session, locked, Effects(mails=(REFUNDED,)), event_id=None
        )
    async with db.reading() as session:
        return {mail.to: (mail.language, mail.locale) for mail in await session.exec(select(OutboxMail))}


@pytest.mark.parametrize(("chosen", "expected"), [(None, "pt_BR"), ("en", "en"), ("pt_BR", "pt_BR")], ids=str)
async def test_the_owner_s_choice_counts_else_the_workspace_s_and_staff_read_english(
    database: db.Database, environment: pytest.MonkeyPatch, chosen: str | None, expected: str
) -> None:
    environment.setenv("ADMIN_EMAILS", "staff@example.com")
    config.get_settings.cache_clear()
    owner = await make_user(email="owner@example.com")
    with speaking(Language.PORTUGUESE):
        workspace = await make_workspace(owner=owner)
    async with db.transaction() as session:
        await session.exec(update(User).where(col(User.id) == owner.id).values(locale=chosen))
    assert await tell(workspace) == {
        "owner@example.com": (expected, "pt_BR"),
        "staff@example.com": ("en", "pt_BR"),
    }
