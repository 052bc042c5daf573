"""Two running subscriptions of one workspace: which one counts is settled, and that there are two is said."""

from collections.abc import Collection
from dataclasses import replace

import structlog

from ....activity.models import NotificationKind
from ....i18n import Phrase, mark
from ....mail.models import MailKind
from ...effects import Effects, Notice, OwnerMail
from ..payloads import SubscriptionPayload
from ..subscriptions import UnknownPrice, is_running, plan_of
from .held import plan_name

MAX_KEY = 180
"""Of what it is about: a hundred subscriptions would not fit."""

_log = structlog.get_logger(__name__)


def with_second_subscription(effects: Effects, known: Collection[SubscriptionPayload]) -> Effects:
    """Members, the owner and staff are told, once of the same subscriptions. `known` are the customer's."""
    running = sorted((each for each in known if is_running(each)), key=lambda each: each.id)
    if len(running) < 2:
        return effects
    ids = [each.id for each in running]
    _log.warning("two_running_subscriptions", subscriptions=ids)
    about = f"two_subscriptions:{'+'.join(ids)}"[:MAX_KEY]
    notice = Notice(
        kind=NotificationKind.BILLING_PROBLEM,
        about=about,
        title=Phrase("Two subscriptions are running"),
        body=Phrase(
            "This workspace may be charged for both. Cancel one in the customer portal, or write to us."
        ),
    )
    told = [{"id": each.id, "plan_name": _plan_name(each)} for each in running]
    mail = OwnerMail(
        kind=MailKind.TWO_SUBSCRIPTIONS, key=about, context={"subscriptions": told}, staff_too=True
    )
    return replace(effects, notices=(*effects.notices, notice), mails=(*effects.mails, mail))


def _plan_name(subscription: SubscriptionPayload) -> str:
    try:
        return plan_name(plan_of(subscription.price_ids))
    except UnknownPrice:
        return mark("A price that is not sold here")
