"""Playlists get versions, pins, bans, recipes and origins; answers are kept by idempotency key.

Columns are added in place: rebuilding a table, as batch mode does, would cascade into the entries of every playlist.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply; every playlist that is there becomes its own version 1."""
    op.add_column("playlists", sa.Column("created_at", sa.DateTime(), nullable=True))
    op.add_column("playlists", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("playlists", sa.Column("origin_id", sa.String(length=32), nullable=True))
    op.add_column("playlists", sa.Column("origin_version", sa.Integer(), nullable=True))
    op.add_column("playlist_entries", sa.Column("pinned", sa.Boolean(), nullable=False, server_default="0"))
    op.add_column("playlist_entries", sa.Column("added_by", sa.String(length=64), nullable=True))
    op.create_index("ix_feedback_user_id", "feedback", ["user_id"])
    op.create_table(
        "playlist_versions",
        sa.Column("playlist_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("bans", sa.JSON(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=True),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("tail", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("middle", sa.JSON(), nullable=False),
        sa.Column("back_to", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["playlist_id"], ["playlists.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("playlist_id", "number"),
    )
    op.create_table(
        "answers",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_answers_created_at", "answers", ["created_at"])
    _first_versions(op.get_bind())


def downgrade() -> None:
    """Take back; versions but the current ones are lost."""
    op.drop_table("answers")
    op.drop_table("playlist_versions")
    op.drop_index("ix_feedback_user_id", "feedback")
    for table, names in (
        ("playlist_entries", ("added_by", "pinned")),
        ("playlists", ("origin_version", "origin_id", "version", "created_at")),
    ):
        for name in names:
            op.drop_column(table, name)


def _first_versions(connection: sa.Connection) -> None:
    playlists = connection.execute(sa.text("SELECT id, title, description, updated_at FROM playlists")).all()
    read = sa.text("SELECT track_id, title, artist FROM playlist_entries WHERE playlist_id = :id ORDER BY position")
    write = sa.text(
        "INSERT INTO playlist_versions (playlist_id, number, created_at, message, title, description, bans, length, "
        "head, tail, whole, middle) "
        "VALUES (:id, 1, :at, :message, :title, :description, '[]', :length, 0, 0, 1, :middle)"
    )
    for playlist in playlists:
        middle = [
            [track_id, title, artist, False, None]
            for track_id, title, artist in connection.execute(read, {"id": playlist.id})
        ]
        connection.execute(
            write,
            {
                "id": playlist.id,
                "at": playlist.updated_at,
                "message": "kept from before there were versions",
                "title": playlist.title,
                "description": playlist.description,
                "length": len(middle),
                "middle": json.dumps(middle),
            },
        )
    connection.execute(sa.text("UPDATE playlists SET created_at = updated_at"))
