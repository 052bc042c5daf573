"""Three servers in production mode on one PostgreSQL and one Valkey: whoever asks any of them asks all."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from simple_websocket import AioClient
from sqlalchemy.engine import make_url
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from sentineliq.billing import catch_up
from sentineliq.billing.stripe.reads import MAX_EVENT_TYPES
from sentineliq.billing.stripe.setup.wanted import EVENTS
from sentineliq.identity.sessions import SESSION_COOKIE
from sentineliq.sandbox import Sandbox, SandboxConfig
from sentineliq.state.billing import BillingState
from tests.billing.conftest import payload, sign
from tests.sandbox.world import serving
from tests.servers import Server, free_port, start, wait_until_ready

SECRET = "whsec_of_the_cluster"
ORIGIN = "http://localhost:3999"
PATIENCE = 60
PACE = 0.05
"""Seconds between two deliveries while servers restart: without them, sending would take their processor."""
MISSED_EVENTS = "GET /sandbox/api/v1/events"
"""What a reconciler asks Stripe first."""
PASSWORD = "correct horse battery"


@dataclass
class Outside:
    """Stripe and the mail service, as the servers meet them."""

    mails: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take_mail(self, request: Request) -> Response:
        await asyncio.sleep(0.05)  # long enough for another sender to look at the same row
        async with self.changed:
            self.mails[request.headers["idempotency-key"]] += 1
            self.changed.notify_all()
        return JSONResponse({"id": "mail"})

    def counting(self, app: Any) -> Any:
        async def counted(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                async with self.changed:
                    self.asked[f"{scope['method']} {scope['path']}"] += 1
                    self.changed.notify_all()
            await app(scope, receive, send)

        return counted

    async def until(self, holds: Any) -> None:
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(lambda: holds(self)), PATIENCE)


@dataclass
class Cluster:
    servers: list[Server]
    environment: dict[str, str]
    outside: Outside
    database: asyncpg.Connection
    http: httpx.AsyncClient
    """Keeps no connection: each request has one of its own, as a load balancer in front would make."""

    async def sign_up(self, server: Server, email: str) -> str:
        """The `Cookie` header of someone new."""
        answer = await self.post(server, "/auth/signup", email=email, password=PASSWORD)
        assert answer.headers["location"] == "/workspace/billing", answer.headers["location"]
        return f"{SESSION_COOKIE}={SimpleCookie(answer.headers['set-cookie'])[SESSION_COOKIE].value}"

    async def post(self, server: Server, path: str, cookie: str = "", **form: str) -> httpx.Response:
        return await self.http.post(
            server.url + path, data=form, headers={"Origin": ORIGIN, "Cookie": cookie}
        )

    async def get(self, server: Server, path: str, cookie: str = "") -> httpx.Response:
        return await self.http.get(server.url + path, headers={"Cookie": cookie})

    async def deliver(self, server: Server, event: dict[str, Any]) -> int:
        body = json.dumps(event).encode()
        headers = {"Stripe-Signature": sign(body, secret=SECRET)}
        answer = await self.http.post(f"{server.url}/webhooks/stripe", content=body, headers=headers)
        return answer.status_code

    async def restart(self, place: int) -> None:
        """As a deployment does: stop it, start it anew at its place, and go on when it is ready."""
        old = self.servers[place]
        assert await asyncio.to_thread(old.stop) == 0
        new = start(old.data_dir, self.environment, port=old.port)
        self.servers[place] = new
        await asyncio.to_thread(wait_until_ready, new)

    def logged(self) -> list[str]:
        folders = {server.data_dir for server in self.servers}
        return [
            line
            for folder in folders
            for log in folder.glob("*.log")
            for line in log.read_text().splitlines()
        ]


@asynccontextmanager
async def outside_world(folder: Path) -> AsyncIterator[tuple[Outside, str]]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    outside = Outside()
    sandbox = Sandbox(SandboxConfig(folder / "sandbox.db", f"{base}/sandbox", webhook_url=None))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with sandbox.lifespan():
            yield

    routes = [Mount("/sandbox", routes=sandbox.routes), Route("/emails", outside.take_mail, methods=["POST"])]
    async with serving(outside.counting(Starlette(routes=routes, lifespan=lifespan)), port):
        yield outside, base


def stranger() -> httpx.AsyncClient:
    """One client for all, that keeps no connection and no cookie: to make one costs more than a request."""
    return httpx.AsyncClient(
        timeout=PATIENCE,
        limits=httpx.Limits(max_keepalive_connections=0),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


@pytest.fixture
async def cluster(tmp_path: Path, postgres_server: str, valkey_url: str) -> AsyncIterator[Cluster]:
    name = f"cluster_{free_port()}"
    administration = await asyncpg.connect(postgres_server)
    await administration.execute(f"CREATE DATABASE {name}")
    url = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    async with outside_world(tmp_path) as (outside, base):
        environment = {
            "SENTINELIQ_ENV": "production",
            "DATABASE_URL": url,
            "REDIS_URL": valkey_url,
            "WEB_CLIENT_URL": ORIGIN,
            "STRIPE_API_KEY": "sk_test_sandbox",
            "STRIPE_API_BASE": f"{base}/sandbox/api",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_CUSTOMER_PORTAL_URL": "https://billing.stripe.com/p/login/test",
            "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_sandbox_hobby",
            "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_sandbox_pro,price_1OrcProMonthly00000001",
            "PAYMENTS_CREDITS_10_PLAN_ID": "price_sandbox_credits10",
            "JWT_SECRET": "a-secret-that-all-servers-of-the-cluster-share",
            "ADMIN_EMAILS": "staff@example.com",
            "SENDER_EMAIL": "billing@example.com",
            "RESEND_API_KEY": "re_of_the_cluster",
            "RESEND_API_URL": base,
        }
        servers = [start(tmp_path / f"server-{number}", environment) for number in range(3)]
        database = None
        try:
            await asyncio.gather(*(asyncio.to_thread(wait_until_ready, server) for server in servers))
            database = await asyncpg.connect(url)
            async with stranger() as http:
                yield (running := Cluster(servers, environment, outside, database, http))
            servers = running.servers
        finally:
            for server in servers:
                if server.process.poll() is None:
                    server.process.terminate()
            for server in servers:
                server.process.wait(20)
            if database:
                await database.close()
    await administration.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await administration.close()


@asynccontextmanager
async def billing_page(server: Server, cookie: str) -> AsyncIterator[AioClient]:
    """The websocket of an open billing page, as the browser speaks on it."""
    url = server.url.replace("http", "ws", 1) + "/_event/?token=a-tab-of-the-test&EIO=4&transport=websocket"
    socket = await AioClient.connect(url, headers={"Cookie": cookie, "Origin": ORIGIN})
    await socket.send("40/_event,")
    await heard(socket, "40/_event,")
    event = {
        "name": f"{BillingState.get_full_name()}.load",
        "payload": {},
        "router_data": {"pathname": "/workspace/billing", "asPath": "/workspace/billing"},
    }
    await socket.send(f"42/_event,{json.dumps(['event', event])}")
    try:
        yield socket
    finally:
        await socket.close()


async def heard(socket: AioClient, words: str) -> str:
    """The next message that has the words in it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message = str(await socket.receive())
            if message == "2":
                await socket.send("3")
            if words in message:
                return message


