"""A person's workspaces: which there are, which is worked in, and making, renaming and deleting one."""

import reflex as rx

from ..components.buttons import Look, Size, button, text_link
from ..components.dialog import dialog, dialog_buttons, dialog_form, refusal_of
from ..components.feedback import Tone, empty_state, once_loaded, pill, skeleton
from ..components.forms import emptied, field, sent_once
from ..components.icons import icon
from ..components.layout import page_heading, section, visually_hidden
from ..components.types import Words
from ..components.words import sentence, t
from ..state import paths
from ..state.workspaces import WorkspaceRow, WorkspacesState
from .shell import shell

_FORM = "mt-4 flex flex-wrap items-start gap-x-4 gap-y-2"


def workspaces() -> rx.Component:
    return shell(
        rx.el.div(
            page_heading(t("Workspaces")),
            rx.el.div(
                _yours(),
                _create(),
                rx.cond(WorkspacesState.can_rename, _rename()),
                rx.cond(WorkspacesState.can_delete, _delete()),
                class_name=once_loaded(WorkspacesState.loaded, "mt-6 grid grid-cols-1 gap-5"),
            ),
            class_name="max-w-[760px] mx-auto",
        ),
    )


def _yours() -> rx.Component:
    return section(
        "Your workspaces",
        rx.cond(
            WorkspacesState.loaded,
            rx.cond(
                WorkspacesState.rows,
                rx.el.ul(
                    rx.foreach(WorkspacesState.rows, _row),
                    id="workspace-list",
                    class_name="mt-3 -mb-2 divide-y divide-line",
                ),
                empty_state(
                    icon_name="layers",
                    title=t("You belong to no workspace"),
                    text=t("Create one below, or follow the link of an invitation."),
                ),
            ),
            rx.el.div(skeleton("h-5 w-56 max-w-full"), skeleton("h-5 w-40"), class_name="mt-5 grid gap-5"),
        ),
    )


def _row(row: WorkspaceRow) -> rx.Component:
    return rx.el.li(
        rx.el.p(row.name, class_name="grow basis-56 min-w-0 font-medium [overflow-wrap:anywhere]"),
        pill(row.role, tone=rx.cond(row.is_owner, Tone.ACCENT.value, Tone.NEUTRAL.value)),
        rx.cond(
            row.is_current,
            rx.el.p(
                icon("check"),
                t("Current"),
                class_name="flex items-center gap-1.5 h-9 px-3.5 text-sm font-medium text-muted",
            ),
            button(
                t("Switch"),
                visually_hidden(" ", t("to {workspace}", workspace=row.name)),
                look=Look.SECONDARY,
                size=Size.SMALL,
                on_click=WorkspacesState.choose(row.id),
            ),
        ),
        class_name="flex flex-wrap items-center gap-x-4 gap-y-2 py-3.5",
    )


def _create() -> rx.Component:
    return section(
        "New workspace",
        rx.el.form(
            _name(t("Name"), name="new_name", fault=WorkspacesState.fault),
            sent_once(WorkspacesState.created),
            button(
                t("Create workspace"),
                type="submit",
                size=Size.LARGE,
                busy=WorkspacesState.busy == "create",
                class_name="sm:mt-[27px]",
            ),
            emptied("create-workspace", count=rx.Var.create(WorkspacesState.created)),
            id="create-workspace",
            on_submit=WorkspacesState.create,
            class_name=_FORM,
        ),
        rx.el.p(
            sentence(
                "How many you may own is part of your plan: {link}.",
                link=text_link(t("see the plans"), href=paths.PRICING),
            ),
            class_name="mt-1 text-sm text-faint",
        ),
    )


def _rename() -> rx.Component:
    return section(
        "Rename this workspace",
        rx.el.form(
            _name(
                t("Name of this workspace"), name="name", fault=WorkspacesState.rename_fault, is_current=True
            ),
            button(
                t("Rename"),
                type="submit",
                look=Look.SECONDARY,
                size=Size.LARGE,
                busy=WorkspacesState.busy == "rename",
                class_name="sm:mt-[27px]",
            ),
            on_submit=WorkspacesState.rename,
            class_name=_FORM,
        ),
    )


def _name(label: Words, *, name: str, fault: Words, is_current: bool = False) -> rx.Component:
    return rx.el.div(
        field(
            label=label,
            name=name,
            kind="text",
            autocomplete="off",
            typed=WorkspacesState.workspace_name if is_current else "",
            fault=fault,
        ),
        class_name="grow basis-60",
    )


def _delete() -> rx.Component:
    return section(
        "Delete this workspace",
        rx.el.div(
            rx.el.p(
                t(
                    "Its subscription ends at once and nothing is refunded by itself. "
                    "Everyone in it loses access. This cannot be undone."
                ),
                class_name="grow basis-64 text-sm text-muted",
            ),
            dialog(
                dialog_form(
                    field(
                        label=t("Type the workspace's name to confirm"),
                        name="confirmation",
                        kind="text",
                        autocomplete="off",
                        hint=WorkspacesState.workspace_name,
                        fault=refusal_of("confirmation"),
                    ),
                    dialog_buttons(
                        button(
                            t("Delete workspace"),
                            type="submit",
                            look=Look.DANGER,
                            busy=WorkspacesState.busy == "delete",
                        )
                    ),
                    on_submit=WorkspacesState.delete,
                    class_name="mt-4",
                ),
                opener=[icon("trash-2"), t("Delete workspace")],
                name="delete-workspace",
                title=t("Delete this workspace for everyone?"),
                look=Look.DANGER,
            ),
            class_name="mt-3 flex flex-wrap items-center gap-x-6 gap-y-3",
        ),
    )
