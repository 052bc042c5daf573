"""The product in Portuguese, for a browser that asks for it and for a person who has chosen."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e import steps
from tests.e2e.test_every_page import settle
from tests.servers import Server

WIDTHS = (360, 1440)
PAGES = (
    "/",
    "/pricing",
    "/workspace/billing",
    "/workspace/members",
    "/workspaces",
    "/workspace/audit",
    "/workspace/credits",
    "/notifications",
    "/notifications/preferences",
)


@pytest.fixture
def brazil(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser set to Portuguese, in which axe, a script of another origin, may run."""
    context = browser.new_context(base_url=server.url, locale="pt-BR", bypass_csp=True)
    yield context
    context.close()


def sign_up(page: Page) -> str:
    address = steps.new_address()
    page.goto("/signup")
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Senha").fill(steps.PASSWORD)
    page.get_by_role("button", name="Criar conta", exact=True).click()
    page.wait_for_url("**/workspace/billing")
    return address


def choose(page: Page, language: str) -> None:
    page.get_by_role("contentinfo").get_by_role("button", name=language).click()


def is_english(page: Page) -> None:
    expect(page.locator("h1")).to_have_text("Billing")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_person_signs_up_looks_at_prices_and_billing_in_portuguese(brazil: BrowserContext) -> None:
    page = brazil.new_page()
    address = sign_up(page)
    expect(page.locator("h1")).to_have_text("Faturamento")
    expect(page.locator("#plan-name")).to_have_text("Gratuito")
    expect(page).to_have_title("Faturamento · SentinelIQ")
    page.goto("/pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Comprar plano")
    expect(page.locator("#plan-hobby")).to_contain_text(re.compile(r"US\$\s9,99\s*por mês"))
    text = steps.mail_to(page, address, "Verifique seu endereço de e-mail")
    expect(text).to_contain_text("Confirme que este endereço é seu. O link funciona por 48 horas.")


def test_what_is_chosen_stays_over_reloads_and_in_another_browser(
    brazil: BrowserContext, browser: Browser, server: Server
) -> None:
    page = brazil.new_page()
    address = sign_up(page)
    choose(page, "English")
    is_english(page)
    assert urlsplit(page.url).path == "/workspace/billing"
    page.reload()
    is_english(page)
    with browser.new_context(base_url=server.url, locale="pt-BR") as elsewhere:
        steps.post(elsewhere, "/auth/login", email=address, password=steps.PASSWORD)
        other = elsewhere.new_page()
        other.goto("/workspace/billing")
        is_english(other)
        choose(other, "Português")
        expect(other.locator("h1")).to_have_text("Faturamento")
    page.reload()
    expect(page.locator("h1")).to_have_text("Faturamento")


def test_a_stranger_chooses_too(page: Page) -> None:
    page.goto("/pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Log in to buy plan")
    choose(page, "Português")
    expect(page.locator("#buy-hobby")).to_have_text("Entre para comprar")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR")


def test_portuguese_pages_fit_their_screens_and_are_accessible(brazil: BrowserContext) -> None:
    page = brazil.new_page()
    sign_up(page)
    faults: list[str] = []
    for path in PAGES:
        page.goto(path)
        settle(page)
        expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                faults.append(f"{path} is wider than {width}")
        faults += [
            f"{path} {found['id']}: {found['nodes'][0]['html']}"
            for found in Axe().run(page).response["violations"]
            if found["impact"] in ("serious", "critical")
        ]
    assert faults == []


def test_the_gallery_shows_every_kind_of_mail_in_both_languages(page: Page) -> None:
    page.goto("/sandbox/mailbox")
    page.get_by_role("link", name="See every kind of mail in the gallery.").click()
    section = page.get_by_role("region", name="Payment failed")
    for language, title in (("en", "Your payment did not go through"), ("pt-BR", "Seu pagamento não foi")):
        article = section.get_by_role("article", name=f"Payment failed, {language}")
        expect(article).to_contain_text(title)
        framed = article.locator("iframe").get_attribute("src")  # in which no script runs, ours neither
        assert framed and title in page.request.get(framed).text()


def test_words_wait_for_their_language_only_where_they_are_about_to_change(
    browser: Browser, server: Server
) -> None:
    for locale, awaited in (("pt-BR", "awaited"), ("en-US", None), ("de-DE", None)):
        with browser.new_context(base_url=server.url, locale=locale) as context:
            page = context.new_page()
            page.route("**/*.js", lambda route: route.abort())  # what stands before any of our scripts
            page.goto("/pricing")
            assert page.locator("html").get_attribute("data-words") == awaited
            expect(page.locator("h1")).to_be_visible()  # in English, where the scripts do not come at all
