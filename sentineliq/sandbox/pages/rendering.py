"""Templates to responses: one renderer, the headers that every hosted page carries, static files."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, NoMatchFound
from starlette.staticfiles import StaticFiles

from sentineliq.sandbox.pages import formatting

_SANDBOX = Path(__file__).parent.parent
STATIC_FOLDER = _SANDBOX / "static"

DASHBOARD_ROUTE = "sandbox-dashboard"
MAILBOX_ROUTE = "sandbox-mailbox"
GALLERY_ROUTE = "sandbox-mail-gallery"


class Renderer:
    """Renders the sandbox's templates.

    Links stay on the host that the browser used: only the path of `public_url` goes into them, so that the
    pages work under `localhost` and `127.0.0.1` alike.
    """

    def __init__(self, *, public_url: str, static_path: str = "/static") -> None:
        self.base = urlsplit(public_url).path.rstrip("/")
        self._static_path = static_path
        self._environment = _environment()

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        form_targets: Iterable[str] = (),
        **context: object,
    ) -> HTMLResponse:
        """One page. `form_targets` are addresses that a form of this page may end up at by redirects."""
        body = self._environment.get_template(template).render(
            base=self.base,
            static=self._static,
            dashboard_known=_is_served(request, DASHBOARD_ROUTE),
            mailbox_known=_is_served(request, MAILBOX_ROUTE),
            gallery_known=_is_served(request, GALLERY_ROUTE),
            **context,
        )
        return HTMLResponse(body, status_code=status, headers=_headers(form_targets))

    def path(self, local: str) -> str:
        """A path inside the mount as the browser must ask for it."""
        return f"{self.base}{local}"

    def _static(self, name: str) -> str:
        return f"{self.base}{self._static_path}/{name}?v={_fingerprint(name)}"


def static_mount(path: str = "/static") -> Mount:
    """Serves the stylesheet and scripts under `path`."""
    return Mount(path, app=StaticFiles(directory=STATIC_FOLDER))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_SANDBOX / "templates"),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "money": formatting.money,
        "moment": formatting.moment,
        "day": formatting.day,
        "iso": formatting.iso,
        "second": formatting.second,
        "words": formatting.words,
        "linkify": formatting.linkify,
    }
    return environment


def _headers(form_targets: Iterable[str]) -> dict[str, str]:
    """Browsers hold a form's redirects to `form-action` too, hence the targets of other origins."""
    origins = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, form_targets) if parts.netloc}
    form_action = " ".join(["'self'", *sorted(origins)])
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action {form_action}"
        ),
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:12]


def _is_served(request: Request, route_name: str) -> bool:
    """Whether this process also serves the named page: mailbox and dashboard can each stand alone."""
    try:
        request.url_for(route_name)
    except (NoMatchFound, KeyError):
        return False
    return True
