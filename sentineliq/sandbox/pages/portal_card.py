"""The portal's forms about the customer: another card, billing information."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sentineliq.sandbox.engine import AuthenticationRequired, Card, CardDeclined, NotFound
from sentineliq.sandbox.pages import forms
from sentineliq.sandbox.pages.forms import CardForm, FieldErrors
from sentineliq.sandbox.pages.portal_visit import PORTAL_NOUN, Flow, Visit, finish, visit_of
from sentineliq.sandbox.pages.site import Site


class PortalCardPages:
    """Change the card that pays, the e-mail and the name."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._engine = site.engine

    @property
    def routes(self) -> list[BaseRoute]:
        site = self._site
        return [
            site.page_route("/portal/{id}/card", self._card_page, what=PORTAL_NOUN),
            site.form_route("/portal/{id}/card", self._replace_card, what=PORTAL_NOUN),
            site.form_route("/portal/{id}/card/authenticate", self._authenticate, what=PORTAL_NOUN),
            site.page_route("/portal/{id}/details", self._details_page, what=PORTAL_NOUN),
            site.form_route("/portal/{id}/details", self._save_details, what=PORTAL_NOUN),
        ]

    async def _card_page(self, request: Request) -> Response:
        visit = await self._visit(request, feature="payment_method_update")
        return self._card_form(request, visit, CardForm())

    async def _replace_card(self, request: Request) -> Response:
        visit = await self._visit(request, feature="payment_method_update")
        form = CardForm.typed(await forms.read(request))
        card = form.checked_card()
        if card is None:
            return self._card_form(request, visit, form, status=400)
        return await self._save_card(request, visit, form, card)

    async def _authenticate(self, request: Request) -> Response:
        visit = await self._visit(request, feature="payment_method_update")
        data = await forms.read(request)
        form = CardForm.typed(data)
        card = form.checked_card()
        if card is None or forms.text(data, "outcome") != "complete":
            form.errors["card_number"] = forms.AUTHENTICATION_FAILED
            return self._card_form(request, visit, form, status=402)
        return await self._save_card(request, visit, form, card, authenticated=True)

    async def _save_card(
        self, request: Request, visit: Visit, form: CardForm, card: Card, *, authenticated: bool = False
    ) -> Response:
        try:
            await self._engine.replace_card(visit.customer_id, card, authenticated=authenticated)
        except CardDeclined as refusal:
            form.note_refusal(refusal)
            return self._card_form(request, visit, form, status=402)
        except AuthenticationRequired:
            return self._authentication_page(request, visit, form)
        return finish(self._site, visit, "card-saved", Flow.PAYMENT_METHOD_UPDATE)

    def _card_form(self, request: Request, visit: Visit, form: CardForm, *, status: int = 200) -> Response:
        return self._site.renderer.page(
            request,
            "portal_card.html",
            status=status,
            form_targets=visit.ways_out,
            visit=visit,
            form=form,
            cards=forms.TEST_CARDS,
        )

    def _authentication_page(self, request: Request, visit: Visit, form: CardForm) -> Response:
        return self._site.renderer.page(
            request,
            "authenticate.html",
            form_targets=visit.ways_out,
            message="Your bank wants to be sure that this card is yours. Nothing is charged now.",
            amount=None,
            last4=form.last4,
            carried=form.carried(),
            action=self._site.renderer.path(f"/portal/{visit.id}/card/authenticate"),
        )

    async def _details_page(self, request: Request) -> Response:
        visit = await self._visit(request, feature="customer_update")
        customer = await self._engine.retrieve("customer", visit.customer_id)
        return self._details_form(request, visit, customer["email"] or "", customer["name"] or "", "")

    async def _save_details(self, request: Request) -> Response:
        visit = await self._visit(request, feature="customer_update")
        data = await forms.read(request)
        email, name = forms.text(data, "email"), forms.text(data, "name")
        if not forms.is_email(email):
            return self._details_form(request, visit, email, name, "Your email is incomplete.")
        await self._engine.update_customer(visit.customer_id, email=email, name=name)
        return finish(self._site, visit, "details-saved")

    def _details_form(
        self, request: Request, visit: Visit, email: str, name: str, email_error: str
    ) -> Response:
        return self._site.renderer.page(
            request,
            "portal_details.html",
            status=400 if email_error else 200,
            visit=visit,
            email=email,
            name=name,
            errors=FieldErrors({"email": email_error} if email_error else {}),
        )

    async def _visit(self, request: Request, *, feature: str) -> Visit:
        """Raises NotFound when the configuration does not offer the feature."""
        visit = await visit_of(self._engine, request.path_params["id"])
        if not visit.allows(feature):
            raise NotFound("feature", feature)
        return visit
