"""A person's workspaces: the list, the switcher in the header, making, renaming and deleting one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec, EventType

from ..billing import ownership, seats
from ..i18n import say
from ..identity.sessions import choose_workspace, current_user
from ..workspaces import service as workspaces
from ..workspaces.authority import WrongName
from ..workspaces.models import Role
from ..workspaces.service import InvalidWorkspaceName
from . import paths, wording
from .one_shot import was_sent_before
from .session import SessionState


@dataclass(frozen=True)
class WorkspaceRow:
    id: str
    name: str
    role: str
    is_owner: bool
    is_current: bool


class SwitcherState(SessionState):
    """What the header's menu of workspaces offers; read when it is opened."""

    choices: list[WorkspaceRow] = []

    @rx.event
    async def open_menu(self) -> None:
        async with self._reporting():
            self.choices = await self._rows()

    @rx.event
    async def choose(self, workspace_id: str) -> EventSpec | None:
        """Work in another workspace: the page loads anew, for nothing of the old one may stay."""
        self.problem = self.notice = ""
        async with self._reporting():
            await choose_workspace(self.router.headers.cookie, workspace_id)
            return self._leave_for(self.router.url.path)
        return None

    async def _rows(self) -> list[WorkspaceRow]:
        user, member = await current_user(self.router.headers.cookie), await self._member()
        if user is None:
            return []
        current = member.workspace_id if member else ""
        return [
            WorkspaceRow(
                id=each.id,
                name=each.name,
                role=wording.role(each.role),
                is_owner=each.role is Role.OWNER,
                is_current=each.id == current,
            )
            for each in await workspaces.list_workspaces(user.id)
        ]


class WorkspacesState(SwitcherState):
    """The page of all workspaces. Someone without any is welcome: they make one here.

    `busy` names what is at work; `created` counts what this page has made.
    """

    loaded: bool = False
    rows: list[WorkspaceRow] = []
    can_rename: bool = False
    can_delete: bool = False
    fault: str = ""
    rename_fault: str = ""
    created: int = 0
    busy: str = ""

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to whoever is signed in; send anyone else to log in."""
        async with self._reporting():
            self.fault = self.rename_fault = self.busy = ""
            await self._enter()
            return await self._show()
        return None

    @rx.event
    async def create(self, form: dict[str, Any]) -> AsyncIterator[EventType[()] | None]:
        """Make a workspace and work in it."""
        if was_sent_before(form, count=self.created):
            return
        self.busy = "create"
        self.problem = self.notice = self.fault = ""
        yield None
        name, created, done = str(form.get("new_name", "")), self.created + 1, False
        async with self._reporting():
            try:
                await seats.create_workspace(
                    cookie=self.router.headers.cookie, name=name, origin=self._origin()
                )
                done = True
            except InvalidWorkspaceName as fault:
                self.fault = fault.message
        next_event, self.busy = await self._refresh(), ""
        if done:  # said last: another workspace's page begins with a clean slate
            self.notice, self.created = say("You work in {workspace} now.", workspace=name.strip()), created
        yield next_event

    @rx.event
    async def rename(self, form: dict[str, Any]) -> AsyncIterator[EventType[()] | None]:
        """Give the current workspace another name."""
        self.busy = "rename"
        self.problem = self.notice = self.rename_fault = ""
        yield None
        async with self._reporting():
            member = await self._require_member()
            try:
                await workspaces.rename_workspace(member=member, name=str(form.get("name", "")))
            except InvalidWorkspaceName as fault:
                self.rename_fault = fault.message
            else:
                self.notice = say("The workspace is renamed.")
        self.busy = ""
        yield await self._refresh()

    @rx.event
    async def delete(self, form: dict[str, Any]) -> AsyncIterator[EventSpec | None]:
        """Delete the current workspace; its typed name confirms it."""
        if was_sent_before(form, count=self.answered):
            return
        async with self._answering({WrongName: "confirmation"}):
            self.busy = "delete"
            yield None
            member = await self._require_member()
            await ownership.delete_workspace(member=member, typed_name=str(form.get("confirmation", "")))
            yield self._leave_for(paths.WORKSPACES)
        self.busy = ""

    async def _refresh(self) -> EventType[()] | None:
        await self._show_header()
        return await self._show()

    async def _show(self) -> EventType[()] | None:
        if not self.signed_in:
            return self._log_in_first()
        member = await self._member()
        self.rows = await self._rows()
        self.can_rename = member is not None and member.role in (Role.OWNER, Role.ADMIN)
        self.can_delete = member is not None and member.is_owner
        self.loaded = True
        return None
