"""Fields of forms."""

import reflex as rx

from .icons import icon

INPUT = (
    "block w-full h-11 rounded-lg border bg-surface px-3.5 text-base text-ink placeholder:text-faint "
    "transition-colors focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:rounded-lg"
)


def field(
    *,
    label: str,
    name: str,
    kind: str = "text",
    autocomplete: str,
    fault: rx.Var | str = "",
    typed: rx.Var | str = "",
    hint: str = "",
    beside_label: rx.Component | None = None,
    **props,
) -> rx.Component:
    """A labelled input. `fault` shows below it and is read with it; `typed` is what a returned form held."""
    broken = rx.Var.create(fault).to(str) != ""
    return rx.el.div(
        rx.el.div(
            rx.el.label(label, html_for=name, class_name="text-sm font-medium"),
            beside_label or rx.fragment(),
            class_name="flex items-baseline justify-between mb-1.5",
        ),
        rx.el.input(
            id=name,
            name=name,
            type=kind,
            auto_complete=autocomplete,
            required=True,
            default_value=typed,
            # an uncontrolled field takes its first value only when it is made
            key=rx.Var.create(typed).to(str),
            aria_invalid=broken,
            aria_describedby=f"{name}-note",
            class_name=rx.cond(
                broken, f"{INPUT} border-bad", f"{INPUT} border-control-line hover:border-muted"
            ),
            **props,
        ),
        rx.el.p(
            rx.cond(
                broken,
                rx.el.span(
                    icon("circle-alert", size=14),
                    fault,
                    class_name="inline-flex items-center gap-1.5 text-bad",
                ),
                rx.el.span(hint, class_name="text-faint"),
            ),
            id=f"{name}-note",
            class_name="mt-1.5 text-sm empty:hidden",
        ),
    )
