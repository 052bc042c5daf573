"""Where someone is signed in, in words they recognise, and ending it from elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..errors import NotFound, NotSignedIn
from ..i18n import say
from .models import Session
from .sessions import alive, current_user, revoking, session_id_of, tell_pages_of

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""The telling part and its name; the first found wins, for most browsers also claim to be others."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A signed-in browser. `origin` is the address that it signed in from."""

    session_id: str
    name: str
    origin: str | None
    last_seen_at: datetime
    is_this: bool


async def list_browsers(cookie_header: str) -> list[Browser]:
    """Where the sender of this `Cookie` header is signed in: here first, then as last seen.

    Raises `NotSignedIn`.
    """
    user_id, here = await _identify(cookie_header)
    found = select(Session).where(Session.user_id == user_id, *alive())
    async with db.reading() as session:
        rows = (await session.exec(found.order_by(col(Session.last_seen_at).desc()))).all()
    listed = [
        Browser(
            session_id=row.id,
            name=name_of(row.user_agent),
            origin=row.origin,
            last_seen_at=row.last_seen_at,
            is_this=row.id == here,
        )
        for row in rows
    ]
    return sorted(listed, key=lambda browser: not browser.is_this)


async def sign_out(cookie_header: str, *, session_id: str) -> None:
    """End another of one's own sessions. Raises `NotSignedIn`, and `NotFound` for what is not one's own."""
    user_id, _ = await _identify(cookie_header)
    async with db.transaction() as session:
        its = (col(Session.id) == session_id, col(Session.user_id) == user_id)
        done = await session.exec(revoking().where(*its))
    if done.rowcount != 1:
        raise NotFound
    await tell_pages_of(user_id)


async def sign_out_elsewhere(cookie_header: str) -> None:
    """End all of one's own sessions but this one. Raises `NotSignedIn`."""
    user_id, here = await _identify(cookie_header)
    async with db.transaction() as session:
        await end_others(session, user_id=user_id, but=here)
    await tell_pages_of(user_id)


async def end_others(session: AsyncSession, *, user_id: str, but: str | None) -> None:
    """End the user's sessions in the caller's transaction; the one named `but` stays."""
    await session.exec(revoking().where(col(Session.user_id) == user_id, col(Session.id) != (but or "")))


def name_of(user_agent: str | None) -> str:
    """`Firefox on Linux`; what is no browser we know is named by what it lacks, never by its own text. In the
    language that is spoken."""
    sent = user_agent or ""
    browser = next((name for part, name in _BROWSERS if part in sent), None) or say("Unknown browser")
    system = next((name for part, name in _SYSTEMS if part in sent), "")
    return say("{browser} on {system}", browser=browser, system=system) if system else browser


async def _identify(cookie_header: str) -> tuple[str, str]:
    """The user and their session here. Raises `NotSignedIn`."""
    user, here = await current_user(cookie_header), session_id_of(cookie_header)
    if user is None or here is None:
        raise NotSignedIn
    return user.id, here
