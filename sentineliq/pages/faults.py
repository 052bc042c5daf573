"""What to show when there is nothing to show."""

import reflex as rx

from ..components.buttons import Look, Size, button_classes, button_link
from ..components.icons import mark
from ..components.native import native_link
from ..components.words import of_document, t
from ..state import paths
from .shell import shell

_TITLE = "mt-4 text-3xl sm:text-4xl font-semibold tracking-[-0.028em]"


def not_found() -> rx.Component:
    return shell(nothing_here())


def nothing_here() -> rx.Component:
    """What an unknown address shows, and a page that is not for whoever asks."""
    return rx.el.div(
        rx.el.p("404", class_name="text-sm font-semibold text-accent-text tabular-nums"),
        rx.el.h1(t("There is nothing here"), class_name=_TITLE),
        rx.el.p(t("The page has moved, or its address has a typo."), class_name="mt-3 text-lg text-muted"),
        rx.el.div(
            button_link(t("Back to the start"), href=paths.HOME),
            button_link(t("Go to billing"), href=paths.BILLING, look=Look.SECONDARY),
            class_name="mt-8 flex flex-wrap justify-center gap-3",
        ),
        class_name="text-center py-16 sm:py-28",
    )


def broken() -> rx.Component:
    """In place of a page whose script failed: no state and no router to rely on, but a document."""
    return rx.el.main(
        mark(size=40),
        rx.el.h1(of_document("Something went wrong"), class_name=_TITLE),
        rx.el.p(
            of_document("This page could not be shown. Nothing was charged or changed."),
            class_name="mt-3 text-lg text-muted",
        ),
        native_link(
            of_document("Load the page again"),
            href="",
            class_name=button_classes(look=Look.PRIMARY, size=Size.MEDIUM, more="mt-8"),
        ),
        class_name="min-h-dvh flex flex-col items-center justify-center text-center px-6",
    )
