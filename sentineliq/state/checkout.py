"""The page that Stripe returns to: what has become of the payment, live."""

import asyncio
from enum import StrEnum

import reflex as rx
import structlog
from reflex.event import EventType

from ..billing import operations
from ..billing.views import CheckoutProgress
from ..workspaces.members import Member
from .session import SessionState

_log = structlog.get_logger(__name__)

POLL_SECONDS = 2.0
POLLS_BEFORE_ASKING_STRIPE = 5
POLLS_IN_ALL = 60


class Phase(StrEnum):
    """What the page says."""

    LOADING = "loading"
    CONFIRMING = "confirming"
    PROCESSING = "processing"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


UNSETTLED = (Phase.CONFIRMING, Phase.PROCESSING, Phase.EXPIRED)
"""What a webhook changes while the page is open. A bank takes days: nobody looks again for it; one that a
newer checkout has closed may have been paid in that moment."""


class CheckoutState(SessionState):
    """The URL carries no authority: it names a session, and our own records say what became of it."""

    phase: str = Phase.LOADING.value
    slow: bool = False
    _visit: int = 0

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to a member; send anyone else to log in."""
        async with self._reporting():
            self.phase, self.slow, self._visit = Phase.LOADING, False, self._visit + 1
            if await self._enter() is None:
                return self._log_in_first()
            if self.router.url.query_parameters.get("canceled") == "true":
                self.phase = Phase.CANCELED
                return None
            await self._look()
            return CheckoutState.keep_looking if self.phase == Phase.CONFIRMING else None
        return None

    @rx.event(background=True)
    async def keep_looking(self) -> None:
        """Look again until it is settled; after 10 s ask Stripe itself, whose webhook is late."""
        async with self:
            visit = self._visit
        for poll in range(1, POLLS_IN_ALL + 1):
            await asyncio.sleep(POLL_SECONDS)
            async with self:
                if self._visit != visit or self.phase != Phase.CONFIRMING:
                    return
                self.slow = poll >= POLLS_BEFORE_ASKING_STRIPE
                member, session_id = await self._member(), self._session_id()
            if member is None:
                return
            progress = await _ask(
                member=member, session_id=session_id, stripe=poll % POLLS_BEFORE_ASKING_STRIPE == 0
            )
            async with self:
                self.phase = progress.value

    async def _refresh(self) -> EventType[()] | None:
        if await self._show_header() is not None and self.phase in UNSETTLED:
            await self._look()
        return None

    async def _look(self) -> None:
        """Show what our own records say."""
        progress = await operations.get_checkout_progress(
            member=await self._require_member(), session_id=self._session_id()
        )
        self.phase = progress.value

    def _session_id(self) -> str:
        return self.router.url.query_parameters.get("session_id", "")


async def _ask(*, member: Member, session_id: str, stripe: bool) -> CheckoutProgress:
    """What has become of the session; still confirming when neither records nor Stripe can say."""
    look = operations.confirm_checkout if stripe else operations.get_checkout_progress
    try:
        return await look(member=member, session_id=session_id)
    except Exception:
        _log.exception("checkout_not_looked_up")
        return CheckoutProgress.CONFIRMING
