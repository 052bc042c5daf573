"""One Stripe customer for each workspace, found before it is made.

https://docs.stripe.com/api/customers
"""

from hashlib import sha256

from stripe import Customer, InvalidRequestError

from ..processor import BillingCustomer
from .client import stripe_client, stripe_errors
from .reads import MISSING


async def fetch_stripe_customer(customer: BillingCustomer) -> str:
    """The id of the workspace's customer: the stored one, else one found by mail address, else a new one.

    A customer found by address is adopted only if its metadata names this workspace, or if it names none and
    the person has verified the address: else typing a stranger's address would show their invoices.
    """
    if customer.customer_id:
        return customer.customer_id
    async with stripe_errors("find or create the customer"):
        found = await _find(customer)
        return found.id if found else await _create(customer)


async def update_customer_email(customer_id: str, email: str) -> None:
    """https://docs.stripe.com/api/customers/update; a deleted customer has no address to change."""
    async with stripe_errors("update the customer's address"):
        try:
            await stripe_client().v1.customers.update_async(customer_id, {"email": email})
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise


async def _find(customer: BillingCustomer) -> Customer | None:
    page = await stripe_client().v1.customers.list_async({"email": customer.email, "limit": 100})
    unclaimed: Customer | None = None
    async for candidate in page.auto_paging_iter():
        claimed_by = _workspace_of(candidate)
        if claimed_by == customer.workspace_id:
            return candidate
        if claimed_by is None and unclaimed is None:
            unclaimed = candidate
    if unclaimed is None or not customer.email_verified:
        return None
    metadata = {"workspace_id": customer.workspace_id}
    return await stripe_client().v1.customers.update_async(unclaimed.id, {"metadata": metadata})


def _workspace_of(customer: Customer) -> str | None:
    metadata = customer.metadata.to_dict() if customer.metadata else {}
    return metadata.get("workspace_id")


async def _create(customer: BillingCustomer) -> str:
    """Two clicks at once make one customer: the idempotency key is the workspace's and its data's.

    Stripe replays the answer for a day, also when that customer has been deleted since.
    """
    said = f"{customer.email}\n{customer.workspace_name}\n{customer.deleted_customers}"
    fingerprint = sha256(said.encode()).hexdigest()[:16]
    created = await stripe_client().v1.customers.create_async(
        {
            "email": customer.email,
            "name": customer.workspace_name,
            "metadata": {"workspace_id": customer.workspace_id},
        },
        {"idempotency_key": f"customer-{customer.workspace_id}-{fingerprint}"},
    )
    return created.id
