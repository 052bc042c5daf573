"""What each kind of mail says, in the language that is spoken; `mail.templates` gives them one look."""

from collections.abc import Callable, Mapping
from typing import Any

from ..models import MailKind
from . import accounts, payments, subscriptions
from .shape import PRODUCT, Letter, Told

__all__ = ["PRODUCT", "Letter", "write"]

_LETTERS: dict[MailKind, Callable[[Told], Letter]] = {
    MailKind.VERIFY_EMAIL: accounts.verify_email,
    MailKind.PASSWORD_RESET: accounts.password_reset,
    MailKind.PAYMENT_RECEIVED: payments.payment_received,
    MailKind.PAYMENT_FAILED: payments.payment_failed,
    MailKind.PAYMENT_ACTION_REQUIRED: payments.payment_action_required,
    MailKind.PAYMENT_REFUNDED: payments.payment_refunded,
    MailKind.REFUND_FAILED: payments.refund_failed,
    MailKind.PAYMENT_DISPUTED: payments.payment_disputed,
    MailKind.INVOICE_NOT_FINALIZED: subscriptions.invoice_not_finalized,
    MailKind.CARD_EXPIRING: subscriptions.card_expiring,
    MailKind.TRIAL_ENDING: subscriptions.trial_ending,
    MailKind.CANCELLATION_SCHEDULED: subscriptions.cancellation_scheduled,
    MailKind.SUBSCRIPTION_CANCELED: subscriptions.subscription_canceled,
    MailKind.PLAN_ON_HOLD: subscriptions.plan_on_hold,
    MailKind.TWO_SUBSCRIPTIONS: subscriptions.two_subscriptions,
    MailKind.TRIAL_PAID: payments.trial_paid,
    MailKind.TRIAL_ENDED: subscriptions.trial_ended,
    MailKind.TRIAL_REFUSED: subscriptions.trial_refused,
    MailKind.INVITATION: accounts.invitation,
}


def write(kind: MailKind, context: Mapping[str, Any], *, locale: str) -> Letter:
    """The letter of this kind. Raises `KeyError` where the context lacks a value."""
    return _LETTERS[kind](Told(context, locale))
