"""Giving a letter its look: a subject, HTML with its styles inlined, and readable text."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ..i18n import Language, say, speaking
from .letters import PRODUCT, write
from .models import MailKind


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """`subject` is one line, whatever the context holds."""

    subject: str
    html: str
    text: str


def render(
    kind: MailKind,
    context: Mapping[str, Any],
    *,
    language: Language = Language.ENGLISH,
    locale: str = Language.ENGLISH,
) -> RenderedMail:
    """The mail of this kind in `language`, its figures as `locale` writes them.

    Raises `KeyError` where the context lacks a value.
    """
    with speaking(language):
        letter = write(kind, context, locale=locale)
        values = {
            "letter": letter,
            "workspace": context.get("workspace_name", ""),
            "footer": letter.footer or _usual_footer(context["workspace_name"]),
            "no_button": say("Does the button not work? Open"),
            "tag": language.tag,
        }
    html = _environment().get_template("layout.html").render(values)
    text = _environment().get_template("layout.txt").render(values)
    return RenderedMail(
        subject=_one_line(letter.subject), html=_inliner().inline(html), text=text.strip() + "\n"
    )


def _usual_footer(workspace: str) -> str:
    return say(
        "This mail is about the billing of {workspace} on {product}.", workspace=workspace, product=PRODUCT
    )


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sentineliq.mail"),
        autoescape=select_autoescape(enabled_extensions=("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["line"] = _one_line
    environment.globals["product"] = PRODUCT
    return environment


@lru_cache
def _inliner() -> css_inline.CSSInliner:
    """Many mail programs read only `style` attributes; rules for screens and colours stay in the head."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def _one_line(value: str) -> str:
    """No line break reaches a header, nor breaks the text part's lines."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())
