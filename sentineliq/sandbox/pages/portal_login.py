"""The portal's login link (https://docs.stripe.com/customer-management/activate-no-code-customer-portal)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sentineliq.sandbox.engine import Document, NotFound, portal
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.pages.site import Site

_NOUN = "login page"


class PortalLoginPages:
    """Whoever types a customer's address gets in: nothing here is worth a code by mail."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._engine = site.engine

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            self._site.page_route("/p/login/{code}", self._ask, what=_NOUN),
            self._site.form_route("/p/login/{code}", self._enter, what=_NOUN),
        ]

    async def _ask(self, request: Request) -> Response:
        await self._configuration(request)
        return self._form(request, request.query_params.get("prefilled_email", ""))

    async def _enter(self, request: Request) -> Response:
        configuration = await self._configuration(request)
        email = str((await request.form()).get("email", "")).strip()
        found = await self._engine.list_documents("customer", limit=1, email=email)
        if not found:
            return self._form(request, email, "No customer has this address.", status=422)
        asked = {"customer": found[0]["id"], "configuration": configuration["id"]}

        def visit(books: Books) -> Document:
            return portal.create_session(books, asked)

        session = await self._engine.act(visit)
        return self._site.see(f"/portal/{session['id']}")

    async def _configuration(self, request: Request) -> Document:
        """The one whose link this is. Raises NotFound, also where the link has been switched off."""
        code = request.path_params["code"].removeprefix("test_")
        configuration = await self._engine.retrieve("billing_portal.configuration", f"bpc_{code}")
        if not configuration["login_page"]["enabled"]:
            raise NotFound("login page", code)
        return configuration

    def _form(self, request: Request, email: str, error: str = "", *, status: int = 200) -> Response:
        return self._site.renderer.page(request, "portal_login.html", status=status, email=email, error=error)
