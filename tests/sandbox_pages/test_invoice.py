"""The hosted invoice: what is owed, paying it, and a PDF that holds together."""

import re

import pytest

from sentineliq.sandbox.engine import Card
from sentineliq.sandbox.pages.pdf import PdfPage
from tests.sandbox_pages.conftest import Shop

ALWAYS_ASKS = "4000 0027 6000 3184"


async def failed_invoice(shop: Shop) -> tuple[str, str]:
    """A customer whose renewal failed: the customer and the open invoice."""
    customer, subscription = await shop.subscriber()
    await shop.engine.fail_next_payment(customer)
    await shop.engine.renew(subscription)
    invoices = await shop.engine.list_documents("invoice", customer=customer, status="open")
    return customer, invoices[0]["id"]


async def test_a_paid_invoice_shows_lines_and_sums_and_asks_for_nothing(shop: Shop) -> None:
    customer, _ = await shop.subscriber()
    invoice = (await shop.engine.list_documents("invoice", customer=customer))[0]
    page = (await shop.get(f"/invoices/{invoice['id']}")).text
    for words in (invoice["number"], "$19.99", "Subtotal", "Amount due", "$0.00", "Paid"):
        assert words in page
    assert "<button" not in page


async def test_an_open_invoice_can_be_paid_once_the_card_works(shop: Shop) -> None:
    _, invoice = await failed_invoice(shop)
    page = (await shop.get(f"/invoices/{invoice}")).text
    assert ">Pay</button>" in page
    assert "Tries so far" in page
    answer = await shop.post(f"/invoices/{invoice}")
    assert answer.headers["location"] == f"/sandbox/invoices/{invoice}?notice=paid"
    assert (await shop.document("invoice", invoice))["status"] == "paid"


async def test_a_declined_payment_is_told_on_the_invoice(shop: Shop) -> None:
    customer, invoice = await failed_invoice(shop)
    await shop.engine.fail_next_payment(customer)
    answer = await shop.post(f"/invoices/{invoice}")
    assert answer.status_code == 402
    assert 'role="alert"' in answer.text
    assert (await shop.document("invoice", invoice))["status"] == "open"


@pytest.mark.parametrize("form", ["/invoices/{}", "/dashboard/invoices/{}/retry"])
async def test_a_card_that_asks_its_holder_leads_to_the_bank_and_back(shop: Shop, form: str) -> None:
    customer, invoice = await failed_invoice(shop)
    card = Card(ALWAYS_ASKS, exp_month=12, exp_year=2040, cvc="123")
    await shop.engine.replace_card(customer, card, authenticated=True)
    asked = await shop.post(form.format(invoice))
    assert asked.headers["location"] == f"/sandbox/invoices/{invoice}/authenticate"
    bank = (await shop.get(f"/invoices/{invoice}/authenticate")).text
    for words in ("Complete authentication", "•••• 3184", "$19.99"):
        assert words in bank
    failed = await shop.post(f"/invoices/{invoice}/authenticate", outcome="fail")
    assert failed.status_code == 402
    assert "unable to authenticate" in failed.text
    paid = await shop.post(f"/invoices/{invoice}/authenticate", outcome="complete")
    assert paid.headers["location"] == f"/sandbox/invoices/{invoice}?notice=paid"
    late = await shop.get(f"/invoices/{invoice}/authenticate")
    assert late.headers["location"] == f"/sandbox/invoices/{invoice}"


async def test_the_pdf_names_number_customer_and_amount(shop: Shop) -> None:
    customer, _ = await shop.subscriber()
    invoice = (await shop.engine.list_documents("invoice", customer=customer))[0]
    answer = await shop.get(f"/invoices/{invoice['id']}/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="{invoice["number"]}.pdf"' in answer.headers["content-disposition"]
    for words in (invoice["number"], "owner@example.com", "$19.99", "Amount due"):
        assert words.encode() in answer.content


def test_every_cross_reference_of_the_pdf_points_at_its_object() -> None:
    page = PdfPage(title="Invoice (1) \\ é")
    page.text("SentinelIQ", size=20, bold=True)
    page.row("1 × Pro (at $19.99 / month) – 日本", "€19.99", bold=True)
    page.rule()
    document = page.document()
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", document)[1])  # pyright: ignore[reportOptionalSubscript]
    table = document[start:].split(b"trailer")[0].splitlines()
    assert table[0] == b"xref"
    assert table[1] == b"0 %d" % (len(table) - 2)
    for number, entry in enumerate(table[3:], start=1):
        assert len(entry) == 19  # twenty bytes with the end of the line
        assert document[int(entry[:10]) :].startswith(b"%d 0 obj\n" % number)
    stream = re.search(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", document, re.DOTALL)
    assert stream is not None
    assert int(stream[1]) == len(stream[2])
    assert rb"\(at $19.99 / month\)" in stream[2]


async def test_unknown_invoices_are_not_found(shop: Shop) -> None:
    assert (await shop.get("/invoices/in_nope")).status_code == 404
    assert (await shop.get("/invoices/in_nope/pdf")).status_code == 404
