"""Choosing a language, as a browser on our own origin posts it."""

from http.cookies import SimpleCookie

import httpx
import pytest
from sqlmodel import select
from starlette.applications import Starlette

from sentineliq import config, db
from sentineliq.identity import accounts, languages, sessions
from sentineliq.identity.models import User
from sentineliq.mail.models import MailKind
from sentineliq.workspaces.models import Workspace
from tests.identity.conftest import ORIGIN
from tests.identity.mails import outbox
from tests.identity.people import PASSWORD


async def post(data: dict[str, str], **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=languages.routes))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        return await client.post("/language", data=data, headers={"Origin": ORIGIN, **headers})


async def locale_of(email: str) -> str | None:
    async with db.reading() as session:
        return (await session.exec(select(User.locale).where(User.email == email))).one()


async def test_a_stranger_s_choice_is_kept_in_the_browser(
    database: db.Database, settings: config.Settings
) -> None:
    page = f"{ORIGIN}/pricing?plan=pro"
    response = await post({"language": "pt_BR"}, Referer=page)
    assert (response.status_code, response.headers["location"]) == (303, "/pricing?plan=pro")
    cookie = SimpleCookie(response.headers["set-cookie"])["language"]
    assert (cookie.value, cookie["samesite"], cookie["path"]) == ("pt_BR", "lax", "/")
    assert int(cookie["max-age"]) == 365 * 86400


async def test_who_is_signed_in_keeps_it_in_the_account(
    database: db.Database, settings: config.Settings
) -> None:
    signed_in = await accounts.sign_up("ada@example.com", PASSWORD)
    await accounts.sign_up("bob@example.com", PASSWORD)
    assert await locale_of("ada@example.com") is None
    await post({"language": "pt_BR"}, Cookie=f"{sessions.SESSION_COOKIE}={signed_in.cookie}")
    assert (await locale_of("ada@example.com"), await locale_of("bob@example.com")) == ("pt_BR", None)
    member = await sessions.current_member(f"{sessions.SESSION_COOKIE}={signed_in.cookie}")
    assert member is not None and member.locale == "pt_BR"


async def test_another_site_chooses_nothing(database: db.Database, settings: config.Settings) -> None:
    signed_in = await accounts.sign_up("ada@example.com", PASSWORD)
    response = await post(
        {"language": "pt_BR"},
        Origin="https://evil.example",
        Cookie=f"{sessions.SESSION_COOKIE}={signed_in.cookie}",
    )
    assert response.status_code == 403 and "set-cookie" not in response.headers
    assert await locale_of("ada@example.com") is None


@pytest.mark.parametrize("language", ["", "tlh", "pt-BR", "en\r\nx: y"])
async def test_a_language_that_is_not_spoken_is_refused(language: str, settings: config.Settings) -> None:
    response = await post({"language": language})
    assert response.status_code == 400 and "set-cookie" not in response.headers


@pytest.mark.parametrize(
    "referer", ["", "https://evil.example//evil.example/", "nonsense", f"{ORIGIN}//evil.example"]
)
async def test_nobody_is_led_elsewhere(
    referer: str, database: db.Database, settings: config.Settings
) -> None:
    response = await post({"language": "en"}, Referer=referer)
    assert response.headers["location"] == "/"


async def test_a_new_account_s_mails_are_in_the_language_of_its_browser(visitor: httpx.AsyncClient) -> None:
    form = {"email": "ada@example.com", "password": PASSWORD}
    await visitor.post("/auth/signup", data=form, headers={"Accept-Language": "pt-BR,pt;q=0.9"})
    assert await locale_of("ada@example.com") is None
    async with db.reading() as session:
        workspace = (await session.exec(select(Workspace))).one()
    assert (workspace.locale, workspace.name) == ("pt_BR", "Espaço de ada")
    [mail] = await outbox(MailKind.VERIFY_EMAIL)
    assert (mail.language, mail.locale) == ("pt_BR", "pt_BR")
