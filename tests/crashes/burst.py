"""A burst of events of several workspaces, and what it leaves behind, in words that no run decides."""

import copy
import json
import random
from collections import Counter, defaultdict
from typing import Any

from sqlmodel import select

from sentineliq import db
from sentineliq.activity.models import AuditEntry, Notification
from sentineliq.billing.models import Checkout, CreditEntry, CustomerLink, Invoice, WebhookEvent
from sentineliq.identity.models import User
from sentineliq.mail.models import OutboxMail
from sentineliq.workspaces.models import Workspace
from tests.factories import make_user, make_workspace
from tests.payloads.build import BASIL, OLDER
from tests.payloads.corpus import case, customer_of

Event = dict[str, Any]
Facts = Counter[tuple[Any, ...]]

WORKSPACES = 4
SOLD = 8
"""Credit purchases of each workspace."""
INVOICES = 3


async def open_workspaces() -> None:
    """The burst's workspaces, each with an owner and its Stripe customer."""
    for number in range(WORKSPACES):
        made = await make_workspace(owner=await make_user(email=f"owner{number}@example.com"))
        async with db.transaction() as session:
            row = await session.get_one(Workspace, made.id)
            row.stripe_customer_id = f"cus_{number}"
            session.add(CustomerLink(customer_id=f"cus_{number}", workspace_id=made.id))


def burst(rng: random.Random) -> list[Event]:
    """Subscriptions, credits and invoices in both API shapes, a type of no use, a stranger; shuffled.

    What they leave behind does not depend on their order, and none needs Stripe to be asked.
    """
    events = [_event("invoice.paid.first", "cus_of_a_stranger", "stranger")]
    for number in range(WORKSPACES):
        customer = f"cus_{number}"
        events.append(_event("invoice.paid.first", customer, "subscribed"))
        events += [_event("checkout.session.completed.payment", customer, f"sold{n}") for n in range(SOLD)]
        events += [_event("invoice.paid.credits", customer, f"invoice{n}") for n in range(INVOICES)]
        events.append(_event("invoice.paid.credits", customer, "ignored") | {"type": "invoice.finalized"})
    rng.shuffle(events)
    return events


def _event(name: str, customer: str, what: str) -> Event:
    """An event of the corpus whose ids are its own: no other event is about its object."""
    original = case(name, BASIL if hash_of(what) % 2 else OLDER)
    text = json.dumps(original).replace(customer_of(original), customer)
    event = copy.deepcopy(json.loads(text))
    own = f"{customer}_{what}"
    event["id"] = f"evt_{own}"
    about = event["data"]["object"]
    for field in ("id", "invoice", "payment_intent"):
        if isinstance(about.get(field), str):
            about[field] = f"{about[field].split('_')[0]}_{own}"
    return event


def hash_of(text: str) -> int:
    """The same in every process."""
    return sum(text.encode())


async def facts() -> Facts:
    """Everything that deliveries have written, by names that two databases share; times are left out."""
    async with db.reading() as session:
        rows = {
            model: (await session.exec(select(model))).all()
            for model in (User, Workspace, WebhookEvent, CreditEntry, AuditEntry, OutboxMail)
        }
        rows |= {
            model: (await session.exec(select(model))).all() for model in (Notification, Invoice, Checkout)
        }
    who = {row.id: row.email for row in rows[User]}
    whose = {row.id: row.stripe_customer_id for row in rows[Workspace]} | {None: None}
    return Counter(
        [
            *(("event", e.id, e.type, e.status, e.reason, whose[e.workspace_id]) for e in rows[WebhookEvent]),
            *(("credits", c.event_id, whose[c.workspace_id], c.source, c.amount) for c in rows[CreditEntry]),
            *(("audit", a.event_id, whose[a.workspace_id], a.action) for a in rows[AuditEntry] if a.event_id),
            *(("mail", m.key, m.kind, m.to, whose[m.workspace_id]) for m in rows[OutboxMail]),
            *(
                ("notice", n.about, n.kind, n.title, who[n.user_id], whose[n.workspace_id])
                for n in rows[Notification]
            ),
            *(("invoice", i.id, i.status, i.amount_paid, whose[i.workspace_id]) for i in rows[Invoice]),
            *(("checkout", c.session_id, c.status, whose[c.workspace_id]) for c in rows[Checkout]),
            *(
                ("workspace", w.stripe_customer_id, w.subscription_plan, w.subscription_status, w.credits)
                for w in rows[Workspace]
            ),
        ]
    )


def by_event(held: Facts, events: list[Event]) -> dict[str, Facts]:
    """What each event has written: its name or its object's is in every fact of it."""
    found: dict[str, Facts] = defaultdict(Counter)
    own = {event["id"].removeprefix("evt_"): event["id"] for event in events}
    for fact, times in held.items():
        words = {word.split("_", 1)[-1] for text in map(str, fact) for word in text.split(":")}
        for name in words & own.keys():
            found[own[name]][fact] += times
    return found


def half_done(held: Facts, whole: Facts, events: list[Event]) -> list[str]:
    """Events of which something is there and not all, or something twice."""
    ours, theirs = by_event(held, events), by_event(whole, events)
    return [
        f"{id_}: {ours[id_] - theirs[id_]} too much, {theirs[id_] - ours[id_]} missing"
        for id_ in ours
        if ours[id_] and ours[id_] != theirs[id_]
    ]


def unbalanced(held: Facts) -> list[str]:
    """Workspaces whose balance is not the sum of their entries."""
    sums: Counter[str] = Counter()
    for kind, *fact in held:
        if kind == "credits":
            _, customer, _, amount = fact
            sums[customer] += amount
    return [
        f"{customer} has {credits_}, its entries say {sums[customer]}"
        for kind, customer, *_, credits_ in (fact for fact in held if fact[0] == "workspace")
        if credits_ != sums[customer]
    ]
