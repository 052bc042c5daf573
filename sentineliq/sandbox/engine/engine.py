"""The operations of hosted pages and dashboard, each one transaction with its events."""

from typing import Any

from sentineliq.sandbox.engine import (
    billing,
    checkout,
    clock,
    collection,
    customer_life,
    customers,
    deferred,
    deliveries,
    invoices,
    payment_methods,
    portal,
    previews,
    refunds,
    subscriptions,
)
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.checkout_payment import Buyer
from sentineliq.sandbox.engine.checkout_payment import complete as complete_payment
from sentineliq.sandbox.engine.core import EngineCore
from sentineliq.sandbox.engine.values import Card, CheckoutSummary, Document, PlanChangePreview


class Engine(EngineCore):
    """What customers and the dashboard do. All raise `NotFound` for an unknown id.

    It needs no server: with `webhook_url=None` nothing is delivered, and `events_since` tells what happened.
    """

    async def create_customer(self, **params: Any) -> Document:
        """With parameters as https://docs.stripe.com/api/customers/create takes them."""
        return await self.act(lambda books: customer_life.create(books, params))

    async def create_checkout(self, **params: Any) -> Document:
        """With parameters as https://docs.stripe.com/api/checkout/sessions/create takes them."""
        return await self.act(lambda books: checkout.create(books, params))

    async def checkout_summary(self, session_id: str, *, country: str | None = None) -> CheckoutSummary:
        """Lines and totals; `country` previews the tax of a billing country that is not saved yet."""
        return await self.transact(lambda books: checkout.summary(books, session_id, country=country))

    async def apply_promotion_code(self, session_id: str, code: str) -> None:
        """Raises InvalidPromotionCode, SessionNotOpen."""
        await self.act(lambda books: checkout.apply_promotion_code(books, session_id, code))

    async def remove_promotion_code(self, session_id: str) -> None:
        """Raises SessionNotOpen."""
        await self.act(lambda books: checkout.remove_promotion_code(books, session_id))

    async def complete_checkout(
        self,
        session_id: str,
        *,
        card: Card,
        email: str,
        name: str,
        country: str,
        postal_code: str = "",
        authenticated: bool = False,
    ) -> str:
        """Pay, and answer the success URL with its `{CHECKOUT_SESSION_ID}` filled in.

        Raises CardDeclined, AuthenticationRequired (ask the holder, then call again with the same card and
        `authenticated=True`), SessionNotOpen. `country` is an ISO 3166 code of two letters.
        """
        buyer = Buyer(card, email, name, country, postal_code, authenticated)
        return await self.act(lambda books: complete_payment(books, session_id, buyer))

    async def complete_checkout_by_bank(
        self, session_id: str, *, email: str, name: str, country: str, postal_code: str = ""
    ) -> str:
        """Debit the test bank account: the session is complete but unpaid until the debit settles or fails.

        Raises CardDeclined, InvalidRequest, SessionNotOpen.
        """
        buyer = Buyer(None, email, name, country, postal_code)
        return await self.act(lambda books: complete_payment(books, session_id, buyer))

    async def settle_payment(self, charge_id: str) -> Document:
        """A pending bank debit's money arrives. Raises InvalidRequest when it is not pending."""
        return await self.transact(lambda books: deferred.settle(books, charge_id))

    async def fail_payment(self, charge_id: str) -> Document:
        """A pending bank debit comes back. Raises InvalidRequest when it is not pending."""
        return await self.transact(lambda books: deferred.fail(books, charge_id))

    async def expire_checkout(self, session_id: str) -> Document:
        """Raises SessionNotOpen."""
        return await self.act(lambda books: checkout.expire(books, session_id))

    async def portal_prices(self, portal_session_id: str) -> list[Document]:
        """Prices (product expanded) that the customer may switch to in this portal, cheapest first."""
        return await self.transact(lambda books: portal.prices(books, portal_session_id))

    async def preview_plan_change(self, subscription_id: str, price_id: str) -> PlanChangePreview:
        """What a switch would cost at once."""
        return await self.transact(lambda books: previews.plan_change(books, subscription_id, price_id))

    async def change_plan(self, subscription_id: str, price_id: str) -> Document:
        """Switch as the portal does, with its proration. Raises CardDeclined, InvalidRequest."""
        return await self.act(lambda books: portal.change_plan(books, subscription_id, price_id))

    async def cancel_at_period_end(
        self, subscription_id: str, *, feedback: str | None = None, comment: str | None = None
    ) -> Document:
        """`feedback` is one of Stripe's reasons: `too_expensive`, `unused`, `switched_service`, …"""
        details = {"feedback": feedback, "comment": comment}
        return await self.act(
            lambda books: subscriptions.cancel_at_period_end(books, subscription_id, details)
        )

    async def cancel_now(self, subscription_id: str) -> Document:
        return await self.act(lambda books: subscriptions.cancel_now(books, subscription_id))

    async def resume(self, subscription_id: str) -> Document:
        """Take back a cancellation that has not taken effect. Raises InvalidRequest when there is none."""
        return await self.act(lambda books: subscriptions.take_back_cancellation(books, subscription_id))

    async def replace_card(self, customer_id: str, card: Card, *, authenticated: bool = False) -> Document:
        """Attach a card and make it the default of the customer and its subscriptions: the payment method.

        Raises CardDeclined, AuthenticationRequired.
        """
        return await self.act(
            lambda books: payment_methods.replace_card(books, customer_id, card, authenticated=authenticated)
        )

    async def update_customer(self, customer_id: str, *, email: str, name: str) -> Document:
        """What the portal lets a customer say about themselves; an empty name takes it away."""
        params = {"email": email, "name": name}
        return await self.transact(lambda books: customers.update(books, customer_id, params))

    async def delete_customer(self, customer_id: str) -> Document:
        """Its subscriptions end, its cards go."""
        return await self.act(lambda books: customer_life.delete(books, customer_id))

    async def pay_invoice(self, invoice_id: str, *, authenticated: bool = False) -> Document:
        """Charge an open invoice to the default card, its holder present: the paid invoice.

        Raises CardDeclined, AuthenticationRequired, InvalidRequest.
        """
        return await self.act(
            lambda books: collection.pay(books, invoice_id, {}, authenticated=authenticated)
        )

    async def void_invoice(self, invoice_id: str) -> Document:
        """Raises InvalidRequest when it is neither open nor written off."""
        return await self.act(lambda books: invoices.void(books, invoice_id))

    async def write_off_invoice(self, invoice_id: str) -> Document:
        """Mark it uncollectible. Raises InvalidRequest when it is not open."""
        return await self.act(lambda books: invoices.mark_uncollectible(books, invoice_id))

    async def renew(self, subscription_id: str) -> Document:
        """End the period now: the next one is invoiced and charged (a failure is a fact, not an exception).

        A past_due subscription tries its open invoice again; one that is set to cancel ends.
        """
        return await self.transact(lambda books: billing.renew(books, subscription_id))

    async def announce(self, subscription_id: str) -> Document:
        """Say now what is otherwise said days ahead: that the trial ends, or which invoice comes next."""
        return await self.transact(lambda books: clock.announce(books, subscription_id))

    async def fail_next_payment(self, customer_id: str) -> bool:
        """Toggle: the customer's next charge fails. Answers whether it is now set."""

        def toggle(books: Books) -> bool:
            wanted = not books.secret(books.get("customer", customer_id)["id"]).get(
                "fail_next_payment", False
            )
            books.keep_secret(customer_id, fail_next_payment=wanted)
            return wanted

        return await self.transact(toggle)

    async def next_payment_fails(self, customer_id: str) -> bool:
        """Whether `fail_next_payment` is set."""
        return await self.transact(lambda books: books.secret(customer_id).get("fail_next_payment", False))

    async def refund(self, charge_id: str, amount: int | None = None) -> Document:
        """`amount` in minor units; None: all that is left. Raises InvalidRequest."""
        params = {"charge": charge_id} | ({"amount": amount} if amount is not None else {})
        return await self.act(lambda books: refunds.create(books, params))

    async def fail_refund(self, refund_id: str) -> Document:
        """A refund that had succeeded comes back. Raises InvalidRequest when it has failed already."""
        return await self.transact(lambda books: refunds.fail(books, refund_id))

    async def dispute(self, charge_id: str) -> Document:
        """The cardholder's bank takes the charge back. Raises InvalidRequest."""
        return await self.act(lambda books: refunds.dispute(books, charge_id))

    async def close_dispute(self, dispute_id: str, *, won: bool) -> Document:
        return await self.act(lambda books: refunds.close_dispute(books, dispute_id, won=won))

    async def advance_period(self) -> int:
        """Let a month pass (or the time to the next period end): renewals, endings, retries. The new time."""
        return await self.transact(clock.advance_period)

    async def resend(self, event_id: str) -> None:
        """Another delivery attempt to every matching endpoint, now."""
        await self.transact(lambda books: deliveries.resend(books, event_id))
        self.news.set()
