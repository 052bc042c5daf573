"""Signing up, logging in, and getting back in. Forms post to routes, which set the session cookie."""

import reflex as rx

from ..components.buttons import Size, button, button_link, text_link
from ..components.feedback import Tone, badge, spinner
from ..components.forms import field
from ..components.icons import icon, mark
from ..components.layout import card
from ..components.native import from_query, native_form
from ..components.types import Flag, Words
from ..components.words import t
from ..state import paths
from ..state.account import AccountState
from .shell import shell


def log_in() -> rx.Component:
    return _form_page(
        t("Log in"),
        native_form(
            _email(),
            field(
                label=t("Password"),
                name="password",
                kind="password",
                autocomplete="current-password",
                fault=_fault_of("password"),
                beside_label=text_link(t("Forgot password?"), href=paths.FORGOT_PASSWORD),
            ),
            from_query("next"),
            _submit(t("Log in"), enabled=AccountState.ready),
            action="/auth/login",
            class_name="grid gap-4",
        ),
        below=rx.fragment(
            t("New here?"),
            " ",
            text_link(t("Create an account"), href=f"{paths.SIGN_UP}{AccountState.kept}"),
        ),
    )


def sign_up() -> rx.Component:
    return _form_page(
        t("Create your account"),
        native_form(
            _email(),
            _new_password(t("Password")),
            from_query("next"),
            _submit(t("Create account"), enabled=AccountState.ready),
            action="/auth/signup",
            class_name="grid gap-4",
        ),
        lead=t("You get a workspace of your own. Free to start, no card needed."),
        below=rx.fragment(
            t("Have an account?"), " ", text_link(t("Log in"), href=f"{paths.LOG_IN}{AccountState.kept}")
        ),
    )


def forgot_password() -> rx.Component:
    return _form_page(
        t("Forgot your password?"),
        native_form(
            _email(),
            _submit(t("Send link")),
            action="/auth/forgot-password",
            class_name="grid gap-4",
        ),
        lead=t("We send a link to choose a new one."),
        below=text_link(t("Back to log in"), href=paths.LOG_IN),
    )


def reset_password() -> rx.Component:
    return _form_page(
        t("Choose a new password"),
        native_form(
            _new_password(t("New password")),
            from_query("token"),
            _submit(t("Change password"), enabled=AccountState.ready),
            action="/auth/reset-password",
            class_name="grid gap-4",
        ),
        below=text_link(t("Ask for a new link"), href=paths.FORGOT_PASSWORD),
    )


def verify_email() -> rx.Component:
    return _centred(
        rx.cond(
            AccountState.verified,
            _outcome(
                "mail-check",
                t("Your email is verified"),
                t("Thank you. You can close this page or go on."),
                button_link(t("Go to billing"), href=paths.BILLING),
            ),
            rx.cond(
                AccountState.verify_problem != "",
                _outcome(
                    "mail-x",
                    t("This link does not work"),
                    AccountState.verify_problem,
                    button_link(t("Go to your account"), href=paths.ACCOUNT),
                ),
                rx.el.div(
                    spinner("size-6 text-accent-text"),
                    rx.el.h1(t("Verifying your email…"), class_name="text-xl font-semibold"),
                    role="status",
                    class_name="flex flex-col items-center gap-4 py-6",
                ),
            ),
        ),
    )


def _outcome(icon_name: str, title: Words, text: Words, goes_on: rx.Component) -> rx.Component:
    return rx.el.div(
        badge(icon_name, tone=Tone.ACCENT, size="large"),
        rx.el.h1(title, class_name="mt-5 text-xl font-semibold tracking-[-0.015em]"),
        rx.el.p(text, class_name="mt-2 text-muted"),
        rx.el.div(goes_on, class_name="mt-6"),
        class_name="flex flex-col items-center text-center py-4",
    )


def _form_page(title: Words, form: rx.Component, *, below: rx.Component, lead: Words = "") -> rx.Component:
    return _centred(
        mark(size=36),
        rx.el.h1(title, class_name="mt-5 text-2xl font-semibold tracking-[-0.018em]"),
        rx.el.p(lead, class_name="mt-1.5 text-muted empty:hidden"),
        _outcome_of_last_try(),
        rx.el.div(form, class_name="mt-6"),
        rx.el.p(below, class_name="mt-6 text-sm text-muted"),
    )


def _centred(*content: rx.Component) -> rx.Component:
    return shell(
        card(*content, class_name="w-full max-w-[420px] p-6 sm:p-8 mx-auto my-4 sm:my-10"),
    )


def _fault_of(name: str) -> rx.Var:
    """The fault, where it belongs to this field."""
    return rx.cond(AccountState.fault_field == name, AccountState.fault, "")


def _outcome_of_last_try() -> rx.Component:
    """What a form has done, or a fault of the form as a whole."""
    of_no_field = (AccountState.fault_field != "email") & (AccountState.fault_field != "password")
    return rx.el.div(
        rx.cond(
            of_no_field & (AccountState.fault != ""),
            _banner(AccountState.fault, icon_name="circle-alert", tone=Tone.BAD),
        ),
        rx.cond(
            AccountState.success != "",
            _banner(AccountState.success, icon_name="circle-check", tone=Tone.GOOD),
        ),
        role="alert",
    )


def _banner(text: Words, *, icon_name: str, tone: Tone) -> rx.Component:
    return rx.el.p(
        icon(icon_name, class_name="mt-[3px]"),
        rx.el.span(text),
        class_name=f"mt-5 flex gap-2.5 rounded-lg px-3.5 py-2.5 text-sm {tone}",
    )


def _email() -> rx.Component:
    return field(
        label=t("Email"),
        name="email",
        kind="email",
        autocomplete="email",
        typed=AccountState.typed_email,
        fault=_fault_of("email"),
    )


def _new_password(label: Words) -> rx.Component:
    return field(
        label=label,
        name="password",
        kind="password",
        autocomplete="new-password",
        fault=_fault_of("password"),
        hint=t("At least 10 characters."),
    )


def _submit(label: Words, *, enabled: Flag = True) -> rx.Component:
    return button(label, type="submit", size=Size.LARGE, class_name="w-full mt-1", enabled=enabled)
