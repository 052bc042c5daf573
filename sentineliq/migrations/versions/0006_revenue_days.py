"""what came in a month, kept day by day"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'revenue_days',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('amounts', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('day'),
    )


def downgrade() -> None:
    op.drop_table('revenue_days')
