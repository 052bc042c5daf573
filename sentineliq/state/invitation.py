"""The page that an invitation's link opens. Opening it changes nothing; joining is a press of the button."""

from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventSpec

from ..billing import seats
from ..errors import AppError
from ..i18n import say
from ..identity import invitations
from ..workspaces.models import Role
from . import paths
from .session import SessionState


class InvitationState(SessionState):
    """What the link offers, and to whom; `over` says why it offers nothing."""

    loaded: bool = False
    over: str = ""
    offered: str = ""
    invited: str = ""
    invited_by: str = ""
    role: str = ""
    log_in_path: str = ""
    sign_up_path: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the offer to whoever holds its link."""
        self.loaded, self.over = False, ""
        async with self._reporting():
            await self._enter()
            await self._show_offer()
        self.loaded = True

    @rx.event
    async def accept(self) -> EventSpec | None:
        """Join as whoever the cookie names now, if the invitation is theirs."""
        self.problem = self.notice = ""
        async with self._reporting():
            await seats.accept_invitation(
                cookie=self.router.headers.cookie, token=self._token(), origin=self._origin()
            )
            return self._leave_for(paths.MEMBERS)
        return None

    async def _show_offer(self) -> None:
        try:
            offer = await invitations.read_offer(self._token())
        except AppError as error:
            self.over = error.message
            return
        self.offered, self.invited, self.invited_by = offer.workspace_name, offer.email, offer.invited_by
        self.role = say("an admin") if offer.role is Role.ADMIN else say("a member")
        here = f"{paths.INVITATION}?{urlencode({'token': self._token()})}"
        back = urlencode({"next": here, "email": offer.email})
        self.log_in_path, self.sign_up_path = f"{paths.LOG_IN}?{back}", f"{paths.SIGN_UP}?{back}"

    def _token(self) -> str:
        return self.router.url.query_parameters.get("token", "")
