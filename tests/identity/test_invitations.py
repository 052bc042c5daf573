from datetime import timedelta

import pytest
import time_machine

from sentineliq import config, db
from sentineliq.activity import audit, notifications
from sentineliq.activity.summaries import summarize
from sentineliq.errors import NotFound
from sentineliq.identity import invitations, team
from sentineliq.identity.models import User
from sentineliq.identity.tokens import TokenPurpose, issue_token
from sentineliq.mail.models import MailKind
from sentineliq.workspaces.authority import NotPermitted
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Invitation, Role, Workspace
from tests.factories import make_member, make_user, make_workspace
from tests.identity.mails import mailed_token, outbox
from tests.identity.members import signed_in

pytestmark = pytest.mark.usefixtures("settings")


@pytest.fixture
async def workspace(database: db.Database) -> Workspace:
    return await make_workspace(owner=await make_user(email="owner@example.com"))


@pytest.fixture
async def owner(workspace: Workspace) -> Member:
    async with db.reading() as session:
        [only] = await team.list_team(session, workspace.id)
        return await signed_in(await session.get_one(User, only.user_id), workspace)


async def _invite(member: Member, email: str = "ada@example.com", role: Role = Role.MEMBER) -> str:
    """The token of the mail."""
    async with db.transaction() as session:
        await invitations.invite(session, member=member, email=email, role=role)
    return await mailed_token(MailKind.INVITATION)


async def _accept(user: User, token: str) -> None:
    async with db.transaction() as session:
        await invitations.accept(session, user=user, token=token, origin=None)


async def _open(workspace: Workspace) -> list[Invitation]:
    async with db.reading() as session:
        return await invitations.list_open(session, workspace.id)


async def _role(workspace: Workspace, email: str) -> Role | None:
    async with db.reading() as session:
        people = await team.list_team(session, workspace.id)
    return next((each.role for each in people if each.email == email), None)


async def _summaries(workspace: Workspace) -> list[str]:
    async with db.reading() as session:
        return [summarize(each) for each in await audit.list_entries(session, workspace_id=workspace.id)]


async def test_the_invited_joins_with_the_offered_role(owner: Member, workspace: Workspace) -> None:
    token = await _invite(owner, role=Role.ADMIN)
    [mail] = await outbox(MailKind.INVITATION)
    assert (mail.to, mail.context["workspace_name"], mail.context["role"]) == (
        "ada@example.com",
        "Acme",
        "an admin",
    )
    offer = await invitations.read_offer(token)
    assert (offer.workspace_name, offer.email, offer.invited_by) == (
        "Acme",
        "ada@example.com",
        "owner@example.com",
    )
    ada = await make_user(email="ada@example.com")
    await _accept(ada, token)
    assert await _role(workspace, "ada@example.com") is Role.ADMIN
    assert (await _summaries(workspace))[:2] == [
        "ada@example.com joined as admin",
        "Invited ada@example.com as admin",
    ]
    told = await notifications.list_notifications(user_id=owner.user_id, workspace_id=workspace.id)
    assert [each.title for each in told] == ["ada@example.com joined Acme"]
    async with db.reading() as session:
        assert (await session.get_one(User, ada.id)).email_verified_at is not None


async def test_an_invitation_works_once(owner: Member, workspace: Workspace) -> None:
    token, ada = await _invite(owner), await make_user(email="ada@example.com")
    await _accept(ada, token)
    await team.remove_member(member=owner, user_id=ada.id)
    with pytest.raises(invitations.InvitationOver):
        await _accept(ada, token)
    assert await _role(workspace, "ada@example.com") is None


async def test_an_invitation_is_for_its_address_alone(owner: Member, workspace: Workspace) -> None:
    token, eve = await _invite(owner), await make_user(email="eve@example.com")
    with pytest.raises(invitations.ForAnotherAddress):
        await _accept(eve, token)
    assert await _role(workspace, "eve@example.com") is None
    assert len(await _open(workspace)) == 1


