"""Run by Alembic: migrate the database of the connection that `database.py` passes."""

from alembic import context

from autograder.results.history.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot change a column in place: Alembic copies the table.
    render_as_batch=True,
)
context.run_migrations()
