"""The gallery: every kind of mail in every language, in development alone."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from sentineliq.sandbox.gallery import Gallery, Sample

ORIGIN = "http://sandbox.test"
SAMPLES = [
    Sample("payment_failed", "en", subject="It failed", html="<h1>It failed</h1>", text="It failed."),
    Sample("payment_failed", "pt-BR", subject="Falhou", html="<h1>Falhou</h1>", text="Falhou <b>."),
]


@pytest.fixture
async def visitor() -> AsyncIterator[httpx.AsyncClient]:
    gallery = Gallery(f"{ORIGIN}/sandbox", lambda: SAMPLES)
    app = Starlette(routes=[Mount("/sandbox", routes=gallery.routes)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        yield client


async def test_each_kind_is_shown_in_each_language(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/sandbox/mailbox/gallery")).text
    assert page.count("Payment failed") >= 2
    assert "It failed." in page and "Falhou &lt;b&gt;." in page
    for sample in SAMPLES:
        path = f"/sandbox/mailbox/gallery/{sample.kind}/{sample.language}"
        assert f'src="{path}"' in page
        shown = await visitor.get(path)
        assert shown.text == sample.html
        assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("path", ["payment_failed/de", "nothing/en"])
async def test_what_is_not_in_the_gallery_is_not_found(visitor: httpx.AsyncClient, path: str) -> None:
    assert (await visitor.get(f"/sandbox/mailbox/gallery/{path}")).status_code == 404
