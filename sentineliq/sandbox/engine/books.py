"""One open transaction over the documents: read, write, and note the events that go with it."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sentineliq.sandbox.config import SandboxConfig
from sentineliq.sandbox.engine.documents import API_VERSION, blank, differences, new_id, noun
from sentineliq.sandbox.engine.errors import MissingReference, NotFound
from sentineliq.sandbox.engine.values import Document


@dataclass(frozen=True)
class Call:
    """The API call that causes a change; both None when a hosted page or the clock does."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Books:
    """What one operation sees. Documents are plain dictionaries: change one, then `save` it."""

    connection: sqlite3.Connection
    config: SandboxConfig
    now: int
    call: Call = field(default_factory=Call)
    event_order: Sequence[str] = ()
    """Types in the order in which they go out; those not named follow as they happened."""
    pending: list[Document] = field(default_factory=list)

    # ---- reading

    def find(self, object_type: str, document_id: str | None) -> Document | None:
        row = self.connection.execute(
            "SELECT body FROM documents WHERE id = ? AND object = ?", (document_id, object_type)
        ).fetchone()
        return json.loads(row["body"]) if row else None

    def find_any(self, document_id: str) -> Document | None:
        """By id alone, whatever it is: how a reference is expanded."""
        row = self.connection.execute("SELECT body FROM documents WHERE id = ?", (document_id,)).fetchone()
        return json.loads(row["body"]) if row else None

    def get(self, object_type: str, document_id: str, *, param: str = "id") -> Document:
        """Raises NotFound."""
        document = self.find(object_type, document_id)
        if document is None:
            raise NotFound(noun(object_type), document_id, param=param)
        return document

    def refer(self, object_type: str, document_id: str, *, param: str) -> Document:
        """What a parameter names. Raises MissingReference."""
        document = self.find(object_type, document_id)
        if document is None:
            raise MissingReference(noun(object_type), document_id, param=param)
        return document

    def select(
        self, object_type: str, *, customer: str | None = None, limit: int = -1, **fields: Any
    ) -> list[Document]:
        """Newest first; `fields` compare top-level fields of the document."""
        where, values = ["object = ?"], [object_type]
        if customer is not None:
            where.append("customer = ?")
            values.append(customer)
        for name, value in fields.items():
            where.append("json_extract(body, ?) = ?")
            values += [f"$.{name}", value]
        sql = f"SELECT body FROM documents WHERE {' AND '.join(where)} ORDER BY seq DESC LIMIT ?"  # noqa: S608
        return [json.loads(row["body"]) for row in self.connection.execute(sql, (*values, limit))]

    # ---- writing

    def new(self, object_type: str, /, **fields: Any) -> Document:
        """A blank of now, not yet written."""
        return blank(object_type, created=self.now, **fields)

    def add(self, document: Document, *, event: str | None = None) -> Document:
        self.connection.execute(
            "INSERT INTO documents (id, object, customer, body) VALUES (?, ?, ?, ?)",
            (document["id"], document["object"], document.get("customer"), json.dumps(document)),
        )
        if event is not None:
            self.emit(event, document)
        return document

    def save(self, document: Document, *, event: str | None = None) -> Document:
        """An `*.updated` event says what changed, and is not sent when nothing did."""
        before = self.get(document["object"], document["id"])
        self.connection.execute(
            "UPDATE documents SET body = ?, customer = ? WHERE id = ?",
            (json.dumps(document), document.get("customer"), document["id"]),
        )
        changed = differences(before, document)
        if event is None or (event.endswith(".updated") and not changed):
            return document
        carries_previous = event.endswith(".updated") or event in {"charge.refunded"}
        self.emit(event, document, previous=changed if carries_previous else None)
        return document

    def remove(self, document: Document, *, event: str | None = None) -> None:
        self.connection.execute("DELETE FROM documents WHERE id = ?", (document["id"],))
        if event is not None:
            self.emit(event, document)

    # ---- what the API never shows

    def secret(self, document_id: str) -> dict[str, Any]:
        """Hidden facts of a document: how a card behaves, which lines a session sells."""
        row = self.connection.execute("SELECT secret FROM documents WHERE id = ?", (document_id,)).fetchone()
        return json.loads(row["secret"]) if row else {}

    def keep_secret(self, document_id: str, **facts: Any) -> None:
        secret = {**self.secret(document_id), **facts}
        self.connection.execute(
            "UPDATE documents SET secret = ? WHERE id = ?", (json.dumps(secret), document_id)
        )

    def setting(self, name: str) -> str | None:
        row = self.connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row["value"] if row else None

    def set_setting(self, name: str, value: str) -> None:
        self.connection.execute(
            "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    # ---- events

    def emit(self, event_type: str, document: Document, *, previous: Document | None = None) -> None:
        """Note that something happened, with the document as it is now."""
        data: Document = {"object": json.loads(json.dumps(document))}
        if previous is not None:
            data["previous_attributes"] = previous
        self.pending.append(
            {
                "id": new_id("event"),
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now,
                "data": data,
                "livemode": False,
                "pending_webhooks": 0,
                "request": {"id": self.call.request_id, "idempotency_key": self.call.idempotency_key},
                "type": event_type,
            }
        )

    def close(self) -> bool:
        """Write the events and what is to be delivered; whether there were any."""
        rank = {event_type: place for place, event_type in enumerate(self.event_order)}
        events = sorted(self.pending, key=lambda event: rank.get(event["type"], len(rank)))
        endpoints = self.select("webhook_endpoint", status="enabled") if events else []
        for event in events:
            wanting = [one["id"] for one in endpoints if wants(one, event["type"])]
            self.add({**event, "pending_webhooks": len(wanting)})
            self.connection.executemany(
                "INSERT INTO deliveries (event, endpoint, next_at) VALUES (?, ?, 0)",
                [(event["id"], endpoint) for endpoint in wanting],
            )
        self.pending = []
        return bool(events)


def wants(endpoint: Document, event_type: str) -> bool:
    """Whether an endpoint subscribes to a type; `*` is all of them."""
    return "*" in endpoint["enabled_events"] or event_type in endpoint["enabled_events"]
