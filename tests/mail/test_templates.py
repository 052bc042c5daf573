import re
from html.parser import HTMLParser

import pytest
from pydantic import ValidationError

from sentineliq.i18n import Language
from sentineliq.mail.contexts import checked_context
from sentineliq.mail.examples import BILLING_URL, EXAMPLES, INVOICE_URL
from sentineliq.mail.models import MailKind
from sentineliq.mail.templates import render

BUTTON_LINKS = {MailKind.PAYMENT_ACTION_REQUIRED: INVOICE_URL}
BILLING_KINDS = [kind for kind, context in EXAMPLES.items() if "workspace_name" in context]


every_language = pytest.mark.parametrize("language", Language)


class _Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]


def test_there_is_a_context_of_every_kind() -> None:
    assert set(EXAMPLES) == set(MailKind)


@every_language
@pytest.mark.parametrize("kind", MailKind)
def test_every_mail_has_its_link_in_both_parts_and_loads_nothing(kind: MailKind, language: Language) -> None:
    context = EXAMPLES[kind]
    mail = render(kind, context, language=language, locale=language)
    link = BUTTON_LINKS.get(kind) or context.get("url") or context["billing_url"]
    found = _Links(mail.html)
    assert link in found.targets and link in mail.text
    assert set(found.targets) <= {link, INVOICE_URL}
    assert not found.tags & {"img", "script", "link", "iframe", "form"}
    assert "SentinelIQ" in mail.html and "SentinelIQ" in mail.text


@pytest.mark.parametrize("kind", MailKind)
def test_styles_are_inlined_and_the_text_is_plain(kind: MailKind) -> None:
    mail = render(kind, EXAMPLES[kind])
    assert re.search(
        r'<a href="[^"]+" style="[^"]*background|<td class="button"[^>]* style="[^"]+"', mail.html
    )
    assert not re.search(r"<\w+[^>]*>|&\w+;|\n\n\n\n", mail.text)
    assert all(line == line.strip() for line in mail.text.splitlines())


@every_language
@pytest.mark.parametrize("kind", BILLING_KINDS)
def test_a_workspace_can_inject_neither_markup_nor_headers_nor_lines(
    kind: MailKind, language: Language
) -> None:
    name = '<script>alert(1)</script>"\r\nBcc: eve@example.com\u2028x\x00'
    context = {**EXAMPLES[kind], "workspace_name": name, "plan_name": name}
    mail = render(kind, context, language=language)
    assert mail.subject.isprintable()
    assert "<script>" not in mail.html and "&lt;script&gt;" in mail.html
    assert "\nBcc" not in mail.text


@pytest.mark.parametrize("kind", MailKind)
def test_a_missing_value_is_an_error_not_a_gap(kind: MailKind) -> None:
    spare = {"billing_url"} if kind in BUTTON_LINKS else set()  # its button leads to the invoice
    for missing in EXAMPLES[kind].keys() - spare:
        context = {name: value for name, value in EXAMPLES[kind].items() if name != missing}
        with pytest.raises(KeyError):
            render(kind, context)


@pytest.mark.parametrize("kind", MailKind)
def test_the_context_of_each_kind_is_exact(kind: MailKind) -> None:
    assert checked_context(kind, EXAMPLES[kind]) == EXAMPLES[kind]
    with pytest.raises(ValidationError):
        checked_context(kind, {**EXAMPLES[kind], "misspelt": 1})


def test_money_and_days_are_written_for_people() -> None:
    received = render(MailKind.PAYMENT_RECEIVED, EXAMPLES[MailKind.PAYMENT_RECEIVED])
    assert received.subject == "Payment received for Acme: $9.99"
    assert "Amount: $9.99\nPaid until: December 31, 2026\n" in received.text
    failed = render(MailKind.PAYMENT_FAILED, EXAMPLES[MailKind.PAYMENT_FAILED])
    assert "¥2,000" in failed.html and "Amount due: ¥2,000" in failed.text
    assert "We try again on December 3, 2026." in failed.text


