"""The composition root: the one place that knows every part of the product."""

import reflex as rx


def index() -> rx.Component:
    return rx.el.main(rx.el.h1("SentinelIQ", class_name="text-2xl"))


app = rx.App()
app.add_page(index, route="/")
