"""What this person wants to hear of: a switch for each kind, in the app and by mail."""

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventType

from ..activity import preferences
from ..activity.models import NotificationKind
from ..activity.preferences import Channel, Preference
from ..billing.mail_topics import mailed_kinds
from ..errors import NotFound
from ..i18n import mark, say
from ..workspaces.members import Member
from .session import SessionState

_WORDS: dict[NotificationKind, str] = {
    NotificationKind.PAYMENT_FAILED: mark("A payment failed"),
    NotificationKind.PAYMENT_ACTION_REQUIRED: mark("Your bank asks you to confirm a payment"),
    NotificationKind.BILLING_PROBLEM: mark("Something is wrong with billing"),
    NotificationKind.PAYMENT_RECEIVED: mark("A payment was received"),
    NotificationKind.PAYMENT_REFUNDED: mark("A payment was refunded"),
    NotificationKind.CARD_EXPIRING: mark("The card is about to expire"),
    NotificationKind.CREDITS_ADDED: mark("Credits were added"),
    NotificationKind.PLAN_CHANGED: mark("The plan changed"),
    NotificationKind.TRIAL_ENDING: mark("The trial ends"),
    NotificationKind.CANCELLATION_SCHEDULED: mark("The subscription is set to end"),
    NotificationKind.SUBSCRIPTION_RESUMED: mark("The subscription goes on"),
    NotificationKind.SUBSCRIPTION_CANCELED: mark("The subscription has ended"),
    NotificationKind.MEMBER_JOINED: mark("Someone joined the workspace"),
    NotificationKind.MEMBER_LEFT: mark("Someone left the workspace"),
    NotificationKind.ROLE_CHANGED: mark("Your role changed"),
    NotificationKind.OWNERSHIP_TRANSFERRED: mark("The workspace has a new owner"),
}
"""In the order of the page; kinds without words of their own follow."""


@dataclass(frozen=True)
class PreferenceRow:
    """`has_mail`: there is a mail of that kind; `is_open`: it can be switched off."""

    kind: str
    label: str
    in_app: bool
    by_mail: bool
    has_mail: bool
    is_open: bool


def _row(preference: Preference) -> PreferenceRow:
    kind = preference.kind
    return PreferenceRow(
        kind=kind.value,
        label=say(_WORDS.get(kind, kind.value.replace("_", " ").capitalize())),
        in_app=preference.in_app,
        by_mail=preference.by_mail,
        has_mail=kind in mailed_kinds(),
        is_open=not preference.is_fixed,
    )


def _place(preference: Preference) -> int:
    order = list(_WORDS)
    return order.index(preference.kind) if preference.kind in order else len(order)


class NotificationPreferencesState(SessionState):
    loaded: bool = False
    rows: list[PreferenceRow] = []

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to a member; send anyone else to log in."""
        async with self._reporting():
            member = await self._enter()
            if member is None:
                return self._log_in_first()
            await self._show_rows(member)
        return None

    @rx.event
    async def choose(self, kind: str, channel: str, wanted: bool) -> None:
        """Hear of that kind that way, or no more."""
        self.problem = ""
        async with self._reporting():
            member = await self._require_member()
            chosen_kind, chosen_channel = _parsed(kind, channel)
            await preferences.set_preference(
                user_id=member.user_id, kind=chosen_kind, channel=chosen_channel, wanted=wanted is True
            )
            await self._show_rows(member)

    async def _refresh(self) -> EventType[()] | None:
        member = await self._show_header()
        if member is None:
            return self._log_in_first()
        await self._show_rows(member)
        return None

    async def _show_rows(self, member: Member) -> None:
        chosen = await preferences.list_preferences(member.user_id)
        self.rows = [_row(preference) for preference in sorted(chosen, key=_place)]
        self.loaded = True


def _parsed(kind: str, channel: str) -> tuple[NotificationKind, Channel]:
    """Raises `NotFound` for what the page never sends."""
    try:
        return NotificationKind(kind), Channel(channel)
    except ValueError:
        raise NotFound from None
