"""The pages of signing up, logging in and resetting a password. Their forms post to routes, not to here."""

import reflex as rx
import structlog
from reflex.event import EventSpec

from ..errors import AppError
from ..i18n import say
from ..identity import accounts
from ..identity.messages import MESSAGES
from . import paths
from .session import SessionState

_log = structlog.get_logger(__name__)


class AccountState(SessionState):
    """What a form shows after a fault came back in the query: the message, and what was typed."""

    fault: str = ""
    success: str = ""
    fault_field: str = ""
    typed_email: str = ""
    verified: bool = False
    verify_problem: str = ""

    @rx.event
    async def load(self) -> None:
        """Show a form, with the fault of the last try beside its field."""
        async with self._reporting():
            await self._enter()
            self._read_query()

    @rx.event
    async def load_for_strangers(self) -> EventSpec | None:
        """As `load`; whoever is signed in already goes on to the app."""
        async with self._reporting():
            if await self._enter() is not None:
                return rx.redirect(paths.BILLING)
            if self.signed_in:
                return rx.redirect(paths.WORKSPACES)
            self._read_query()
        return None

    @rx.event
    async def verify(self) -> None:
        """Confirm the address of the mailed link that led here."""
        self.verified, self.verify_problem, problem = False, "", ""
        await self._member()
        try:
            token = self.router.url.query_parameters.get("token", "")
            await accounts.verify_email(token, cookie_header=self.router.headers.cookie)
        except AppError as error:
            problem = error.message
        except Exception:
            _log.exception("email_not_verified")
            problem = AppError().message
        async with self._reporting():
            await self._enter()  # whoever is new in this tab begins with nothing in it
        self.verified, self.verify_problem = not problem, problem

    def _read_query(self) -> None:
        query = self.router.url.query_parameters
        self.fault = _message(query.get("error", ""))
        self.fault_field = query.get("field", "")
        self.typed_email = query.get("email", "")
        self.success = _message(query.get("notice", ""))


def _message(code: str) -> str:
    return say(MESSAGES[code]) if code in MESSAGES else ""
