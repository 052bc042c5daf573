"""Choosing a language: kept in the browser, and with whoever is signed in."""

from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import update
from sqlmodel import col
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from .. import db, i18n
from ..config import get_settings
from ..i18n import Language
from .forms import local_path, read_form, refuse_foreign_origin
from .models import User
from .sessions import current_user

LIFETIME = timedelta(days=365)


def asked_language(request: Request) -> Language:
    """The language of a visitor of whom only the request is known."""
    headers = request.headers
    return i18n.choose(
        cookie_header=headers.get("cookie", ""), accept_language=headers.get("accept-language", "")
    )


async def choose_language(request: Request) -> Response:
    """Keeps the choice and returns to the page, which loads anew in that language."""
    try:
        refuse_foreign_origin(request)
        form = await read_form(request)
    except HTTPException as refusal:
        return PlainTextResponse(refusal.detail, refusal.status_code)
    language = i18n.language_of(form.get("language", ""))
    if language is None:
        return PlainTextResponse("There is no such language.", 400)
    await _remember(request, language)
    response = RedirectResponse(_page_of(request), status_code=303)
    response.set_cookie(
        i18n.COOKIE,
        language.value,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        samesite="lax",
        secure=get_settings().secure_cookies,
    )
    return response


async def _remember(request: Request, language: Language) -> None:
    user = await current_user(request.headers.get("cookie", ""))
    if user is None:
        return
    async with db.transaction() as session:
        await session.exec(update(User).where(col(User.id) == user.id).values(locale=language.value))


def _page_of(request: Request) -> str:
    """Where the form was posted from, as far as it is a page of ours."""
    page = urlsplit(request.headers.get("referer", ""))
    path = f"{page.path}?{page.query}" if page.query else page.path
    return local_path(path, default="/")


routes = [Route("/language", choose_language, methods=["POST"], name="language")]