async def make_customer(cluster: Cluster, email: str, customer: str) -> None:
    await cluster.database.execute(
        "UPDATE workspaces SET stripe_customer_id = $2 WHERE id IN (SELECT m.workspace_id FROM memberships m "
        "JOIN users u ON u.id = m.user_id WHERE u.email = $1)",
        email,
        customer,
    )


async def test_three_servers_are_one_product(cluster: Cluster) -> None:
    cookie = await cluster.sign_up(cluster.servers[0], "ada@example.com")
    await a_session_of_one_works_on_the_others(cluster, cookie)
    await a_webhook_at_one_refreshes_a_page_at_another(cluster, cookie)
    await guesses_are_counted_together(cluster)
    await each_mail_is_sent_once(cluster)
    await one_of_them_reconciles(cluster)
    await a_rolling_restart_loses_no_delivery(cluster)
    requests = -(-len(EVENTS) // MAX_EVENT_TYPES)
    assert cluster.outside.asked[MISSED_EVENTS] == requests  # once, though by now each of them has tried
    await a_session_ended_at_one_is_over_at_the_others(cluster, cookie)
    nothing_secret_or_personal_is_logged(cluster, cookie)


async def a_session_of_one_works_on_the_others(cluster: Cluster, cookie: str) -> None:
    for server in cluster.servers:
        assert (await cluster.get(server, "/billing/audit.csv", cookie)).status_code == 200


async def a_webhook_at_one_refreshes_a_page_at_another(cluster: Cluster, cookie: str) -> None:
    event = payload("customer.subscription.created")
    await make_customer(cluster, "ada@example.com", event["data"]["object"]["customer"])
    async with billing_page(cluster.servers[1], cookie) as page:
        assert "Pro" not in await heard(page, "plan_name")
        assert await cluster.deliver(cluster.servers[0], event) == 200
        assert "Pro" in await heard(page, "plan_name")


async def guesses_are_counted_together(cluster: Cluster) -> None:
    told = Counter[str]()
    for number in range(12):
        server = cluster.servers[number % 3]
        answer = await cluster.post(
            server, "/auth/login", email="nobody@example.com", password="not this one"
        )
        told["too_many" in answer.headers["location"]] += 1
    assert told == {False: 10, True: 2}


async def each_mail_is_sent_once(cluster: Cluster) -> None:
    await cluster.database.execute(
        'INSERT INTO mail_outbox (key, kind, "to", context, created_at, attempts, next_attempt_at) '
        "SELECT 'mail:' || n, 'verify_email', 'ada@example.com', "
        '\'{"url": "http://localhost", "valid_hours": 48}\', now(), 0, now() FROM generate_series(1, 60) n'
    )
    await asyncio.gather(
        *(cluster.sign_up(server, f"p{server.port}@example.com") for server in cluster.servers)
    )
    await cluster.outside.until(lambda outside: len(outside.mails) >= 64)
    assert set(cluster.outside.mails.values()) == {1}


async def a_rolling_restart_loses_no_delivery(cluster: Cluster) -> None:
    """What is not taken in is sent to the next, as a proxy does."""
    event, taken, restarted = payload("customer.updated.address"), list[str](), asyncio.Event()

    async def stream() -> None:
        number = 0
        while not restarted.is_set() or number % 3:
            number += 1
            sent = event | {"id": f"evt_stream{number:05}"}
            for place in range(number, number + 3):
                try:
                    status = await cluster.deliver(cluster.servers[place % 3], sent)
                except httpx.TransportError:  # refused, or reset where it waited to be taken in
                    continue
                assert status == 200
                taken.append(sent["id"])
                break
            else:
                raise AssertionError("no server took it")
            await asyncio.sleep(PACE)

    streams = asyncio.create_task(stream())
    await a_delivery_that_has_begun_is_answered(cluster, event)
    await asyncio.gather(cluster.restart(1), cluster.restart(2))  # one is enough to take everything
    restarted.set()
    await streams
    stored = await cluster.database.fetch("SELECT id FROM webhook_events WHERE id LIKE 'evt_stream%'")
    assert len(taken) > 20
    assert {row["id"] for row in stored} == set(taken)


async def a_delivery_that_has_begun_is_answered(cluster: Cluster, event: dict[str, Any]) -> None:
    """Half of it has come when the server is told to stop."""
    port = cluster.servers[0].port
    body = json.dumps(event | {"id": "evt_begun"}).encode()
    head = (
        "POST /webhooks/stripe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Stripe-Signature: {sign(body, secret=SECRET)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode() + body[:10])
    await writer.drain()
    await cluster.get(cluster.servers[0], "/healthz")  # taken in after ours
    restarting = asyncio.create_task(cluster.restart(0))
    while await can_connect(port):
        pass
    writer.write(body[10:])
    assert b" 200 " in await asyncio.wait_for(reader.readline(), PATIENCE)
    writer.close()
    await restarting


async def can_connect(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def one_of_them_reconciles(cluster: Cluster) -> None:
    """To its end: what a restart cuts short, another takes up, and asks again."""
    finished = "SELECT finished_at FROM jobs WHERE name = $1"
    async with asyncio.timeout(PATIENCE):
        while await cluster.database.fetchval(finished, catch_up.JOB) is None:
            pass


async def a_session_ended_at_one_is_over_at_the_others(cluster: Cluster, cookie: str) -> None:
    await cluster.post(cluster.servers[2], "/auth/logout", cookie=cookie)
    for server in cluster.servers:
        assert (await cluster.get(server, "/billing/audit.csv", cookie)).status_code == 404


def nothing_secret_or_personal_is_logged(cluster: Cluster, cookie: str) -> None:
    lines = cluster.logged()
    assert sum('"answered"' in line and '"request_id"' in line for line in lines) > 20
    assert [line for line in lines if not isinstance(json.loads(line), dict)] == []
    whole = "\n".join(lines)
    for secret in ("@example.com", "whsec_", "sk_test", "re_of", cookie.partition("=")[2], "a-tab-of", "eyJ"):
        assert secret not in whole.replace("staff@example.com", ""), secret
