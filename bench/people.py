"""Whom the deliveries are about: subscribed workspaces, in the product's tables and in the reference's."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import asyncpg
from sqlmodel import SQLModel, insert

from bench.reference_schema import SCHEMA
from bench.workload import BORN, customer_of, subscription_of
from sentineliq import db, migrations
from sentineliq.billing.models import CustomerLink, EventStatus, WebhookEvent
from sentineliq.identity.models import User
from sentineliq.workspaces.models import Membership, Role, SubscriptionStatus, Workspace

BATCH = 2_000
_BORN = datetime.fromtimestamp(BORN, UTC)
T = TypeVar("T")


async def settle_in_ours(database_url: str, *, first: int, last: int) -> None:
    """Migrate, then add the workspaces of these numbers, each with its owner and its customer."""
    await migrations.upgrade(database_url)
    database = db.connect(database_url)
    try:
        for numbers in _batches(range(first, last)):
            rows: dict[type[SQLModel], list[dict[str, Any]]] = {
                User: [{"id": f"user{n}", "email": f"owner{n}@example.com"} | _PERSON for n in numbers],
                Workspace: [_workspace(n) for n in numbers],
                Membership: [_membership(n) for n in numbers],
                CustomerLink: [_link(n) for n in numbers],
            }
            async with database.writer.begin() as connection:
                for model, values in rows.items():
                    await connection.execute(insert(model), values)
    finally:
        await database.dispose()


async def remember_events(database_url: str, *, count: int, payload: str) -> None:
    """Fill the ledger with settled events, as years of deliveries leave it."""
    database = db.connect(database_url)
    try:
        for numbers in _batches(range(count)):
            async with database.writer.begin() as connection:
                await connection.execute(insert(WebhookEvent), [_event(n, payload) for n in numbers])
    finally:
        await database.dispose()


async def settle_in_reference(database_url: str, *, first: int, last: int) -> None:
    rows = [(f"workspace{n}", customer_of(n), "active", BORN, BORN) for n in range(first, last)]
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
            connection.executescript(SCHEMA)
            connection.executemany("INSERT INTO workspaces VALUES (?, ?, ?, ?, ?)", rows)
        connection.close()
        return
    postgres = await asyncpg.connect(database_url)
    try:
        await postgres.execute(SCHEMA)
        await postgres.executemany("INSERT INTO workspaces VALUES ($1, $2, $3, $4, $5)", rows)
    finally:
        await postgres.close()


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while batch := list(islice(left, BATCH)):
        yield batch


_PERSON = {"password_hash": "unusable", "created_at": _BORN, "email_verified_at": _BORN}


def _workspace(number: int) -> dict[str, Any]:
    return {
        "id": f"workspace{number}",
        "name": f"Workspace {number}",
        "created_at": _BORN,
        "locale": "en",
        "stripe_customer_id": customer_of(number),
        "stripe_subscription_id": subscription_of(number),
        "subscription_status": SubscriptionStatus.ACTIVE,
        "subscription_plan": "pro",
        "credits": 0,
        "current_period_end": _BORN,
        "subscription_created": _BORN,
        "subscription_as_of": _BORN,
        "subscription_as_of_event": "evt_before_the_benchmark",
    }


def _membership(number: int) -> dict[str, Any]:
    ids = {"workspace_id": f"workspace{number}", "user_id": f"user{number}"}
    return ids | {"role": Role.OWNER, "created_at": _BORN}


def _link(number: int) -> dict[str, Any]:
    return {
        "customer_id": customer_of(number),
        "workspace_id": f"workspace{number}",
        "linked_at": _BORN,
    }


def _event(number: int, payload: str) -> dict[str, Any]:
    return {
        "id": f"evt_old{number:09}",
        "type": "customer.subscription.updated",
        "status": EventStatus.PROCESSED,
        "livemode": False,
        "created": _BORN,
        "received_at": _BORN,
        "processed_at": _BORN,
        "attempts": 1,
        "payload": payload,
    }
