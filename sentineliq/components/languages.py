"""The document's language, and choosing another."""

from typing import Any

import reflex as rx
from reflex.vars.base import Var, VarData
from reflex_components_core.core.window_events import WindowEventListener

from ..i18n import COOKIE, LANGUAGES, Language
from ..state.session import SessionState
from .native import NativeForm
from .words import t

_READY = rx.Var.create(SessionState.ready)
_TAG = rx.Var.create(SessionState.language.replace("_", "-"))
_HOOK = """
useEffect(() => {{
    document.documentElement.lang = {tag};
    if ({ready}) document.documentElement.removeAttribute('data-words');
}}, [{tag}, {ready}]);
"""
_AWAIT_WORDS = """
(() => {
    const chosen = document.cookie.match(/(?:^|; )COOKIE=(\\w+)/);
    if (/^(?:WISHES)/i.test(chosen ? chosen[1] : navigator.language)) {
        document.documentElement.setAttribute('data-words', 'awaited');
    }
})();
"""


class DocumentLanguage(WindowEventListener):
    """Renders nothing; keeps `lang` of the document at the language in which the page is shown."""

    def add_hooks(self) -> list[str | Var[Any]]:
        both = VarData.merge(_TAG._get_all_var_data(), _READY._get_all_var_data())
        return [Var(_HOOK.format(tag=_TAG, ready=_READY), _var_data=both)]


def document_language() -> rx.Component:
    return DocumentLanguage.create()


def awaiting_words() -> rx.Component:
    """For the head: a built page is English until the state is there, and `app.css` holds its words back
    for a moment where they are about to change. Readers of English see them at once."""
    others = [language.value.partition("_")[0] for language in Language if language is not Language.ENGLISH]
    code = _AWAIT_WORDS.replace("COOKIE", COOKIE).replace("WISHES", "|".join(others))
    return rx.el.script(custom_attrs={"dangerouslySetInnerHTML": {"__html": code}})


def language_switch() -> rx.Component:
    """A button a language, each under its own name. They post, so that they work before any script runs."""
    return NativeForm.create(  # never busy: a disabled button would not say what it stands for
        *[_choice(language, name) for language, name in LANGUAGES.items()],
        action="/language",
        method="post",
        role="group",
        aria_label=t("Language"),
        class_name="flex gap-1",
    )


def _choice(language: Language, name: str) -> rx.Component:
    chosen = SessionState.language == language.value
    shape = "h-8 px-2.5 rounded-md text-sm"
    return rx.el.button(
        name,
        type="submit",
        name="language",
        value=language.value,
        lang=language.tag,
        aria_pressed=chosen,
        class_name=rx.cond(chosen, f"{shape} font-medium text-ink bg-sunken", f"{shape} hover:text-ink"),
    )
