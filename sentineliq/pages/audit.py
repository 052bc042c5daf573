"""The workspace's audit log, as far back as its plan shows."""

import reflex as rx

from ..components.address import kept_address
from ..components.buttons import Look, Size, button, button_classes
from ..components.feedback import Tone, empty_state, pill, skeleton, skeleton_lines
from ..components.filters import choice, day, search
from ..components.icons import icon
from ..components.layout import card, page_heading, visually_hidden
from ..components.native import native_link
from ..components.words import sentence, t
from ..state.audit import ACTIONS, ACTORS, AuditLogRow, AuditState, ChangeRow
from ..state.filters import ADDRESS
from .shell import shell


def audit() -> rx.Component:
    return shell(
        page_heading(t("Audit log"), rx.cond(AuditState.can_export, _export())),
        rx.el.p(
            t(
                "Every change of plan, status, credits, customer, role or ownership. "
                "Nothing is ever rewritten."
            ),
            " ",
            rx.cond(AuditState.loaded, AuditState.kept_for, skeleton("h-4 w-56 align-middle")),
            class_name="mt-1.5 text-muted max-w-[72ch]",
        ),
        _filters(),
        card(
            rx.cond(
                AuditState.loaded,
                rx.cond(AuditState.rows, _list(), _nothing()),
                rx.el.div(skeleton_lines(6), class_name="px-5 pb-5 sm:px-6"),
            ),
            class_name="mt-5 overflow-hidden",
        ),
        rx.cond(AuditState.has_more, _more()),
        kept_address(ADDRESS),
    )


def _export() -> rx.Component:
    return native_link(
        icon("download"),
        rx.el.span(t("Download CSV")),
        href=AuditState.csv_url,
        id="audit-csv",
        class_name=button_classes(look=Look.SECONDARY, size=Size.SMALL),
    )


def _filters() -> rx.Component:
    return rx.el.div(
        search(
            t("Search"),
            name="audit-search",
            value=AuditState.text,
            version=AuditState.filter_version,
            on_change=AuditState.search.debounce(300),
            placeholder=t("Address, value, event…"),
        ),
        choice(
            t("Who"),
            name="audit-actor",
            options={value: t(name) for value, name in ACTORS.items()},
            value=AuditState.actor,
            on_change=lambda value: AuditState.narrow("actor", value),
        ),
        choice(
            t("Action"),
            name="audit-action",
            options={value: t(name) for value, name in ACTIONS.items()},
            value=AuditState.action,
            on_change=lambda value: AuditState.narrow("action", value),
        ),
        day(
            t("From"),
            name="audit-since",
            value=AuditState.since,
            version=AuditState.filter_version,
            on_change=lambda value: AuditState.narrow("since", value),
        ),
        day(
            t("To"),
            name="audit-until",
            value=AuditState.until,
            version=AuditState.filter_version,
            on_change=lambda value: AuditState.narrow("until", value),
        ),
        role="search",
        class_name="mt-6 grid grid-cols-2 gap-x-4 gap-y-4 lg:grid-cols-[2fr_1fr_1.4fr_1fr_1fr] "
        "[&>*:first-child]:col-span-2 lg:[&>*:first-child]:col-span-1",
    )


def _nothing() -> rx.Component:
    return rx.cond(
        AuditState.is_narrowed,
        rx.el.div(
            empty_state(
                icon_name="search-x",
                title=t("Nothing fits"),
                text=t("No entry in view has all that you ask for."),
            ),
            button(t("Clear filters"), look=Look.SECONDARY, size=Size.SMALL, on_click=AuditState.clear),
            class_name="pb-8 flex flex-col items-center",
        ),
        empty_state(
            icon_name="scroll-text",
            title=t("Nothing in view"),
            text=t("What happens from now on is written down here."),
        ),
    )


def _list() -> rx.Component:
    return rx.el.ol(rx.foreach(AuditState.rows, _row), id="audit-log", class_name="divide-y divide-line")


def _row(row: AuditLogRow) -> rx.Component:
    return rx.el.li(
        rx.el.p(
            visually_hidden(t("When"), ": "),
            row.at,
            class_name="text-sm text-faint tabular-nums order-3 lg:order-none",
        ),
        rx.el.div(
            rx.el.p(row.summary, class_name="font-medium break-words"),
            rx.el.ul(rx.foreach(row.changes, _change), class_name="mt-1 grid gap-0.5 text-sm text-muted"),
            rx.cond(
                row.event_id != "",
                rx.el.p(
                    sentence(
                        "Stripe event {id}",
                        id=rx.el.span(row.event_id, class_name="font-mono break-all"),
                    ),
                    class_name="mt-1 text-xs text-faint",
                ),
            ),
            class_name="min-w-0",
        ),
        rx.el.div(
            rx.el.p(
                visually_hidden(t("Who"), ": "),
                rx.cond(row.is_person, row.actor, pill(row.actor, tone=Tone.NEUTRAL)),
                class_name="text-sm break-words",
            ),
            rx.cond(
                row.origin != "",
                rx.el.p(
                    t("from {address}", address=row.origin),
                    class_name="text-xs text-faint break-all tabular-nums",
                ),
            ),
            class_name="min-w-0 flex flex-wrap lg:flex-col items-baseline lg:items-start gap-x-2 gap-y-0.5",
        ),
        class_name="grid gap-x-6 gap-y-1.5 lg:grid-cols-[11rem_1fr_15rem] px-5 sm:px-6 py-4",
    )


def _change(change: ChangeRow) -> rx.Component:
    """`Plan: Hobby → Pro`; an arrow is read as words."""
    return rx.el.li(
        rx.el.span(change.field, ": "),
        rx.cond(
            change.before != "",
            rx.fragment(
                rx.el.span(change.before, class_name="line-through decoration-faint"),
                rx.el.span(" → ", aria_hidden="true"),
                visually_hidden(" ", t("became"), " "),
            ),
        ),
        rx.el.span(rx.cond(change.after != "", change.after, t("none")), class_name="text-ink"),
        class_name="[overflow-wrap:anywhere]",
    )


def _more() -> rx.Component:
    return rx.el.div(
        button(
            t("Show older entries"),
            id="audit-more",
            look=Look.SECONDARY,
            busy=AuditState.loading_more,
            on_click=AuditState.load_more,
        ),
        class_name="mt-5 flex justify-center",
    )
