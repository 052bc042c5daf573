"""What a new sandbox holds: the plans, their promotion codes, a portal and the app's webhook endpoint."""

from sentineliq.sandbox.engine import catalogue, discounts, endpoints, portal
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.values import Document

MONTHLY = {"interval": "month"}
ANNUAL_PRICES = {"hobby": 9900, "pro": 19900}
"""What a year costs, beside the monthly price; the app may use it or not."""
PLANS: tuple[tuple[str, str, int, Document | None], ...] = (
    ("hobby", "Hobby", 999, MONTHLY),
    ("pro", "Pro", 1999, MONTHLY),
    ("credits10", "10 credits", 999, None),
)
PORTAL_FEATURES: Document = {
    "customer_update": {"allowed_updates": ["address", "email", "name", "tax_id"], "enabled": True},
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": True, "options": ["too_expensive", "unused", "other"]},
        "enabled": True,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "default_allowed_updates": ["price"],
        "enabled": True,
        "products": [
            {"product": f"prod_sandbox_{plan}", "prices": [f"price_sandbox_{plan}"]}
            for plan in ("hobby", "pro")
        ],
        "proration_behavior": "always_invoice",
    },
}


def plant(books: Books) -> None:
    """Once for the objects; the endpoint follows the configuration at every start. No events."""
    if books.find("price", "price_sandbox_hobby") is None:
        for plan, name, amount, recurring in PLANS:
            _sell(books, plan, name, amount, recurring)
        _promote(books, "LAUNCH50", percent=50, duration="forever")
        _promote(books, "FIRSTMONTH", percent=30, duration="once")
        portal.create_configuration(
            books,
            {"features": PORTAL_FEATURES, "default_return_url": books.config.app_url or None},
            is_default=True,
        )
        books.add({**books.new("account"), "id": "acct_1SentinelIQSandbox"})
    for plan, amount in ANNUAL_PRICES.items():
        if books.find("price", f"price_sandbox_{plan}_annual") is None:
            _sell_by_the_year(books, plan, amount)
    default = portal.default_configuration(books)
    if not default["login_page"]["enabled"]:  # an older sandbox's
        portal.update_configuration(
            books, default["id"], {"features": PORTAL_FEATURES, "login_page": {"enabled": True}}
        )
    if books.config.webhook_url is not None:
        endpoints.seed(
            books,
            url=books.config.webhook_url,
            secret=books.config.webhook_secret,
            events=books.config.webhook_events,
        )
    books.pending = []


def _sell(books: Books, plan: str, name: str, amount: int, recurring: Document | None) -> None:
    product = f"prod_sandbox_{plan}"
    catalogue.create_product(books, {"id": product, "name": name, "metadata": {"plan": plan}})
    price: Document = {
        "id": f"price_sandbox_{plan}",
        "product": product,
        "currency": "usd",
        "unit_amount": amount,
    }
    if recurring:
        price["recurring"] = recurring
    catalogue.create_price(books, price)
    catalogue.update_product(books, product, {"default_price": price["id"]})


def _sell_by_the_year(books: Books, plan: str, amount: int) -> None:
    price: Document = {
        "id": f"price_sandbox_{plan}_annual",
        "product": f"prod_sandbox_{plan}",
        "currency": "usd",
        "unit_amount": amount,
        "recurring": {"interval": "year"},
    }
    catalogue.create_price(books, price)


def _promote(books: Books, code: str, *, percent: int, duration: str) -> None:
    coupon = {"id": code.lower(), "name": code, "percent_off": percent, "duration": duration}
    discounts.create_coupon(books, coupon)
    discounts.create_promotion_code(books, {"coupon": coupon["id"], "code": code})
