"""The mailbox: every mail that development would have sent, kept durably and shown at `/sandbox/mailbox`.

It stands alone, without the Stripe sandbox beside it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import aiosqlite
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sentineliq.sandbox.gallery import framed
from sentineliq.sandbox.pages.paging import Paging
from sentineliq.sandbox.pages.rendering import MAILBOX_ROUTE, Renderer, static_mount

_PAGE_SIZE = 50
_SCHEMA = """
create table if not exists mailbox_mail (
    position integer primary key autoincrement,
    id text not null unique,
    idempotency_key text not null unique,
    recipient text not null,
    sender text not null,
    subject text not null,
    html text not null,
    body text not null,
    kind text not null,
    delivered_at integer not null
)
"""


@dataclass(frozen=True)
class Mail:
    """One delivered mail; `delivered_at` is a Unix time in seconds."""

    id: str
    to: str
    sender: str
    subject: str
    html: str
    text: str
    kind: str
    delivered_at: int


class Mailbox:
    """Keeps mails in its own SQLite file and serves the pages that show them."""

    def __init__(self, database_path: Path, public_url: str) -> None:
        self._database_path = database_path
        self._renderer = Renderer(public_url=public_url, static_path="/mailbox/static")
        self._database: aiosqlite.Connection | None = None

    @property
    def routes(self) -> list[BaseRoute]:
        """Routes to be mounted where `public_url` points to."""
        return [
            static_mount("/mailbox/static"),
            Route("/mailbox", self._list_page, name=MAILBOX_ROUTE),
            Route("/mailbox/{id}", self._mail_page),
            Route("/mailbox/{id}/html", self._mail_html),
        ]

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Opens the file, making it where it is missing; closes it at the end."""
        return self._open()

    async def deliver(
        self, *, to: str, sender: str, subject: str, html: str, text: str, idempotency_key: str, kind: str
    ) -> str:
        """Keep one mail and return its id; the same key again changes nothing and returns the first id."""
        await self._connection.execute(
            "insert into mailbox_mail"
            " (id, idempotency_key, recipient, sender, subject, html, body, kind, delivered_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (idempotency_key) do nothing",
            (f"mail_{uuid4().hex}", idempotency_key, to, sender, subject, html, text, kind, int(time.time())),
        )
        rows = await self._rows("select id from mailbox_mail where idempotency_key = ?", idempotency_key)
        return rows[0]["id"]

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[None]:
        await asyncio.to_thread(self._database_path.parent.mkdir, parents=True, exist_ok=True)
        async with aiosqlite.connect(self._database_path, isolation_level=None) as database:
            database.row_factory = aiosqlite.Row
            for pragma in ("busy_timeout = 5000", "journal_mode = wal", "synchronous = full"):
                await database.execute(f"pragma {pragma}")
            await database.execute(_SCHEMA)
            self._database = database
            try:
                yield
            finally:
                self._database = None

    @property
    def _connection(self) -> aiosqlite.Connection:
        if self._database is None:
            raise RuntimeError("The mailbox is closed: use it inside its lifespan.")
        return self._database

    async def _rows(self, statement: str, *values: object) -> list[aiosqlite.Row]:
        return list(await self._connection.execute_fetchall(statement, values))

    async def _list_page(self, request: Request) -> Response:
        asked = Paging.asked_for(request, size=_PAGE_SIZE)
        rows = await self._rows("select * from mailbox_mail order by position desc limit ?", asked.reach)
        mails, paging = asked.of([_mail(row) for row in rows])
        return self._renderer.page(request, "mailbox.html", mails=mails, paging=paging)

    async def _mail_page(self, request: Request) -> Response:
        mail = await self._find(request)
        if mail is None:
            return self._renderer.page(request, "missing.html", status=404, what="mail")
        return self._renderer.page(request, "mail.html", mail=mail)

    async def _mail_html(self, request: Request) -> Response:
        mail = await self._find(request)
        return framed(mail.html if mail else None)

    async def _find(self, request: Request) -> Mail | None:
        rows = await self._rows("select * from mailbox_mail where id = ?", request.path_params["id"])
        return _mail(rows[0]) if rows else None


def _mail(row: aiosqlite.Row) -> Mail:
    return Mail(
        id=row["id"],
        to=row["recipient"],
        sender=row["sender"],
        subject=row["subject"],
        html=row["html"],
        text=row["body"],
        kind=row["kind"],
        delivered_at=row["delivered_at"],
    )
