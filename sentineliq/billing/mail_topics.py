"""Which notification kind a mail of billing belongs to, so that one preference holds for both."""

from collections.abc import Iterable

from ..activity.models import NotificationKind
from ..mail.models import MailKind

TOPICS: dict[MailKind, NotificationKind] = {
    MailKind.PAYMENT_RECEIVED: NotificationKind.PAYMENT_RECEIVED,
    MailKind.PAYMENT_FAILED: NotificationKind.PAYMENT_FAILED,
    MailKind.PAYMENT_ACTION_REQUIRED: NotificationKind.PAYMENT_ACTION_REQUIRED,
    MailKind.PAYMENT_REFUNDED: NotificationKind.PAYMENT_REFUNDED,
    MailKind.REFUND_FAILED: NotificationKind.BILLING_PROBLEM,
    MailKind.PAYMENT_DISPUTED: NotificationKind.BILLING_PROBLEM,
    MailKind.INVOICE_NOT_FINALIZED: NotificationKind.BILLING_PROBLEM,
    MailKind.PLAN_ON_HOLD: NotificationKind.BILLING_PROBLEM,
    MailKind.TWO_SUBSCRIPTIONS: NotificationKind.BILLING_PROBLEM,
    MailKind.CARD_EXPIRING: NotificationKind.CARD_EXPIRING,
    MailKind.TRIAL_ENDING: NotificationKind.TRIAL_ENDING,
    MailKind.TRIAL_PAID: NotificationKind.PAYMENT_RECEIVED,
    MailKind.TRIAL_ENDED: NotificationKind.TRIAL_ENDING,
    MailKind.TRIAL_REFUSED: NotificationKind.BILLING_PROBLEM,
    MailKind.CANCELLATION_SCHEDULED: NotificationKind.CANCELLATION_SCHEDULED,
    MailKind.SUBSCRIPTION_CANCELED: NotificationKind.SUBSCRIPTION_CANCELED,
}
"""A mail without a topic (an invitation, a reset) was asked for and always goes."""


def mailed_kinds() -> Iterable[NotificationKind]:
    """The kinds of which the owner is told by mail as well."""
    return frozenset(TOPICS.values())