@pytest.mark.parametrize(
    ("later", "works"), [(timedelta(days=6, hours=23), True), (timedelta(days=7, minutes=1), False)]
)
async def test_an_invitation_lasts_a_week(
    owner: Member, workspace: Workspace, later: timedelta, works: bool
) -> None:
    token, ada = await _invite(owner), await make_user(email="ada@example.com")
    with time_machine.travel(db.now() + later, tick=True):
        if works:
            await _accept(ada, token)
            return
        for attempt in (_accept(ada, token), invitations.read_offer(token)):
            with pytest.raises(invitations.InvitationOver):
                await attempt
        assert await _open(workspace) == []


async def test_a_revoked_invitation_is_over(owner: Member, workspace: Workspace) -> None:
    token, ada = await _invite(owner), await make_user(email="ada@example.com")
    [invitation] = await _open(workspace)
    await invitations.revoke_invitation(member=owner, invitation_id=invitation.id)
    for attempt in (_accept(ada, token), invitations.read_offer(token)):
        with pytest.raises(invitations.InvitationOver):
            await attempt
    with pytest.raises(NotFound):
        await invitations.revoke_invitation(member=owner, invitation_id=invitation.id)
    assert (await _summaries(workspace))[0] == "Invitation of ada@example.com revoked"


async def test_inviting_again_replaces_the_link(owner: Member, workspace: Workspace) -> None:
    first, second = await _invite(owner), await _invite(owner)
    ada = await make_user(email="ada@example.com")
    assert len(await _open(workspace)) == 1
    with pytest.raises(invitations.InvitationOver):
        await _accept(ada, first)
    await _accept(ada, second)
    with pytest.raises(invitations.AlreadyMember):
        await _invite(owner)


async def test_admins_invite_members_only_and_members_nobody(owner: Member, workspace: Workspace) -> None:
    admin = await signed_in(await make_member(workspace, role=Role.ADMIN), workspace)
    member = await signed_in(await make_member(workspace), workspace)
    await _invite(owner, "boss@example.com", Role.ADMIN)
    await _invite(admin, "ada@example.com")
    for actor, email, role in (
        (admin, "eve@example.com", Role.ADMIN),
        (admin, "boss@example.com", Role.MEMBER),
        (member, "eve@example.com", Role.MEMBER),
        (owner, "eve@example.com", Role.OWNER),
    ):
        with pytest.raises(NotPermitted):
            await _invite(actor, email, role)
    ids = {each.email: each.id for each in await _open(workspace)}
    assert set(ids) == {"boss@example.com", "ada@example.com"}
    for actor, email in ((admin, "boss@example.com"), (member, "ada@example.com")):
        with pytest.raises(NotPermitted):
            await invitations.revoke_invitation(member=actor, invitation_id=ids[email])
    await invitations.revoke_invitation(member=admin, invitation_id=ids["ada@example.com"])


async def test_another_workspaces_invitation_is_not_there(owner: Member, workspace: Workspace) -> None:
    stranger = await make_user()
    theirs = await make_workspace(owner=stranger)
    await _invite(await signed_in(stranger, theirs))
    [invitation] = await _open(theirs)
    with pytest.raises(NotFound):
        await invitations.revoke_invitation(member=owner, invitation_id=invitation.id)


async def test_only_our_own_token_for_this_purpose_opens_it(owner: Member, workspace: Workspace) -> None:
    await _invite(owner)
    [invitation] = await _open(workspace)
    expires = db.now() + timedelta(days=1)
    forged = (
        "",
        "a.b.c",
        issue_token(TokenPurpose.VERIFY_EMAIL, subject=invitation.id, expires_at=expires),
        issue_token(TokenPurpose.INVITATION, subject="unknown", expires_at=expires),
        issue_token(
            TokenPurpose.INVITATION,
            subject=invitation.id,
            expires_at=expires,
            claims={"email": "eve@example.com"},
        ),
    )
    for token in forged:
        with pytest.raises(invitations.InvitationOver):
            await invitations.read_offer(token)


async def test_the_link_is_forgotten_once_the_mail_is_sent(settings: config.Settings) -> None:
    from sentineliq.mail.sender import SECRET_KINDS

    assert MailKind.INVITATION in SECRET_KINDS
