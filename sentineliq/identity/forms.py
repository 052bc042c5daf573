"""Reading a form that a page posts natively: whose it is, how large, and where it may lead to."""

from urllib.parse import parse_qsl, unquote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from ..config import get_settings

MAX_BODY = 64 * 1024
MAX_FIELDS = 20
MAX_PATH = 2048
_FORM = "application/x-www-form-urlencoded"


def refuse_foreign_origin(request: Request) -> None:
    """Raises `HTTPException` 403 for a form of another site.

    A page may send `Origin: null` to its own site when its referrer policy hides it; the browser then says
    `Sec-Fetch-Site: same-origin`, which no page can make up. Clients that send neither are no browsers,
    and carry no one's cookies.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is None or origin == "null":
        foreign = site not in ({None, "same-origin", "none"} if origin is None else {"same-origin"})
    else:
        foreign = origin not in get_settings().allowed_origins
    if foreign:
        raise HTTPException(403, "This form was not sent from our own pages.")


async def read_form(request: Request) -> dict[str, str]:
    """The fields, the first of each name. Raises `HTTPException` 413, 415 or 400."""
    if request.headers.get("content-type", _FORM).partition(";")[0].strip().lower() != _FORM:
        raise HTTPException(415, f"Send the form as {_FORM}.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise HTTPException(413, "This form is too large.")
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except (ClientDisconnect, ValueError):
        raise HTTPException(400, "This form cannot be read.") from None
    return dict(reversed(pairs))


def local_path(typed: str, *, default: str) -> str:
    """`typed` when it is a path of our own origin, else `default`: nobody is sent elsewhere.

    Percent-encoding is undone as often as anything behind us could, and each reading must be a local path.
    """
    reading = typed
    for _ in range(4):
        if not _is_local(reading):
            return default
        reading, before = unquote(reading), reading
        if reading == before:
            return typed
    return default


def _is_local(path: str) -> bool:
    """A single leading slash, and nothing that a browser would drop, or read as a slash or another host."""
    route = path.partition("?")[0].partition("#")[0]
    return (
        0 < len(path) <= MAX_PATH
        and route.startswith("/")
        and "//" not in route
        and "\\" not in path
        and path.isprintable()
        and not any(part in (".", "..") for part in route.split("/"))
    )
