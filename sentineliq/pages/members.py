"""Who belongs to the workspace, who is invited, and handing it over."""

import reflex as rx

from ..components.buttons import Look, Size, button, text_link
from ..components.dialog import CLOSES, dialog, dialog_buttons
from ..components.feedback import Tone, empty_state, pill, skeleton
from ..components.forms import choice, field
from ..components.icons import icon
from ..components.layout import page_heading, section, visually_hidden
from ..components.types import Words
from ..state import paths
from ..state.members import InvitationRow, MembersState, PersonRow
from ..workspaces.models import Role
from .shell import shell

_LIST = "mt-3 -mb-2 divide-y divide-line"
_ROW = "flex flex-wrap items-center gap-x-4 gap-y-3 py-3.5"


def members() -> rx.Component:
    return shell(
        rx.el.div(
            rx.el.p(
                rx.cond(MembersState.loaded, MembersState.workspace_name, skeleton("h-4 w-40")),
                class_name="h-6 text-sm font-medium text-muted",
            ),
            page_heading("Members", rx.cond(MembersState.loaded, _places())),
            rx.el.div(
                rx.cond(MembersState.can_invite, _invite()),
                _people(),
                rx.cond(MembersState.can_invite, _waiting()),
                rx.cond(MembersState.loaded, _ending()),
                class_name="mt-6 grid grid-cols-1 gap-5",
            ),
            class_name="max-w-[760px] mx-auto",
        ),
    )


def _places() -> rx.Component:
    return rx.el.p(
        rx.el.span(MembersState.places, id="member-places", class_name="text-muted tabular-nums"),
        rx.cond(
            MembersState.is_nearly_full,
            rx.el.span(" · ", text_link("See larger plans", href=paths.PRICING)),
        ),
        class_name="text-sm",
    )


def _invite() -> rx.Component:
    return section(
        "Invite someone",
        rx.el.form(
            rx.el.div(
                field(
                    label="Email",
                    name="email",
                    kind="email",
                    autocomplete="off",
                    typed=MembersState.typed_email,
                    fault=MembersState.fault,
                ),
                class_name="grow basis-60",
            ),
            rx.el.div(
                choice(
                    rx.el.option("Member", value=Role.MEMBER.value),
                    rx.cond(MembersState.is_owner, rx.el.option("Admin", value=Role.ADMIN.value)),
                    label="Role",
                    name="role",
                ),
                class_name="grow basis-32 sm:grow-0",
            ),
            button("Send invitation", type="submit", size=Size.LARGE, class_name="sm:mt-[27px]"),
            id="invite-form",
            key=rx.Var.create(MembersState.invited).to_string(),
            on_submit=MembersState.invite,
            class_name="mt-4 flex flex-wrap items-start gap-x-4 gap-y-2",
        ),
        rx.el.p(
            "Members read everything. Admins also invite and remove members. Only the owner acts on billing.",
            class_name="mt-1 text-sm text-faint",
        ),
    )


def _people() -> rx.Component:
    return section(
        "People",
        rx.cond(
            MembersState.loaded,
            rx.el.ul(rx.foreach(MembersState.people, _person), id="member-list", class_name=_LIST),
            rx.el.div(skeleton("h-5 w-56 max-w-full"), skeleton("h-5 w-40"), class_name="mt-5 grid gap-5"),
        ),
    )


def _person(person: PersonRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                person.email,
                rx.cond(person.is_me, rx.el.span(" (you)", class_name="text-faint font-normal")),
                class_name="font-medium [overflow-wrap:anywhere]",
            ),
            rx.el.p("Joined ", person.joined, class_name="text-sm text-muted"),
            class_name="grow basis-56 min-w-0",
        ),
        _role(person.role),
        rx.el.div(
            rx.cond(person.other_role != "", _change_role(person)),
            rx.cond(person.can_remove, _remove(person)),
            class_name="flex flex-wrap gap-2 empty:hidden",
        ),
        class_name=_ROW,
    )


def _role(role: Words) -> rx.Component:
    tone = rx.cond(role == "Owner", Tone.ACCENT.value, Tone.NEUTRAL.value)
    return pill(role, tone=tone)


