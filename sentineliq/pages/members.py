"""Who belongs to the workspace, who is invited, and handing it over."""

import reflex as rx

from ..components.buttons import Look, Size, button, text_link
from ..components.dialog import CLOSES, dialog, dialog_buttons, dialog_form, refusal_of
from ..components.feedback import Tone, empty_state, once_loaded, pill, skeleton
from ..components.forms import choice, emptied, field, sent_once
from ..components.icons import icon
from ..components.layout import page_heading, section, visually_hidden
from ..components.types import Flag, Words
from ..components.words import sentence, t
from ..i18n import mark
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
                class_name="min-h-6 text-sm font-medium text-muted [overflow-wrap:anywhere]",
            ),
            page_heading(t("Members"), rx.cond(MembersState.loaded, _places())),
            rx.el.div(
                rx.cond(MembersState.can_invite, _invite()),
                _people(),
                rx.cond(MembersState.can_invite, _waiting()),
                rx.cond(MembersState.loaded, _ending()),
                class_name=once_loaded(MembersState.loaded, "mt-6 grid grid-cols-1 gap-5"),
            ),
            class_name="max-w-[760px] mx-auto",
        ),
    )


def _places() -> rx.Component:
    return rx.el.p(
        rx.el.span(MembersState.places, id="member-places", class_name="text-muted tabular-nums"),
        rx.cond(
            MembersState.is_nearly_full,
            rx.el.span(" · ", text_link(t("See larger plans"), href=paths.PRICING)),
        ),
        class_name="text-sm",
    )


def _invite() -> rx.Component:
    return section(
        "Invite someone",
        rx.el.form(
            rx.el.div(
                field(
                    label=t("Email"),
                    name="email",
                    kind="email",
                    autocomplete="off",
                    fault=MembersState.fault,
                ),
                class_name="grow basis-60",
            ),
            rx.el.div(
                choice(
                    rx.el.option(t("Member"), value=Role.MEMBER.value),
                    rx.cond(MembersState.is_owner, rx.el.option(t("Admin"), value=Role.ADMIN.value)),
                    label=t("Role"),
                    name="role",
                ),
                class_name="grow basis-32 sm:grow-0",
            ),
            sent_once(MembersState.invited),
            button(
                t("Send invitation"),
                type="submit",
                size=Size.LARGE,
                busy=MembersState.busy == "invite",
                class_name="sm:mt-[27px]",
            ),
            emptied("invite-form", count=rx.Var.create(MembersState.invited)),
            id="invite-form",
            on_submit=MembersState.invite,
            class_name="mt-4 flex flex-wrap items-start gap-x-4 gap-y-2",
        ),
        rx.el.p(
            t(
                "Members read everything. Admins also invite and remove members. "
                "Only the owner acts on billing."
            ),
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
                rx.cond(person.is_me, rx.el.span(" ", t("(you)"), class_name="text-faint font-normal")),
                class_name="font-medium [overflow-wrap:anywhere]",
            ),
            rx.el.p(t("Joined {day}", day=person.joined), class_name="text-sm text-muted"),
            class_name="grow basis-56 min-w-0",
        ),
        _role(person.role, is_owner=person.is_owner),
        rx.el.div(
            rx.cond(person.other_role != "", _change_role(person)),
            rx.cond(person.can_remove, _remove(person)),
            class_name="flex flex-wrap gap-2 empty:hidden",
        ),
        class_name=_ROW,
    )


def _role(role: Words, *, is_owner: Flag) -> rx.Component:
    return pill(role, tone=rx.cond(is_owner, Tone.ACCENT.value, Tone.NEUTRAL.value))


def _change_role(person: PersonRow) -> rx.Component:
    return button(
        rx.cond(person.other_role == Role.ADMIN.value, t("Make admin"), t("Make member")),
        visually_hidden(": ", person.email),
        look=Look.SECONDARY,
        size=Size.SMALL,
        busy=_is_at("role-", person.user_id),
        on_click=MembersState.change_role(person.user_id, person.other_role),
    )


def _remove(person: PersonRow) -> rx.Component:
    return dialog(
        rx.el.p(
            sentence(
                "{email} loses access at once. You can invite them again.",
                email=rx.el.span(person.email, class_name="font-medium text-ink [overflow-wrap:anywhere]"),
            ),
            class_name="mt-2 text-sm text-muted",
        ),
        dialog_buttons(
            button(
                t("Remove member"),
                look=Look.DANGER,
                on_click=MembersState.remove(person.user_id),
                custom_attrs=CLOSES,
            )
        ),
        opener=[t("Remove"), visually_hidden(": ", person.email)],
        name=rx.Var.create("remove-") + person.user_id,
        title=t("Remove this member?"),
        look=Look.DANGER,
        busy=_is_at("remove-", person.user_id),
    )


def _is_at(act: str, row_id: Words) -> Flag:
    return MembersState.busy == rx.Var.create(act).to(str) + rx.Var.create(row_id).to(str)


def _waiting() -> rx.Component:
    return section(
        "Open invitations",
        rx.cond(
            MembersState.waiting,
            rx.el.ul(rx.foreach(MembersState.waiting, _invitation), id="invitation-list", class_name=_LIST),
            empty_state(
                icon_name="mail",
                title=t("Nobody is invited"),
                text=t("An invitation is a link by mail, for one address, for seven days."),
            ),
        ),
    )


def _invitation(invitation: InvitationRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(invitation.email, class_name="font-medium [overflow-wrap:anywhere]"),
            rx.el.p(t("Expires {date}", date=invitation.expires), class_name="text-sm text-muted"),
            class_name="grow basis-56 min-w-0",
        ),
        _role(invitation.role, is_owner=False),
        rx.cond(
            invitation.can_revoke,
            button(
                t("Revoke"),
                visually_hidden(": ", invitation.email),
                look=Look.SECONDARY,
                size=Size.SMALL,
                busy=_is_at("revoke-", invitation.id),
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
                mark("Transfer ownership"),
                t("Another member becomes the owner, billing included. You stay as an admin."),
                _transfer(),
            ),
        ),
        _matter(
            mark("Leave workspace"),
            t("You lose access at once. Someone has to invite you again."),
            _leave(),
        ),
    )


def _matter(title: str, text: Words, act: rx.Component) -> rx.Component:
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
        rx.el.p(t("You lose access at once."), class_name="mt-2 text-sm text-muted"),
        dialog_buttons(
            button(t("Leave"), look=Look.DANGER, on_click=MembersState.leave, custom_attrs=CLOSES),
        ),
        opener=[icon("log-out"), t("Leave workspace")],
        name="leave",
        title=t("Leave this workspace?"),
        look=Look.DANGER,
    )


def _transfer() -> rx.Component:
    return dialog(
        dialog_form(
            choice(
                rx.foreach(
                    MembersState.people,
                    lambda person: rx.cond(
                        person.is_me, rx.fragment(), rx.el.option(person.email, value=person.user_id)
                    ),
                ),
                label=t("New owner"),
                name="heir",
            ),
            field(
                label=t("Type the workspace's name to confirm"),
                name="name",
                kind="text",
                autocomplete="off",
                hint=MembersState.workspace_name,
                fault=refusal_of("name"),
            ),
            dialog_buttons(
                button(
                    t("Transfer ownership"),
                    type="submit",
                    look=Look.DANGER,
                    busy=MembersState.busy == "transfer",
                )
            ),
            on_submit=MembersState.transfer,
            class_name="mt-4 grid gap-4",
        ),
        opener=[t("Transfer ownership")],
        name="transfer",
        title=t("Transfer this workspace?"),
        look=Look.DANGER,
    )
