"""The frozen reference: about the fastest honest webhook that this stack allows. Never tuned again.

A bare Starlette route under granian: verify, parse what is needed, and store the event, the workspace's new
period and an audit row, each event once and never an older one over a newer. Deliveries that wait are
committed together (grouped commits), and none is answered before its commit. No rules of a product are in
it: what the product costs beyond this is what `ours/reference` tells.

`DATABASE_URL` is `sqlite:///path` or `postgresql://…`; `STRIPE_WEBHOOK_SECRET` signs.
"""

import asyncio
import hmac
import json
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.reference_schema import SCHEMA

URL, SECRET = os.environ["DATABASE_URL"], os.environ["STRIPE_WEBHOOK_SECRET"].encode()
RECEIVED = b'{"received":true}'
BATCH = 64

POSTGRES = """
WITH new AS (
    INSERT INTO events VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING id
), changed AS (
    UPDATE workspaces SET status = $6, period_end = $7, as_of = $3
    WHERE customer = $5 AND as_of < $3 AND EXISTS (SELECT 1 FROM new) RETURNING id
)
INSERT INTO audit SELECT $1, id, 'renewed', $7 FROM changed
"""
SQLITE = (
    "INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
    "UPDATE workspaces SET status = ?, period_end = ?, as_of = ?"
    " WHERE customer = ? AND as_of < ? RETURNING id",
    "INSERT INTO audit VALUES (?, ?, 'renewed', ?)",
)
Row = tuple[str, str, int, str, str, str, int]
Commit = Callable[[list[Row]], Awaitable[None]]
waiting: asyncio.Queue[tuple[Row, asyncio.Future[None]]] = asyncio.Queue()


def is_signed(body: bytes, header: str) -> bool:
    parts = dict(part.split("=", 1) for part in header.split(","))
    expected = hmac.new(SECRET, parts["t"].encode() + b"." + body, sha256).hexdigest()
    return abs(time.time() - int(parts["t"])) < 300 and hmac.compare_digest(expected, parts["v1"])


async def webhook(request: Request) -> Response:
    body = await request.body()
    if not is_signed(body, request.headers["stripe-signature"]):
        return Response(status_code=500)
    event = json.loads(body)
    told = event["data"]["object"]
    end = told["items"]["data"][0]["current_period_end"]
    row = (event["id"], event["type"], event["created"], body.decode(), told["customer"], told["status"], end)
    done = asyncio.get_running_loop().create_future()
    waiting.put_nowait((row, done))
    await done
    return Response(RECEIVED, media_type="application/json")


def open_sqlite() -> Commit:
    connection = sqlite3.connect(
        URL.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
    )
    connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {SCHEMA}")

    def commit(rows: list[Row]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for id_, type_, created, payload, customer, status, end in rows:
            if connection.execute(SQLITE[0], (id_, type_, created, payload)).fetchone():
                changed = connection.execute(SQLITE[1], (status, end, created, customer, created)).fetchone()
                if changed:
                    connection.execute(SQLITE[2], (id_, changed[0], end))
        connection.execute("COMMIT")

    return lambda rows: asyncio.to_thread(commit, rows)


async def open_postgres() -> Commit:
    connection = await asyncpg.connect(URL)
    await connection.execute(SCHEMA)
    statement = await connection.prepare(POSTGRES)

    async def commit(rows: list[Row]) -> None:
        async with connection.transaction():
            await statement.executemany(rows)

    return commit


async def write() -> None:
    """One writer: all that waits goes into one transaction, and is answered after its commit."""
    commit = open_sqlite() if URL.startswith("sqlite") else await open_postgres()
    while True:
        batch = [await waiting.get()]
        while len(batch) < BATCH and not waiting.empty():
            batch.append(waiting.get_nowait())
        await commit([row for row, _ in batch])
        for _, done in batch:
            done.set_result(None)


@asynccontextmanager
async def writing(_: Starlette) -> AsyncIterator[None]:
    task = asyncio.create_task(write())
    yield
    task.cancel()


app = Starlette(routes=[Route("/webhooks/stripe", webhook, methods=["POST"])], lifespan=writing)
