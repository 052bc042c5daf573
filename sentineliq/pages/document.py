"""What is the same in every page's document: styles, head, and what stands in for Reflex's own overlays."""

from typing import Any

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary

from ..components.languages import awaiting_words
from . import faults


def app_options() -> dict[str, Any]:
    """Arguments for `rx.App`. Reflex's toasts and connection banner need a CSP that we do not grant."""
    return {
        "html_lang": "en",
        "stylesheets": ["/css/app.css"],
        "reset_style": False,
        "toaster": None,
        "app_wraps": {(55, "ErrorBoundary"): lambda _: ErrorBoundary.create(fallback_render=faults.broken())},
        "head_components": [
            rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
            awaiting_words(),
        ],
    }
