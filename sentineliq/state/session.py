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
from ..i18n import Language, say
from ..identity.client_address import UNKNOWN, address_of
from ..identity.forms import local_path
from ..identity.sessions import Visitor, current_visitor, visitors
from ..workspaces import service as workspaces
from ..workspaces.members import Member
from . import paths

_log = structlog.get_logger(__name__)

_WORTH_COMING_BACK = (paths.PRICING, paths.INVITATION)
"""What strangers see, and go on with once they are logged in."""
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
    kept: str = ""
    """The query with which the ways in go on: whoever is led in from somewhere is led back."""

    problem: str = ""
    notice: str = ""

    refusal: str = ""
    refused_field: str = ""
    """Of the form in the open dialog; no field for the form as a whole."""
    answered: int = 0
    """How many forms of dialogs were taken: whenever one more is, the open dialog closes."""

    _email_verified: bool = False
    _shown_to: tuple[str, str] = ("", "")
    """Their id, and their workspace's."""
    _farewell: str = ""
    """What became of the workspace that this tab showed, until another page has said it."""
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
        self.problem = self.notice = self._farewell = ""

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
        self._put(problem=said[0], notice=self.notice or said[1], kept=self._way_back())
        if self.notice == self._farewell:
            self._farewell = ""
        self._note_visit()
        return member

    async def _show_header(self) -> Member | None:
        """Fill the header for whoever is signed in, and keep this page fresh from now on."""
        visitor = await self._visitor()
        member = visitor and visitor.member
        await self._forget_others(visitor)
        self._put(
            ready=True,
            signed_in=visitor is not None,
            email=visitor.email if visitor else "",
            _email_verified=visitor is not None and visitor.email_verified,
            workspace_name=member.workspace_name if member else "",
            unread=visitor.unread if visitor else 0,
            is_staff=member is not None and member.is_staff,
        )
        if self._farewell and (member or self.router.url.path == paths.WORKSPACES):
            self._put(notice=self._farewell)
        if member:
            live.watch(self.router.session.client_token, member.workspace_id, self.router_data)
        return member

    def _put(self, **values: Any) -> None:
        """Set what differs from what the page shows: only that is sent. Lists become this page's own."""
        for name, value in values.items():
            if self.get_value(name) != value:
                setattr(self, name, list(value) if isinstance(value, list) else value)

    async def _forget_others(self, visitor: Visitor | None) -> None:
        """A tab keeps its state when another person, or the same one elsewhere, goes on in it."""
        session = await self.get_state(SessionState)
        who = _person_and_place(visitor)
        if session._shown_to != who:
            farewell = await _farewell(session._shown_to) if session._shown_to[0] == who[0] else ""
            await self._forget_all()
            session._shown_to, session._farewell = who, farewell

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
        return rx.redirect(f"{paths.LOG_IN}?{urlencode({'next': self._here()})}")

    def _here(self) -> str:
        url = self.router.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def _way_back(self) -> str:
        url = self.router.url
        asked = self._here() if url.path in _WORTH_COMING_BACK else url.query_parameters.get("next", "")
        kept = {"next": local_path(asked, default=""), "email": url.query_parameters.get("email", "")}
        return f"?{urlencode(given)}" if (given := {name: kept[name] for name in kept if kept[name]}) else ""

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


def _person_and_place(visitor: Visitor | None) -> tuple[str, str]:
    if visitor is None:
        return "", ""
    return visitor.user_id, visitor.member.workspace_id if visitor.member else ""


async def _farewell(shown_to: tuple[str, str]) -> str:
    """What became of their workspace, if it is theirs no more."""
    user_id, workspace_id = shown_to
    lost = await workspaces.find_lost(user_id=user_id, workspace_id=workspace_id) if workspace_id else None
    if lost is None:
        return ""
    if lost.is_deleted:
        return say("{workspace} was deleted.", workspace=lost.name)
    return say("You do not belong to {workspace} any more.", workspace=lost.name)
