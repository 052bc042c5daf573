"""Whatever is asked of the sandbox's API, and however it is put, it answers in Stripe's manner: never 500."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from sentineliq.sandbox import Sandbox, SandboxConfig
from sentineliq.sandbox.api import parameters

NASTY = (
    *("", "0", "-1", "1", "true", "null", "9" * 40, "1e309", "-0.5", "usd", "price_sandbox_pro"),
    *("price_sandbox_hobby", "cus_nobody", "x" * 6000, "'; DROP TABLE objects --", "{}", "[]", "%00", "\x00"),
    *("ünï", "\ud7ff😀", "now", "always_invoice", "a@b.c", "http://localhost:9/x", "../../etc"),
)
SHAPES = ("{}", "{}[]", "{}[0]", "{}[0][price]", "{}[x]", "{}[x][y][z]", "{}[", "{}]", "[{}]", "{}[0][0]")
REQUESTS = 600
WHOLE = {
    "POST /v1/customers": {"email": "ada@example.com", "metadata[workspace_id]": "w"},
    "POST /v1/checkout/sessions": {
        "mode": "subscription",
        "line_items[0][price]": "price_sandbox_pro",
        "line_items[0][quantity]": "1",
        "success_url": "http://localhost:3000/",
    },
    "GET /v1/events": {"limit": "3"},
}
"""Requests that would be understood, before something is put into them."""


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    base = "http://localhost:3000"
    sandbox = Sandbox(SandboxConfig(tmp_path / "sandbox.db", f"{base}/sandbox", webhook_url=None))
    app = Starlette(routes=[Mount("/sandbox", routes=sandbox.routes)])
    async with (
        sandbox.lifespan(),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=f"{base}/sandbox/api",
            auth=("sk_test_sandbox", ""),
        ) as client,
    ):
        yield client


def made_up(chance: random.Random, operation: str, known: list[str]) -> tuple[str, str, str]:
    """A method, a path and a form that somebody careless or hostile might send."""
    method, _, path = operation.partition(" ")
    while "{}" in path:
        path = path.replace("{}", chance.choice([*known, "nothing", "%00", "x" * 300]), 1)
    if operation in WHOLE:
        return method, path, urlencode(_spoilt(chance, WHOLE[operation], known), errors="replace")
    fields = [*parameters.fields(operation), "expand", "limit", "starting_after", "surprise"]
    values = [*NASTY, *known]
    pairs = [
        (chance.choice(SHAPES[:5] if chance.random() < 0.8 else SHAPES).format(name), chance.choice(values))
        for name in chance.choices(fields, k=chance.randrange(6))
    ]
    return method, path, urlencode(pairs, errors="replace")


def _spoilt(chance: random.Random, form: dict[str, str], known: list[str]) -> dict[str, str]:
    """As it is, without one of its fields, or with something else in it."""
    name, how = chance.choice(list(form)), chance.randrange(4)
    if how == 0:
        return {other: value for other, value in form.items() if other != name}
    if how == 1:
        return form | {name: chance.choice(NASTY)}
    return form | {"customer": chance.choice(known)} if how == 2 and "mode" in form else form


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_request_makes_the_sandbox_fail(http: httpx.AsyncClient, seed: int) -> None:
    chance = random.Random(seed)
    known = ["price_sandbox_pro"]
    names = [*parameters.names(), *WHOLE, *WHOLE, *WHOLE]
    failed: list[str] = []
    for _ in range(REQUESTS):
        method, path, form = made_up(chance, chance.choice(names), known)
        if method == "GET":
            answer = await http.get(f"{path}?{form}")
        else:
            answer = await http.request(
                method, path, content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
            )
        if answer.status_code >= 500:
            failed.append(f"{method} {path} {form}")
        elif answer.status_code == 200 and (made := answer.json().get("id")):
            known = [*known, made][-30:]
    assert not failed
    assert len(known) > 5  # some of it was understood


async def test_bytes_that_are_no_form_are_refused(http: httpx.AsyncClient) -> None:
    chance = random.Random(3)
    for _ in range(100):
        body = chance.randbytes(chance.randrange(400))
        answer = await http.post("/v1/customers", content=body)
        assert answer.status_code < 500
