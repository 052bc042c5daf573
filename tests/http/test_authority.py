"""Every HTTP route against everyone who may come: a route without a row here fails the test."""

import importlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
import pytest
from reflex_base.registry import RegistrationContext
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Message, Receive, Scope, Send

from sentineliq import changes, config, db
from sentineliq.identity.staff_pages import StaffPages
from sentineliq.state import paths
from sentineliq.workspaces import service
from sentineliq.workspaces.models import Role
from tests.factories import make_member, make_user, make_workspace
from tests.identity.members import signed_in
from tests.state.tab import cookie_of, returning

PEOPLE = ("stranger", "member", "admin", "owner", "another", "staff")
"""`another` owns another workspace, and so does `staff`."""


@dataclass(frozen=True)
class Row:
    """What each of PEOPLE gets; `sent` is the form that is posted."""

    answers: tuple[int, ...]
    sent: dict[str, str] | None = None


def everyone(status: int, **sent: str) -> Row:
    return Row((status,) * len(PEOPLE), sent or None)


TABLE = {
    ("GET", "/healthz"): everyone(200),
    ("GET", "/readyz"): everyone(503),  # this database has no revision
    ("GET", "/metrics"): everyone(404),  # METRICS_TOKEN is set
    ("POST", "/webhooks/stripe"): everyone(400),
    ("GET", "/billing/audit.csv"): Row((404, 403, 200, 200, 200, 200)),
    ("POST", "/auth/login"): everyone(303, email="nobody@example.com", password="wrong"),
    ("POST", "/auth/signup"): everyone(303, email="no address", password="wrong"),
    ("POST", "/auth/logout"): everyone(303),
    ("POST", "/auth/forgot-password"): everyone(303, email="nobody@example.com"),
    ("POST", "/auth/reset-password"): everyone(303, token="made.up.token", password="a long password"),
    ("POST", "/language"): everyone(303, language="en"),
    ("GET", "/ping"): everyone(200),  # Reflex's own
    ("GET", "/_health"): everyone(200),
}
ELSEWHERE = {"/_event", ""}
"""The websocket, whose events have a table of their own, and the built pages, which hold nobody's data."""


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def product(environment: pytest.MonkeyPatch, database: db.Database) -> Any:
    """The composition root as production has it, without the sandbox."""
    for name, value in {
        "STRIPE_API_KEY": "sk_test_of_the_tests",
        "RESEND_API_KEY": "re_of_the_tests",
        "METRICS_TOKEN": "let-prometheus-in",
        "ADMIN_EMAILS": "staff@example.com",
        "DATABASE_URL": database.url.render_as_string(hide_password=False),
    }.items():
        environment.setenv(name, value)
    environment.setattr(changes, "_subscribers", [])
    config.get_settings.cache_clear()
    product = _composed()
    db.configure(config.get_settings().database_url)
    return product


@lru_cache(maxsize=1)
def _composed() -> Any:
    """Imported once, in a registry of its own: Reflex has one app in each."""
    with RegistrationContext.ensure_context().fork():
        return importlib.import_module("sentineliq.sentineliq")


def enumerated(routes: list[BaseRoute]) -> set[tuple[str, str]]:
    """What can be asked for; the refusals of other methods stand behind each route and are left out."""
    found: set[tuple[str, str]] = set()
    for route in routes:
        if isinstance(route, Route):
            found |= {(method, route.path) for method in route.methods or () if method != "HEAD"}
        elif isinstance(route, Mount) and route.path not in ELSEWHERE:
            found |= {("*", route.path)}
    return found


@pytest.fixture
async def cookies(product: Any) -> dict[str, str]:
    owner = await make_user(email="owner@example.com", verified=True)
    workspace = await make_workspace(name="Acme", owner=owner)
    people = {
        "owner": owner,
        "admin": await make_member(workspace, role=Role.ADMIN),
        "member": await make_member(workspace),
        "another": await make_user(email="another@example.com", verified=True),
        "staff": await make_user(email="staff@example.com", verified=True),
    }
    for name in ("another", "staff"):
        await make_workspace(name="Elsewhere", owner=people[name])
    await service.rename_workspace(member=await signed_in(owner, workspace), name="Known to Acme alone")
    return {name: await cookie_of(user.id) for name, user in people.items()} | {"stranger": ""}


