"""What a workspace's subscription is called where it stands."""

from ..i18n import mark
from ..workspaces.models import SubscriptionStatus

STATUS_LABELS = {
    None: mark("Free"),
    SubscriptionStatus.INCOMPLETE: mark("Incomplete"),
    SubscriptionStatus.TRIALING: mark("Trialing"),
    SubscriptionStatus.ACTIVE: mark("Active"),
    SubscriptionStatus.CANCEL_AT_PERIOD_END: mark("Canceling"),
    SubscriptionStatus.PAST_DUE: mark("Past due"),
    SubscriptionStatus.UNPAID: mark("Unpaid"),
    SubscriptionStatus.PAUSED: mark("Paused"),
    SubscriptionStatus.DELETED: mark("Canceled"),
}
