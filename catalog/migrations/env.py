"""Alembic's entry: always run on the connection that the store hands over."""

from __future__ import annotations

from alembic import context

from catalog.store.tables import Base

connection = context.config.attributes["connection"]
# All or nothing, and one process at a time: the store commits when every step is through.
connection.exec_driver_sql("BEGIN IMMEDIATE")
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
