"""Who is at this browser, and what every page's header says."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import reflex as rx
import structlog
from reflex.event import EventSpec, EventType

from .. import i18n, live, turns
from ..errors import AppError, NotSignedIn
from ..i18n import Language
from ..identity.client_address import UNKNOWN, address_of
from ..identity.sessions import Visitor, current_visitor, visitors
from ..workspaces.members import Member
from . import paths

_log = structlog.get_logger(__name__)

DEPARTURE = "departure"
"""Names what every page has for being sent elsewhere."""


class SessionState(rx.State):
    """The signed-in person, asked of the session cookie again in every handler, never kept from before."""

    ready: bool = False
    language: str = Language.ENGLISH.value
    signed_in: bool = False
    email: str = ""
    workspace_name: str = ""
    unread: int = 0
    is_staff: bool = False

    problem: str = ""
    notice: str = ""

    refusal: str = ""
    refused_field: str = ""
    """Of the form in the open dialog; no field for the form as a whole."""
    answered: int = 0
    """How many forms of dialogs were taken: whenever one more is, the open dialog closes."""

    _shown_to: str = ""
    _heard_on: str = ""
    """The visit of the newest event: the socket and the page, by which a message's page is known."""

    @rx.event
    async def forget(self) -> None:
        """Drop all that the pages of this tab have shown: the person leaves."""
        await self._forget_all()

    @rx.event
    async def open_page(self) -> None:
        """Load a page that anyone may see."""
        async with self._reporting():
            await self._enter()

    @rx.event
    def dismiss(self) -> None:
        """Close the message."""
        self.problem = self.notice = ""

    @rx.event
    def forget_refusal(self) -> None:
        """Close the dialog whose form was refused."""
        self.problem = self.refusal = self.refused_field = ""

    async def _visitor(self) -> Visitor | None:
        """Whoever is signed in; what is said from now on is in their language."""
        visitor = None
        try:
            visitor = await self._who_asks()
        finally:  # a failure, too, is told in the browser's language
            self._speak(visitor.locale if visitor else None)
        self._note_visit()
        return visitor

    async def _who_asks(self) -> Visitor | None:
        """Read anew, and at most once for all pages of a turn."""
        cookie, together = self.rx_router_headers.cookie, turns.cookies()
        if cookie not in together:
            return await current_visitor(cookie)
        return (await turns.once("visitors", lambda: visitors(together))).get(cookie)

    async def _member(self) -> Member | None:
        """The visitor in the workspace that they work in, as they act from their client's address."""
        visitor = await self._visitor()
        member = visitor and visitor.member
        return member and replace(member, origin=self._origin())

    def _note_visit(self) -> None:
        if self._heard_on != self._this_visit():
            self._heard_on = self._this_visit()

    def _this_visit(self) -> str:
        return f"{self.rx_router_session.session_id} {self.rx_router_url.path}"

    def _speak(self, stored: str | None) -> None:
        language = self._language_for(stored)
        i18n.speak(language)
        if self.language != language:
            self.language = language.value

    def _speak_as_shown(self) -> None:
        """What is said before anyone has asked who is here is in the page's language."""
        i18n.speak(self._language_for(self.language if self.ready else None))

    def _language_for(self, stored: str | None) -> Language:
        headers = self.rx_router_headers
        return i18n.choose(
            stored=stored, cookie_header=headers.cookie, accept_language=headers.accept_language
        )

    def _origin(self) -> str | None:
        """The address of the visitor's client, for the audit log."""
        router = self.router
        forwarded = router.headers.raw_headers.get("x-forwarded-for", "")
        address = address_of(peer=router.session.client_ip, forwarded=forwarded)
        return None if address == UNKNOWN else address

    async def _require_member(self) -> Member:
        """Raises `NotSignedIn`."""
        member = await self._member()
        if member is None:
            raise NotSignedIn
        return member

    async def _enter(self) -> Member | None:
        """Begin a page's load: a clean slate of messages, and the header.

        What was pressed as soon as the connection was there may have been done before the page's load is: its
        message belongs to this visit, and stays.
        """
        said = (self.problem, self.notice) if self._heard_on == self._this_visit() else ("", "")
        self._put(problem="", notice="", refusal="", refused_field="")
        member = await self._show_header()
        self._put(problem=said[0], notice=said[1])
        self._note_visit()
        return member

    async def _show_header(self) -> Member | None:
        """Fill the header for whoever is signed in, and keep this page fresh from now on."""
        visitor = await self._visitor()
        member = visitor and visitor.member
        await self._forget_others(f"{member.user_id} in {member.workspace_id}" if member else "")
        self._put(
            ready=True,
            signed_in=visitor is not None,
            email=visitor.email if visitor else "",
            workspace_name=member.workspace_name if member else "",
            unread=visitor.unread if visitor else 0,
            is_staff=member is not None and member.is_staff,
        )
        if member:
            live.watch(self.router.session.client_token, member.workspace_id, self.router_data)
        return member

    def _put(self, **values: Any) -> None:
        """Set what differs from what the page shows: only that is sent. Lists become this page's own."""
        for name, value in values.items():
            if self.get_value(name) != value:
                setattr(self, name, list(value) if isinstance(value, list) else value)

    async def _forget_others(self, who: str) -> None:
        """A tab keeps its state when another person, or the same one elsewhere, goes on in it."""
        session = await self.get_state(SessionState)
        if session._shown_to != who:
            await self._forget_all()
            session._shown_to = who

    async def _forget_all(self) -> None:
        """The language stays: the page goes on in it."""
        session = await self.get_state(SessionState)
        language = session.language
        session.reset()
        session.language = language

    async def _refresh(self) -> EventType[()] | None:
        """Read again what this page shows. Page states add their own part."""
        await self._show_header()
        return None

    def _log_in_first(self) -> EventSpec:
        """Off to the log-in page, and back here afterwards."""
        url = self.router.url
        here = f"{url.path}?{url.query}" if url.query else url.path
        return rx.redirect(f"{paths.LOG_IN}?{urlencode({'next': here})}")

    def _leave_for(self, url: str) -> EventSpec:
        """Off to a page that is not ours to show, such as Stripe's checkout, in the same tab."""
        return rx.set_value(DEPARTURE, url)

    @asynccontextmanager
    async def _reporting(self) -> AsyncIterator[None]:
        """Turn what goes wrong inside into a message on the page, in its language; only an `AppError` speaks
        for itself."""
        self._speak_as_shown()
        try:
            yield
        except AppError as error:
            self.problem = error.message
        except Exception:
            _log.exception("page_event_failed", state=type(self).__name__)
            self.problem = AppError().message

    @asynccontextmanager
    async def _answering(self, beside: Mapping[type[AppError], str] | None = None) -> AsyncIterator[None]:
        """As `_reporting`, for a `dialog_form`: a dialog hides the messages of the page. A refusal is shown
        in the form, too, or only beside the field that `beside` names. Without one, the dialog closes."""
        self.problem = self.notice = self.refusal = self.refused_field = ""
        async with self._reporting():
            try:
                yield
            except AppError as error:
                self.refused_field = (beside or {}).get(type(error), "")
                raise
        self.refusal, self.problem = self.problem, "" if self.refused_field else self.problem
        if not self.refusal:
            self.answered += 1
