"""The members page: who belongs to the workspace, who is invited, and what the visitor may change of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec, EventType

from ..billing import ownership, seats
from ..billing.seats import OpenInvitation, TeamView
from ..i18n import mark, say, say_plural
from ..identity import invitations, team
from ..identity.faults import FormFault
from ..identity.team import Teammate
from ..workspaces.authority import WrongName
from ..workspaces.members import Member
from ..workspaces.models import Role
from . import paths, wording
from .one_shot import was_sent_before
from .session import SessionState

FULL_FROM = 0.8
"""The share of the places from which the page suggests a larger plan."""


@dataclass(frozen=True)
class PersonRow:
    """`other_role` is what the owner may make of them; empty where nothing."""

    user_id: str
    email: str
    role: str
    is_owner: bool
    joined: str
    is_me: bool
    other_role: str
    can_remove: bool


@dataclass(frozen=True)
class InvitationRow:
    id: str
    email: str
    role: str
    expires: str
    can_revoke: bool


def _person(mate: Teammate, *, view: TeamView, member: Member) -> PersonRow:
    other = {Role.ADMIN: Role.MEMBER, Role.MEMBER: Role.ADMIN}.get(mate.role)
    is_me = mate.user_id == member.user_id
    return PersonRow(
        user_id=mate.user_id,
        email=mate.email,
        role=wording.role(mate.role),
        is_owner=mate.role is Role.OWNER,
        joined=wording.day(mate.joined_at),
        is_me=is_me,
        other_role=other.value if other and member.is_owner else "",
        can_remove=mate.role in view.manages and not is_me,
    )


def _invitation(invitation: OpenInvitation, *, view: TeamView) -> InvitationRow:
    return InvitationRow(
        id=invitation.id,
        email=invitation.email,
        role=wording.role(invitation.role),
        expires=wording.day(invitation.expires_at),
        can_revoke=invitation.role in view.manages,
    )


class MembersState(SessionState):
    """`places` tells how many of the plan's are taken; `invited` counts what this page has sent; `busy` names
    what is at work, and on which row."""

    loaded: bool = False
    is_owner: bool = False
    can_invite: bool = False
    can_transfer: bool = False
    people: list[PersonRow] = []
    waiting: list[InvitationRow] = []
    places: str = ""
    is_nearly_full: bool = False

    fault: str = ""
    invited: int = 0
    busy: str = ""

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to a member; send anyone else to log in."""
        async with self._reporting():
            self.fault = self.busy = ""
            member = await self._enter()
            if member is None:
                return self._log_in_first()
            await self._show_team(member)
        return None

    @rx.event
    async def invite(self, form: dict[str, Any]) -> AsyncIterator[EventType[()] | None]:
        """Send an invitation; a fault of the address shows beside it."""
        if was_sent_before(form, count=self.invited):
            return
        self.fault, self.busy = "", "invite"
        self.problem = self.notice = ""
        yield None
        async with self._reporting():
            member = await self._require_member()
            try:
                role = Role(str(form.get("role", Role.MEMBER)))
                email = str(form.get("email", ""))
                address = await seats.invite_member(member=member, email=email, role=role)
            except FormFault as fault:
                self.fault = fault.message
            else:
                self.notice = say("An invitation is on its way to {address}.", address=address)
                self.invited += 1
        self.busy = ""
        yield await self._refresh()

    @rx.event
    async def revoke(self, invitation_id: str) -> AsyncIterator[EventType[()] | None]:
        async def act(member: Member) -> None:
            await invitations.revoke_invitation(member=member, invitation_id=invitation_id)

        done = mark("The invitation is revoked: its link works no more.")
        async for sent in self._act(f"revoke-{invitation_id}", act, done):
            yield sent

    @rx.event
    async def change_role(self, user_id: str, role: str) -> AsyncIterator[EventType[()] | None]:
        async def act(member: Member) -> None:
            await team.change_role(member=member, user_id=user_id, role=Role(role))

        async for sent in self._act(f"role-{user_id}", act, mark("The role is changed.")):
            yield sent

    @rx.event
    async def remove(self, user_id: str) -> AsyncIterator[EventType[()] | None]:
        async def act(member: Member) -> None:
            await team.remove_member(member=member, user_id=user_id)

        async for sent in self._act(f"remove-{user_id}", act, mark("The member is removed.")):
            yield sent

    async def _act(
        self, name: str, act: Callable[[Member], Awaitable[None]], done: str
    ) -> AsyncIterator[EventType[()] | None]:
        """Do one thing and show what holds afterwards."""
        self.problem = self.notice = ""
        self.busy = name
        yield None
        async with self._reporting():
            await act(await self._require_member())
            self.notice = say(done)
        self.busy = ""
        yield await self._refresh()

    @rx.event
    async def leave(self) -> EventSpec | None:
        """Leave the workspace, for the list of those that remain."""
        self.problem = self.notice = ""
        async with self._reporting():
            member = await self._require_member()
            await team.leave_workspace(member)
            return self._leave_for(paths.WORKSPACES)
        return None

    @rx.event
    async def transfer(self, form: dict[str, Any]) -> AsyncIterator[EventType[()] | None]:
        """Make another member the owner; the typed name of the workspace confirms it."""
        if was_sent_before(form, count=self.answered):
            return
        async with self._answering({WrongName: "name"}):
            self.busy = "transfer"
            yield None
            member = await self._require_member()
            await ownership.transfer_ownership(
                member=member, user_id=str(form.get("heir", "")), typed_name=str(form.get("name", ""))
            )
            self.notice = say("The ownership is transferred. You are an admin now.")
        self.busy = ""
        yield await self._refresh()

    async def _refresh(self) -> EventType[()] | None:
        member = await self._show_header()
        if member is None:
            return self._log_in_first()
        await self._show_team(member)
        return None

    async def _show_team(self, member: Member) -> None:
        view = await seats.get_team(member)
        self.is_owner, self.can_invite = member.is_owner, bool(view.manages)
        self.can_transfer = member.is_owner and len(view.people) > 1
        self.people = [_person(mate, view=view, member=member) for mate in view.people]
        self.waiting = [_invitation(each, view=view) for each in view.invitations]
        self.places = (
            say("{taken} of {most} places taken", taken=view.taken, most=view.most)
            if view.most
            else say_plural(
                "{count} place taken, without limit", "{count} places taken, without limit", count=view.taken
            )
        )
        self.is_nearly_full = view.most is not None and view.taken >= FULL_FROM * view.most
        self.loaded = True
