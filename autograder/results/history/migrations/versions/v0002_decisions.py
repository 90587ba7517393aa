"""Regradings: what they were made from, and who decided that they count."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; earlier gradings were made from nothing, and nobody had to decide about them."""
    op.add_column("gradings", sa.Column("basis", sa.Integer()))
    for name in ("author", "reason", "decided"):
        op.add_column("gradings", sa.Column(name, sa.Text(), nullable=False, server_default=""))
