"""Whatever is posted to a form, it is answered: never 500, never away from our origin."""

import random
from urllib.parse import urlsplit

import httpx
import pytest

from sentineliq.identity import passwords, routes

PIECES = (
    *("ada@example.com", "", "a@b", "x" * 400, "\x00", "\r\nSet-Cookie: a=b", "ünï@例え.jp", "%0d%0a", "😀"),
    *("https://evil.example", "//evil.example", "/\\evil", "javascript:alert(1)", "/pricing", "' OR 1=1 --"),
)
FIELDS = ("email", "password", "next", "token", "surprise")
PATHS = [route.path for route in routes.routes]
TYPES = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json",
    "",
    "x" * 99,
)


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 is not what is tested here."""
    monkeypatch.setattr(passwords, "_verify", lambda _password, _hash: False)
    monkeypatch.setattr(passwords, "_hash", lambda _password: "unusable")


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_form_makes_the_server_fail_or_leads_away(visitor: httpx.AsyncClient, seed: int) -> None:
    chance = random.Random(seed)
    seen: set[int] = set()
    for _ in range(250):
        path = chance.choice(PATHS)
        if chance.random() < 0.8:
            form = {name: chance.choice(PIECES) for name in chance.sample(FIELDS, chance.randrange(5))}
            answer = await visitor.post(path, data=form)
        else:
            body = chance.randbytes(chance.randrange(200))
            answer = await visitor.post(
                path, content=body, headers={"Content-Type": chance.choice(TYPES), "Cookie": "a=%ff; =;"}
            )
        seen.add(answer.status_code)
        assert answer.status_code < 500
        target = urlsplit(answer.headers.get("location", "/"))
        assert (target.scheme, target.netloc) == ("", "")
        assert target.path.startswith("/") and "evil" not in target.path
        assert "error=unavailable" not in answer.headers.get("location", "")
    assert {303, 415} <= seen
