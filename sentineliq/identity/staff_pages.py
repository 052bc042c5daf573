"""The staff's built pages: to anyone else, there is nothing, and the answer's status says so too.

The pages hold nobody's data; what they show comes from the state, which asks again who it is. A stranger's
page says that there is nothing here, as the state tells it to.
"""

from posixpath import normpath

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import NotFound
from .staff import require_staff

_CONDITIONS = frozenset((b"if-none-match", b"if-modified-since", b"if-range", b"range"))
_log = structlog.get_logger(__name__)


class StaffPages:
    """Wraps the built pages; `under` is the path below which all of them are the staff's."""

    def __init__(self, app: ASGIApp, *, under: str) -> None:
        self.app = app
        self.under = under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._is_below(scope["path"]) or await _is_let_in(scope):
            await self.app(scope, receive, send)
            return

        async def send_as_nothing(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                message = {**message, "status": 404}
                headers = MutableHeaders(scope=message)
                for name in ("etag", "last-modified", "cache-control"):
                    del headers[name]  # who is let in later must not be shown this from a cache
            await send(message)

        await self.app(_unconditional(scope), receive, send_as_nothing)

    def _is_below(self, path: str) -> bool:
        """However it is written: the built pages are found by their plain path."""
        return normpath(f"/{path.lstrip('/')}").startswith(self.under)


async def _is_let_in(scope: Scope) -> bool:
    """Whether the cookie's person is staff. The page still stands while the database does not answer."""
    try:
        await require_staff(Headers(scope=scope).get("cookie", ""))
    except NotFound:
        return False
    except Exception:
        _log.exception("staff_not_asked_for")
    return True


def _unconditional(scope: Scope) -> Scope:
    """So that a whole page answers, and never "not modified"."""
    return {**scope, "headers": [each for each in scope["headers"] if each[0] not in _CONDITIONS]}
