"""What the link of an invitation opens."""

import reflex as rx

from ..components.buttons import Look, Size, button, button_classes, button_link, link
from ..components.feedback import Tone, badge, spinner
from ..components.layout import card
from ..components.native import from_address, native_form
from ..components.types import Words
from ..components.words import t
from ..state import paths
from ..state.invitation import InvitationState
from .shell import shell

_WIDE_BUTTON = "w-full"


def invitation() -> rx.Component:
    return shell(
        card(
            rx.cond(
                InvitationState.loaded,
                rx.cond(InvitationState.over != "", _over(), _offer()),
                rx.el.div(
                    spinner("size-6 text-accent-text"),
                    rx.el.h1(t("Opening your invitation…"), class_name="text-xl font-semibold"),
                    role="status",
                    class_name="flex flex-col items-center gap-4 py-6",
                ),
            ),
            class_name="w-full max-w-[440px] p-6 sm:p-8 mx-auto my-4 sm:my-10",
        ),
    )


def _over() -> rx.Component:
    return _centred(
        badge("mail-x", tone=Tone.NEUTRAL, size="large"),
        _title(t("This invitation is over")),
        _text(InvitationState.over),
        button_link(t("Go to SentinelIQ"), href=paths.HOME, class_name="mt-6"),
    )


def _offer() -> rx.Component:
    return _centred(
        badge("mail-open", tone=Tone.ACCENT, size="large"),
        _title(t("Join {workspace}", workspace=InvitationState.offered)),
        _text(
            t(
                "{email} invites you to work in {workspace} as {role}.",
                email=InvitationState.invited_by,
                workspace=InvitationState.offered,
                role=InvitationState.role,
            ),
        ),
        rx.el.div(
            rx.cond(
                InvitationState.signed_in,
                rx.cond(InvitationState.email == InvitationState.invited, _join(), _other_account()),
                _ways_in(),
            ),
            class_name="mt-6 w-full grid gap-3",
        ),
    )


def _join() -> rx.Component:
    return button(
        t("Accept invitation"), size=Size.LARGE, class_name=_WIDE_BUTTON, on_click=InvitationState.accept
    )


def _ways_in() -> rx.Component:
    """Both lead back here, with the invited address filled in."""
    return rx.fragment(
        _way(t("Create account"), InvitationState.sign_up_path, Look.PRIMARY),
        _way(t("Log in"), InvitationState.log_in_path, Look.SECONDARY),
        _text(t("The invitation is for {email}.", email=InvitationState.invited)),
    )


def _way(label: Words, href: Words, look: Look) -> rx.Component:
    return link(label, href=href, class_name=button_classes(look=look, size=Size.LARGE, more=_WIDE_BUTTON))


def _other_account() -> rx.Component:
    return rx.fragment(
        _text(
            t(
                "The invitation is for {invited}, and you are logged in as {email}.",
                invited=InvitationState.invited,
                email=InvitationState.email,
            ),
        ),
        native_form(
            from_address("next"),
            button(t("Log out"), type="submit", size=Size.LARGE, class_name=_WIDE_BUTTON),
            action="/auth/logout",
        ),
    )


def _centred(*content: rx.Component) -> rx.Component:
    return rx.el.div(*content, class_name="flex flex-col items-center text-center py-2")


def _title(*words: Words) -> rx.Component:
    return rx.el.h1(
        *words,
        class_name="mt-5 text-xl font-semibold tracking-[-0.015em] [overflow-wrap:anywhere] max-w-full",
    )


def _text(*words: Words) -> rx.Component:
    return rx.el.p(*words, class_name="mt-2 text-muted [overflow-wrap:anywhere] max-w-full")
