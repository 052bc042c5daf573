"""What surrounds every page: skip link, header, messages, footer."""

import reflex as rx
from reflex.style import resolved_color_mode, toggle_color_mode

from ..components.arrival import arrival
from ..components.buttons import Look, Size, button, button_link, link
from ..components.connection import lost_connection
from ..components.departure import departure
from ..components.feedback import Tone, message, skeleton
from ..components.focus import kept_focus
from ..components.heartbeat import heartbeat
from ..components.icons import icon, mark
from ..components.languages import document_language, language_switch
from ..components.layout import WIDE, visually_hidden
from ..components.menu import menu
from ..components.native import native_form, native_link
from ..components.presses import single_presses
from ..components.words import t
from ..state import paths
from ..state.live import LiveState
from ..state.session import DEPARTURE, SessionState
from .switcher import switcher

_BAR_ITEM = (
    "inline-flex items-center gap-2 h-9 px-3 rounded-lg text-sm font-medium text-muted "
    "hover:text-ink hover:bg-sunken transition-colors"
)
_HIGH = "grow min-h-[calc(100dvh-3.75rem)]"
"""The footer begins below the screen: a page that is still short does not show it and then push it away."""
_ROUND = "relative inline-grid place-items-center size-9 rounded-lg text-muted hover:text-ink hover:bg-sunken"


def shell(*content: rx.Component, bare: bool = False) -> rx.Component:
    """A whole page. `bare` pages lay themselves out; others get the usual width and air."""
    width = "" if bare else f"{WIDE} py-8 sm:py-12"
    return rx.el.div(
        native_link(
            t("Skip to content"),
            href="#content",
            class_name="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:top-2 focus:left-2 "
            "focus:bg-surface focus:px-4 focus:py-2 focus:rounded-lg focus:shadow-float",
        ),
        _header(),
        _connection_lost(),
        rx.el.main(*content, id="content", tab_index=-1, class_name=f"{_HIGH} focus:outline-none {width}"),
        _footer(),
        _messages(),
        arrival(content="content"),
        single_presses(),
        kept_focus(content="content"),
        heartbeat(on_tick=LiveState.refresh),
        departure(DEPARTURE),
        document_language(),
        class_name="min-h-dvh flex flex-col",
    )


def _header() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            link(
                mark(),
                rx.el.span(
                    "SentinelIQ",
                    class_name=rx.cond(
                        SessionState.signed_in,
                        "sr-only sm:not-sr-only font-semibold tracking-[-0.01em]",
                        "font-semibold tracking-[-0.01em]",
                    ),
                ),
                href=paths.HOME,
                class_name="flex items-center gap-2.5 rounded-lg",
            ),
            rx.cond(SessionState.signed_in, switcher()),
            rx.el.div(class_name="grow"),
            rx.el.nav(*_places(), aria_label=t("Main"), class_name="hidden lg:flex items-center gap-1"),
            rx.el.div(
                rx.cond(SessionState.signed_in, _bell()),
                _color_mode_switch(),
                rx.el.div(_account(), class_name="hidden lg:flex items-center gap-2 pl-1"),
                _menu(),
                class_name="flex items-center gap-1",
            ),
            class_name=f"{WIDE} min-h-15 py-2 flex lg:flex-wrap items-center gap-x-3 gap-y-1",
        ),
        class_name="sticky top-0 z-40 border-b border-line bg-canvas/85 backdrop-blur-md",
    )


def _places(item: str = _BAR_ITEM) -> list[rx.Component]:
    return [
        rx.cond(SessionState.signed_in, link(t("Billing"), href=paths.BILLING, class_name=item)),
        rx.cond(SessionState.signed_in, link(t("Members"), href=paths.MEMBERS, class_name=item)),
        link(t("Pricing"), href=paths.PRICING, class_name=item),
        rx.cond(SessionState.is_staff, link(t("Staff"), href=paths.STAFF, class_name=item)),
    ]


