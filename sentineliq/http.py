"""The outermost layer of every request: security and cache headers, page addresses, and errors as answers."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from prometheus_client import Counter
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .config import Settings
from .errors import AppError

IMMUTABLE = "public, max-age=31536000, immutable"
HASHED = "/assets/"
"""Where the build puts what has a hash of its content in its name."""

KNOWN_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
"""What is counted by name: the method is the client's own text, and a label must not grow by it."""

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_requests = Counter("sentineliq_http_requests", "Answered requests.", ["method", "status"])


class Shield:
    """Wraps the whole app. `client` is the folder of the built pages."""

    def __init__(self, app: ASGIApp, *, settings: Settings, client: Path) -> None:
        self.app = app
        self.pages = frozenset(page_paths(client))
        self.headers = security_headers(settings, scripts=script_hashes(client))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path: str = scope["path"]

        async def send_shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(MutableHeaders(scope=message), path=path, status=message["status"])
                method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
                _requests.labels(method, message["status"]).inc()
            await send(message)

        return await self.app(self._address(scope), receive, send_shielded)

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
