"""What every page stands on, and how its routes are made: same-origin posts, engine errors as pages."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sentineliq.sandbox.config import SandboxConfig
from sentineliq.sandbox.engine import Engine, NotFound
from sentineliq.sandbox.pages.rendering import Renderer

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Site:
    """The engine, where it is served, and the renderer of its pages."""

    engine: Engine
    config: SandboxConfig
    renderer: Renderer

    def page_route(self, path: str, endpoint: Endpoint, *, what: str, name: str | None = None) -> Route:
        """A page to look at; `what` names the thing that an unknown id did not find."""
        return Route(path, self._answering_missing(endpoint, what), name=name)

    def form_route(self, path: str, endpoint: Endpoint, *, what: str) -> Route:
        """A form's target: posts of other origins are refused before anything is read."""
        guard = Middleware(SameOriginOnly, public_url=self.config.public_url)
        return Route(path, self._answering_missing(endpoint, what), methods=["POST"], middleware=[guard])

    def see(self, local: str) -> RedirectResponse:
        """Lead on to another page of the sandbox after a form."""
        return RedirectResponse(self.renderer.path(local), status_code=303)

    def _answering_missing(self, endpoint: Endpoint, what: str) -> Endpoint:
        @wraps(endpoint)
        async def answered(request: Request) -> Response:
            try:
                return await endpoint(request)
            except NotFound:
                return self.renderer.page(request, "missing.html", status=404, what=what)

        return answered


class SameOriginOnly:
    """Refuses requests that a page of another origin makes the browser send.

    Both headers are the browser's own. A client that is no browser sends neither, and has nothing to abuse.
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        parts = urlsplit(public_url)
        self._public_origin = f"{parts.scheme}://{parts.netloc}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_foreign(Request(scope)):
            refusal = PlainTextResponse("Refused: this form was sent by another site.", status_code=403)
            return await refusal(scope, receive, send)
        return await self._app(scope, receive, send)

    def _is_foreign(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        if origin is None:
            return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        return origin != self._public_origin and urlsplit(origin).netloc != request.headers.get("host")
