"""One workspace: its record, and what staff do for it."""

import reflex as rx

from ...components.buttons import Look, Size, button, outside_link, text_link
from ...components.dialog import CLOSES, dialog, dialog_buttons, dialog_form, refusal_of
from ...components.feedback import Tone, pill, skeleton_lines
from ...components.forms import choice, field
from ...components.icons import icon
from ...components.layout import section, visually_hidden
from ...components.types import Words
from ...state import paths
from ...state.staff.words import PLANS
from ...state.staff.workspace import StaffWorkspaceState
from ...state.staff.workspace_rows import CustomerRow, GivenRow
from .frame import nothing_fits, staff_page, status_pill
from .workspace_records import audit, credits_list, invoices, payments

_LABEL = "text-sm text-muted"


def workspace() -> rx.Component:
    state = StaffWorkspaceState
    return staff_page(
        "Workspace",
        rx.cond(
            state.loaded,
            rx.cond(
                state.is_there,
                rx.el.div(
                    _record(),
                    _acts(),
                    payments(),
                    invoices(),
                    credits_list(),
                    audit(),
                    class_name="mt-6 grid grid-cols-1 gap-5 lg:grid-cols-2",
                ),
                nothing_fits("No such workspace", "Its address has a typo."),
            ),
            skeleton_lines(6),
        ),
        here=paths.STAFF_WORKSPACE,
    )


def _record() -> rx.Component:
    record = StaffWorkspaceState.record
    return section(
        "Record",
        rx.el.p(
            record.name,
            id="staff-workspace-name",
            class_name="mt-2 text-xl font-semibold [overflow-wrap:anywhere]",
        ),
        rx.el.div(
            rx.el.span(record.plan, id="staff-plan-name", class_name="font-medium"),
            status_pill(record.status, record.status_label),
            rx.cond(record.given != "", pill(record.given, " complimentary until ", record.given_until)),
            rx.cond(record.is_deleted, pill("Deleted workspace", tone=Tone.BAD)),
            class_name="mt-2 flex flex-wrap items-center gap-2",
        ),
        rx.el.dl(
            _fact("Owner", record.owner),
            _fact("Billing address", record.billing_email),
            _fact("Members", record.members),
            _fact("Since", record.created),
            _fact("Price", record.price),
            _fact("Period ends", record.renews),
            _fact("Set to end", record.ends),
            _fact("Past due since", record.past_due_since),
            _fact("Subscription", record.subscription_id),
            _fact("Workspace id", record.id),
            class_name="mt-4 grid gap-2 text-sm",
        ),
        rx.el.ul(rx.foreach(StaffWorkspaceState.customers, _customer), class_name="mt-4 grid gap-1 text-sm"),
        rx.el.p(text_link("Webhook events", href=StaffWorkspaceState.events_url), class_name="mt-4 text-sm"),
    )


def _fact(name: str, value: Words) -> rx.Component:
    return rx.cond(
        rx.Var.create(value).to(str) != "",
        rx.el.div(
            rx.el.dt(name, class_name="text-muted"),
            rx.el.dd(value, class_name="break-all"),
            class_name="grid grid-cols-[9rem_1fr] gap-x-3",
        ),
    )


def _customer(customer: CustomerRow) -> rx.Component:
    return rx.el.li(
        outside_link("Customer ", customer.id, " at Stripe", href=customer.url),
        rx.cond(customer.note != "", rx.el.span(" (", customer.note, ")", class_name="text-muted")),
        class_name="break-all",
    )


def _acts() -> rx.Component:
    state = StaffWorkspaceState
    return section(
        "Acts",
        rx.el.p("Complimentary plan", class_name="mt-3 font-medium"),
        rx.el.p(
            "A plan until a day, whatever Stripe says. The larger of it and the paid one holds.",
            class_name=f"mt-1 {_LABEL}",
        ),
        rx.el.ul(
            rx.foreach(state.given, _given),
            id="given-plans",
            class_name="mt-2 grid gap-2 empty:hidden text-sm",
        ),
        rx.el.div(
            _give_plan(),
            rx.cond(state.record.given != "", _take_back()),
            class_name="mt-3 flex flex-wrap gap-3",
        ),
        rx.el.p("Credits", class_name="mt-6 font-medium"),
        rx.el.p(
            "The balance is ",
            rx.el.span(
                state.record.credits, id="staff-credits", class_name="font-medium text-ink tabular-nums"
            ),
            ". A correction is an entry of its own.",
            class_name=f"mt-1 {_LABEL}",
        ),
        rx.el.div(_adjust_credits(), class_name="mt-3"),
        rx.el.p("Reconcile", class_name="mt-6 font-medium"),
        rx.el.p("Ask Stripe now, and heal what differs.", class_name=f"mt-1 {_LABEL}"),
        rx.el.ul(
            rx.foreach(state.differences, lambda words: rx.el.li(words, class_name="break-all")),
            class_name="mt-2 grid gap-1 text-sm empty:hidden",
        ),
        rx.el.div(
            button(
                "Reconcile now",
                icon("refresh-cw"),
                id="reconcile",
                look=Look.SECONDARY,
                size=Size.SMALL,
                busy=state.busy == "reconcile",
                on_click=state.reconcile,
            ),
            class_name="mt-3",
        ),
    )


def _given(given: GivenRow) -> rx.Component:
    return rx.el.li(
        given.plan,
        " until ",
        given.until,
        rx.cond(given.state != "", rx.fragment(", ", given.state)),
        rx.el.span(" · ", given.reason, " · ", given.by, ", ", given.at, class_name="text-muted break-words"),
    )


def _give_plan() -> rx.Component:
    return dialog(
        dialog_form(
            choice(
                *[rx.el.option(name, value=plan) for plan, name in reversed(PLANS.items())],
                label="Plan",
                name="plan",
            ),
            field(
                label="Last day",
                name="until",
                kind="date",
                autocomplete="off",
                hint="In UTC, that day included.",
                fault=refusal_of("until"),
            ),
            field(
                label="Reason",
                name="because",
                kind="text",
                autocomplete="off",
                fault=refusal_of("because"),
            ),
            dialog_buttons(button("Give plan", type="submit", busy=StaffWorkspaceState.busy == "give-plan")),
            on_submit=StaffWorkspaceState.give_plan,
            class_name="mt-4 grid gap-4",
        ),
        opener=["Give a plan"],
        name="give-plan",
        title="Give a complimentary plan",
    )


def _take_back() -> rx.Component:
    return dialog(
        rx.el.p("Its limits follow at once. Nothing is deleted.", class_name="mt-2 text-sm text-muted"),
        dialog_buttons(
            button(
                "End it now",
                look=Look.DANGER,
                on_click=StaffWorkspaceState.take_plan_back,
                custom_attrs=CLOSES,
            )
        ),
        opener=["End it", visually_hidden(" before its day")],
        name="take-plan-back",
        title="End the complimentary plan?",
        look=Look.DANGER,
    )


def _adjust_credits() -> rx.Component:
    return dialog(
        dialog_form(
            field(
                label="Credits",
                name="credits",
                kind="text",
                autocomplete="off",
                hint="Such as 10, or -10 to take them.",
                fault=refusal_of("credits"),
            ),
            field(label="Reason", name="why", kind="text", autocomplete="off", fault=refusal_of("why")),
            dialog_buttons(
                button("Correct balance", type="submit", busy=StaffWorkspaceState.busy == "credits")
            ),
            on_submit=StaffWorkspaceState.adjust_credits,
            class_name="mt-4 grid gap-4",
        ),
        opener=["Correct credits"],
        name="correct-credits",
        title="Correct the credits",
    )
