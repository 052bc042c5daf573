"""`customer.subscription.*`: the whole subscription, and what people are told of its changes."""

from dataclasses import replace

from ....activity.models import NotificationKind
from ....i18n import Phrase
from ....mail.models import MailKind
from ....workspaces.models import SubscriptionStatus
from ...billed import BilledWorkspace
from ...effects import (
    Decision,
    Effects,
    NeedsSubscriptions,
    Notice,
    OwnerMail,
    SubscriptionDetails,
    Unmatched,
)
from ..payloads import StripeEvent, SubscriptionPayload
from ..subscription_order import Verdict, ends_beside, failing_anew_since, judge
from ..subscriptions import CREATED, UnknownPrice, as_of_after, current_one, details_of, plan_of
from .answers import Answers
from .held import held_details, held_plan, plan_name
from .second_subscription import with_second_subscription
from .trials import end_of_trial, ends_in_payment, with_end_of_trial, with_trial

ON_HOLD = (SubscriptionStatus.PAUSED, SubscriptionStatus.UNPAID)
"""It has not ended, yet the workspace is on the free plan until its owner acts."""


def on_subscription(
    event: StripeEvent, subscription: SubscriptionPayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """Every `customer.subscription.*`: the whole subscription, applied when it is the newest."""
    verdict = judge(
        subscription, workspace=workspace, event=event, is_former_customer=answers.is_former_customer
    )
    if verdict is Verdict.STALE:
        return Effects(subscription=_noted(subscription, workspace=workspace, event=event))
    chosen, known = subscription, None
    if verdict is Verdict.UNSETTLED:
        known = answers.subscriptions_for(workspace)
        if known is None:
            return NeedsSubscriptions(subscription.customer, seen=workspace.subscription_as_of_event)
        current = current_one(known, workspace=workspace)
        if current is None:
            return Unmatched("Stripe knows no subscription of this customer")
        chosen = current
    try:
        details = details_of(chosen, workspace=workspace, event=event, known=known, told_at=answers.told_at)
    except UnknownPrice as unknown:
        return Unmatched(str(unknown))
    effects = with_trial(Effects(subscription=details), chosen, workspace=workspace, answers=answers)
    if not isinstance(effects, Effects):
        return effects
    if known is not None:
        effects = with_second_subscription(effects, known)
    return with_transition(effects, details, workspace=workspace, event=event, subscription=chosen)


def _noted(
    subscription: SubscriptionPayload, *, workspace: BilledWorkspace, event: StripeEvent
) -> SubscriptionDetails | None:
    """What a snapshot leaves behind that changes nothing of what is held."""
    held = held_details(workspace)
    if ends_beside(subscription, workspace=workspace):  # what comes late of that one starts nothing any more
        return replace(held, has_others=True, as_of_event=event.id)
    if subscription.id != workspace.stripe_subscription_id:
        return None
    if since := failing_anew_since(subscription, workspace=workspace, event=event):
        return replace(held, past_due_since=since)  # it was not past due then: this dunning began later
    if event.created == workspace.subscription_as_of and event.type != CREATED:
        return replace(held, as_of=as_of_after(event, workspace=workspace))  # more of that second may come
    return None


def on_trial_will_end(
    event: StripeEvent, subscription: SubscriptionPayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`customer.subscription.trial_will_end`: three days before, or as a trial is ended at once, which needs
    no warning, as one that nobody will pay for; the snapshot counts like any other."""
    decision = on_subscription(event, subscription, workspace, answers)
    if not isinstance(decision, Effects):
        return decision
    if not ends_in_payment(subscription, decision, workspace=workspace, answers=answers):
        return decision
    about = f"trial_will_end:{subscription.id}"
    try:
        plan = plan_name(plan_of(subscription.price_ids))
    except UnknownPrice as unknown:
        return Unmatched(str(unknown))
    ends_at = subscription.trial_end or subscription.current_period_end
    if ends_at is not None and ends_at <= event.created:
        return decision
    mail = OwnerMail(kind=MailKind.TRIAL_ENDING, key=about, context={"plan_name": plan, "ends_at": ends_at})
    decision = replace(decision, mails=(*decision.mails, mail))
    return _with_notice(
        decision,
        kind=NotificationKind.TRIAL_ENDING,
        about=about,
        title=Phrase("The trial of {plan} ends soon", {"plan": plan}),
    )


def with_transition(
    effects: Effects,
    details: SubscriptionDetails,
    *,
    workspace: BilledWorkspace,
    event: StripeEvent,
    subscription: SubscriptionPayload,
) -> Effects:
    """Tell members, and by mail the owner, what has changed for them."""
    was, now = workspace.subscription_status, details.status
    if was is now and details.plan in (None, workspace.subscription_plan):
        return effects
    plan = plan_name(details.plan or held_plan(workspace))
    if was is not now:
        if now is SubscriptionStatus.CANCEL_AT_PERIOD_END:
            return _with_cancellation(effects, details, plan=plan, subscription=subscription)
        if now is SubscriptionStatus.DELETED:
            if ended_trial := end_of_trial(subscription):
                return with_end_of_trial(effects, details.subscription_id, plan=plan, outcome=ended_trial)
            return with_end(effects, details, plan=plan)
        if now in ON_HOLD:
            return _with_hold(effects, details, plan=plan)
        if now is SubscriptionStatus.ACTIVE and was in (SubscriptionStatus.CANCEL_AT_PERIOD_END, *ON_HOLD):
            return _with_resumption(effects, plan=plan, event=event)
    if details.plan and details.plan != workspace.subscription_plan:
        return _with_notice(
            effects,
            kind=NotificationKind.PLAN_CHANGED,
            about=f"plan:{details.subscription_id}:{event.id}",
            title=Phrase("The plan is now {plan}", {"plan": plan}),
        )
    return effects


def _with_resumption(effects: Effects, *, plan: str, event: StripeEvent) -> Effects:
    return _with_notice(
        effects,
        kind=NotificationKind.SUBSCRIPTION_RESUMED,
        about=f"resumed:{event.id}",
        title=Phrase("{plan} goes on", {"plan": plan}),
    )


def _with_notice(
    effects: Effects, *, kind: NotificationKind, about: str, title: Phrase, body: Phrase | str = ""
) -> Effects:
    return replace(
        effects, notices=(*effects.notices, Notice(kind=kind, about=about, title=title, body=body))
    )


def _with_cancellation(
    effects: Effects, details: SubscriptionDetails, *, plan: str, subscription: SubscriptionPayload
) -> Effects:
    asked_at = int(subscription.canceled_at.timestamp()) if subscription.canceled_at else 0
    about = f"cancellation_scheduled:{details.subscription_id}:{asked_at}"
    mail = OwnerMail(
        kind=MailKind.CANCELLATION_SCHEDULED,
        key=about,
        context={"plan_name": plan, "ends_at": details.cancel_at},
    )
    effects = replace(effects, mails=(*effects.mails, mail))
    return _with_notice(
        effects,
        kind=NotificationKind.CANCELLATION_SCHEDULED,
        about=about,
        title=Phrase("{plan} is set to end on {day}", {"plan": plan, "day": details.cancel_at})
        if details.cancel_at
        else Phrase("{plan} is set to end", {"plan": plan}),
        body=Phrase("The subscription can be resumed until then."),
    )


def _with_hold(effects: Effects, details: SubscriptionDetails, *, plan: str) -> Effects:
    """Once a period: no invoice may tell of it any more."""
    is_unpaid = details.status is SubscriptionStatus.UNPAID
    period = int(details.current_period_end.timestamp()) if details.current_period_end else 0
    about = f"on_hold:{details.subscription_id}:{details.status}:{period}"
    context = {"plan_name": plan, "is_unpaid": is_unpaid}
    mail = OwnerMail(kind=MailKind.PLAN_ON_HOLD, key=about, context=context)
    return _with_notice(
        replace(effects, mails=(*effects.mails, mail)),
        kind=NotificationKind.BILLING_PROBLEM,
        about=about,
        title=Phrase("{plan} is on hold", {"plan": plan}),
        body=Phrase("Pay the open invoice to go on." if is_unpaid else "Add a payment method to go on."),
    )


def with_end(effects: Effects, details: SubscriptionDetails, *, plan: str) -> Effects:
    """Told once, by whichever event it is heard from first."""
    about = f"subscription_canceled:{details.subscription_id}"
    mail = OwnerMail(kind=MailKind.SUBSCRIPTION_CANCELED, key=about, context={"plan_name": plan})
    effects = replace(effects, mails=(*effects.mails, mail))
    return _with_notice(
        effects,
        kind=NotificationKind.SUBSCRIPTION_CANCELED,
        about=about,
        title=Phrase("{plan} has ended", {"plan": plan}),
        body=Phrase("The workspace is on the free plan now. Nothing was deleted."),
    )
