"""Customer portal: sessions, configurations and what customers may do (https://docs.stripe.com/customer-management)."""

import copy

from sentineliq.sandbox.engine import customers, subscription_update, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import merge_fields
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.values import Document


def create_session(books: Books, params: Document) -> Document:
    """Raises InvalidRequest without a customer, MissingReference for an unknown configuration."""
    customer = customers.live(books, params["customer"], param="customer")
    if "configuration" in params:
        configuration = books.refer(
            "billing_portal.configuration", params["configuration"], param="configuration"
        )
    else:
        configuration = default_configuration(books)
    for name in ("return_url",):
        if name in params and not params[name].startswith(("http://", "https://")):
            raise InvalidRequest("Not a valid URL", code="url_invalid", param=name)
    session = books.new(
        "billing_portal.session",
        configuration=configuration["id"],
        customer=customer["id"],
        flow=_flow(books, params.get("flow_data")),
        locale=params.get("locale"),
        return_url=params.get("return_url") or configuration["default_return_url"],
    )
    session["url"] = f"{books.config.public_url}/portal/{session['id']}"
    return books.add(session, event="billing_portal.session.created")


def default_configuration(books: Books) -> Document:
    found = books.select("billing_portal.configuration", is_default=True, limit=1)
    if not found:
        raise InvalidRequest(
            "No configuration provided and your test mode default configuration has not been created."
        )
    return found[0]


def create_configuration(books: Books, params: Document, *, is_default: bool = False) -> Document:
    configuration = books.new("billing_portal.configuration", updated=books.now, is_default=is_default)
    _put(configuration, params, public_url=books.config.public_url)
    books.add(configuration, event="billing_portal.configuration.created")
    _keep_products(books, configuration, params)
    return configuration


def update_configuration(books: Books, configuration_id: str, params: Document) -> Document:
    configuration = books.get("billing_portal.configuration", configuration_id)
    _put(configuration, params, public_url=books.config.public_url)
    configuration["updated"] = books.now
    _keep_products(books, configuration, params)
    return books.save(configuration, event="billing_portal.configuration.updated")


def prices(books: Books, session_id: str) -> list[Document]:
    """What the session's customer may switch to, product expanded, cheapest first."""
    session = books.get("billing_portal.session", session_id)
    configuration = books.get("billing_portal.configuration", session["configuration"])
    allowed = books.secret(configuration["id"]).get("products")
    found = [one for one in books.select("price", type="recurring") if one["active"]]
    if allowed:
        ids = {price for product in allowed for price in product["prices"]}
        found = [one for one in found if one["id"] in ids]
    for price in found:
        price["product"] = books.get("product", price["product"])
    return sorted(found, key=lambda one: one["unit_amount"] or 0)


def change_plan(books: Books, subscription_id: str, price_id: str) -> Document:
    """As the default configuration prorates. Raises CardDeclined (nothing changes then), InvalidRequest."""
    subscription = subscriptions.live(books, subscription_id)
    price = books.get("price", price_id)
    if price["recurring"] is None or not price["active"]:
        raise InvalidRequest("Choose a plan that is for sale.", param="price")
    item = subscription["items"]["data"][0]
    features = default_configuration(books)["features"]
    change = {
        "items": [{"id": item["id"], "price": price_id}],
        "proration_behavior": features["subscription_update"]["proration_behavior"],
        "off_session": True,
        "payment_behavior": "error_if_incomplete",
    }
    if subscription["cancel_at_period_end"]:
        change["cancel_at_period_end"] = False
    return subscription_update.update(books, subscription_id, change)


def _put(configuration: Document, params: Document, *, public_url: str) -> None:
    features = copy.deepcopy(configuration["features"])
    for name, given in params.get("features", {}).items():
        kept = {key: value for key, value in given.items() if key != "products"}
        features[name] = {
            **features[name],
            **{key: value or [] for key, value in kept.items() if value == ""},
            **kept,
        }
    configuration["features"] = features
    configuration["business_profile"] |= params.get("business_profile", {})
    if "login_page" in params:
        enabled = params["login_page"]["enabled"]
        url = f"{public_url}/p/login/test_{configuration['id'].removeprefix('bpc_')}" if enabled else None
        configuration["login_page"] = {"enabled": enabled, "url": url}
    rest = ("active", "default_return_url", "metadata")
    merge_fields(configuration, {key: params[key] for key in rest if key in params})


def switchable_products(books: Books, configuration: Document) -> list[Document]:
    """What may be switched to: a part of the answer only where it is asked for (`expand[]`)."""
    kept = books.secret(configuration["id"]).get("products") or []
    return [{"product": one["product"], "prices": one["prices"]} for one in kept]


def _keep_products(books: Books, configuration: Document, params: Document) -> None:
    """What may be switched to is not part of a plain answer."""
    products = params.get("features", {}).get("subscription_update", {}).get("products")
    if products is not None:
        books.keep_secret(configuration["id"], products=products or [])


def _flow(books: Books, given: Document | None) -> Document | None:
    if given is None:
        return None
    kind = given["type"]
    target = given.get(kind)
    if target and "subscription" in target:
        books.refer("subscription", target["subscription"], param=f"flow_data[{kind}][subscription]")
    elif kind != "payment_method_update":
        raise InvalidRequest(
            f"Missing required param: flow_data[{kind}].",
            code="parameter_missing",
            param=f"flow_data[{kind}]",
        )
    after = {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"}
    flow: Document = {
        "after_completion": {**after, **given.get("after_completion", {})},
        "subscription_cancel": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": kind,
    }
    if kind == "subscription_cancel":
        flow[kind] = {"retention": None, **(target or {})}
    elif kind == "subscription_update_confirm":
        flow[kind] = {"discounts": None, **(target or {})}
    elif kind == "subscription_update":
        flow[kind] = target
    return flow
