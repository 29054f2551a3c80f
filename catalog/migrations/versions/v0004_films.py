"""The video desk: films, cue sheets with their revisions, work in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "films",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("rate", sa.String(length=24), nullable=False),
        sa.Column("has_audio", sa.Boolean(), nullable=False),
        sa.Column("playable", sa.Boolean(), nullable=False),
        sa.Column("media_type", sa.String(length=48), nullable=False),
        sa.Column("timeline", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_films_created_at", "films", ["created_at"])
    op.create_table(
        "cue_sheets",
        sa.Column("film_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["film_id"], ["films.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("film_id", "number"),
    )
    op.create_table(
        "film_jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("film_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["film_id"], ["films.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_film_jobs_film_id", "film_jobs", ["film_id"])
    op.create_index("ix_film_jobs_status", "film_jobs", ["status"])


def downgrade() -> None:
    """Take back; films and their cue sheets are lost."""
    op.drop_table("film_jobs")
    op.drop_table("cue_sheets")
    op.drop_table("films")
