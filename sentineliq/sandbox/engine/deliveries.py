"""What is still to be handed to webhook endpoints, and what came of it."""

import json
import time
from dataclasses import dataclass

from sentineliq.sandbox.engine.books import Books, wants
from sentineliq.sandbox.engine.values import DeliveryAttempt, Document, EventRecord

BACK_OFF = (2, 5, 15, 60, 120, 300, 600, 900, 1800, 3600, 3600)
"""Seconds before each further try; after the last the delivery is given up."""


@dataclass(frozen=True)
class Due:
    """A delivery whose time has come."""

    event: Document
    endpoint_id: str
    url: str
    secret: str
    was_due_at: float
    """Its time when it was taken up: another one by now means that somebody asked for it again."""


def due(books: Books, *, limit: int = 20) -> list[Due]:
    """Oldest first. Deliveries run on real time, whatever the sandbox's clock says."""
    rows = books.connection.execute(
        "SELECT d.event, d.endpoint, d.next_at FROM deliveries d JOIN documents e ON e.id = d.event "
        "WHERE d.next_at <= ? ORDER BY d.next_at, e.seq LIMIT ?",
        (time.time(), limit),
    ).fetchall()
    found = []
    for row in rows:
        endpoint = books.find("webhook_endpoint", row["endpoint"])
        if endpoint is None or endpoint["status"] != "enabled":
            _drop(books, row["event"], row["endpoint"])
            continue
        event = books.get("event", row["event"])
        secret = books.secret(endpoint["id"])["signing_secret"]
        found.append(Due(event, endpoint["id"], endpoint["url"], secret, row["next_at"]))
    return found


def next_due_at(books: Books) -> float | None:
    """Real time of the next try; None when nothing waits."""
    return books.connection.execute("SELECT min(next_at) FROM deliveries").fetchone()[0]


def record(books: Books, *, delivery: Due, attempt: DeliveryAttempt) -> None:
    """One try: delivered on 2xx, else the next is set."""
    books.connection.execute(
        "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?)",
        (
            delivery.event["id"],
            delivery.endpoint_id,
            delivery.url,
            attempt.attempted_at,
            attempt.status,
            attempt.response,
        ),
    )
    tries = books.connection.execute(
        "UPDATE deliveries SET tries = tries + 1 WHERE event = ? AND endpoint = ? RETURNING tries",
        (delivery.event["id"], delivery.endpoint_id),
    ).fetchone()["tries"]
    delivered = attempt.status is not None and 200 <= attempt.status < 300
    wait = BACK_OFF[tries - 1] if not delivered and tries <= len(BACK_OFF) else None
    key = (delivery.event["id"], delivery.endpoint_id)
    books.connection.execute(
        "UPDATE deliveries SET next_at = ? WHERE event = ? AND endpoint = ? AND next_at = ?",
        (attempt.attempted_at + wait if wait is not None else None, *key, delivery.was_due_at),
    )
    if delivered:
        books.connection.execute("UPDATE deliveries SET delivered = 1 WHERE event = ? AND endpoint = ?", key)
        event = books.get("event", delivery.event["id"])
        books.save({**event, "pending_webhooks": max(event["pending_webhooks"] - 1, 0)})


def resend(books: Books, event_id: str) -> None:
    """Now, to every endpoint that wants it, also those that had it."""
    event = books.get("event", event_id)
    for endpoint in books.select("webhook_endpoint", status="enabled"):
        if wants(endpoint, event["type"]):
            books.connection.execute(
                "INSERT INTO deliveries (event, endpoint, next_at) VALUES (?, ?, ?) "
                "ON CONFLICT (event, endpoint) DO UPDATE SET next_at = excluded.next_at, tries = 0",
                (event_id, endpoint["id"], time.time()),
            )


def records(books: Books, *, limit: int) -> list[EventRecord]:
    """The latest events, each with its tries."""
    rows = books.connection.execute(
        "SELECT body FROM documents WHERE object = 'event' ORDER BY seq DESC LIMIT ?", (limit,)
    ).fetchall()
    return [_record(books, json.loads(row["body"])) for row in rows]


def events_after(books: Books, cursor: int, *, limit: int) -> tuple[list[Document], int]:
    """The events written after a place in the store, oldest first, and the place of the last."""
    rows = books.connection.execute(
        "SELECT seq, body FROM documents WHERE object = 'event' AND seq > ? ORDER BY seq LIMIT ?",
        (cursor, limit),
    ).fetchall()
    return [json.loads(row["body"]) for row in rows], rows[-1]["seq"] if rows else cursor


def record_of(books: Books, event_id: str) -> EventRecord:
    """One event with its tries."""
    return _record(books, books.get("event", event_id))


def _record(books: Books, event: Document) -> EventRecord:
    attempts = books.connection.execute(
        "SELECT * FROM attempts WHERE event = ? ORDER BY attempted_at", (event["id"],)
    ).fetchall()
    state = books.connection.execute(
        "SELECT min(next_at) AS next_at, min(delivered) AS delivered FROM deliveries WHERE event = ?",
        (event["id"],),
    ).fetchone()
    return EventRecord(
        event=event,
        attempts=tuple(
            DeliveryAttempt(
                endpoint_id=row["endpoint"],
                url=row["url"],
                attempted_at=row["attempted_at"],
                status=row["status"],
                response=row["response"],
            )
            for row in attempts
        ),
        next_attempt_at=state["next_at"],
        delivered=bool(state["delivered"]),
    )


def _drop(books: Books, event_id: str, endpoint_id: str) -> None:
    books.connection.execute(
        "UPDATE deliveries SET next_at = NULL WHERE event = ? AND endpoint = ?", (event_id, endpoint_id)
    )
