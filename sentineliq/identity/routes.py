"""The forms of the sign-in pages, posted natively so that the session cookie is HttpOnly.

What went wrong returns to the page as a code in the address (`messages`), with what was typed, the password
aside. Whatever the outcome is, it is a 303: reloading the page never posts again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ..config import get_settings
from ..errors import TooManyAttempts
from ..i18n import speak
from . import accounts, sessions
from .attempts import Attempt, count_attempt, forgive_attempt
from .client_address import client_address
from .credentials import normalise_email
from .faults import FormFault
from .forms import local_path, read_form, refuse_foreign_origin
from .languages import asked_language
from .messages import Fault, Notice

HOME = "/workspace/billing"
EMAIL_SHOWN = 320

log = structlog.get_logger(__name__)
_background: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Form:
    """A form of our own page, read."""

    request: Request
    fields: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def client(self) -> str:
        return client_address(self.request)

    @property
    def sender(self) -> sessions.Client:
        return sessions.Client(origin=self.client, user_agent=self.request.headers.get("user-agent"))

    @property
    def cookie(self) -> str:
        return self.request.headers.get("cookie", "")


Handler = Callable[[Form], Awaitable[Response]]


def _form_route(path: str, page: str, handler: Handler) -> Route:
    """`page` is where a fault is shown."""

    async def endpoint(request: Request) -> Response:
        speak(asked_language(request))
        try:
            refuse_foreign_origin(request)
            form = Form(request, await read_form(request))
        except HTTPException as refusal:
            return PlainTextResponse(refusal.detail, refusal.status_code)
        try:
            return await handler(form)
        except FormFault as fault:
            return _back(page, form, fault=fault.fault, field=fault.field)
        except TooManyAttempts:
            return _back(page, form, fault=Fault.TOO_MANY_ATTEMPTS)
        except Exception:
            log.exception("form_failed", path=path)
            return _back(page, form, fault=Fault.UNAVAILABLE)

    return Route(path, endpoint, methods=["POST"], name=path.rpartition("/")[2])


async def log_in(form: Form) -> Response:
    """Sets the session cookie and goes on to `next`."""
    address = normalise_email(form["email"])
    await count_attempt(Attempt.SIGN_IN, address=address, client=form.client)
    signed_in = await accounts.log_in(address, form["password"], client=form.sender)
    await forgive_attempt(Attempt.SIGN_IN, address=address, client=form.client)
    return await _welcome(form, signed_in)


async def sign_up(form: Form) -> Response:
    """Makes the account and its workspace, sets the session cookie and goes on to `next`."""
    address = normalise_email(form["email"])
    await count_attempt(Attempt.SIGN_UP, address=address, client=form.client)
    signed_in = await accounts.sign_up(address, form["password"], client=form.sender)
    return await _welcome(form, signed_in)


async def log_out(form: Form) -> Response:
    """Ends the session in the database, so that a copied cookie is worthless too. `next` stays."""
    await sessions.revoke_session(form.cookie)
    target = local_path(form["next"], default="")
    response = _go("/login", notice=Notice.LOGGED_OUT, **({"next": target} if target else {}))
    _set_cookie(response, "", lifetime=timedelta())
    return response


async def forgot_password(form: Form) -> Response:
    """Answers before it looks the address up: the time tells nothing either."""
    address = normalise_email(form["email"])
    await count_attempt(Attempt.PASSWORD_RESET, address=address, client=form.client)
    _in_background(accounts.request_password_reset(address))
    return _go("/forgot-password", notice=Notice.RESET_SENT)


async def reset_password(form: Form) -> Response:
    """Sets the new password; one logs in with it, everywhere anew."""
    await accounts.reset_password(form["token"], form["password"])
    response = _go("/login", notice=Notice.PASSWORD_CHANGED)
    _set_cookie(response, "", lifetime=timedelta())
    return response


async def _welcome(form: Form, signed_in: accounts.SignedIn) -> Response:
    """A session that this browser already had ends: nobody is left signed in by accident."""
    await sessions.revoke_session(form.cookie)
    response = RedirectResponse(local_path(form["next"], default=HOME), status_code=303)
    _set_cookie(response, signed_in.cookie, lifetime=sessions.SESSION_LIFETIME)
    return response


def _set_cookie(response: Response, value: str, *, lifetime: timedelta) -> None:
    """No lifetime takes the cookie away."""
    response.set_cookie(
        sessions.SESSION_COOKIE,
        value,
        max_age=int(lifetime.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=get_settings().secure_cookies,
    )


def _go(page: str, **query: str) -> Response:
    return RedirectResponse(f"{page}?{urlencode(query)}", status_code=303)


def _back(page: str, form: Form, *, fault: Fault, field: str = "") -> Response:
    """To the page, with what was typed and where it would have led. An expired link leads to a new one."""
    if fault is Fault.LINK_EXPIRED:
        return _go("/forgot-password", error=fault)
    query = {"error": fault.value, "field": field, "email": form["email"][:EMAIL_SHOWN]}
    query |= {"next": local_path(form["next"], default=""), "token": form["token"]}
    return _go(page, **{name: value for name, value in query.items() if value})


def _in_background(work: Awaitable[None]) -> None:
    async def finish() -> None:
        try:
            await work
        except Exception:
            log.exception("background_work_failed")

    task = asyncio.create_task(finish())
    _background.add(task)  # the loop itself keeps only a weak reference
    task.add_done_callback(_background.discard)


routes: list[Route] = [
    _form_route("/auth/login", "/login", log_in),
    _form_route("/auth/signup", "/signup", sign_up),
    _form_route("/auth/logout", "/login", log_out),
    _form_route("/auth/forgot-password", "/forgot-password", forgot_password),
    _form_route("/auth/reset-password", "/reset-password", reset_password),
]