def _bell() -> rx.Component:
    return link(
        icon("bell", size=18),
        visually_hidden(t("Notifications, unread"), ": "),
        rx.el.span(
            SessionState.unread,
            id="unread-count",
            class_name=rx.cond(
                SessionState.unread > 0,
                "absolute -top-0.5 -right-0.5 min-w-[18px] h-[18px] px-1 grid place-items-center "
                "rounded-full bg-accent text-on-accent text-[11px] leading-none font-semibold",
                "sr-only",
            ),
        ),
        href=paths.NOTIFICATIONS,
        class_name=_ROUND,
    )


def _color_mode_switch() -> rx.Component:
    return rx.el.button(
        rx.cond(resolved_color_mode == "dark", icon("sun", size=18), icon("moon", size=18)),
        type="button",
        on_click=toggle_color_mode,
        aria_label=t("Switch between light and dark"),
        class_name=_ROUND,
    )


def _account() -> rx.Component:
    """Log out for who is in; the ways in for who is not; a bar while that is not yet known."""
    return rx.cond(
        SessionState.ready,
        rx.cond(SessionState.signed_in, rx.fragment(_own_account(), _log_out()), rx.fragment(*_ways_in())),
        skeleton("h-9 w-20"),
    )


def _ways_in() -> list[rx.Component]:
    return [
        button_link(t("Log in"), href=f"{paths.LOG_IN}{SessionState.kept}", look=Look.QUIET, size=Size.SMALL),
        button_link(t("Sign up"), href=f"{paths.SIGN_UP}{SessionState.kept}", size=Size.SMALL),
    ]


def _own_account() -> rx.Component:
    return link(t("Account"), href=paths.ACCOUNT, title=SessionState.email, class_name=_BAR_ITEM)


def _log_out() -> rx.Component:
    return native_form(
        button(
            t("Log out"),
            type="submit",
            look=Look.SECONDARY,
            size=Size.SMALL,
            class_name="w-full",
            on_click=SessionState.forget,
        ),
        action="/auth/logout",
    )


def _menu() -> rx.Component:
    """The same places on a narrow screen."""
    item = "flex items-center h-11 px-3 rounded-lg text-base font-medium hover:bg-sunken"
    return menu(
        rx.el.summary(icon("menu", size=20), visually_hidden(t("Menu")), class_name=_ROUND),
        rx.el.div(
            rx.el.nav(*_places(item), aria_label=t("Menu"), class_name="flex flex-col"),
            rx.cond(
                SessionState.signed_in,
                rx.el.p(SessionState.email, class_name="px-3 py-2 text-sm text-faint truncate"),
            ),
            rx.el.div(_account(), class_name="mt-2 pt-3 px-1 pb-1 border-t border-line flex flex-col gap-2"),
            class_name="absolute right-4 left-4 top-full mt-2 p-2 rounded-xl border border-line bg-surface "
            "shadow-float",
        ),
        class_name="lg:hidden",
    )


def _messages() -> rx.Component:
    return rx.el.div(
        message(
            SessionState.problem,
            role="alert",
            tone=Tone.BAD,
            icon_name="circle-alert",
            on_dismiss=SessionState.dismiss,
        ),
        message(
            SessionState.notice,
            role="status",
            tone=Tone.GOOD,
            icon_name="check",
            on_dismiss=SessionState.dismiss,
        ),
        class_name="fixed inset-x-0 bottom-0 z-50 p-4 sm:p-6 flex flex-col items-center gap-2 "
        "pointer-events-none",
    )


def _connection_lost() -> rx.Component:
    return rx.el.div(
        lost_connection(class_name=f"{WIDE} py-2 text-sm font-medium text-center"),
        id="connection",
        role="status",
        class_name="sticky top-15 z-30 bg-warn-soft text-warn",
    )


def _footer() -> rx.Component:
    return rx.el.footer(
        rx.el.div(
            rx.el.p("SentinelIQ", class_name="font-medium text-muted"),
            rx.el.p(t("Payments are handled by Stripe. Card numbers never reach our servers.")),
            language_switch(),
            class_name=f"{WIDE} py-8 flex flex-wrap items-center justify-between gap-x-6 gap-y-2 "
            "text-sm text-faint",
        ),
        class_name="border-t border-line",
    )
