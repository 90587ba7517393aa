"""The migrations of the record, for Alembic."""
