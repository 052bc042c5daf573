"""`sentineliq run` for real: one port for everything, closed to strangers, stopped cleanly."""

import base64
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.servers import Server, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("run")) as server:
        yield server


@contextmanager
def websocket(server: Server, *, origin: str) -> Iterator[bytes]:
    """The first line of the answer to a websocket handshake from a page of that origin."""
    key = base64.b64encode(os.urandom(16)).decode()
    handshake = (
        "GET /_event/?token=a-tabs-secret&EIO=4&transport=websocket HTTP/1.1\r\n"
        f"Host: localhost:{server.port}\r\nOrigin: {origin}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(handshake.encode())
        yield connection.recv(4096).split(b"\r\n")[0]


def get(server: Server, path: str, **headers: str) -> httpx.Response:
    return httpx.get(server.url + path, headers=headers, timeout=30)


def test_it_is_alive_and_ready(server: Server) -> None:
    assert get(server, "/healthz").json() == {"status": "ok"}
    assert get(server, "/readyz").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/", "/pricing", "/login", "/workspace/billing", "/checkout?success=true"])
def test_a_page_is_served_at_its_address(server: Server, path: str) -> None:
    answer = get(server, path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert "'unsafe-eval'" not in answer.headers["content-security-policy"]
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"].partition("style-src")[0]


def test_every_inline_script_of_a_page_is_allowed_by_its_hash(server: Server) -> None:
    page = get(server, "/pricing")
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.+?)</script>", page.text, re.DOTALL)
    allowed = re.findall(r"'sha256-[^']+'", page.headers["content-security-policy"])
    assert len(set(scripts)) > 3
    assert len(allowed) >= len(set(scripts))


def test_an_unknown_address_is_a_designed_404(server: Server) -> None:
    answer = get(server, "/no/such/page")
    assert answer.status_code == 404
    assert "<html" in answer.text


def test_hashed_assets_are_compressed_and_kept_for_ever(server: Server) -> None:
    [script, *_] = re.findall(r"/assets/libraries-[\w-]+\.js", get(server, "/").text)
    answer = get(server, script, **{"Accept-Encoding": "br"})
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_wrong_method_is_refused(server: Server) -> None:
    answer = get(server, "/webhooks/stripe")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_foreign_page_may_not_read_answers(server: Server) -> None:
    answer = get(server, "/healthz", Origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers


def test_only_our_own_page_may_open_the_websocket(server: Server) -> None:
    with websocket(server, origin="https://evil.example") as refused:
        assert refused.split()[1] == b"403"
    with websocket(server, origin=f"http://localhost:{server.port + 1}") as refused:
        assert refused.split()[1] == b"403"
    with websocket(server, origin=server.url) as accepted:
        assert accepted.split()[1] == b"101"


def test_the_sandbox_and_the_mailbox_are_there_in_development(server: Server) -> None:
    assert get(server, "/sandbox/").status_code == 200
    assert get(server, "/sandbox/mailbox").status_code == 200


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_with_a_page_open_and_starts_again_without_work(
    server: Server, with_signal: signal.Signals
) -> None:
    with (
        running_server(server.data_dir.parent / with_signal.name) as first,
        websocket(first, origin=first.url) as accepted,
    ):
        assert accepted.split()[1] == b"101"
        assert first.stop(with_signal) == 0
    said = first.log.read_text()
    assert "Demo login: owner@example.com / sentineliq-demo" in said
    assert "a-tabs-secret" not in said
    assert "Traceback" not in said
    with running_server(first.data_dir) as again:
        said = again.log.read_text()
    assert "Front end: up to date" in said
    assert "Database: up to date" in said
    assert "seeded" not in said


def test_several_workers_serve_together_over_redis(
    tmp_path_factory: pytest.TempPathFactory, valkey_url: str
) -> None:
    environment = {
        "GRANIAN_WORKERS": "2",
        "REDIS_URL": valkey_url,
        "STRIPE_API_KEY": "sk_test_elsewhere",
        "STRIPE_API_BASE": "http://127.0.0.1:1",
    }
    with running_server(tmp_path_factory.mktemp("workers"), **environment) as several:
        assert get(several, "/readyz").json() == {"status": "ok"}
        assert get(several, "/sandbox/").status_code == 404
        with websocket(several, origin=several.url) as accepted:
            assert accepted.split()[1] == b"101"
        assert "sentineliq_http_requests_total" in get(several, "/metrics").text
        assert several.stop() == 0
    assert "Traceback" not in several.log.read_text()
