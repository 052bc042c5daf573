"""What a customer does over the years: random, yet nothing that Stripe or the product would not allow.

Each act is tried against the sandbox (or through the product's own checkout) and may be refused; a refusal
is part of life and changes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sentineliq import db
from sentineliq.billing import operations
from sentineliq.billing.credits import refund_spend, spend_credits
from sentineliq.billing.plans import get_plan
from sentineliq.billing.processor import BillingCustomer
from sentineliq.billing.stripe.checkout import create_stripe_checkout_session
from sentineliq.billing.stripe.customers import fetch_stripe_customer
from sentineliq.errors import AppError
from sentineliq.sandbox.engine import Card, Engine, SandboxError, subscription_create
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Workspace
from tests.history.stripe_side import events_after, everything, forget_events

VISA = "4242 4242 4242 4242"
FAILS_LATER = "4000 0000 0000 0341"
DECLINED = "4000 0000 0000 0002"
SUBSCRIPTION_PLANS = ("hobby", "pro")
ENDED = ("canceled", "incomplete_expired")
DRAWS = 8


@dataclass
class Spends:
    """What the rest of the product was told about its spends: key to amount, and which were given back."""

    accepted: dict[str, int] = field(default_factory=dict)
    given_back: set[str] = field(default_factory=set)


@dataclass
class Life:
    """One customer with one workspace. `acts` are drawn by weight."""

    engine: Engine
    member: Member
    rng: random.Random
    spends: Spends = field(default_factory=Spends)
    told: list[str] = field(default_factory=list)
    """What was done, for the report of a divergence."""
    needs_healing: bool = False
    """Whether something happened that no event can tell the product; reconciliation must find it."""

    async def act(self) -> None:
        """One random act that there is reason for."""
        for _ in range(DRAWS):
            if await self._try_one():
                return

    async def _try_one(self) -> bool:
        acts: list[tuple[int, Callable[[], Awaitable[str | None]]]] = [
            (6, self.buy_plan),
            (4, self.buy_credits),
            (3, self.buy_unrecorded),
            (4, self.bank_answers),
            (1, self.abandon_checkout),
            (5, self.renew),
            (3, self.fail_next_payment),
            (2, self.break_card),
            (3, self.recover),
            (4, self.switch_plan),
            (4, self.set_to_end),
            (3, self.resume),
            (5, self.change_mind),
            (2, self.end_now),
            (3, self.refund),
            (3, self.fail_refund),
            (1, self.dispute),
            (2, self.close_dispute),
            (1, self.give_up_invoice),
            (2, self.change_address),
            (1, self.delete_customer),
            (1, self.delete_unheard),
            (1, self.second_subscription),
            (4, self.spend),
            (1, self.give_back),
        ]
        weights = [weight for weight, _ in acts]
        [(_, chosen)] = self.rng.choices(acts, weights)
        try:
            said = await chosen()
        except (SandboxError, AppError) as refusal:
            said = f"refused: {type(refusal).__name__}"
        if said is not None:
            self.told.append(f"{chosen.__name__}: {said}")
        return said is not None

    # ---- buying

    async def come_from_before(self) -> None:
        """The owner was a customer before there was a workspace: made by hand, with no metadata of ours."""
        customer = (await self.engine.create_customer(email=self.member.email))["id"]
        await self._replace_card(VISA)
        price = f"price_sandbox_{self.rng.choice(SUBSCRIPTION_PLANS)}"
        params: dict[str, Any] = {"customer": customer, "items": [{"price": price}]}
        await self.engine.transact(lambda books: subscription_create.create(books, params))
        if self.rng.random() < 0.5:
            session = await self.engine.create_checkout(
                mode="payment",
                customer=customer,
                line_items=[{"price": "price_sandbox_credits10", "quantity": 1}],
                success_url="http://localhost:3000/checkout",
                allow_promotion_codes=True,
            )
            with suppress(SandboxError):
                await self._pay(session["id"])
        self.told.append(f"came as {customer}")

    async def be_adopted(self) -> None:
        """The first purchase finds the customer by the verified address; what was told before is parked."""
        self.needs_healing = True
        with suppress(SandboxError):
            self.told.append(f"adopted: {await self.buy_credits()}")

    async def buy_plan(self) -> str:
        session = await operations.generate_checkout_session(
            member=self.member, plan_id=self.rng.choice(SUBSCRIPTION_PLANS)
        )
        return await self._pay(session.id)

    async def buy_credits(self) -> str:
        session = await operations.generate_checkout_session(member=self.member, plan_id="credits10")
        return await self._pay(session.id)

    async def buy_unrecorded(self) -> str | None:
        """The product made customer and session, then died before it could write them down."""
        plan = get_plan(self.rng.choice((*SUBSCRIPTION_PLANS, "credits10")))
        if plan.is_subscription and await self._live():
            return None
        customer = await fetch_stripe_customer(
            BillingCustomer(
                workspace_id=self.member.workspace_id,
                workspace_name=self.member.workspace_name,
                email=self.member.email,
                email_verified=True,
                customer_id=await self._held_customer(),
            )
        )
        session = await create_stripe_checkout_session(
            customer_id=customer,
            workspace_id=self.member.workspace_id,
            plan=plan,
            checkout_id=f"unrecorded{self.rng.getrandbits(40)}",
        )
        return await self._pay(session.id)

    async def abandon_checkout(self) -> str:
        plan = self.rng.choice((*SUBSCRIPTION_PLANS, "credits10"))
        session = await operations.generate_checkout_session(member=self.member, plan_id=plan)
        await self.engine.expire_checkout(session.id)
        return session.id

    async def _pay(self, session_id: str) -> str:
        number = self.rng.choices((VISA, FAILS_LATER, DECLINED), (10, 2, 1))[0]
        if self.rng.random() < 0.2:
            await self.engine.apply_promotion_code(session_id, self.rng.choice(("LAUNCH50", "FIRSTMONTH")))
        buyer = {
            "email": self.member.email,
            "name": self.rng.choice(("Jenny Rosen", "Acme Inc")),
            "country": self.rng.choice(("US", "DE")),
        }
        if self.rng.random() < 0.2:
            await self.engine.complete_checkout_by_bank(session_id, **buyer)
            return f"{session_id} by bank"
        await self.engine.complete_checkout(session_id, card=Card(number, 12, 2040, "123"), **buyer)
        return f"{session_id} with {number}"

    async def bank_answers(self) -> str | None:
        """Days after a debit: the money comes, or it does not."""
        pending = [one for one in await everything(self.engine, "charge") if one["status"] == "pending"]
        if not pending:
            return None
        charge = self.rng.choice(pending)["id"]
        answer = self.engine.settle_payment if self.rng.random() < 0.7 else self.engine.fail_payment
        await answer(charge)
        return f"{answer.__name__} {charge}"

    # ---- a subscription's life

    async def renew(self) -> str | None:
        return await self._to_subscription(self.engine.renew)

    async def fail_next_payment(self) -> str | None:
        customer = await self._customer()
        if customer is None:
            return None
        await self.engine.fail_next_payment(customer)
        return await self.renew()

    async def break_card(self) -> str | None:
        return await self._replace_card(FAILS_LATER)

    async def recover(self) -> str | None:
        """A good card, then the open invoice."""
        if not await self._replace_card(VISA):
            return None
        owed = ("open", "uncollectible")
        invoices = [one for one in await everything(self.engine, "invoice") if one["status"] in owed]
        for invoice in invoices:
            await self.engine.pay_invoice(invoice["id"], authenticated=True)
        return f"{len(invoices)} invoices paid"

    async def switch_plan(self) -> str | None:
        plan = self.rng.choice(SUBSCRIPTION_PLANS)
        changed = await self._to_subscription(
            lambda each: self.engine.change_plan(each, f"price_sandbox_{plan}")
        )
        return f"{changed} to {plan}" if changed else None

    async def set_to_end(self) -> str | None:
        return await self._to_subscription(self.engine.cancel_at_period_end)

    async def resume(self) -> str | None:
        return await self._to_subscription(self.engine.resume)

    async def change_mind(self) -> str | None:
        """Several changes within one second, and back again."""
        done = [await self.set_to_end(), await self.resume()]
        if self.rng.random() < 0.5:
            done += [await self.switch_plan(), await self.set_to_end()]
        if self.rng.random() < 0.5:
            done.append(await self.resume())
        return f"{done}" if any(done) else None

    async def end_now(self) -> str | None:
        return await self._to_subscription(self.engine.cancel_now)

    async def second_subscription(self) -> str | None:
        """Somebody at Stripe's dashboard sells another one beside it."""
        customer = await self._customer()
        if customer is None:
            return None
        if customer != await self._held_customer():  # nothing in it names the workspace
            self.needs_healing = True
        price = f"price_sandbox_{self.rng.choice(SUBSCRIPTION_PLANS)}"
        params: dict[str, Any] = {
            "customer": customer,
            "items": [{"price": price}],
            "payment_behavior": self.rng.choices(("error_if_incomplete", "default_incomplete"), (3, 1))[0],
        }
        made = await self.engine.transact(lambda books: subscription_create.create(books, params))
        return made["id"]

    # ---- money back

    async def refund(self) -> str | None:
        """What came back before, if anything did, is sent again."""
        charges = [
            one
            for one in await everything(self.engine, "charge")
            if one["paid"] and not one["refunded"] and not one["disputed"]
        ]
        if not charges:
            return None
        failed = {
            one["charge"] for one in await everything(self.engine, "refund") if one["status"] == "failed"
        }
        charge = self.rng.choice([one for one in charges if one["id"] in failed] or charges)
        left = charge["amount"] - charge["amount_refunded"]
        amount = self.rng.choice((None, max(left // 2, 1), max(left // 3, 1)))
        await self.engine.refund(charge["id"], amount)
        return f"{amount or left} of {charge['id']}"

    async def fail_refund(self) -> str | None:
        """Days later the bank sends back what was refunded; perhaps it is refunded once more."""
        refunds = [one for one in await everything(self.engine, "refund") if one["status"] == "succeeded"]
        if not refunds:
            return None
        refund = self.rng.choice(refunds)
        charge = await self.engine.retrieve("charge", refund["charge"])
        if charge["customer"] != await self._held_customer():  # nothing in it names the workspace
            self.needs_healing = True
        await self.engine.fail_refund(refund["id"])
        if again := self.rng.random() < 0.5 and not charge["disputed"]:
            await self.engine.refund(charge["id"], refund["amount"])
        return f"{refund['id']}, {refund['amount']} of {charge['id']}{', refunded again' if again else ''}"

    async def give_up_invoice(self) -> str | None:
        """Staff void an invoice that nobody pays, or write it off."""
        owed = [
            one
            for one in await everything(self.engine, "invoice")
            if one["status"] == "uncollectible" or (one["status"] == "open" and one["next_payment_attempt"])
        ]
        if not owed:
            return None
        invoice = self.rng.choice(owed)
        is_open = invoice["status"] == "open"
        give_up = self.rng.choice((self.engine.void_invoice, self.engine.write_off_invoice))
        await (give_up if is_open else self.engine.void_invoice)(invoice["id"])
        return f"{give_up.__name__} {invoice['id']}"

    async def dispute(self) -> str | None:
        charges = [
            one for one in await everything(self.engine, "charge") if one["paid"] and not one["disputed"]
        ]
        if not charges:
            return None
        charge = self.rng.choice(charges)
        if charge["refunded"]:
            return None
        if charge["customer"] != await self._held_customer():  # nothing in it names the workspace
            self.needs_healing = True
        return (await self.engine.dispute(charge["id"]))["id"]

    async def close_dispute(self) -> str | None:
        disputes = [
            one
            for one in await everything(self.engine, "dispute")
            if one["status"] in ("needs_response", "warning_needs_response", "under_review")
        ]
        if not disputes:
            return None
        dispute = self.rng.choice(disputes)
        await self.engine.close_dispute(dispute["id"], won=self.rng.random() < 0.5)
        return dispute["id"]

    # ---- the customer itself

    async def change_address(self) -> str | None:
        customer = await self._customer()
        if customer is None:
            return None
        email = f"billing{self.rng.randrange(4)}@example.com"
        await self.engine.update_customer(customer, email=email, name="Jenny Rosen")
        return email

    async def delete_customer(self) -> str | None:
        customer = await self._customer()
        if customer is None:
            return None
        await self.engine.delete_customer(customer)
        return customer

    async def delete_unheard(self) -> str | None:
        """As if Stripe's list had forgotten the deletion before anyone looked, perhaps the ends with it."""
        customer = await self._customer()
        if customer is None:
            return None
        place, _ = await events_after(self.engine, 0)
        await self.engine.delete_customer(customer)
        types = ["customer.deleted"]
        if self.rng.random() < 0.5:
            types.append("customer.subscription.deleted")
        await forget_events(self.engine, place, types)
        self.needs_healing = True
        return f"{customer}, forgotten: {types}"

    # ---- credits, spent by the rest of the product

    async def spend(self) -> str:
        key = f"job{self.rng.randrange(30)}"
        amount = self.spends.accepted.get(key) or self.rng.randrange(1, 8)
        await spend_credits(workspace_id=self.member.workspace_id, amount=amount, key=key)
        self.spends.accepted[key] = amount
        return f"{amount} for {key}"

    async def give_back(self) -> str | None:
        if not self.spends.accepted:
            return None
        key = self.rng.choice(sorted(self.spends.accepted))
        await refund_spend(workspace_id=self.member.workspace_id, key=key)
        self.spends.given_back.add(key)
        return key

    # ---- looking

    async def _customer(self) -> str | None:
        found = await everything(self.engine, "customer")
        return found[-1]["id"] if found else None

    async def _held_customer(self) -> str | None:
        async with db.reading() as session:
            return (await session.get_one(Workspace, self.member.workspace_id)).stripe_customer_id

    async def _live(self) -> list[str]:
        found = await everything(self.engine, "subscription")
        return [one["id"] for one in found if one["status"] not in ENDED]

    async def _to_subscription(self, act: Callable[[str], Awaitable[Any]]) -> str | None:
        live = await self._live()
        if not live:
            return None
        chosen = self.rng.choice(live)
        await act(chosen)
        return chosen

    async def _replace_card(self, number: str) -> str | None:
        customer = await self._customer()
        if customer is None:
            return None
        await self.engine.replace_card(customer, Card(number, 12, 2040, "123"), authenticated=True)
        return number
