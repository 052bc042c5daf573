"""What holds of every page as it is built, before any browser sees it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import reflex as rx
from reflex.event import EventHandler

from sentineliq import config
from sentineliq.pages import PAGES, Page, accounts, add_pages, faults, plan_change
from sentineliq.pages.staff import revenue
from sentineliq.state import paths
from tests.pages.languages import english

HANDLES = {
    paths.PRICING: {f"{kind}-{plan}" for kind in ("plan", "buy") for plan in ("hobby", "pro", "credits10")},
    paths.CHECKOUT: {"checkout-status"},
    paths.BILLING: {
        "workspace-name",
        "plan-name",
        "subscription-status",
        "renewal-date",
        "credits-balance",
        "manage-subscription",
        "billing-alert",
        "invoice-list",
        "audit-list",
    },
}
FORMS = {
    paths.LOG_IN: ("/auth/login", "Log in"),
    paths.SIGN_UP: ("/auth/signup", "Create account"),
    paths.FORGOT_PASSWORD: ("/auth/forgot-password", "Send link"),
    paths.RESET_PASSWORD: ("/auth/reset-password", "Change password"),
}


def every_part(component: rx.Component) -> Iterator[rx.Component]:
    """The component and all below it, in every branch."""
    yield component
    for below in [*component.children, *component._get_components_in_props()]:
        if isinstance(below, rx.Component):
            yield from every_part(below)


def parts(page: rx.Component, tag: str) -> list[rx.Component]:
    return [part for part in every_part(page) if part.tag == tag]


def prop(component: rx.Component, name: str) -> object:
    """What a property was set to when the page was built; None where it has none."""
    given = getattr(component, name, None)
    return getattr(given, "_var_value", given)


def words(component: rx.Component) -> str:
    """What the component says in English."""
    told = (prop(part, "contents") for part in every_part(component))
    return "".join(english(text) for text in told if text is not None)


@pytest.fixture(autouse=True)
def _settings(settings: config.Settings) -> None:
    """Plans take their prices' ids from the settings."""


@cache
def added_pages() -> dict[str, Any]:
    """What the app was given for each route; a process has one app."""
    app = rx.App()
    add_pages(app)
    return {f"/{route}": page for route, page in app._unevaluated_pages.items()}


every_page = pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.path)


@every_page
def test_a_page_has_landmarks_one_heading_and_a_way_past_the_header(shown: Page) -> None:
    built = shown.build()
    assert [len(parts(built, tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]
    branches = 3 if shown.path in (paths.VERIFY_EMAIL, paths.INVITATION) else 1
    branches += shown.path.startswith(paths.STAFF)  # and one for those who find nothing there
    assert len(parts(built, "h1")) == branches  # one in each
    first = next(part for part in every_part(built) if part.tag in ("a", "Link", "button"))
    assert words(first) == "Skip to content"


@every_page
def test_the_handles_that_others_rely_on_are_there(shown: Page) -> None:
    ids = {prop(part, "id") for part in every_part(shown.build()) if prop(part, "id")}
    assert HANDLES.get(shown.path, set()) <= ids
    assert "unread-count" in ids


@every_page
def test_every_field_has_a_label(shown: Page) -> None:
    built = shown.build()
    labelled = {prop(label, "html_for") for label in parts(built, "label")}
    fields = [field for field in parts(built, "input") if prop(field, "type") != "hidden"]
    assert {prop(field, "id") for field in fields} <= labelled


@pytest.mark.parametrize("path", FORMS)
def test_the_browser_itself_posts_the_sign_in_forms(path: str) -> None:
    [shown] = [page for page in PAGES if page.path == path]
    forms = {str(prop(form, "action")): form for form in parts(shown.build(), "form")}
    assert forms.keys() == {FORMS[path][0], "/auth/logout", "/language"}
    form = forms[FORMS[path][0]]
    action, label = FORMS[path]
    assert (prop(form, "action"), prop(form, "method")) == (action, "post")
    [submit] = [button for button in parts(form, "button") if prop(button, "type") == "submit"]
    assert words(submit) == label


@pytest.mark.parametrize("path", [path for path in FORMS if path != paths.FORGOT_PASSWORD])
def test_a_form_that_takes_something_from_the_address_cannot_be_posted_before_scripts_run(path: str) -> None:
    [shown] = [page for page in PAGES if page.path == path]
    [form] = [form for form in parts(shown.build(), "form") if prop(form, "action") == FORMS[path][0]]
    [submit] = [button for button in parts(form, "button") if prop(button, "type") == "submit"]
    assert "ready_rx_state_" in str(getattr(submit, "disabled", ""))


def test_what_the_address_says_does_not_pass_through_the_state() -> None:
    for page, name in ((accounts.reset_password, "token"), (accounts.log_in, "next")):
        [field] = [field for field in parts(page(), "input") if prop(field, "name") == name]
        assert prop(field, "value") is None


def test_every_page_has_one_loader_and_a_title_of_its_own() -> None:
    assert all(isinstance(page.on_load, EventHandler) for page in PAGES)
    assert len({page.title for page in PAGES}) == len({page.path for page in PAGES}) == len(PAGES)


def test_the_app_gets_every_page_and_one_for_unknown_addresses() -> None:
    routes = set(added_pages())
    assert {page.path.rstrip("/") or "/index" for page in PAGES} | {"/404"} <= routes
    assert words(parts(faults.not_found(), "h1")[0]) == "There is nothing here"


def test_the_staff_s_pages_have_the_title_of_no_page_until_staff_look() -> None:
    pages = added_pages()
    nothing = str(pages["/404"].title)
    for page in PAGES:
        shown = str(pages[page.path.rstrip("/") or "/index"].title)
        assert (paths.STAFF in page.path) == (nothing in shown), page.path
        assert (paths.STAFF in page.path) == ("let_in" in shown), page.path


def test_what_a_cancellation_leaves_is_said_for_trials_too() -> None:
    page = plan_change.plan_change()
    [shown] = [part for part in parts(page, "p") if str(prop(part, "id")) == "what-ends"]
    assert "is_trial" in words(shown)
    assert all(said in words(shown) for said in ("until the trial ends", "that is paid for"))


def test_one_subscription_is_not_counted_as_many() -> None:
    said = "".join(words(part) for part in parts(revenue.revenue(), "p"))
    assert all(
        f" {one}" in said for one in ("subscription has", "subscriptions have", "pays less", "pay less")
    )


def test_a_broken_page_still_offers_a_way_on() -> None:
    [link] = parts(faults.broken(), "a")
    assert words(link) == "Load the page again"
