"""What the pages of the staff share: to anyone else, there is nothing."""

from reflex.event import EventType

from ... import live
from ...errors import NotFound
from ...i18n import Language
from ...identity.staff import StaffMember, require_staff
from ..session import SessionState


class StaffState(SessionState):
    """Asks anew, in every event, whether the cookie's person is staff; `let_in` only shows the page."""

    checked: bool = False
    let_in: bool = False

    async def _require_staff(self) -> StaffMember:
        """Raises `NotFound`. What staff reads is in English, so that no page is in two languages."""
        staff = await require_staff(self.router.headers.cookie, origin=self._origin())
        self._speak(Language.ENGLISH)
        return staff

    async def _open(self) -> StaffMember | None:
        """Begin a page's load. None for whoever is not staff, and for them nothing stays from before."""
        await self._enter()
        return await self._let_in()

    async def _let_in(self) -> StaffMember | None:
        try:
            staff = await self._require_staff()
        except NotFound:
            shared = await self.get_state(StaffState)
            shared.reset()
            shared.checked = True
            return None
        self.checked = self.let_in = True
        live.watch(self.router.session.client_token, live.STAFF, self.router_data)
        return staff

    async def _refresh(self) -> EventType[()] | None:
        await self._show_header()
        staff = await self._let_in()
        if staff is not None:
            await self._read_again(staff)
        return None

    async def _read_again(self, staff: StaffMember) -> None:
        """Read what the page shows. Page states add their own part."""
