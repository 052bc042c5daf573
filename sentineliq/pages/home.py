"""What SentinelIQ is."""

import reflex as rx

from ..components.buttons import Look, button_link
from ..components.layout import WIDE
from ..state import paths
from .shell import shell


def home() -> rx.Component:
    return shell(
        rx.el.div(
            rx.el.h1(
                "Know what happened, the moment it happens.",
                class_name="text-4xl sm:text-5xl font-semibold tracking-[-0.03em]",
            ),
            rx.el.div(
                button_link("Start free", href=paths.SIGN_UP, class_name="!h-11 !px-5"),
                button_link("See pricing", href=paths.PRICING, look=Look.SECONDARY, class_name="!h-11 !px-5"),
                class_name="mt-8 flex gap-3 justify-center",
            ),
            class_name=f"{WIDE} py-24 text-center",
        ),
        bare=True,
    )
