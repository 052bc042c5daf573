"""Letters about money that came, did not come, or goes back."""

from ...i18n import mark, say
from .shape import Fact, Letter, Told

_DISPUTE_WORDS = frozenset(
    (
        mark("bank cannot process"),
        mark("check returned"),
        mark("credit not processed"),
        mark("customer initiated"),
        mark("debit not authorized"),
        mark("duplicate"),
        mark("fraudulent"),
        mark("general"),
        mark("incorrect account details"),
        mark("insufficient funds"),
        mark("noncompliant"),
        mark("product not received"),
        mark("product unacceptable"),
        mark("subscription canceled"),
        mark("unrecognized"),
        mark("won"),
        mark("lost"),
        mark("warning closed"),
        mark("prevented"),
    )
)
"""https://docs.stripe.com/api/disputes/object: reasons and outcomes, as contexts have them."""


def payment_received(told: Told) -> Letter:
    received = say("We received {amount} for {plan}.", amount=told.amount, plan=told.plan)
    return Letter(
        subject=say(
            "Payment received for {workspace}: {amount}", workspace=told.workspace, amount=told.amount
        ),
        preheader=received,
        title=say("Thank you for your payment"),
        paragraphs=(received,),
        facts=_paid(told),
        button=say("Open billing"),
        link=told["billing_url"],
    )


def trial_paid(told: Told) -> Letter:
    """The first payment after a trial."""
    over = say("The trial is over and the first payment of {amount} went through.", amount=told.amount)
    return Letter(
        subject=say(
            "{workspace}: {plan} is paid, {amount}",
            workspace=told.workspace,
            plan=told.plan,
            amount=told.amount,
        ),
        preheader=over,
        title=say("{plan} is yours", plan=told.plan),
        paragraphs=(
            over,
            say("{plan} goes on without a break.", plan=told.plan),
            say("If you do not want it any more, cancel before the next payment."),
        ),
        facts=_paid(told),
        button=say("Open billing"),
        link=told["billing_url"],
    )


def _paid(told: Told) -> tuple[Fact, ...]:
    facts = [Fact(say("Paid for"), told.plan), Fact(say("Amount"), told.amount)]
    if until := told.day("period_end"):
        facts.append(Fact(say("Paid until"), until))
    if invoice := told["invoice_url"]:
        facts.append(Fact(say("Invoice"), say("Open the invoice"), invoice))
    return tuple(facts)


def payment_failed(told: Told) -> Letter:
    facts = [Fact(say("Plan"), told.plan), Fact(say("Amount due"), told.amount)]
    if invoice := told["invoice_url"]:
        facts.append(Fact(say("Invoice"), say("Pay the invoice"), invoice))
    failed = say("We could not charge {amount} for {plan}.", amount=told.amount, plan=told.plan)
    paragraphs = [f"{failed} {say('Please check your payment method.')}"]
    if again := told.day("next_attempt_at"):
        paragraphs.append(say("We try again on {day}.", day=again))
    return Letter(
        subject=say("Payment failed for {workspace}", workspace=told.workspace),
        preheader=failed,
        title=say("Your payment did not go through"),
        paragraphs=tuple(paragraphs),
        facts=tuple(facts),
        button=say("Update payment method"),
        link=told["billing_url"],
    )


def payment_action_required(told: Told) -> Letter:
    asked = say("Your bank asks you to confirm the payment for {plan}.", plan=told.plan)
    return Letter(
        subject=say("{workspace}: please confirm your payment", workspace=told.workspace),
        preheader=asked,
        title=say("Please confirm your payment"),
        paragraphs=(f"{asked} {say('''It takes a moment, on Stripe's own page.''')}",),
        facts=(Fact(say("Plan"), told.plan), Fact(say("Amount due"), told.amount)),
        button=say("Confirm the payment"),
        link=told["invoice_url"] or told["billing_url"],
    )


def payment_refunded(told: Told) -> Letter:
    refunded = say("We have refunded {amount}.", amount=told.amount)
    arrives = say("It reaches your account in 5 to 10 days.")
    return Letter(
        subject=say("{workspace}: {amount} refunded", workspace=told.workspace, amount=told.amount),
        preheader=arrives,
        title=say("Your money is on its way back"),
        paragraphs=(
            f"{refunded} {arrives}",
            say("Credits that were bought with it and not spent have been taken back."),
        ),
        facts=(Fact(say("Refunded"), told.amount),),
        button=say("Open billing"),
        link=told["billing_url"],
    )


def refund_failed(told: Told) -> Letter:
    failed = say(
        "Our refund of {amount} has failed: the money has not reached your account.", amount=told.amount
    )
    return Letter(
        subject=say("{workspace}: a refund has failed", workspace=told.workspace),
        preheader=failed,
        title=say("A refund has failed"),
        paragraphs=(
            f"{failed} {say('Our team has been told.')}",
            say("Credits that were taken back for it have been given back."),
        ),
        facts=(Fact(say("Amount"), told.amount),),
        button=say("Open billing"),
        link=told["billing_url"],
    )


def payment_disputed(told: Told) -> Letter:
    is_open = told["outcome"] is None
    happened = (
        say("The bank disputes a payment of {amount}.", amount=told.amount)
        if is_open
        else say(
            "The dispute over {amount} is closed: {outcome}.",
            amount=told.amount,
            outcome=_of_dispute(told["outcome"]),
        )
    )
    meanwhile = (
        say("Our team has been told; nothing changes for the workspace meanwhile."),
        say("If this is a mistake, please tell your bank."),
    )
    return Letter(
        subject=say("{workspace}: a payment is disputed", workspace=told.workspace)
        if is_open
        else say("{workspace}: a dispute is closed", workspace=told.workspace),
        preheader=happened,
        title=say("A payment is disputed") if is_open else say("A dispute is closed"),
        paragraphs=(happened, *meanwhile) if is_open else (happened,),
        facts=(Fact(say("Amount"), told.amount), Fact(say("Reason given"), _of_dispute(told["reason"]))),
        button=say("Open billing"),
        link=told["billing_url"],
    )


def _of_dispute(words: str) -> str:
    """Stripe may invent another reason: it stays as it is."""
    return say(words) if words in _DISPUTE_WORDS else words
