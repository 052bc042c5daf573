"""Coupons, promotion codes and the discounts that they give (https://docs.stripe.com/billing/subscriptions/coupons)."""

from collections.abc import Sequence

from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import merge_fields
from sentineliq.sandbox.engine.documents import random_text
from sentineliq.sandbox.engine.errors import InvalidPromotionCode, InvalidRequest
from sentineliq.sandbox.engine.money import add_interval, display
from sentineliq.sandbox.engine.values import Document


def create_coupon(books: Books, params: Document) -> Document:
    if ("percent_off" in params) == ("amount_off" in params):
        raise InvalidRequest(
            "Must provide exactly one of `percent_off` or `amount_off`.",
            code="parameter_missing",
            param="percent_off",
        )
    if not 0 < params.get("percent_off", 100) <= 100:
        raise InvalidRequest("Invalid percent_off: must be more than 0 and at most 100", param="percent_off")
    if params.get("duration") == "repeating" and "duration_in_months" not in params:
        raise InvalidRequest(
            "Missing required param: duration_in_months.",
            code="parameter_missing",
            param="duration_in_months",
        )
    if "amount_off" in params and "currency" not in params:
        raise InvalidRequest("Missing required param: currency.", code="parameter_missing", param="currency")
    if books.find("coupon", params.get("id")):
        raise InvalidRequest("Coupon already exists.", code="resource_already_exists", param="id")
    fields = {key: value for key, value in params.items() if key != "applies_to"}
    return books.add(books.new("coupon", **fields), event="coupon.created")


def update_coupon(books: Books, coupon_id: str, params: Document) -> Document:
    coupon = books.get("coupon", coupon_id)
    merge_fields(coupon, params)
    return books.save(coupon, event="coupon.updated")


def delete_coupon(books: Books, coupon_id: str) -> Document:
    """Discounts already given stay."""
    books.remove(books.get("coupon", coupon_id), event="coupon.deleted")
    return {"id": coupon_id, "object": "coupon", "deleted": True}


def create_promotion_code(books: Books, params: Document) -> Document:
    coupon = books.refer("coupon", params["coupon"], param="coupon")
    code = params.get("code") or random_text(8).upper()
    if find_code(books, code):
        raise InvalidRequest(
            "An active promotion code with `code: " + code + "` already exists.",
            code="resource_already_exists",
            param="code",
        )
    fields = {key: value for key, value in params.items() if key not in {"coupon", "code", "restrictions"}}
    promotion = books.new("promotion_code", code=code, coupon=coupon, **fields)
    promotion["restrictions"] |= params.get("restrictions", {})
    return books.add(promotion, event="promotion_code.created")


def update_promotion_code(books: Books, promotion_id: str, params: Document) -> Document:
    promotion = books.get("promotion_code", promotion_id)
    merge_fields(promotion, {key: value for key, value in params.items() if key != "restrictions"})
    return books.save(promotion, event="promotion_code.updated")


def find_code(books: Books, code: str) -> Document | None:
    """An active promotion code as a customer types it: its case does not matter."""
    wanted = code.strip().casefold()
    promotions = books.select("promotion_code")
    return next((one for one in promotions if one["active"] and one["code"].casefold() == wanted), None)


def redeemable(books: Books, code: str, *, customer: str | None, subtotal: int) -> Document:
    """The promotion code, when it may be used here and now. Raises InvalidPromotionCode."""
    promotion = find_code(books, code)
    if promotion is None:
        raise InvalidPromotionCode("This code is invalid.", code="resource_missing", param="promotion_code")
    check_redeemable(books, promotion, customer=customer, subtotal=subtotal)
    return promotion


