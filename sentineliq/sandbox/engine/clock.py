"""Time: what falls due on the sandbox's clock, in the order in which it does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sentineliq.sandbox.engine import (
    bank_accounts,
    billing,
    checkout,
    collection,
    deferred,
    invoices,
    pending_updates,
    previews,
    refunds,
    subscriptions,
)
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.money import add_interval
from sentineliq.sandbox.engine.values import Document

OFFSET = "clock_offset"
DAY = 86_400
UPCOMING_BEFORE = 7 * DAY
INCOMPLETE_LIVES = 23 * 3600


@dataclass(frozen=True)
class Happening:
    """Something that falls due."""

    at: int
    take_place: Callable[[Books], object]


def advance_period(books: Books) -> int:
    """Let a month pass, or more when nothing would fall due in it. The new time."""
    started = books.now
    ends = [subscriptions.period_of(one)[1] for one in _live(books)]
    target = max(add_interval(started, "month"), min(ends, default=0))
    settle_due(books, until=target)
    books.now = target
    books.set_setting(OFFSET, str(int(books.setting(OFFSET) or 0) + target - started))
    return target


def settle_due(books: Books, *, until: int) -> int:
    """Make everything happen that is due by then, each at its own time; how many things did."""
    books.event_order = ()
    count = 0
    while due := min(
        (one for one in _happenings(books) if one.at <= until), key=lambda one: one.at, default=None
    ):
        books.now = max(due.at, books.now)
        due.take_place(books)
        count += 1
    return count


def announce(books: Books, subscription_id: str) -> Document:
    """That a trial ends, or which invoice comes next. Raises InvalidRequest when neither will happen."""
    subscription = subscriptions.live(books, subscription_id)
    if subscription["status"] == "trialing":
        books.emit("customer.subscription.trial_will_end", subscription)
    elif not subscriptions.renews(subscription):
        raise InvalidRequest(
            "This subscription is not renewed: no invoice is coming up.", code="invoice_upcoming_none"
        )
    else:
        books.emit("invoice.upcoming", previews.next_invoice(books, subscription))
    return subscription


def _live(books: Books) -> list[Document]:
    return [one for one in books.select("subscription") if one["status"] not in subscriptions.ENDED]


def _happenings(books: Books) -> Iterator[Happening]:
    for subscription in _live(books):
        yield from _of_subscription(books, subscription)
    for invoice in books.select("invoice", status="open"):
        if invoice["next_payment_attempt"] is not None:
            yield Happening(invoice["next_payment_attempt"], _collecting(invoice))
    for charge in books.select("charge", status="pending"):
        yield Happening(charge["created"] + bank_accounts.SETTLES_AFTER, _settling(charge["id"]))
    for refund in refunds.failing(books):
        yield Happening(refund["created"] + refunds.FAILS_AFTER, _refund_failing(refund["id"]))
    for session in books.select("checkout.session", status="open"):
        yield Happening(session["expires_at"], _expiring(session["id"]))


def _of_subscription(books: Books, subscription: Document) -> Iterator[Happening]:
    start, period_end = subscriptions.period_of(subscription)
    if subscription["status"] == "incomplete":
        yield Happening(subscription["created"] + INCOMPLETE_LIVES, _incomplete(subscription["id"]))
        return
    if subscription["pending_update"] is not None:
        yield Happening(subscription["pending_update"]["expires_at"], _lapsing(subscription["id"]))
    if subscription["cancel_at"] is not None:
        yield Happening(subscription["cancel_at"], _ending(subscription["id"]))
    if (subscription["pause_collection"] or {}).get("resumes_at"):
        yield Happening(subscription["pause_collection"]["resumes_at"], _collecting_anew(subscription["id"]))
    if subscription["status"] == "paused":
        return
    yield Happening(period_end, _renewing(subscription["id"]))
    warned = books.secret(subscription["id"]).get("warned_for")
    if warned == period_end or not subscriptions.renews(subscription):
        return
    if subscription["status"] == "trialing":
        yield Happening(
            period_end - subscriptions.TRIAL_WARNING_BEFORE, _warning(subscription["id"], period_end)
        )
    elif subscription["status"] == "active" and period_end - UPCOMING_BEFORE > start:
        yield Happening(period_end - UPCOMING_BEFORE, _warning(subscription["id"], period_end))


def _renewing(subscription_id: str) -> Callable[[Books], object]:
    def take_place(books: Books) -> None:
        subscription = books.get("subscription", subscription_id)
        billing.begin_period(books, subscription, at=subscriptions.period_of(subscription)[1])

    return take_place


def _ending(subscription_id: str) -> Callable[[Books], object]:
    return lambda books: subscriptions.end(books, books.get("subscription", subscription_id))


def _collecting_anew(subscription_id: str) -> Callable[[Books], object]:
    def take_place(books: Books) -> None:
        subscription = books.get("subscription", subscription_id)
        books.save({**subscription, "pause_collection": None}, event="customer.subscription.updated")

    return take_place


def _lapsing(subscription_id: str) -> Callable[[Books], object]:
    return lambda books: pending_updates.drop(books, books.get("subscription", subscription_id))


def _incomplete(subscription_id: str) -> Callable[[Books], object]:
    def take_place(books: Books) -> None:
        subscription = books.get("subscription", subscription_id)
        if books.get("invoice", subscription["latest_invoice"])["status"] == "open":
            invoices.void(books, subscription["latest_invoice"])
        subscription |= {"status": "incomplete_expired", "ended_at": books.now}
        books.save(subscription, event="customer.subscription.updated")

    return take_place


def _warning(subscription_id: str, period_end: int) -> Callable[[Books], object]:
    def take_place(books: Books) -> None:
        books.keep_secret(subscription_id, warned_for=period_end)
        announce(books, subscription_id)

    return take_place


def _collecting(invoice: Document) -> Callable[[Books], object]:
    return lambda books: collection.collect_again(books, books.get("invoice", invoice["id"]))


def _settling(charge_id: str) -> Callable[[Books], object]:
    return lambda books: deferred.settle(books, charge_id)


def _refund_failing(refund_id: str) -> Callable[[Books], object]:
    return lambda books: refunds.fail(books, refund_id)


def _expiring(session_id: str) -> Callable[[Books], object]:
    return lambda books: checkout.expire(books, session_id)
