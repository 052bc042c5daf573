"""The mailbox: durable, one mail a key, and safe to look at."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from sentineliq.sandbox.mailbox import Mailbox

ORIGIN = "http://sandbox.test"


@asynccontextmanager
async def open_mailbox(file: Path) -> AsyncGenerator[tuple[Mailbox, httpx.AsyncClient]]:
    mailbox = Mailbox(file, f"{ORIGIN}/sandbox")
    app = Starlette(routes=[Mount("/sandbox", routes=mailbox.routes)])
    transport = httpx.ASGITransport(app)
    async with mailbox.lifespan(), httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield mailbox, client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "mailbox.db"


async def deliver(mailbox: Mailbox, key: str = "welcome:1", **changes: str) -> str:
    mail = {
        "to": "owner@example.com",
        "sender": "billing@sentineliq.test",
        "subject": "Welcome",
        "html": "<h1>Welcome</h1>",
        "text": "Welcome",
        "kind": "verify_email",
    }
    return await mailbox.deliver(**{**mail, **changes}, idempotency_key=key)


async def test_an_empty_mailbox_says_so(file: Path) -> None:
    async with open_mailbox(file) as (_, client):
        page = await client.get("/sandbox/mailbox")
    assert page.status_code == 200
    assert "No mail yet" in page.text


async def test_mails_are_listed_newest_first_with_recipient_subject_and_kind(file: Path) -> None:
    async with open_mailbox(file) as (mailbox, client):
        await deliver(mailbox, "a", subject="First mail")
        await deliver(mailbox, "b", subject="Second mail", to="member@example.com", kind="payment_failed")
        page = (await client.get("/sandbox/mailbox")).text
    assert page.index("Second mail") < page.index("First mail")
    assert "member@example.com" in page
    assert "Payment failed" in page


async def test_the_same_key_again_makes_no_second_mail(file: Path) -> None:
    async with open_mailbox(file) as (mailbox, client):
        ids = await asyncio.gather(*(deliver(mailbox, "once") for _ in range(20)))
        page = (await client.get("/sandbox/mailbox")).text
    assert len(set(ids)) == 1
    assert page.count('class="mail"') == 1


async def test_mails_outlive_a_restart(file: Path) -> None:
    async with open_mailbox(file) as (mailbox, _):
        first = await deliver(mailbox, "kept")
    async with open_mailbox(file) as (mailbox, client):
        assert await deliver(mailbox, "kept", subject="Changed") == first
        page = (await client.get(f"/sandbox/mailbox/{first}")).text
    assert "<h1>Welcome</h1>" in page  # the subject, not the mail's own HTML


async def test_links_of_the_text_part_are_clickable_and_the_rest_is_escaped(file: Path) -> None:
    text = 'Go to http://localhost:3000/verify-email?token=a&next="x". <script>alert(1)</script> javascript:x'
    async with open_mailbox(file) as (mailbox, client):
        page = (await client.get(f"/sandbox/mailbox/{await deliver(mailbox, text=text)}")).text
    address = "http://localhost:3000/verify-email?token=a&amp;next="
    assert f'<a href="{address}" target="_self">{address}</a>' in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


async def test_the_html_part_is_locked_into_a_sandbox(file: Path) -> None:
    async with open_mailbox(file) as (mailbox, client):
        mail_id = await deliver(mailbox, html="<script>alert(1)</script><p>Hello</p>")
        page = await client.get(f"/sandbox/mailbox/{mail_id}")
        part = await client.get(f"/sandbox/mailbox/{mail_id}/html")
    assert f'sandbox="" src="/sandbox/mailbox/{mail_id}/html"' in page.text
    assert "alert(1)" not in page.text
    policy = part.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "frame-ancestors 'self'" in policy


async def test_unknown_mails_are_not_found(file: Path) -> None:
    async with open_mailbox(file) as (_, client):
        page = await client.get("/sandbox/mailbox/mail_nope")
        part = await client.get("/sandbox/mailbox/mail_nope/html")
    assert (page.status_code, part.status_code) == (404, 404)
    assert "There is no such mail" in page.text


async def test_a_long_list_has_pages(file: Path) -> None:
    async with open_mailbox(file) as (mailbox, client):
        for number in range(51):
            await deliver(mailbox, f"key-{number}", subject=f"Mail number {number}.")
        first = (await client.get("/sandbox/mailbox")).text
        second = (await client.get("/sandbox/mailbox?page=2")).text
    assert "Mail number 50." in first
    assert "Mail number 0." not in first
    assert "Mail number 0." in second
    assert 'href="?page=2"' in first
    assert 'href="?page=1"' in second


async def test_the_stylesheet_is_served_without_the_stripe_sandbox(file: Path) -> None:
    async with open_mailbox(file) as (_, client):
        page = (await client.get("/sandbox/mailbox")).text
        address = page.split('rel="stylesheet" href="')[1].split('"')[0]
        style = await client.get(address)
    assert style.headers["content-type"].startswith("text/css")


async def test_delivering_outside_the_lifespan_is_refused(file: Path) -> None:
    with pytest.raises(RuntimeError, match="lifespan"):
        await deliver(Mailbox(file, f"{ORIGIN}/sandbox"))
