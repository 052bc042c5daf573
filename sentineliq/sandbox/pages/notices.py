"""What a page says after a form led back to it: a code in the address, never words of the address."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request


@dataclass(frozen=True)
class Notice:
    """One sentence and whether it is good news."""

    text: str
    tone: Literal["good", "bad"] = "good"


_NOTICES = {
    "switched": Notice("Your plan was switched."),
    "canceled": Notice("Your plan is set to end. You keep it until then."),
    "ended": Notice("Your plan has ended."),
    "resumed": Notice("Your plan goes on."),
    "card-saved": Notice("Your card was saved."),
    "details-saved": Notice("Your billing information was saved."),
    "paid": Notice("The invoice is paid."),
    "renewed": Notice("The period ended: see the newest invoice for how the payment went."),
    "subscription-ended": Notice("The subscription has ended."),
    "next-fails": Notice("The customer's next payment will fail."),
    "next-works": Notice("The customer's next payment goes through as the card allows."),
    "announced": Notice("The event was sent: see the newest events."),
    "customer-deleted": Notice("The customer was deleted."),
    "settled": Notice("The money has arrived."),
    "debit-failed": Notice("The bank has refused the debit."),
    "refunded": Notice("The payment was refunded."),
    "refund-failed": Notice("The refund has failed: the money is back in the balance."),
    "disputed": Notice("The payment is disputed."),
    "dispute-won": Notice("The dispute was won."),
    "dispute-lost": Notice("The dispute was lost."),
    "resent": Notice("The event was sent again."),
    "advanced": Notice("One period has passed."),
    "expired": Notice("The checkout session has expired."),
    "declined": Notice("The card was declined.", "bad"),
    "refused": Notice("That is not possible in the present state.", "bad"),
    "bad-amount": Notice("Give the amount as a number, like 9.99.", "bad"),
}


def notice_of(request: Request) -> Notice | None:
    """The notice that the address asks for, if there is such a one."""
    return _NOTICES.get(request.query_params.get("notice", ""))
