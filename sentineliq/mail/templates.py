"""Turning a kind of mail and its context into a subject, HTML with its styles inlined, and readable text."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import css_inline
from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from ..money import format_money
from .models import MailKind

PRODUCT = "SentinelIQ"

_SUBJECTS: dict[MailKind, str] = {
    MailKind.VERIFY_EMAIL: "Verify your email address",
    MailKind.PASSWORD_RESET: "Choose a new password",
    MailKind.PAYMENT_RECEIVED: "Payment received for {{ workspace_name }}: {{ amount | money(currency) }}",
    MailKind.PAYMENT_FAILED: "Payment failed for {{ workspace_name }}",
    MailKind.PAYMENT_ACTION_REQUIRED: "{{ workspace_name }}: please confirm your payment",
    MailKind.PAYMENT_REFUNDED: "{{ workspace_name }}: {{ amount | money(currency) }} refunded",
    MailKind.PAYMENT_DISPUTED: (
        "{{ workspace_name }}: a {{ 'payment is disputed' if outcome is none else 'dispute is closed' }}"
    ),
    MailKind.INVOICE_NOT_FINALIZED: "{{ workspace_name }}: an invoice could not be completed",
    MailKind.CARD_EXPIRING: "{{ workspace_name }}: your card lapses before the next payment",
    MailKind.TRIAL_ENDING: "{{ workspace_name }}: your trial of {{ plan_name }} ends soon",
    MailKind.TRIAL_PAID: "{{ workspace_name }}: {{ plan_name }} is paid, {{ amount | money(currency) }}",
    MailKind.TRIAL_ENDED: ("{{ workspace_name }}: your trial of {{ plan_name }} has ended"),
    MailKind.TRIAL_REFUSED: "{{ workspace_name }}: {{ plan_name }} begins without a trial",
    MailKind.CANCELLATION_SCHEDULED: "{{ workspace_name }}: your {{ plan_name }} plan is set to end",
    MailKind.SUBSCRIPTION_CANCELED: "{{ workspace_name }}: your {{ plan_name }} plan has ended",
    MailKind.PLAN_ON_HOLD: "{{ workspace_name }}: your {{ plan_name }} plan is on hold",
    MailKind.TWO_SUBSCRIPTIONS: "{{ workspace_name }}: two subscriptions are running",
    MailKind.INVITATION: "You are invited to {{ workspace_name }} on {{ product }}",
}


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """`subject` is one line, whatever the context holds."""

    subject: str
    html: str
    text: str


def render(kind: MailKind, context: dict[str, Any]) -> RenderedMail:
    """The mail of this kind. Raises `jinja2.UndefinedError` where the context lacks a value."""
    subject, html, text = _templates(kind)
    return RenderedMail(
        subject=_one_line(subject.render(context)),
        html=_inliner().inline(html.render(context)),
        text=text.render(context).strip() + "\n",
    )


@lru_cache
def _templates(kind: MailKind) -> tuple[Template, Template, Template]:
    environment = _environment()
    return (
        environment.from_string(_SUBJECTS[kind]),
        environment.get_template(f"{kind.value}.html"),
        environment.get_template(f"{kind.value}.txt"),
    )


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sentineliq.mail"),
        autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"money": format_money, "date": _date, "line": _one_line}
    environment.globals["product"] = PRODUCT
    return environment


@lru_cache
def _inliner() -> css_inline.CSSInliner:
    """Many mail programs read only `style` attributes; rules for small screens stay in the head."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def _date(moment: str) -> str:
    """`2026-12-01T…` as `December 1, 2026`, in UTC."""
    return format_date(datetime.fromisoformat(moment).astimezone(UTC), "long", locale="en_US")


def _one_line(value: str) -> str:
    """No line break reaches a header, nor breaks the text part's lines."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())
