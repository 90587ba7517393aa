"""Gradings, the files that were graded, and counts of what was removed."""

import sqlalchemy as sa
from alembic import op

DOUBLE: sa.Double[float] = sa.Double()

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "contents",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("compressed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_contents"),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student", sa.Text(), nullable=False),
        sa.Column("exercise", sa.Text(), nullable=False),
        sa.Column("current", sa.Integer()),
        sa.Column("filed", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
        sa.UniqueConstraint("student", "exercise", name="uq_entries_student"),
    )
    op.create_table(
        "gradings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("graded", sa.Text(), nullable=False),
        sa.Column("score", DOUBLE),
        sa.Column("maximum", DOUBLE, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64)),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gradings"),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_gradings_entry"),
        sa.ForeignKeyConstraint(["source"], ["contents.digest"], name="fk_gradings_source"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_gradings_entry", "gradings", ["entry"])
    op.create_index("ix_gradings_source", "gradings", ["source"])
    op.create_table(
        "forgotten",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exercise", sa.Text(), nullable=False),
        sa.Column("gradings", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forgotten"),
    )
