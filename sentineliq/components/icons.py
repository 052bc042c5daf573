"""Icons and the mark of the product. All are decoration: the words beside them carry the meaning."""

import reflex as rx


def icon(name: str, *, size: int = 16, class_name: str = "") -> rx.Component:
    """A Lucide icon, hidden from assistive technology."""
    return rx.icon(
        name,
        size=size,
        class_name=f"shrink-0 {class_name}",
        custom_attrs={"aria-hidden": "true", "strokeWidth": 1.75},
    )


def mark(*, size: int = 24) -> rx.Component:
    """The product's mark, as in the favicon."""
    stroke = {"fill": "none", "stroke": "#fff", "strokeWidth": "2.6", "strokeLinecap": "round"}
    return rx.el.svg(
        rx.el.svg.rect(width="32", height="32", rx="8", class_name="fill-accent"),
        rx.el.svg.path(d="M7 16a9 9 0 0 1 18 0", custom_attrs=stroke),
        rx.el.svg.path(
            d="M11.6 16.6a4.4 4.4 0 0 1 8.8 0",
            custom_attrs={**stroke, "strokeOpacity": "0.72"},
        ),
        rx.el.svg.circle(cx="16", cy="22", r="2.6", custom_attrs={"fill": "#fff"}),
        view_box="0 0 32 32",
        width=str(size),
        height=str(size),
        class_name="shrink-0",
        custom_attrs={"aria-hidden": "true"},
    )
