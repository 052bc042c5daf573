"""The outermost layer of every request: security and cache headers, page addresses, and errors as answers."""

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import uuid4

import structlog
from prometheus_client import Counter
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from . import metrics
from .config import Settings
from .errors import AppError

IMMUTABLE = "public, max-age=31536000, immutable"
HASHED = "/assets/"
"""Where the build puts what has a hash of its content in its name."""

BODY_SECONDS = 30.0
"""Until a request's body must be there: the largest is 1 MiB."""

KNOWN_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
"""What is counted by name: the method is the client's own text, and a label must not grow by it."""

PATH_LOGGED = 200

_PLAIN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_log = structlog.get_logger(__name__)
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_requests = Counter("sentineliq_http_requests", "Answered requests.", ["method", "status"])


class Shield:
    """Wraps the whole app. `client` is the folder of the built pages."""

    def __init__(self, app: ASGIApp, *, settings: Settings, client: Path) -> None:
        self.app = app
        self.logs_access = settings.in_production
        self.pages = frozenset(page_paths(client))
        self.headers = security_headers(settings, scripts=script_hashes(client))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)  # the server's start: what it begins is no request's
        request_id = _request_id(scope)
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        if scope["type"] == "websocket":
            with metrics.SOCKETS.track_inprogress():
                return await self.app(scope, receive, send)
        path, started = scope["path"], time.perf_counter()

        async def send_shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                self._complete(headers, path=path, status=message["status"])
                self._note(scope, status=message["status"], started=started)
            await send(message)

        return await self.app(self._address(scope), _in_time(receive), send_shielded)

    def _note(self, scope: Scope, *, status: int, started: float) -> None:
        """Count the answer, and in production log it: without its query, which may hold a link's secret."""
        method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
        _requests.labels(method, status).inc()
        path: str = scope["path"]
        if self.logs_access and not path.startswith(HASHED):
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            _log.info("answered", method=method, path=path[:PATH_LOGGED], status=status, ms=milliseconds)

    def _address(self, scope: Scope) -> Scope:
        """A page's file is `<page>/index.html`: found at once, where a redirect would lose https."""
        path: str = scope["path"]
        if path not in self.pages:
            return scope
        return {**scope, "path": f"{path}/", "raw_path": f"{path}/".encode()}

    def _complete(self, headers: MutableHeaders, *, path: str, status: int) -> None:
        """Add what the answer has not said itself (a mail in the mailbox has a policy of its own)."""
        for name, value in self.headers.items():
            headers.setdefault(name, value)
        headers.setdefault("cache-control", _cache_control(headers, path=path, status=status))
        if status == 405:
            headers.setdefault("allow", "GET, HEAD")


def _request_id(scope: Scope) -> str:
    """The proxy's own, if it is a plain word; else a new one."""
    for name, value in scope.get("headers", ()):
        if name == b"x-request-id" and _PLAIN_ID.fullmatch(value):
            return value.decode()
    return uuid4().hex


def _in_time(receive: Receive) -> Receive:
    """A body that trickles in ends as if its sender had hung up; what comes after it may take its time."""
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    complete = False

    async def read() -> Message:
        nonlocal complete
        if complete:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        complete = not message.get("more_body", False)
        return message

    return read


def _cache_control(headers: MutableHeaders, *, path: str, status: int) -> str:
    if path.startswith(HASHED) and status in {200, 206, 304}:
        return IMMUTABLE
    return "no-cache" if "etag" in headers else "no-store"


def page_paths(client: Path) -> Iterable[str]:
    """The address of every built page but the first, such as `/workspace/billing`."""
    for page in client.rglob("*/index.html"):
        yield f"/{page.parent.relative_to(client).as_posix()}"


def script_hashes(client: Path) -> str:
    """The CSP sources of every script that stands inside a built page."""
    found: set[str] = set()
    for page in client.rglob("*.html"):
        for code in _INLINE_SCRIPT.findall(page.read_text()):
            digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
            found.add(f"'sha256-{digest}'")
    return " ".join(sorted(found))


def security_headers(settings: Settings, *, scripts: str) -> dict[str, str]:
    """What every answer carries. No foreign host, no eval, no script inside a page but the build's own."""
    sockets = " ".join(re.sub("^http", "ws", origin) for origin in dict.fromkeys(settings.allowed_origins))
    policy = {
        "default-src": "'self'",
        "script-src": f"'self' {scripts}".rstrip(),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "connect-src": f"'self' {sockets}",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-src": "'self'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "strict-origin-when-cross-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }
    if settings.web_client_url.startswith("https://"):
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return headers


def refuse_other_methods(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """The routes, each followed by a 405 for the methods it does not take.

    Without it a wrong method would fall through to the pages and be told that there is no such page.
    """
    allowed: dict[str, set[str]] = {}
    for route in routes:
        if isinstance(route, Route) and route.methods:
            allowed.setdefault(route.path, set()).update(route.methods)
    refusals = [Route(path, MethodNotAllowed(methods)) for path, methods in allowed.items()]
    return [*routes, *refusals]


class MethodNotAllowed:
    """Answers 405 to whatever reaches it."""

    def __init__(self, methods: Iterable[str]) -> None:
        self.allow = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = JSONResponse({"error": "Method not allowed."}, 405, headers={"Allow": self.allow})
        await answer(scope, receive, send)


async def answer_app_error(_request: Request, error: Exception) -> Response:
    """The one place where an `AppError` becomes an HTTP answer."""
    if not isinstance(error, AppError):
        raise error
    return JSONResponse({"error": error.message}, error.status)


async def answer_http_error(_request: Request, error: Exception) -> Response:
    """Starlette's own refusals in the shape of ours."""
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
