import asyncio
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sentineliq import config
from sentineliq.identity import accounts, routes, sessions
from sentineliq.identity.messages import MESSAGES, Fault, Notice
from sentineliq.mail.models import MailKind
from tests.identity.mails import mailed_token, outbox
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


def _session_cookie(response: httpx.Response):
    return SimpleCookie(response.headers["set-cookie"])[sessions.SESSION_COOKIE]


async def test_signing_up_lands_signed_in_on_billing(visitor: httpx.AsyncClient) -> None:
    response = await visitor.post("/auth/signup", data=ADA)
    assert (response.status_code, response.headers["location"]) == (303, "/workspace/billing")
    cookie = _session_cookie(response)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
    assert (cookie["secure"], cookie["domain"], cookie["max-age"]) == ("", "", str(30 * 86400))
    member = await sessions.current_member(f"{sessions.SESSION_COOKIE}={cookie.value}")
    assert member is not None and member.email == "ada@example.com"


async def test_the_cookie_is_secure_where_the_site_is(
    visitor: httpx.AsyncClient, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("WEB_CLIENT_URL", "https://app.example.com")
    config.get_settings.cache_clear()
    response = await visitor.post("/auth/signup", data=ADA, headers={"Origin": "https://app.example.com"})
    assert _session_cookie(response)["secure"] is True


async def test_logging_in_goes_on_to_a_local_page(visitor: httpx.AsyncClient) -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    response = await visitor.post("/auth/login", data={**ADA, "next": "/pricing?plan=pro"})
    assert (response.status_code, response.headers["location"]) == (303, "/pricing?plan=pro")


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "/%2F%2Fevil.example"]
)
async def test_logging_in_leads_nowhere_else(visitor: httpx.AsyncClient, target: str) -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    response = await visitor.post("/auth/login", data={**ADA, "next": target})
    assert response.headers["location"] == "/workspace/billing"
    failed = await visitor.post("/auth/login", data={**ADA, "password": "wrong", "next": target})
    assert "next" not in _query(failed)


async def test_a_fault_returns_with_what_was_typed_but_the_password(visitor: httpx.AsyncClient) -> None:
    typed = {"email": "Ada+x@example.com", "password": "hunter2hunter2", "next": "/pricing"}
    response = await visitor.post("/auth/login", data=typed)
    assert _page(response) == "/login"
    assert _query(response) == {
        "error": "wrong_login",
        "field": "password",
        "email": "Ada+x@example.com",
        "next": "/pricing",
    }
    assert "hunter2" not in str(response.headers) and "set-cookie" not in response.headers


async def test_known_and_unknown_addresses_get_the_same_bytes(visitor: httpx.AsyncClient) -> None:
    await accounts.sign_up("ada@example.com", PASSWORD)
    for path, fields in (("/auth/login", {"password": "wrong password"}), ("/auth/forgot-password", {})):
        known = await visitor.post(path, data={"email": "ada@example.com", **fields})
        unknown = await visitor.post(path, data={"email": "eve@example.com", **fields})
        assert known.status_code == unknown.status_code
        assert known.headers["location"].replace("ada", "eve") == unknown.headers["location"]
        assert known.headers.keys() == unknown.headers.keys() and known.content == unknown.content


async def test_a_reset_is_answered_before_the_address_is_looked_up(
    visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up, may_go_on = [], asyncio.Event()

    async def slow(email: str) -> None:
        await may_go_on.wait()
        looked_up.append(email)

    monkeypatch.setattr(accounts, "request_password_reset", slow)
    response = await visitor.post("/auth/forgot-password", data={"email": "ADA@example.com"})
    assert (_page(response), _query(response)) == ("/forgot-password", {"notice": "reset_sent"})
    assert looked_up == []
    may_go_on.set()
    await asyncio.gather(*routes._background)
    assert looked_up == ["ada@example.com"]


async def test_a_forgotten_password_is_replaced_by_mail(visitor: httpx.AsyncClient) -> None:
    signed_in = await visitor.post("/auth/signup", data=ADA)
    await visitor.post("/auth/forgot-password", data={"email": "ada@example.com"})
    await asyncio.gather(*routes._background)
    form = {"token": await mailed_token(MailKind.PASSWORD_RESET), "password": "staple correct horse"}
    weak = await visitor.post("/auth/reset-password", data={**form, "password": "short"})
    assert _page(weak) == "/reset-password"
    assert _query(weak) == {"error": "weak_password", "field": "password", "token": form["token"]}
    done = await visitor.post("/auth/reset-password", data=form)
    assert (_page(done), _query(done)) == ("/login", {"notice": "password_changed"})
    old = f"{sessions.SESSION_COOKIE}={_session_cookie(signed_in).value}"
    assert await sessions.current_member(old) is None
    again = await visitor.post("/auth/reset-password", data=form)
    assert (_page(again), _query(again)) == ("/forgot-password", {"error": "link_expired"})


async def test_logging_out_ends_the_session_and_clears_the_cookie(visitor: httpx.AsyncClient) -> None:
    signed_in = _session_cookie(await visitor.post("/auth/signup", data=ADA)).value
    response = await visitor.post("/auth/logout", data={})
    assert (_page(response), _query(response)) == ("/login", {"notice": "logged_out"})
    cleared = _session_cookie(response)
    assert (cleared.value, cleared["max-age"], cleared["path"]) == ("", "0", "/")
    assert await sessions.current_member(f"{sessions.SESSION_COOKIE}={signed_in}") is None


async def test_logging_in_again_ends_this_browsers_older_session(visitor: httpx.AsyncClient) -> None:
    older = _session_cookie(await visitor.post("/auth/signup", data=ADA)).value
    newer = _session_cookie(await visitor.post("/auth/login", data=ADA)).value
    assert await sessions.current_member(f"{sessions.SESSION_COOKIE}={older}") is None
    assert await sessions.current_member(f"{sessions.SESSION_COOKIE}={newer}")


async def test_a_failing_reset_mail_disturbs_no_one(
    visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_email: str) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(accounts, "request_password_reset", broken)
    response = await visitor.post("/auth/forgot-password", data={"email": "ada@example.com"})
    await asyncio.gather(*routes._background)
    assert _query(response) == {"notice": "reset_sent"}
    assert await outbox(MailKind.PASSWORD_RESET) == []


def test_every_code_has_its_message() -> None:
    assert set(MESSAGES) == {*Fault, *Notice}
