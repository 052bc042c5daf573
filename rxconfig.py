"""Reflex's own settings; the product's are in `sentineliq.config`."""

import reflex as rx
from reflex.constants import StateManagerMode

from sentineliq.build import FRONTEND_ORIGIN
from sentineliq.config import get_settings
from sentineliq.slim import SlimPages

settings = get_settings()

config = rx.Config(
    app_name="sentineliq",
    plugins=[rx.plugins.TailwindV4Plugin(), SlimPages()],
    disable_plugins=[rx.plugins.SitemapPlugin],
    api_url=FRONTEND_ORIGIN,
    cors_allowed_origins=list(settings.allowed_origins),
    redis_url=settings.redis_url,
    state_manager_mode=StateManagerMode.REDIS if settings.redis_url else StateManagerMode.MEMORY,
    frontend_compression_formats=["brotli", "gzip"],  # the first that a browser takes is sent
    telemetry_enabled=False,
    show_built_with_reflex=False,
)
