"""A stop: what is under way is finished, what else is open is not waited for, and nothing stays behind."""

import base64
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.billing.conftest import sign
from tests.servers import Server, clean_environment, free_port, running_server

SECRET = "whsec_of_the_stop"
ORIGIN = "http://localhost:3999"
BOUND = 8
"""Seconds until it must have ended: a half-sent request may take longer, and so may the server's grace."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    environment: dict[str, Any] = {
        "SENTINELIQ_ENV": "production",
        "DATABASE_URL": f"sqlite:///{tmp_path}/stop.db",
        "WEB_CLIENT_URL": ORIGIN,
        "STRIPE_API_KEY": "sk_test_of_the_stop",
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_CUSTOMER_PORTAL_URL": "https://billing.stripe.com/p/login/test",
        "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_hobby",
        "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_pro",
        "PAYMENTS_CREDITS_10_PLAN_ID": "price_credits10",
        "JWT_SECRET": "a-secret-of-the-stop-with-enough-letters",
        "ADMIN_EMAILS": "staff@example.com",
        "SENDER_EMAIL": "billing@example.com",
        "RESEND_API_KEY": "re_of_the_stop",
        "RESEND_API_URL": "http://127.0.0.1:9",
    }
    with running_server(tmp_path, **environment) as server:
        yield server


def said_to(server: Server, text: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(text)
    return connection


def open_websocket(server: Server, token: str) -> socket.socket:
    """Of a tab that never answers again."""
    key = base64.b64encode(os.urandom(16)).decode()
    handshake = (
        f"GET /_event/?token={token}&EIO=4&transport=websocket HTTP/1.1\r\n"
        f"Host: localhost:{server.port}\r\nOrigin: {ORIGIN}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n"
    )
    connection = said_to(server, handshake.encode())
    assert b"101" in connection.recv(4096).split(b"\r\n")[0]
    return connection


def delivery(server: Server) -> tuple[bytes, bytes]:
    """A signed event in two parts; the server asks for the second one once it reads the body."""
    event = {"id": "evt_of_the_stop", "type": "customer.created", "created": 1, "livemode": False}
    body = json.dumps({**event, "object": "event", "data": {"object": {}}}).encode()
    head = (
        f"POST /webhooks/stripe HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
        f"Stripe-Signature: {sign(body, secret=SECRET)}\r\nContent-Length: {len(body)}\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    return head.encode(), body


def test_a_delivery_under_way_is_finished_and_nothing_else_waited_for(server: Server) -> None:
    begun, rest = delivery(server)
    with ExitStack() as open_ones:
        for number in range(3):
            open_ones.enter_context(open_websocket(server, f"tab-{number}"))
        open_ones.enter_context(said_to(server, b"GET /healthz HTTP/1.1\r\nHost: loc"))  # and never more
        webhook = open_ones.enter_context(said_to(server, begun))
        assert webhook.recv(4096).startswith(b"HTTP/1.1 100 ")
        webhook.sendall(rest[:20])
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(timeout=2)
        webhook.sendall(rest[20:])
        assert webhook.recv(4096).split(b"\r\n")[0].split()[1] == b"200"
        assert server.process.wait(timeout=BOUND) == 0
    assert "Killing" not in server.log.read_text()
    with closing(sqlite3.connect(server.data_dir / "stop.db")) as database:
        assert database.execute("select id, status from webhook_events").fetchall() == [
            ("evt_of_the_stop", "ignored")
        ]


def test_the_worker_of_a_server_that_was_killed_ends_too(server: Server) -> None:
    with closing(open_websocket(server, "tab")):
        kill_alone(server.process)
    assert_free(server.port)


def test_the_sandbox_alone_begins_again_where_it_was_killed(tmp_path: Path) -> None:
    port = free_port()
    with playing(tmp_path, port) as (process, api):
        made = api.post("/v1/customers", data={"email": "owner@example.com"}).json()
        with closing(socket.create_connection(("127.0.0.1", port), timeout=60)):
            kill_alone(process)
    assert_free(port)
    with playing(tmp_path, port) as (_, api):
        assert api.get(f"/v1/customers/{made['id']}").json() == made


@contextmanager
def playing(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """`sentineliq sandbox`, once it answers, and a client of its API."""
    command = Path(sys.executable).with_name("sentineliq")
    process = subprocess.Popen(
        [command, "sandbox", "--port", str(port), "--data", str(folder), "--webhook", ""],
        env=clean_environment(),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    transport = httpx.HTTPTransport(retries=10)  # with a longer pause each time
    origin = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(transport=transport, base_url=origin, auth=("sk_test_sandbox", "")) as api:
            yield process, api
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def kill_alone(process: subprocess.Popen[bytes]) -> None:
    """Kill it and not its workers, and wait for their end."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert children
    workers = [os.pidfd_open(int(child)) for child in children]
    process.kill()
    process.wait()
    for worker in workers:
        assert select.select([worker], [], [], 60)[0]  # it can be read once the process has ended
        os.close(worker)


def assert_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