def check_redeemable(
    books: Books, promotion: Document, *, customer: str | None, subtotal: int | None = None
) -> None:
    """`subtotal` None: not known yet. Raises InvalidPromotionCode."""
    expires, limit = promotion["expires_at"], promotion["max_redemptions"]
    minimum = promotion["restrictions"]["minimum_amount"]
    coupon = books.find("coupon", promotion["coupon"]["id"])
    if expires is not None and expires <= books.now:
        message = "This code has expired."
    elif coupon is None or not _is_valid(books, coupon) or not promotion["active"]:
        message = "This code is invalid."
    elif limit is not None and promotion["times_redeemed"] >= limit:
        message = "This code has already been redeemed."
    elif promotion["customer"] not in {None, customer}:
        message = "This code is invalid."
    elif minimum is not None and subtotal is not None and subtotal < minimum:
        message = "This code needs a larger order."
    elif promotion["restrictions"]["first_time_transaction"] and _has_bought(books, customer):
        message = "This code is for first-time customers."
    else:
        return
    raise InvalidPromotionCode(message, param="promotion_code")


def named(books: Books, given: Document, *, customer: str | None) -> tuple[Document, Document | None]:
    """The coupon, and the promotion code where it is by one, of `discounts[n]`, when they may be used.

    Raises MissingReference, InvalidPromotionCode, InvalidRequest.
    """
    if "promotion_code" in given:
        promotion = books.refer("promotion_code", given["promotion_code"], param="discounts")
        check_redeemable(books, promotion, customer=customer)
        return promotion["coupon"], promotion
    coupon = books.refer("coupon", given["coupon"], param="discounts")
    if not _is_valid(books, coupon):
        raise InvalidRequest(f"Coupon expired: {coupon['id']}", code="coupon_expired", param="discounts")
    return coupon, None


def grant(
    books: Books,
    coupon: Document,
    *,
    promotion: Document | None = None,
    customer: str | None = None,
    subscription: str | None = None,
    checkout_session: str | None = None,
) -> Document:
    """A discount from a coupon, counted as one redemption."""
    _count_redemption(books, coupon, promotion)
    months = coupon["duration_in_months"]
    discount = {
        **books.new("discount"),
        "checkout_session": checkout_session,
        "coupon": coupon,
        "customer": customer,
        "end": add_interval(books.now, "month", months) if coupon["duration"] == "repeating" else None,
        "promotion_code": promotion["id"] if promotion else None,
        "start": books.now,
        "subscription": subscription,
    }
    del discount["created"]
    return books.add(discount, event="customer.discount.created")


def granted_from(
    books: Books, given: Sequence[Document], *, customer: str, subscription: str
) -> list[Document]:
    """Discounts from the parameter `discounts` ([{coupon | promotion_code | discount}])."""
    granted = []
    for one in given:
        if "discount" in one:
            granted.append(books.refer("discount", one["discount"], param="discounts"))
        else:
            coupon, promotion = named(books, one, customer=customer)
            granted.append(
                grant(books, coupon, promotion=promotion, customer=customer, subscription=subscription)
            )
    return granted


def active(books: Books, subscription: Document) -> list[Document]:
    """The discounts that a subscription's next invoice gets."""
    found = [books.find("discount", reference) for reference in subscription["discounts"]]
    return [one for one in found if one and (one["end"] is None or one["end"] > books.now)]


def label(coupon: Document) -> str:
    """`50% off`, `30% off once`, `$5.00 off for 3 months`."""
    if coupon["percent_off"] is not None:
        amount = f"{coupon['percent_off']:g}%"
    else:
        amount = display(coupon["amount_off"], coupon["currency"])
    ending = {"once": " once", "repeating": f" for {coupon['duration_in_months']} months"}
    return f"{amount} off{ending.get(coupon['duration'], '')}"


def _is_valid(books: Books, coupon: Document) -> bool:
    return coupon["valid"] and (coupon["redeem_by"] is None or coupon["redeem_by"] > books.now)


def _count_redemption(books: Books, coupon: Document, promotion: Document | None) -> None:
    stored = books.find("coupon", coupon["id"])
    if stored is not None:
        stored["times_redeemed"] += 1
        limit = stored["max_redemptions"]
        stored["valid"] = limit is None or stored["times_redeemed"] < limit
        books.save(stored)
    if promotion is not None:
        promotion["times_redeemed"] += 1
        books.save(promotion)


def _has_bought(books: Books, customer: str | None) -> bool:
    return customer is not None and bool(
        books.select("charge", customer=customer, status="succeeded", limit=1)
    )
