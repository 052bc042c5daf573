"""The quick way of a delivery: those that wait together are taken in one transaction, without SQLAlchemy.

`queue` gathers them, `settling` decides by the same pure rules as the ledger, `store` is what it needs of a
database, and `sqlite` and `postgres` are the two that have it. Whatever is not plain (a question to Stripe,
credits, a trial, a row that somebody else holds) is declined with nothing kept, and takes the ledger's own
way, one transaction each.
"""
