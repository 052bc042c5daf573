"""the payloads that are kept, by age, so that old ones are found among any number of forgotten ones"""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        'ix_webhook_events_kept',
        'webhook_events',
        ['status', 'received_at'],
        sqlite_where=sa.text('payload IS NOT NULL'),
        postgresql_where=sa.text('payload IS NOT NULL'),
    )


def downgrade() -> None:
    op.drop_index('ix_webhook_events_kept', 'webhook_events')
