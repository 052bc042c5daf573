"""The outermost layer, around an app that answers whatever a test wants."""

import asyncio
import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentineliq import bodies
from sentineliq.config import Settings
from sentineliq.errors import AppError
from sentineliq.http import Answer, Shield, answer_app_error, refuse_other_methods

SCRIPT = "document.documentElement.classList.add('dark')"
OF_NOT_FOUND = "document.title = 'Not found'"


@pytest.fixture
def client_folder(tmp_path: Path) -> Path:
    (tmp_path / "workspace" / "billing").mkdir(parents=True)
    page = f'<html><script>{SCRIPT}</script><script src="/assets/app.js"></script></html>'
    (tmp_path / "index.html").write_text(page)
    (tmp_path / "workspace" / "billing" / "index.html").write_text(page)
    (tmp_path / "404.html").write_text(f"<html><script>{OF_NOT_FOUND}</script></html>")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app-3f2a.js").write_text("export {}")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    return tmp_path


def hashed(code: str) -> str:
    """The CSP source of a script inside a page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


async def echo(request: Request) -> Response:
    """The path as the app sees it; `?status=`, `?etag=` and `?policy=` shape the answer."""
    headers = {
        name: request.query_params[key]
        for name, key in (("etag", "etag"), ("content-security-policy", "policy"))
        if key in request.query_params
    }
    return Response(request.url.path, int(request.query_params.get("status", 200)), headers=headers)


def shielded(client_folder: Path, settings: Settings | None = None) -> ASGIApp:
    app = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST"])])
    return Shield(app, settings=settings or Settings(), client=client_folder)


async def visit(app: ASGIApp, address: str, method: str = "GET", **options: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.request(method, address, **options)


async def test_every_answer_carries_the_security_headers(client_folder: Path) -> None:
    for status in (200, 404, 500):
        headers = (await visit(shielded(client_folder), f"/anything?status={status}")).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


async def test_scripts_run_only_from_us_or_as_built(client_folder: Path) -> None:
    headers = (await visit(shielded(client_folder), "/")).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["script-src"] == f"'self' {hashed(SCRIPT)}"
    assert "http" not in headers["content-security-policy"]


async def test_a_page_allows_its_own_scripts_and_what_may_be_any_page_all(client_folder: Path) -> None:
    own = (await visit(shielded(client_folder), "/workspace/billing")).headers["content-security-policy"]
    assert hashed(SCRIPT) in own
    assert hashed(OF_NOT_FOUND) not in own
    unknown = await visit(shielded(client_folder), "/no/such/page?status=404")
    assert hashed(OF_NOT_FOUND) in unknown.headers["content-security-policy"]


@pytest.mark.parametrize("address", ["/assets/app-3f2a.js", "/favicon.svg"])
async def test_a_file_that_is_no_page_may_do_nothing(client_folder: Path, address: str) -> None:
    secure = Settings(web_client_url="https://app.example.com")
    headers = (await visit(shielded(client_folder, secure), address)).headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert "referrer-policy" in headers
    assert "strict-transport-security" in headers


async def test_an_answers_own_policy_is_kept(client_folder: Path) -> None:
    headers = (await visit(shielded(client_folder), "/mail?policy=sandbox")).headers
    assert headers.get_list("content-security-policy") == ["sandbox"]


async def test_transport_security_is_asked_for_on_https_only(client_folder: Path) -> None:
    secure = Settings(web_client_url="https://app.example.com")
    assert "strict-transport-security" in (await visit(shielded(client_folder, secure), "/")).headers
    assert "strict-transport-security" not in (await visit(shielded(client_folder), "/")).headers


async def test_a_pages_address_needs_no_redirect(client_folder: Path) -> None:
    answer = await visit(shielded(client_folder), "/workspace/billing?success=true")
    assert answer.text == "/workspace/billing/"
    assert (await visit(shielded(client_folder), "/webhooks/stripe")).text == "/webhooks/stripe"


@pytest.mark.parametrize(
    ("address", "cached"),
    [
        ("/assets/app-3f2a.js", "public, max-age=31536000, immutable"),
        ("/assets/app-3f2a.js?status=404", "no-store"),
        ("/pricing?etag=1", "no-cache"),
        ("/billing/audit.csv", "no-store"),
    ],
)
async def test_only_what_never_changes_is_cached(client_folder: Path, address: str, cached: str) -> None:
    assert (await visit(shielded(client_folder), address)).headers["cache-control"] == cached


async def test_a_wrong_method_is_told_the_right_ones() -> None:
    async def answer(_request: Request) -> Response:
        return JSONResponse({})

    routes = [Route("/hook", answer, methods=["POST"]), Route("/form", answer), Route("/form", answer)]
    app = Starlette(routes=refuse_other_methods(routes))
    assert (await visit(app, "/hook", "POST")).status_code == 200
    refused = await visit(app, "/hook")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert (await visit(app, "/form", "DELETE")).headers["allow"] == "GET, HEAD"


async def test_an_app_error_is_said_in_its_own_words() -> None:
    class Taken(AppError):
        status = 409
        message = "Somebody was faster."

    async def fail(_request: Request) -> Response:
        raise Taken

    app = Starlette(routes=[Route("/", fail)], exception_handlers={AppError: answer_app_error})
    answer = await visit(app, "/")
    assert (answer.status_code, answer.json()) == (409, {"error": "Somebody was faster."})


async def test_a_request_has_an_id_the_callers_own_if_it_is_a_plain_word(client_folder: Path) -> None:
    app = shielded(client_folder)
    own = await visit(app, "/", headers={"X-Request-Id": "from-the-proxy.1"})
    assert own.headers["x-request-id"] == "from-the-proxy.1"
    made = await visit(app, "/", headers={"X-Request-Id": "two words"})
    assert re.fullmatch(r"[0-9a-f]{32}", made.headers["x-request-id"])


async def test_a_body_that_trickles_in_ends_as_if_its_sender_had_hung_up(
    client_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    received: list[str] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        received.extend([(await receive())["type"], (await receive())["type"]])

    sent = iter([{"type": "http.request", "body": b"a", "more_body": True}])

    async def receive() -> Message:
        return next(sent, None) or await asyncio.get_running_loop().create_future()

    async def send(_message: Message) -> None:
        pass

    scope = {"type": "http", "path": "/", "method": "POST", "headers": []}
    await Shield(app, settings=Settings(), client=client_folder)(scope, receive, send)
    assert received == ["http.request", "http.disconnect"]


async def test_websockets_pass_untouched(client_folder: Path) -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        await send({"type": "websocket.close"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        seen.append(message["type"])

    await Shield(app, settings=Settings(), client=client_folder)({"type": "websocket"}, receive, send)
    assert seen == ["websocket", "websocket.close"]


async def test_a_direct_answer_is_counted_and_timed_also_where_nobody_listens_any_more(
    client_folder: Path,
) -> None:
    metrics = CollectorRegistry()
    counted = Counter("direct", "Of this test.", registry=metrics)
    timed = Histogram("direct_seconds", "Of this test.", registry=metrics)

    async def direct(_scope: Scope, receive: Receive) -> Answer:
        return Answer(200, (await receive())["body"], counted=(counted,), timed=timed)

    async def send(_message: Message) -> None:
        raise ConnectionResetError

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    shield = Shield(nothing, settings=Settings(), client=client_folder, direct={"/direct": direct})
    assert (await visit(shield, "/direct", "POST", content=b"[]")).text == "[]"
    with pytest.raises(ConnectionResetError):
        await shield({"type": "http", "path": "/direct", "method": "POST", "headers": []}, receive, send)
    await asyncio.sleep(0)  # written when the event loop comes to it
    assert metrics.get_sample_value("direct_total") == 2
    assert metrics.get_sample_value("direct_seconds_count") == 2


async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An app behind the shield that is not asked."""
