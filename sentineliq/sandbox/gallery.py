"""The gallery: what each kind of mail looks like, without having to make it happen. Beside the mailbox."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from sentineliq.sandbox.pages.rendering import GALLERY_ROUTE, Renderer

FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
)
"""A mail's HTML runs no script, sends no form, loads nothing foreign, and shows only inside our page."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail as it would be sent. `language` is a tag such as `pt-BR`."""

    kind: str
    language: str
    subject: str
    html: str
    text: str


class Gallery:
    """`samples` are made anew for each page, in the order in which they are shown."""

    def __init__(self, public_url: str, samples: Callable[[], Sequence[Sample]]) -> None:
        self._renderer = Renderer(public_url=public_url, static_path="/mailbox/static")
        self._samples = samples

    @property
    def routes(self) -> list[BaseRoute]:
        """Routes to be mounted where `public_url` points to, before the mailbox's."""
        return [
            Route("/mailbox/gallery", self._page, name=GALLERY_ROUTE),
            Route("/mailbox/gallery/{kind}/{language}", self._html),
        ]

    async def _page(self, request: Request) -> Response:
        kinds: dict[str, list[Sample]] = {}
        for sample in self._samples():
            kinds.setdefault(sample.kind, []).append(sample)
        return self._renderer.page(request, "gallery.html", kinds=kinds)

    async def _html(self, request: Request) -> Response:
        asked = (request.path_params["kind"], request.path_params["language"])
        found = [each.html for each in self._samples() if (each.kind, each.language) == asked]
        return framed(found[0] if found else None)


def framed(html: str | None) -> HTMLResponse:
    """A mail's HTML for a frame of our page; None is a mail that does not exist."""
    return HTMLResponse(
        "No such mail." if html is None else html,
        status_code=404 if html is None else 200,
        headers={
            "Content-Security-Policy": FRAME_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        },
    )
