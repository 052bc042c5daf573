"""The workspace's credits: what is left, where each came from and went, and buying more."""

import reflex as rx

from ..components.buttons import Look, button, text_link
from ..components.feedback import Tone, empty_state, pill, skeleton, skeleton_lines
from ..components.layout import page_heading, section, visually_hidden
from ..components.words import t
from ..state import paths
from ..state.credits import CreditRow, CreditsState
from .shell import shell


def credit_history() -> rx.Component:
    return shell(
        rx.el.div(
            page_heading(t("Credits"), rx.el.span(text_link(t("Back to billing"), href=paths.BILLING))),
            rx.el.div(_balance(), _history(), class_name="mt-6 grid gap-5"),
            class_name="max-w-[860px] mx-auto",
        ),
    )


def _balance() -> rx.Component:
    return section(
        "Balance",
        rx.el.div(
            rx.cond(
                CreditsState.loaded,
                rx.el.p(
                    CreditsState.balance,
                    id="credits-balance",
                    class_name="text-3xl font-semibold tracking-[-0.025em] tabular-nums",
                ),
                skeleton("h-9 w-14"),
            ),
            button(
                t("Buy 10 credits"),
                id="buy-credits",
                busy=CreditsState.buying,
                enabled=CreditsState.can_buy,
                on_click=CreditsState.buy,
            ),
            class_name="mt-3 flex flex-wrap items-center justify-between gap-4",
        ),
        rx.el.p(
            rx.cond(
                CreditsState.loaded & ~CreditsState.can_buy,
                t("Only the owner of this workspace can buy credits."),
                t("Bought once, they never expire. They pay for work beyond your plan."),
            ),
            class_name="mt-2 text-sm text-muted",
        ),
    )


def _history() -> rx.Component:
    return section(
        "History",
        rx.cond(
            CreditsState.loaded,
            rx.cond(CreditsState.rows, _table(), _nothing()),
            skeleton_lines(3),
        ),
        rx.cond(
            CreditsState.has_more,
            rx.el.div(
                button(
                    t("Show older entries"),
                    look=Look.SECONDARY,
                    busy=CreditsState.loading_more,
                    on_click=CreditsState.load_more,
                ),
                class_name="mt-4 flex justify-center",
            ),
        ),
    )


def _nothing() -> rx.Component:
    return empty_state(
        icon_name="coins", title=t("No credits yet"), text=t("What you buy and what is spent is listed here.")
    )


def _table() -> rx.Component:
    head = "pb-2 font-medium text-left"
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.el.th(t("What"), scope="col", class_name=head),
                rx.el.th(t("When"), scope="col", class_name=f"{head} hidden sm:table-cell"),
                rx.el.th(t("Credits"), scope="col", class_name="pb-2 font-medium text-right"),
                rx.el.th(t("Balance"), scope="col", class_name="pb-2 font-medium text-right pl-4"),
                class_name="text-xs text-faint",
            )
        ),
        rx.el.tbody(rx.foreach(CreditsState.rows, _row), class_name="divide-y divide-line"),
        id="credit-history",
        class_name="mt-4 w-full text-sm",
    )


def _row(row: CreditRow) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.div(
                pill(row.source, tone=rx.cond(row.is_gain, Tone.GOOD.value, Tone.NEUTRAL.value)),
                rx.el.span(row.description, class_name="break-words min-w-0"),
                class_name="flex flex-wrap items-center gap-x-3 gap-y-1",
            ),
            rx.el.p(visually_hidden(t("When"), ": "), row.at, class_name="sm:hidden mt-1 text-xs text-faint"),
            class_name="py-3 pr-4",
        ),
        rx.el.td(
            row.at, class_name="hidden sm:table-cell py-3 pr-4 text-muted whitespace-nowrap tabular-nums"
        ),
        rx.el.td(row.amount, class_name="py-3 text-right font-medium tabular-nums whitespace-nowrap"),
        rx.el.td(row.balance, class_name="py-3 pl-4 text-right text-muted tabular-nums"),
    )
