"""The outermost layer of every request: security and cache headers, page addresses, and errors as answers."""

import asyncio
import base64
import hashlib
import os
import re
import time
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import structlog
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from . import logs, metrics
from .bodies import in_time
from .config import Settings
from .errors import AppError

IMMUTABLE = "public, max-age=31536000, immutable"
HASHED = "/assets/"
"""Where the build puts what has a hash of its content in its name."""

KNOWN_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
"""What is counted by name: the method is the client's own text, and a label must not grow by it."""

PATH_LOGGED = 200

_PROCESS = os.urandom(10).hex()
_numbers = count(int.from_bytes(os.urandom(4)))
_PLAIN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_log = structlog.get_logger(__name__)
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_OF_DOCUMENTS = ("content-security-policy", "cross-origin-opener-policy", "permissions-policy")
"""What browsers heed on documents only."""

_requests = Counter("sentineliq_http_requests", "Answered requests.", ["method", "status"])


@dataclass(slots=True)
class Answer:
    """A whole JSON answer, with what the log says `about` it, and the metrics that count it and its time."""

    status: int
    body: bytes
    about: dict[str, str] = field(default_factory=dict[str, str])
    counted: tuple[Counter, ...] = ()
    timed: Histogram | None = None


Direct = Callable[[Scope, Receive], Awaitable[Answer]]
"""Answers a POST without the layers of a framework between. It bounds the body that it reads by itself; the
request's id is in the scope."""