def _change_role(person: PersonRow) -> rx.Component:
    return button(
        rx.cond(person.other_role == Role.ADMIN.value, "Make admin", "Make member"),
        visually_hidden(": ", person.email),
        look=Look.SECONDARY,
        size=Size.SMALL,
        on_click=MembersState.change_role(person.user_id, person.other_role),
    )


def _remove(person: PersonRow) -> rx.Component:
    return dialog(
        rx.el.p(
            rx.el.span(person.email, class_name="font-medium text-ink [overflow-wrap:anywhere]"),
            " loses access at once. You can invite them again.",
            class_name="mt-2 text-sm text-muted",
        ),
        dialog_buttons(
            button(
                "Remove member",
                look=Look.DANGER,
                on_click=MembersState.remove(person.user_id),
                custom_attrs=CLOSES,
            )
        ),
        opener=["Remove", visually_hidden(": ", person.email)],
        name=rx.Var.create("remove-") + person.user_id,
        title="Remove this member?",
        look=Look.DANGER,
    )


def _waiting() -> rx.Component:
    return section(
        "Open invitations",
        rx.cond(
            MembersState.waiting,
            rx.el.ul(rx.foreach(MembersState.waiting, _invitation), id="invitation-list", class_name=_LIST),
            empty_state(
                icon_name="mail",
                title="Nobody is invited",
                text="An invitation is a link by mail, for one address, for seven days.",
            ),
        ),
    )


def _invitation(invitation: InvitationRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(invitation.email, class_name="font-medium [overflow-wrap:anywhere]"),
            rx.el.p("Expires ", invitation.expires, class_name="text-sm text-muted"),
            class_name="grow basis-56 min-w-0",
        ),
        _role(invitation.role),
        rx.cond(
            invitation.can_revoke,
            button(
                "Revoke",
                visually_hidden(": ", invitation.email),
                look=Look.SECONDARY,
                size=Size.SMALL,
                on_click=MembersState.revoke(invitation.id),
            ),
        ),
        class_name=_ROW,
    )


def _ending() -> rx.Component:
    """The owner hands over; everyone else can leave."""
    return rx.cond(
        MembersState.is_owner,
        rx.cond(
            MembersState.can_transfer,
            _matter(
                "Transfer ownership",
                "Another member becomes the owner, billing included. You stay as an admin.",
                _transfer(),
            ),
        ),
        _matter("Leave workspace", "You lose access at once. Someone has to invite you again.", _leave()),
    )


def _matter(title: str, text: str, act: rx.Component) -> rx.Component:
    return section(
        title,
        rx.el.div(
            rx.el.p(text, class_name="grow basis-64 text-sm text-muted"),
            act,
            class_name="mt-3 flex flex-wrap items-center gap-x-6 gap-y-3",
        ),
    )


def _leave() -> rx.Component:
    return dialog(
        rx.el.p("You lose access at once.", class_name="mt-2 text-sm text-muted"),
        dialog_buttons(
            button("Leave", look=Look.DANGER, on_click=MembersState.leave, custom_attrs=CLOSES),
        ),
        opener=[icon("log-out"), "Leave workspace"],
        name="leave",
        title="Leave this workspace?",
        look=Look.DANGER,
    )


def _transfer() -> rx.Component:
    return dialog(
        rx.el.form(
            choice(
                rx.foreach(
                    MembersState.people,
                    lambda person: rx.cond(
                        person.is_me, rx.fragment(), rx.el.option(person.email, value=person.user_id)
                    ),
                ),
                label="New owner",
                name="heir",
            ),
            field(
                label="Type the workspace's name to confirm",
                name="name",
                kind="text",
                autocomplete="off",
                hint=MembersState.workspace_name,
            ),
            dialog_buttons(button("Transfer ownership", type="submit", look=Look.DANGER)),
            on_submit=MembersState.transfer,
            reset_on_submit=True,
            class_name="mt-4 grid gap-4",
        ),
        opener=["Transfer ownership"],
        name="transfer",
        title="Transfer this workspace?",
        look=Look.DANGER,
    )
