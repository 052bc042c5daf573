"""What a subscription's and an invoice's events say of a trial: its beginning and its end."""

from dataclasses import replace

from ....activity.models import NotificationKind
from ....i18n import Phrase, mark
from ....mail.models import MailKind
from ....workspaces.models import SubscriptionStatus
from ...billed import BilledWorkspace
from ...effects import Effects, NeedsTrialCard, Notice, OwnerMail, SubscriptionDetails, TrialStart
from ..payloads import InvoicePayload, StripeSubscriptionStatus, SubscriptionPayload
from ..subscriptions import TRIAL_MARK, status_of
from .answers import Answers, TrialCardAnswer
from .held import held_details, plan_name

ENDS = {
    "canceled": (
        mark("The trial of {plan} has ended"),
        mark("Nothing was charged. The workspace is on the free plan now."),
    ),
    "no_card": (
        mark("The trial of {plan} has ended without a card"),
        mark("Nothing was charged. Choose a plan to go on; your data is still there."),
    ),
}
"""What became of a trial that nobody paid for: a notice's title and text."""


def tells_of_a_trial(subscription: SubscriptionPayload, *, workspace: BilledWorkspace) -> bool:
    """Whether this is the first that the workspace hears of a trial that we sold."""
    is_known = workspace.stripe_subscription_id == subscription.id and workspace.trial_end is not None
    is_trial = subscription.status is StripeSubscriptionStatus.TRIALING
    return is_trial and TRIAL_MARK in subscription.metadata and not is_known


def with_trial(
    effects: Effects, subscription: SubscriptionPayload, *, workspace: BilledWorkspace, answers: Answers
) -> Effects | NeedsTrialCard:
    """The effects with a trial to judge, if the subscription begins one."""
    if not tells_of_a_trial(subscription, workspace=workspace):
        return effects
    card = answers.trial_card
    if card is None or card.subscription_id != subscription.id:
        return NeedsTrialCard(subscription.id)
    return replace(effects, trial=trial_of(effects.subscription, card))


def trial_of(details: SubscriptionDetails | None, card: TrialCardAnswer) -> TrialStart:
    plan = plan_name(details.plan if details else None)
    return TrialStart(subscription_id=card.subscription_id, plan_name=plan, card=card.fingerprint)


def pays_after_trial(invoice: InvoicePayload, *, workspace: BilledWorkspace) -> bool:
    """Whether the invoice is for the first period after the trial: later ones begin after its end."""
    begins = [line.period_start for line in invoice.lines if line.period_start and not line.proration]
    return (
        workspace.trial_end is not None
        and workspace.stripe_subscription_id == invoice.subscription_id
        and bool(begins)
        and min(begins) <= workspace.trial_end
    )


def ends_in_payment(
    subscription: SubscriptionPayload, effects: Effects, *, workspace: BilledWorkspace, answers: Answers
) -> bool:
    """Whether its trial still runs and goes over into a paid period, by the newest word on it: the event may
    be late, and a subscription that has ended or is set to end charges nothing."""
    now = effects.subscription or held_details(workspace)
    if now.subscription_id == subscription.id:
        return now.status is SubscriptionStatus.TRIALING
    beside = [each for each in answers.subscriptions_for(workspace) or () if each.id == subscription.id]
    return any(status_of(each, at=each.created) is SubscriptionStatus.TRIALING for each in beside)


def end_of_trial(subscription: SubscriptionPayload) -> str | None:
    """Which of `ENDS` it is, None where the period that ended was paid for."""
    trial_end, period_end = subscription.trial_end, subscription.current_period_end
    if trial_end is None or period_end is None or trial_end < period_end:
        return None
    was_asked = subscription.cancel_at_period_end or subscription.cancel_at is not None
    is_early = subscription.ended_at is None or subscription.ended_at < trial_end
    return "canceled" if was_asked or is_early else "no_card"


def with_end_of_trial(effects: Effects, subscription_id: str, *, plan: str, outcome: str) -> Effects:
    about = f"subscription_canceled:{subscription_id}"  # one end, one mail
    title, body = ENDS[outcome]
    notice = Notice(
        kind=NotificationKind.TRIAL_ENDING,
        about=about,
        title=Phrase(title, {"plan": plan}),
        body=Phrase(body),
    )
    mail = OwnerMail(kind=MailKind.TRIAL_ENDED, key=about, context={"plan_name": plan, "outcome": outcome})
    return replace(effects, notices=(*effects.notices, notice), mails=(*effects.mails, mail))
