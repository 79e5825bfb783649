"""Domains a video may be embedded in, and what the CDN is to forget.

Revision ID: delivery
Revises: hosting
"""

from alembic import op

revision = "delivery"
down_revision: str | None = "hosting"
branch_labels: str | None = None
depends_on: str | None = None

STATEMENTS: tuple[str, ...] = (
    "SET LOCAL lock_timeout = '5s'",
    "ALTER TABLE videos ADD COLUMN embed_domains TEXT[] DEFAULT '{}'::text[] NOT NULL",
    """
CREATE TABLE cdn_purges (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    prefix TEXT NOT NULL,
    reason TEXT NOT NULL,
    requests INTEGER DEFAULT 1 NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    error TEXT,
    CONSTRAINT pk_cdn_purges PRIMARY KEY (id)
)
""",
    "CREATE UNIQUE INDEX uq_cdn_purges_pending ON cdn_purges (prefix) WHERE done_at IS NULL",
    "CREATE INDEX idx_cdn_purges_pending ON cdn_purges (next_at) WHERE done_at IS NULL",
    "CREATE INDEX idx_cdn_purges_done ON cdn_purges (done_at) WHERE done_at IS NOT NULL",
)
DOWN: tuple[str, ...] = (
    "DROP TABLE cdn_purges",
    "ALTER TABLE videos DROP COLUMN embed_domains",
)


def upgrade() -> None:
    """Apply this revision."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in DOWN:
        op.execute(statement)
