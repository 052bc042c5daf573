"""what staff need: the running price, complimentary plans, and ways to find rows quickly"""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('workspaces', schema=None) as batch_op:
        batch_op.add_column(sa.Column('price_amount', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('price_currency', sa.String(length=3), nullable=True))
        batch_op.add_column(sa.Column('price_interval', sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column('price_interval_count', sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column('is_discounted', sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column('complimentary_plan', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('complimentary_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_workspaces_created', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_workspaces_name', ['name', 'id'], unique=False)
        batch_op.create_index('ix_workspaces_status', ['subscription_status', 'created_at'], unique=False)
        batch_op.create_index(
            'ix_workspaces_revenue',
            ['subscription_status', 'price_currency', 'price_interval', 'price_interval_count', 'price_amount',
             'is_discounted', 'trial_end'],
            unique=False,
        )

    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('next_payment_attempt', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('audit_log', schema=None) as batch_op:
        batch_op.create_index('ix_audit_log_action_at', ['action', 'at'], unique=False)

    with op.batch_alter_table('webhook_events', schema=None) as batch_op:
        batch_op.create_index('ix_webhook_events_received', ['received_at', 'id'], unique=False)

    op.create_table('plan_overrides',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('workspace_id', sa.String(), nullable=False),
    sa.Column('plan', sa.String(length=32), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_by', sa.String(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_plan_overrides_workspace_id')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_plan_overrides_created_by')),
    sa.ForeignKeyConstraint(['revoked_by'], ['users.id'], name=op.f('fk_plan_overrides_revoked_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_overrides'))
    )
    with op.batch_alter_table('plan_overrides', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_overrides_workspace_id'), ['workspace_id'], unique=False)


def downgrade() -> None:
    op.drop_table('plan_overrides')
    with op.batch_alter_table('webhook_events', schema=None) as batch_op:
        batch_op.drop_index('ix_webhook_events_received')

    with op.batch_alter_table('audit_log', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_log_action_at')

    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.drop_column('next_payment_attempt')

    with op.batch_alter_table('workspaces', schema=None) as batch_op:
        batch_op.drop_index('ix_workspaces_revenue')
        batch_op.drop_index('ix_workspaces_status')
        batch_op.drop_index('ix_workspaces_name')
        batch_op.drop_index('ix_workspaces_created')
        for column in ('complimentary_until', 'complimentary_plan', 'is_discounted', 'price_interval_count',
                       'price_interval', 'price_currency', 'price_amount'):
            batch_op.drop_column(column)
