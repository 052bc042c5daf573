"""The account page: one's address, and where one is signed in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventType

from ..i18n import say
from ..identity import accounts, browsers
from ..identity.browsers import Browser
from . import wording
from .session import SessionState


@dataclass(frozen=True)
class BrowserRow:
    id: str
    name: str
    origin: str
    seen: str
    is_this: bool


def _row(browser: Browser) -> BrowserRow:
    return BrowserRow(
        id=browser.session_id,
        name=browser.name,
        origin=browser.origin or "",
        seen=wording.day_and_time(browser.last_seen_at),
        is_this=browser.is_this,
    )


class BrowsersState(SessionState):
    """The signed-in browsers of the person, whatever their workspace; also of one who has none."""

    loaded: bool = False
    email_verified: bool = True
    resending: bool = False
    rows: list[BrowserRow] = []
    has_others: bool = False

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to whoever is signed in; send anyone else to log in."""
        async with self._reporting():
            await self._enter()
            if not self.signed_in:
                return self._log_in_first()
            await self._show_rows()
        return None

    @rx.event
    async def sign_out(self, session_id: str) -> None:
        """End the session of another browser."""
        self.problem = self.notice = ""
        async with self._reporting():
            await browsers.sign_out(self.router.headers.cookie, session_id=session_id)
            await self._show_rows()
            self.notice = say("That browser is signed out.")

    @rx.event
    async def sign_out_elsewhere(self) -> None:
        """End every session but this one."""
        self.problem = self.notice = ""
        async with self._reporting():
            await browsers.sign_out_elsewhere(self.router.headers.cookie)
            await self._show_rows()
            self.notice = say("You are signed out everywhere else.")

    @rx.event
    async def resend_verification(self) -> AsyncIterator[None]:
        """Mail a fresh link to whoever has let the first one lapse, or lost it."""
        self.problem, self.notice, self.resending = "", "", True
        yield
        async with self._reporting():
            await accounts.resend_verification(self.router.headers.cookie)
            self.notice = say("A new link is on its way to {address}.", address=self.email)
        self.resending = False

    async def _refresh(self) -> EventType[()] | None:
        await self._show_header()
        if not self.signed_in:
            return self._log_in_first()
        await self._show_rows()
        return None

    async def _show_rows(self) -> None:
        self.email_verified = self._email_verified
        found = await browsers.list_browsers(self.router.headers.cookie)
        self.rows = [_row(browser) for browser in found]
        self.has_others, self.loaded = len(found) > 1, True
