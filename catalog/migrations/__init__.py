"""Alembic migrations; `catalog.store.engine` runs them when the catalogue is opened."""
