import re
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError
from pydantic import ValidationError

from sentineliq.mail.contexts import checked_context
from sentineliq.mail.models import MailKind
from sentineliq.mail.templates import render
from tests.mail.contexts import BILLING_URL, CONTEXTS, INVOICE_URL

BUTTON_LINKS = {MailKind.PAYMENT_ACTION_REQUIRED: INVOICE_URL}
BILLING_KINDS = [kind for kind, context in CONTEXTS.items() if "workspace_name" in context]


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
    assert set(CONTEXTS) == set(MailKind)


@pytest.mark.parametrize("kind", MailKind)
def test_every_mail_has_its_link_in_both_parts_and_loads_nothing(kind: MailKind) -> None:
    context = CONTEXTS[kind]
    mail = render(kind, context)
    link = BUTTON_LINKS.get(kind) or context.get("url") or context["billing_url"]
    found = _Links(mail.html)
    assert link in found.targets and link in mail.text
    assert set(found.targets) <= {link, INVOICE_URL}
    assert not found.tags & {"img", "script", "link", "iframe", "form"}
    assert "SentinelIQ" in mail.html and "SentinelIQ" in mail.text


@pytest.mark.parametrize("kind", MailKind)
def test_styles_are_inlined_and_the_text_is_plain(kind: MailKind) -> None:
    mail = render(kind, CONTEXTS[kind])
    assert re.search(
        r'<a href="[^"]+" style="[^"]*background|<td class="button"[^>]* style="[^"]+"', mail.html
    )
    assert not re.search(r"<\w+[^>]*>|&\w+;|\n\n\n\n", mail.text)
    assert all(line == line.strip() for line in mail.text.splitlines())


@pytest.mark.parametrize("kind", BILLING_KINDS)
def test_a_workspace_can_inject_neither_markup_nor_headers_nor_lines(kind: MailKind) -> None:
    name = '<script>alert(1)</script>"\r\nBcc: eve@example.com\u2028x\x00'
    mail = render(kind, {**CONTEXTS[kind], "workspace_name": name, "plan_name": name})
    assert mail.subject.isprintable()
    assert "<script>" not in mail.html and "&lt;script&gt;" in mail.html
    assert "\nBcc" not in mail.text


@pytest.mark.parametrize("kind", MailKind)
def test_a_missing_value_is_an_error_not_a_gap(kind: MailKind) -> None:
    spare = {"billing_url"} if kind in BUTTON_LINKS else set()  # its button leads to the invoice
    for missing in CONTEXTS[kind].keys() - spare:
        context = {name: value for name, value in CONTEXTS[kind].items() if name != missing}
        with pytest.raises((UndefinedError, TypeError)):
            render(kind, context)


@pytest.mark.parametrize("kind", MailKind)
def test_the_context_of_each_kind_is_exact(kind: MailKind) -> None:
    assert checked_context(kind, CONTEXTS[kind]) == CONTEXTS[kind]
    with pytest.raises(ValidationError):
        checked_context(kind, {**CONTEXTS[kind], "misspelt": 1})


def test_money_and_days_are_written_for_people() -> None:
    received = render(MailKind.PAYMENT_RECEIVED, CONTEXTS[MailKind.PAYMENT_RECEIVED])
    assert received.subject == "Payment received for Acme: $9.99"
    assert "Amount: $9.99\nPaid until: December 31, 2026\n" in received.text
    failed = render(MailKind.PAYMENT_FAILED, CONTEXTS[MailKind.PAYMENT_FAILED])
    assert "¥2,000" in failed.html and "Amount due: ¥2,000" in failed.text
    assert "We try again on December 3, 2026." in failed.text


def test_what_is_not_known_is_left_out() -> None:
    received = render(
        MailKind.PAYMENT_RECEIVED,
        {**CONTEXTS[MailKind.PAYMENT_RECEIVED], "invoice_url": None, "period_end": None},
    )
    assert "Invoice" not in received.text + received.html and "until" not in received.text
    failed = render(
        MailKind.PAYMENT_FAILED,
        {**CONTEXTS[MailKind.PAYMENT_FAILED], "invoice_url": None, "next_attempt_at": None},
    )
    assert "again" not in failed.text and "None" not in failed.text + failed.html
    ending = render(
        MailKind.CANCELLATION_SCHEDULED, {**CONTEXTS[MailKind.CANCELLATION_SCHEDULED], "ends_at": None}
    )
    assert "until the end of the paid period" in ending.text and BILLING_URL in ending.text


def test_a_closed_dispute_tells_its_outcome() -> None:
    context = CONTEXTS[MailKind.PAYMENT_DISPUTED]
    still_open = render(MailKind.PAYMENT_DISPUTED, context)
    closed = render(MailKind.PAYMENT_DISPUTED, {**context, "outcome": "won"})
    assert (still_open.subject, closed.subject) == (
        "Acme: a payment is disputed",
        "Acme: a dispute is closed",
    )
    assert "is closed: won." in closed.text and "is closed: won." in closed.html
