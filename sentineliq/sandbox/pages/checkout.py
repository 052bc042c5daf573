"""The hosted checkout: https://docs.stripe.com/payments/checkout."""

from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from sentineliq.sandbox.engine import (
    AuthenticationRequired,
    Card,
    CardDeclined,
    CheckoutSummary,
    InvalidPromotionCode,
    InvalidRequest,
    SessionNotOpen,
)
from sentineliq.sandbox.pages import forms
from sentineliq.sandbox.pages.checkout_words import headline, recurring_price, submit_label
from sentineliq.sandbox.pages.formatting import every, money
from sentineliq.sandbox.pages.forms import CardForm
from sentineliq.sandbox.pages.site import Site

_WHAT = "checkout session"


class CheckoutPages:
    """Pay or subscribe: the form, its promotion code, authentication, and what a closed session says."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._engine = site.engine

    @property
    def routes(self) -> list[BaseRoute]:
        site, path = self._site, "/checkout/{id}"
        return [
            site.page_route(path, self._show, what=_WHAT),
            site.page_route(f"{path}/totals", self._totals, what=_WHAT),
            site.form_route(path, self._submit, what=_WHAT),
            site.form_route(f"{path}/authenticate", self._authenticate, what=_WHAT),
            site.form_route(f"{path}/promotion", self._apply_promotion, what=_WHAT),
            site.form_route(f"{path}/promotion/remove", self._remove_promotion, what=_WHAT),
        ]

    async def _show(self, request: Request) -> Response:
        summary = await self._engine.checkout_summary(_session_id(request))
        return await self._page(request, _prefilled(summary))

    async def _totals(self, request: Request) -> Response:
        country = request.query_params.get("country", "")
        known = country if country in forms.countries() else None
        summary = await self._engine.checkout_summary(_session_id(request), country=known)
        return self._site.renderer.page(request, "checkout_totals.html", **_totals_context(summary))

    async def _submit(self, request: Request) -> Response:
        data = await forms.read(request)
        form = CardForm.typed(data)
        form.check_holder()
        by_bank = forms.text(data, "pay_by") == "bank"
        card = None if by_bank else form.checked_card()
        if form.errors:
            return await self._page(request, form, status=400)
        summary = await self._engine.checkout_summary(_session_id(request), country=form.country)
        if forms.text(data, "shown_total") not in ("", str(summary.total)):
            due = money(summary.total, summary.currency)
            problem = f"With the tax of your country the total is now {due}. Check it and confirm again."
            return await self._page(request, form, status=409, problem=problem)
        return await self._pay(request, form, card)

    async def _authenticate(self, request: Request) -> Response:
        data = await forms.read(request)
        form = CardForm.typed(data)
        card = form.checked_card()
        if card is None or forms.text(data, "outcome") != "complete":
            form.errors["card_number"] = forms.AUTHENTICATION_FAILED
            return await self._page(request, form, status=402)
        return await self._pay(request, form, card, authenticated=True)

    async def _pay(
        self, request: Request, form: CardForm, card: Card | None, *, authenticated: bool = False
    ) -> Response:
        """Pay once: a second post of the same form gets the first one's result. No card: the bank account."""
        session_id = _session_id(request)
        buyer = {"email": form.email, "name": form.name, "country": form.country}
        try:
            if card is None:
                url = await self._engine.complete_checkout_by_bank(session_id, **buyer)
            else:
                url = await self._engine.complete_checkout(
                    session_id, card=card, authenticated=authenticated, **buyer
                )
        except CardDeclined as refusal:
            problem = refusal.message if card is None else ""
            if card is not None:
                form.note_refusal(refusal)
            return await self._page(request, form, status=402, problem=problem)
        except InvalidRequest as refusal:
            return await self._page(request, form, status=400, problem=refusal.message)
        except AuthenticationRequired:
            return await self._authentication_page(request, form)
        except SessionNotOpen:
            return await self._result_of_first(request)
        return RedirectResponse(url, status_code=303)

    async def _result_of_first(self, request: Request) -> Response:
        summary = await self._engine.checkout_summary(_session_id(request))
        if summary.status == "complete" and summary.success_url:
            return RedirectResponse(_filled(summary), status_code=303)
        return self._closed_page(request, summary)

    async def _apply_promotion(self, request: Request) -> Response:
        session_id = _session_id(request)
        typed = forms.text(await forms.read(request), "promotion_code")
        try:
            with suppress(SessionNotOpen):  # its page says so
                await self._engine.apply_promotion_code(session_id, typed)
        except InvalidPromotionCode as refusal:
            form = _prefilled(await self._engine.checkout_summary(session_id))
            return await self._page(request, form, status=400, promotion=(typed, refusal.message))
        return self._site.see(f"/checkout/{session_id}")

    async def _remove_promotion(self, request: Request) -> Response:
        session_id = _session_id(request)
        with suppress(SessionNotOpen):  # its page says so
            await self._engine.remove_promotion_code(session_id)
        return self._site.see(f"/checkout/{session_id}")

    async def _page(
        self,
        request: Request,
        form: CardForm,
        *,
        status: int = 200,
        problem: str = "",
        promotion: tuple[str, str] = ("", ""),
    ) -> Response:
        country = form.country if form.country in forms.countries() else None
        summary = await self._engine.checkout_summary(_session_id(request), country=country)
        if summary.status != "open":
            return self._closed_page(request, summary)
        return self._site.renderer.page(
            request,
            "checkout.html",
            status=status,
            form_targets=filter(None, [summary.success_url]),
            form=form,
            problem=problem,
            countries=forms.countries(),
            cards=forms.TEST_CARDS,
            action=submit_label(summary),
            recurring=recurring_price(summary),
            **_totals_context(summary, promotion=promotion),
        )

    async def _authentication_page(self, request: Request, form: CardForm) -> Response:
        summary = await self._engine.checkout_summary(_session_id(request), country=form.country)
        return self._site.renderer.page(
            request,
            "authenticate.html",
            form_targets=filter(None, [summary.success_url]),
            message="Your bank wants to be sure that this payment is yours.",
            amount=money(summary.total, summary.currency),
            last4=form.last4,
            carried=form.carried(),
            action=self._site.renderer.path(f"/checkout/{summary.session_id}/authenticate"),
        )

    def _closed_page(self, request: Request, summary: CheckoutSummary) -> Response:
        if summary.status == "complete":
            title, message = (
                "You're all done here",
                "This checkout is complete. Nothing more will be charged.",
            )
            url = _filled(summary)
        else:
            title, message = (
                "This checkout has expired",
                "Nothing was charged. Start again from the pricing page.",
            )
            url = summary.cancel_url or self._site.config.app_url
        return self._site.renderer.page(
            request, "checkout_closed.html", title=title, message=message, return_url=url
        )


def _session_id(request: Request) -> str:
    return request.path_params["id"]


def _prefilled(summary: CheckoutSummary) -> CardForm:
    form = CardForm(email=summary.customer_email or "", name=summary.customer_name or "")
    if summary.customer_country in forms.countries():
        form.country = summary.customer_country or form.country
    return form


def _filled(summary: CheckoutSummary) -> str:
    return (summary.success_url or "").replace("{CHECKOUT_SESSION_ID}", summary.session_id)


def _totals_context(summary: CheckoutSummary, *, promotion: tuple[str, str] = ("", "")) -> dict[str, Any]:
    heading, amount, interval = headline(summary)
    typed, error = promotion
    return {
        "summary": summary,
        "heading": heading,
        "headline_amount": amount,
        "headline_interval": interval,
        "promotion_typed": typed,
        "promotion_error": error,
        "every": every,
    }
