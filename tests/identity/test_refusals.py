import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sentineliq import config
from sentineliq.identity import accounts, attempts, routes
from tests.identity.people import PASSWORD

ADA = {"email": "ada@example.com", "password": PASSWORD}
FORMS = ["/auth/login", "/auth/signup", "/auth/logout", "/auth/forgot-password", "/auth/reset-password"]


def _query(response: httpx.Response) -> dict[str, str]:
    return {
        name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()
    }


def _page(response: httpx.Response) -> str:
    assert response.status_code == 303
    return urlsplit(response.headers["location"]).path


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000.evil.example"},
        {"Origin": "https://localhost:3000"},
        {"Origin": "http://localhost:3001"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_another_sites_form_is_refused(
    stranger: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    response = await stranger.post(path, data=ADA, headers=headers)
    assert response.status_code == 403 and "set-cookie" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
async def test_our_own_form_is_taken(visitor: httpx.AsyncClient, headers: dict[str, str]) -> None:
    del visitor.headers["Origin"]
    response = await visitor.post("/auth/signup", data=ADA, headers=headers)
    assert response.headers["location"] == "/workspace/billing"


async def test_production_takes_forms_of_its_own_origin_only(
    visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, settings: config.Settings
) -> None:
    production = settings.model_copy(
        update={
            "sentineliq_env": config.Environment.PRODUCTION,
            "web_client_url": "https://app.example.com",
        }
    )
    monkeypatch.setattr("sentineliq.identity.forms.get_settings", lambda: production)
    for origin, status in (
        ("https://app.example.com", 303),
        ("http://app.example.com", 403),
        ("http://localhost:3000", 403),
    ):
        assert (await visitor.post("/auth/login", data=ADA, headers={"Origin": origin})).status_code == status


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"email=" + b"a" * 65536, "application/x-www-form-urlencoded", 413),
        (b"email=a", "text/plain", 415),
        (b"{}", "application/json", 415),
        (b"email=\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=1" for _ in range(50)), "application/x-www-form-urlencoded", 400),
    ],
)
async def test_what_is_no_form_of_ours_is_refused(
    stranger: httpx.AsyncClient, path: str, content: bytes, content_type: str, status: int
) -> None:
    response = await stranger.post(path, content=content, headers={"Content-Type": content_type})
    assert response.status_code == status


async def test_an_endless_body_is_cut_off(stranger: httpx.AsyncClient) -> None:
    sent = 0

    async def endless():
        nonlocal sent
        while sent < 10_000_000:
            sent += 16_384
            yield b"a" * 16_384

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await stranger.post("/auth/login", content=endless(), headers=headers)
    assert response.status_code == 413 and sent < 200_000


async def test_guessing_a_password_ends_after_ten_tries_even_with_the_right_one(
    visitor: httpx.AsyncClient,
) -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    for _ in range(10):
        wrong = await visitor.post("/auth/login", data={**ADA, "password": "wrong"})
        assert _query(wrong)["error"] == "wrong_login"
    for path in ("/auth/login", "/auth/signup"):
        refused = await visitor.post(path, data=ADA)
        assert _query(refused)["error"] == "too_many_attempts" and "set-cookie" not in refused.headers
    other = await visitor.post("/auth/signup", data={**ADA, "email": "eve@example.com"})
    assert other.headers["location"] == "/workspace/billing"


async def test_logging_in_rightly_uses_nothing_up(visitor: httpx.AsyncClient) -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    for _ in range(12):
        response = await visitor.post("/auth/login", data=ADA)
        assert response.headers["location"] == "/workspace/billing"


async def test_a_database_that_is_down_is_told_on_the_page(
    visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args) -> None:
        raise OSError("connection refused at 10.0.0.5")

    monkeypatch.setattr(accounts, "log_in", broken)
    response = await visitor.post("/auth/login", data=ADA)
    assert (_page(response), _query(response)["error"]) == ("/login", "unavailable")
    assert "10.0.0.5" not in str(response.headers)


async def test_forms_are_posted_never_got(visitor: httpx.AsyncClient) -> None:
    for path in FORMS:
        assert (await visitor.get(path)).status_code == 405


async def test_too_many_attempts_are_counted_by_client(visitor: httpx.AsyncClient) -> None:
    limit = attempts.Attempt.PASSWORD_RESET.per_client.allowed.amount
    answers = [
        _query(await visitor.post("/auth/forgot-password", data={"email": f"user{number}@example.com"}))
        for number in range(limit + 1)
    ]
    await asyncio.gather(*routes._background)
    assert answers[:-1] == [{"notice": "reset_sent"}] * limit
    assert answers[-1]["error"] == "too_many_attempts"