def test_what_is_not_known_is_left_out() -> None:
    received = render(
        MailKind.PAYMENT_RECEIVED,
        {**EXAMPLES[MailKind.PAYMENT_RECEIVED], "invoice_url": None, "period_end": None},
    )
    assert "Invoice" not in received.text + received.html and "until" not in received.text
    failed = render(
        MailKind.PAYMENT_FAILED,
        {**EXAMPLES[MailKind.PAYMENT_FAILED], "invoice_url": None, "next_attempt_at": None},
    )
    assert "again" not in failed.text and "None" not in failed.text + failed.html
    ending = render(
        MailKind.CANCELLATION_SCHEDULED, {**EXAMPLES[MailKind.CANCELLATION_SCHEDULED], "ends_at": None}
    )
    assert "until the end of the paid period" in ending.text and BILLING_URL in ending.text


def test_a_closed_dispute_tells_its_outcome() -> None:
    context = EXAMPLES[MailKind.PAYMENT_DISPUTED]
    still_open = render(MailKind.PAYMENT_DISPUTED, context)
    closed = render(MailKind.PAYMENT_DISPUTED, {**context, "outcome": "won"})
    assert (still_open.subject, closed.subject) == (
        "Acme: a payment is disputed",
        "Acme: a dispute is closed",
    )
    assert "is closed: won." in closed.text and "is closed: won." in closed.html


@every_language
@pytest.mark.parametrize("kind", MailKind)
def test_every_mail_has_one_look(kind: MailKind, language: Language) -> None:
    html = render(kind, EXAMPLES[kind], language=language, locale=language).html
    assert f'<html lang="{language.tag}"' in html
    assert html.count("<h1") == 1 and 'class="preheader" style="display: none' in html
    assert "max-width: 600px" in html
    assert 'name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html  # clients that know of it find it in the head
    tables = re.findall(r"<table[^>]*>", html)
    assert tables and all('role="presentation"' in table for table in tables)
    assert all(f'"{size}"' in html for size in ("100%", "600"))


@pytest.mark.parametrize("kind", MailKind)
def test_no_line_of_a_mail_is_left_in_english(kind: MailKind) -> None:
    english = render(kind, EXAMPLES[kind])
    portuguese = render(kind, EXAMPLES[kind], language=Language.PORTUGUESE, locale="pt_BR")
    same = set(english.text.splitlines()) & set(portuguese.text.splitlines())
    context = EXAMPLES[kind]
    link = BUTTON_LINKS.get(kind) or context.get("url") or context["billing_url"]
    head = "SentinelIQ" + (f" · {context['workspace_name']}" if "workspace_name" in context else "")
    names = {f"{each['plan_name']}: {each['id']}" for each in context.get("subscriptions", ())}
    assert same <= {"", "--", link, head, *names}
    assert english.subject != portuguese.subject


def test_a_mail_in_portuguese_reads_as_one() -> None:
    mail = render(
        MailKind.PAYMENT_RECEIVED,
        EXAMPLES[MailKind.PAYMENT_RECEIVED],
        language=Language.PORTUGUESE,
        locale="pt_BR",
    )
    assert mail.subject == "Pagamento recebido de Acme: US$ 9,99"
    assert "Valor: US$ 9,99\nPago até: 31 de dezembro de 2026\n" in mail.text
    bought = EXAMPLES[MailKind.PAYMENT_RECEIVED] | {"plan_name": "10 credits"}
    told = render(MailKind.PAYMENT_RECEIVED, bought, language=Language.PORTUGUESE)
    assert "Referente a: 10 créditos" in told.text


def test_figures_are_written_as_the_workspace_has_them() -> None:
    context = EXAMPLES[MailKind.PAYMENT_RECEIVED]
    mail = render(MailKind.PAYMENT_RECEIVED, context, language=Language.ENGLISH, locale="pt_BR")
    assert "Paid until: 31 de dezembro de 2026" in mail.text
