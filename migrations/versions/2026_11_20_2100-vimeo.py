"""Vimeo: quota ledger, pace, sync runs, and what was imported.

Revision ID: vimeo
Revises: encoding
"""

from alembic import op

revision = "vimeo"
down_revision: str | None = "encoding"
branch_labels: str | None = None
depends_on: str | None = None

STATEMENTS: tuple[str, ...] = (
    """
CREATE TABLE vimeo_usage (
    day DATE NOT NULL,
    used INTEGER DEFAULT 0 NOT NULL,
    refused INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_vimeo_usage PRIMARY KEY (day)
)
""",
    """
CREATE TABLE vimeo_pace (
    id SMALLINT DEFAULT 1 NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    blocked_until TIMESTAMP WITH TIME ZONE,
    failures INTEGER DEFAULT 0 NOT NULL,
    remaining INTEGER,
    resets_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_vimeo_pace PRIMARY KEY (id),
    CONSTRAINT ck_vimeo_pace_one_row CHECK (id = 1)
)
""",
    """
CREATE TABLE vimeo_sync_runs (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    status TEXT DEFAULT 'queued' NOT NULL,
    requested_by TEXT,
    cursor TEXT,
    page INTEGER DEFAULT 0 NOT NULL,
    total INTEGER,
    added INTEGER DEFAULT 0 NOT NULL,
    updated INTEGER DEFAULT 0 NOT NULL,
    unchanged INTEGER DEFAULT 0 NOT NULL,
    removed INTEGER DEFAULT 0 NOT NULL,
    errors INTEGER DEFAULT 0 NOT NULL,
    error_code TEXT,
    error_message TEXT,
    error_items JSONB DEFAULT '[]'::jsonb NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    lease_expires_at TIMESTAMP WITH TIME ZONE,
    next_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_vimeo_sync_runs PRIMARY KEY (id),
    CONSTRAINT ck_vimeo_sync_runs_status CHECK (status IN ('queued', 'running', 'completed', 'failed'))
)
""",
    "CREATE INDEX idx_vimeo_sync_runs_created_at ON vimeo_sync_runs (created_at)",
    "CREATE UNIQUE INDEX uq_vimeo_sync_runs_active ON vimeo_sync_runs ((true)) WHERE status IN ('queued', 'running')",
    "ALTER TABLE video_platforms ADD COLUMN imported JSONB, ADD COLUMN removed_at TIMESTAMP WITH TIME ZONE",
)
DOWN: tuple[str, ...] = (
    "ALTER TABLE video_platforms DROP COLUMN imported, DROP COLUMN removed_at",
    "DROP TABLE vimeo_sync_runs, vimeo_pace, vimeo_usage",
)


def upgrade() -> None:
    """Apply this revision."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in DOWN:
        op.execute(statement)
