"""One's own account: the address, and where one is signed in."""

import reflex as rx

from ..components.buttons import Look, Size, button
from ..components.feedback import Tone, pill, skeleton_lines
from ..components.icons import icon
from ..components.layout import page_heading, section, visually_hidden
from ..components.words import t
from ..state.browsers import BrowserRow, BrowsersState
from .shell import shell


def account() -> rx.Component:
    return shell(
        rx.el.div(
            page_heading(t("Account")),
            rx.el.p(BrowsersState.email, class_name="mt-1.5 text-muted [overflow-wrap:anywhere] min-h-6"),
            rx.cond(BrowsersState.loaded & ~BrowsersState.email_verified, _not_verified()),
            section(
                "Where you are signed in",
                rx.cond(
                    BrowsersState.loaded,
                    rx.el.ul(
                        rx.foreach(BrowsersState.rows, _browser),
                        id="browser-list",
                        class_name="mt-3 divide-y divide-line",
                    ),
                    skeleton_lines(3),
                ),
                rx.cond(BrowsersState.has_others, _everywhere_else()),
                class_name="mt-5",
            ),
            class_name="max-w-[720px] mx-auto",
        ),
    )


def _not_verified() -> rx.Component:
    return rx.el.div(
        icon("mail-warning", size=18, class_name="mt-[3px]"),
        rx.el.p(
            t("This address is not verified yet: please follow the link that we mailed."),
            class_name="grow basis-64 text-sm",
        ),
        button(
            t("Send a new link"),
            id="resend-verification",
            look=Look.SECONDARY,
            size=Size.SMALL,
            busy=BrowsersState.resending,
            on_click=BrowsersState.resend_verification,
        ),
        class_name=f"mt-5 flex flex-wrap items-center gap-3 rounded-xl px-5 py-4 {Tone.WARN}",
    )


def _browser(row: BrowserRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.name, class_name="font-medium"),
            rx.el.p(
                rx.cond(
                    row.origin != "", rx.fragment(t("Signed in from {address}", address=row.origin), " · ")
                ),
                t("last seen {moment}", moment=row.seen),
                class_name="text-sm text-muted [overflow-wrap:anywhere]",
            ),
            class_name="grow basis-56 min-w-0",
        ),
        rx.cond(row.is_this, pill(t("This browser"), tone=Tone.ACCENT), _sign_out(row)),
        class_name="flex flex-wrap items-center gap-x-4 gap-y-3 py-3.5",
    )


def _sign_out(row: BrowserRow) -> rx.Component:
    return button(
        t("Sign out"),
        visually_hidden(": ", row.name, ", ", t("last seen {moment}", moment=row.seen)),
        look=Look.SECONDARY,
        size=Size.SMALL,
        on_click=BrowsersState.sign_out(row.id),
    )


def _everywhere_else() -> rx.Component:
    return rx.el.div(
        button(
            t("Sign out everywhere else"),
            look=Look.SECONDARY,
            on_click=BrowsersState.sign_out_elsewhere,
        ),
        class_name="mt-4 pt-4 border-t border-line",
    )
