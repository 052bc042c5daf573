"""All hosted pages as routes."""

from starlette.routing import BaseRoute

from sentineliq.sandbox.config import SandboxConfig
from sentineliq.sandbox.engine import Engine
from sentineliq.sandbox.pages.checkout import CheckoutPages
from sentineliq.sandbox.pages.dashboard import DashboardPages
from sentineliq.sandbox.pages.invoice import InvoicePages
from sentineliq.sandbox.pages.portal import PortalPages
from sentineliq.sandbox.pages.rendering import Renderer, static_mount
from sentineliq.sandbox.pages.site import Site


def routes(engine: Engine, config: SandboxConfig) -> list[BaseRoute]:
    """Pages and their static files, to be mounted where `config.public_url` points to."""
    site = Site(engine=engine, config=config, renderer=Renderer(public_url=config.public_url))
    pages = (CheckoutPages(site), PortalPages(site), InvoicePages(site), DashboardPages(site))
    return [static_mount(), *(route for page in pages for route in page.routes)]