@pytest.fixture
async def http(product: Any) -> AsyncIterator[httpx.AsyncClient]:
    reflex = [route for route in product.app._api.routes if isinstance(route, Route)]
    app = Starlette(
        routes=[*product.routes.routes, *reflex], exception_handlers=product.routes.exception_handlers
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
        yield client


async def test_every_route_has_its_row(product: Any) -> None:
    assert enumerated([*product.routes.routes, *product.app._api.routes]) == set(TABLE)


@pytest.mark.parametrize(("method", "path"), TABLE)
async def test_everyone_gets_what_the_table_says(
    http: httpx.AsyncClient, cookies: dict[str, str], method: str, path: str
) -> None:
    row = TABLE[method, path]
    answers = []
    for who in PEOPLE:
        answer = await http.request(method, path, data=row.sent, headers={"Cookie": cookies[who]})
        answers.append(answer.status_code)
        if who not in ("admin", "owner"):
            assert "Known to Acme alone" not in answer.text
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/")
    assert tuple(answers) == row.answers


async def test_the_file_is_of_ones_own_workspace(http: httpx.AsyncClient, cookies: dict[str, str]) -> None:
    for who in ("admin", "owner"):
        answer = await http.get("/billing/audit.csv", headers={"Cookie": cookies[who]})
        assert "Known to Acme alone" in answer.text


@pytest.mark.parametrize(("method", "path"), TABLE)
async def test_no_route_takes_another_method(http: httpx.AsyncClient, method: str, path: str) -> None:
    other = "DELETE" if method == "POST" else "POST"
    assert (await http.request(other, path)).status_code == 405


async def built_page(scope: Scope, receive: Receive, send: Send) -> None:
    """A page as the build serves it, or not once more to whoever has it."""
    known = Headers(scope=scope).get("if-none-match") == "built"
    answer = Response("" if known else "page", 304 if known else 200, headers={"etag": "built"})
    await answer(scope, receive, send)


STAFF_PAGES = (paths.STAFF, paths.STAFF_REVENUE, f"{paths.STAFF_EVENTS}.html", f"/pricing/..{paths.STAFF}/")


@pytest.mark.parametrize("path", STAFF_PAGES)
async def test_the_staff_s_pages_are_nothing_to_anyone_else(cookies: dict[str, str], path: str) -> None:
    answers = {}
    app = StaffPages(built_page, under=paths.STAFF)
    for who in PEOPLE:
        heard: list[Message] = []
        headers = [(b"cookie", cookies[who].encode()), (b"if-none-match", b"built")]
        await app({"type": "http", "path": path, "headers": headers}, _silence, _into(heard))
        answers[who] = heard[0]["status"]
        assert (b"etag" in dict(heard[0]["headers"])) == (who == "staff")
    assert answers == dict.fromkeys(PEOPLE, 404) | {"staff": 304}


async def test_other_pages_ask_nobody(cookies: dict[str, str]) -> None:
    heard: list[Message] = []
    app = StaffPages(built_page, under=paths.STAFF)
    await app({"type": "http", "path": paths.PRICING, "headers": []}, _silence, _into(heard))
    assert heard[0]["status"] == 200


async def test_a_staff_s_page_stands_while_the_database_is_away(
    cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sentineliq.identity.staff_pages.require_staff", returning(OSError("away")))
    heard: list[Message] = []
    app = StaffPages(built_page, under=paths.STAFF)
    await app({"type": "http", "path": paths.STAFF, "headers": []}, _silence, _into(heard))
    assert heard[0]["status"] == 200


async def _silence() -> Message:
    return {"type": "http.disconnect"}


def _into(heard: list[Message]) -> Send:
    async def send(message: Message) -> None:
        heard.append(message)

    return send
