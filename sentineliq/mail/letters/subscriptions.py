"""Letters about a subscription: what endangers it, and its end."""

from ...i18n import say
from .shape import Fact, Letter, Told


def invoice_not_finalized(told: Told) -> Letter:
    return Letter(
        subject=say("{workspace}: an invoice could not be completed", workspace=told.workspace),
        preheader=say("Please check the billing address."),
        title=say("An invoice could not be completed"),
        paragraphs=(
            say(
                "Stripe could not complete the invoice for {plan}, mostly because the billing address is "
                "missing or wrong.",
                plan=told.plan,
            ),
            say("Please check it, so that the plan goes on."),
        ),
        button=say("Check the billing address"),
        link=told["billing_url"],
    )


def card_expiring(told: Told) -> Letter:
    lapses = say(
        "The card ending in {last4} lapses at the end of {month}.",
        last4=told["last4"],
        month=told["expires"],
    )
    return Letter(
        subject=say("{workspace}: your card lapses before the next payment", workspace=told.workspace),
        preheader=lapses,
        title=say("Your card lapses before the next payment"),
        paragraphs=(lapses, say("Please add a new one, so that the plan goes on.")),
        facts=(Fact(say("Card"), f"•••• {told['last4']}"), Fact(say("Expires"), told["expires"])),
        button=say("Update payment method"),
        link=told["billing_url"],
    )


def trial_ending(told: Told) -> Letter:
    day = told.day("ends_at")
    ends = (
        say("The trial of {plan} ends on {day}.", plan=told.plan, day=day)
        if day
        else say("The trial of {plan} ends.", plan=told.plan)
    )
    return Letter(
        subject=say("{workspace}: your trial of {plan} ends soon", workspace=told.workspace, plan=told.plan),
        preheader=ends,
        title=say("Your trial ends soon"),
        paragraphs=(
            ends,
            say("After that the plan is charged to your payment method; cancel before to pay nothing."),
        ),
        facts=(Fact(say("Plan"), told.plan),),
        button=say("Open billing"),
        link=told["billing_url"],
    )


def cancellation_scheduled(told: Told) -> Letter:
    day = told.day("ends_at")
    until = (
        say("It stays active until {day}.", day=day)
        if day
        else say("It stays active until the end of the paid period.")
    )
    return Letter(
        subject=say("{workspace}: your {plan} plan is set to end", workspace=told.workspace, plan=told.plan),
        preheader=until,
        title=say("Your {plan} plan is set to end", plan=told.plan),
        paragraphs=(
            until,
            say("After that the workspace is on the free plan. You can resume it any time before."),
        ),
        button=say("Keep the plan"),
        link=told["billing_url"],
    )


def subscription_canceled(told: Told) -> Letter:
    free = say("The workspace is on the free plan now.")
    return Letter(
        subject=say("{workspace}: your {plan} plan has ended", workspace=told.workspace, plan=told.plan),
        preheader=free,
        title=say("Your {plan} plan has ended", plan=told.plan),
        paragraphs=(
            free,
            say("Your data and your credits are still there, and you can subscribe again whenever you like."),
        ),
        button=say("Choose a plan"),
        link=told["billing_url"],
    )


def plan_on_hold(told: Told) -> Letter:
    if told["is_unpaid"]:
        why = say("Its invoice could not be paid, and Stripe has stopped trying.")
        until = say("The workspace is on the free plan until it is paid.")
    else:
        why = say("There is no payment method for it.")
        until = say("The workspace is on the free plan until you add one.")
    return Letter(
        subject=say("{workspace}: your {plan} plan is on hold", workspace=told.workspace, plan=told.plan),
        preheader=why,
        title=say("Your {plan} plan is on hold", plan=told.plan),
        paragraphs=(f"{why} {until}", say("Nothing was deleted.")),
        button=say("Pay the invoice") if told["is_unpaid"] else say("Add a payment method"),
        link=told["billing_url"],
    )


def two_subscriptions(told: Told) -> Letter:
    charged = say("This workspace has more than one subscription, and may be charged for each.")
    return Letter(
        subject=say("{workspace}: two subscriptions are running", workspace=told.workspace),
        preheader=charged,
        title=say("Two subscriptions are running"),
        paragraphs=(
            f"{charged} {say('The newest one that is paid for decides its plan.')}",
            say("Please cancel the one that you do not want in the customer portal."),
            say("Our team has been told as well, and helps where something was charged twice."),
        ),
        facts=tuple(Fact(say(each["plan_name"]), each["id"]) for each in told["subscriptions"]),
        button=say("Manage subscriptions"),
        link=told["billing_url"],
    )


def trial_ended(told: Told) -> Letter:
    went = (
        say("There was no card to charge, so {plan} has ended and nothing was charged.", plan=told.plan)
        if told["outcome"] == "no_card"
        else say("Nothing was charged.")
    )
    return Letter(
        subject=say("{workspace}: your trial of {plan} has ended", workspace=told.workspace, plan=told.plan),
        preheader=went,
        title=say("Your trial of {plan} has ended", plan=told.plan),
        paragraphs=(
            went,
            say("The workspace is on the free plan now."),
            say("Your data and your credits are still there, and you can subscribe whenever you like."),
        ),
        button=say("Choose a plan"),
        link=told["billing_url"],
    )


def trial_refused(told: Told) -> Letter:
    why = say(told["why"])
    return Letter(
        subject=say("{workspace}: {plan} begins without a trial", workspace=told.workspace, plan=told.plan),
        preheader=why,
        title=say("{plan} begins without a trial", plan=told.plan),
        paragraphs=(
            why,
            say(
                "There is one for each workspace, owner and card, so the first period of {plan} is charged "
                "today, as the checkout said; if the card does not pay, the plan ends and nothing is owed.",
                plan=told.plan,
            ),
            say("You can cancel at any time. If this surprises you, answer this mail and we put it right."),
        ),
        button=say("Open billing"),
        link=told["billing_url"],
    )