class Shield:
    """Wraps the whole app. `client` is the folder of the built pages; `direct` are routes by their path."""

    def __init__(
        self, app: ASGIApp, *, settings: Settings, client: Path, direct: Mapping[str, Direct] = {}
    ) -> None:
        self.app = app
        self.direct = direct
        self.logs_access = settings.in_production
        self.answered = Answered(log=self.logs_access)
        self.pages = frozenset(page_paths(client))
        self.headers = security_headers(settings, scripts=script_hashes(client.rglob("*.html")))
        self._headers = _encoded(self.headers)
        self._built = {path: _encoded(own) for path, own in headers_of_the_built(settings, client)}
        self._direct_headers = [
            (b"content-type", b"application/json"),
            *_encoded(security_headers(settings, scripts="")),  # a page's scripts are no matter of its own
            (b"cache-control", b"no-store"),
        ]

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] not in ("http", "websocket"):
            return self.app(scope, receive, send)  # the server's start: what it begins is no request's
        if scope["type"] == "http" and scope["path"] in self.direct and scope["method"] == "POST":
            return self._answer_directly(scope, receive, send)
        return self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = _request_id(scope)
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        if scope["type"] == "websocket":
            with metrics.SOCKETS.track_inprogress():
                return await self.app(scope, receive, send)
        path, started = scope["path"], time.perf_counter()

        async def send_shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(message, path=path, request_id=request_id)
                self._note(scope, status=message["status"], started=started)
            await send(message)

        return await self.app(self._address(scope), in_time(receive), send_shielded)

    async def _answer_directly(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is delivered by the hundred: few calls, and one line in the log for it, with whose it was."""
        started, request_id = time.perf_counter(), _request_id(scope)
        scope["request_id"] = request_id
        answer = await self.direct[scope["path"]](scope, receive)
        headers = [
            *self._direct_headers,
            (b"content-length", b"%d" % len(answer.body)),
            (b"x-request-id", request_id.encode()),
        ]
        self.answered.note(answer, scope, started)  # also where nobody listens any more
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _note(self, scope: Scope, *, status: int, started: float) -> None:
        """Count the answer, and in production log it: without its query, which may hold a link's secret."""
        method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
        _counted(method, status).inc()
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

    def _complete(self, message: Message, *, path: str, request_id: str) -> None:
        """Add what the answer has not said itself (a mail in the mailbox has a policy of its own)."""
        status, headers = message["status"], list(message.get("headers", ()))
        said = {name.lower() for name, _ in headers}
        headers = [(name, value) for name, value in headers if name.lower() != b"x-request-id"]
        headers.append((b"x-request-id", request_id.encode()))
        headers += [(name, value) for name, value in self._built.get(path, self._headers) if name not in said]
        if b"cache-control" not in said:
            headers.append((b"cache-control", _cache_control(said, path=path, status=status)))
        if status == 405 and b"allow" not in said:
            headers.append((b"allow", b"GET, HEAD"))
        message["headers"] = headers


class Answered:
    """Counts and logs direct answers, when the event loop comes to it: those of a burst at once."""

    def __init__(self, *, log: bool) -> None:
        self._log = log
        self._noted: list[tuple[Answer, Scope, float]] = []
        self._writing_in: asyncio.AbstractEventLoop | None = None

    def note(self, answer: Answer, scope: Scope, started: float) -> None:
        """`started` is when its request came, by `time.perf_counter()`."""
        self._noted.append((answer, scope, time.perf_counter() - started))
        loop = asyncio.get_running_loop()
        if self._writing_in is not loop:  # none, or one that ended before it came to it
            self._writing_in = loop
            loop.call_soon(self._write)

    def _write(self) -> None:
        noted, self._noted, self._writing_in = self._noted, [], None
        for answer, _, seconds in noted:
            if answer.timed is not None:
                answer.timed.observe(seconds)
        counters = [
            counter
            for answer, _, _ in noted
            for counter in (*answer.counted, _counted("POST", answer.status))
        ]
        for counter, times in Tally(counters).items():
            counter.inc(times)
        if self._log:
            logs.write_answers(
                [
                    (scope["path"], answer.status, seconds, scope["request_id"], answer.about)
                    for answer, scope, seconds in noted
                ]
            )


class Endpoint:
    """A direct route where no Shield is around it."""

    def __init__(self, direct: Direct) -> None:
        self._direct = direct
        self._answered = Answered(log=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        answer = await self._direct(scope, receive)
        self._answered.note(answer, scope, started)
        response = Response(answer.body, answer.status, media_type="application/json")
        await response(scope, receive, send)


@cache
def _counted(method: str, status: int) -> Counter:
    return _requests.labels(method, status)


def _request_id(scope: Scope) -> str:
    """The proxy's own, if it is a plain word; else a new one."""
    for name, value in scope.get("headers", ()):
        if name == b"x-request-id" and _PLAIN_ID.fullmatch(value):
            return value.decode()
    return f"{_PROCESS}{next(_numbers):012x}"


def _cache_control(said: set[bytes], *, path: str, status: int) -> bytes:
    if path.startswith(HASHED) and status in {200, 206, 304}:
        return IMMUTABLE.encode()
    return b"no-cache" if b"etag" in said else b"no-store"


def page_paths(client: Path) -> Iterable[str]:
    """The address of every built page but the first, such as `/workspace/billing`."""
    for page in client.rglob("*/index.html"):
        yield f"/{page.parent.relative_to(client).as_posix()}"


def script_hashes(pages: Iterable[Path]) -> str:
    """The CSP sources of every script that stands inside these pages."""
    found: set[str] = set()
    for page in pages:
        for code in _INLINE_SCRIPT.findall(page.read_text()):
            digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
            found.add(f"'sha256-{digest}'")
    return " ".join(sorted(found))


def headers_of_the_built(settings: Settings, client: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Security headers by the path of what is built, no longer than it needs: a visit loads a dozen of them.

    A page allows its own scripts and no other page's. A file that is no page may do nothing at all.
    """
    idle = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
    whole = security_headers(settings, scripts="")
    of_a_file = {name: value for name, value in whole.items() if name not in _OF_DOCUMENTS} | idle
    for path in client.rglob("*"):
        address = f"/{path.relative_to(client).as_posix()}"
        if path.name == "index.html":
            own = security_headers(settings, scripts=script_hashes([path]))
            yield address.removesuffix("/index.html") or "/", own
        elif path.is_file() and path.suffix != ".html":
            yield address, of_a_file


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


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
