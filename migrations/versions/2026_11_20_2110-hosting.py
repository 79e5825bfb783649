"""Moves of videos between Vimeo and our own hosting, and batches of them.

Revision ID: hosting
Revises: vimeo
"""

from alembic import op

revision = "hosting"
down_revision: str | None = "vimeo"
branch_labels: str | None = None
depends_on: str | None = None

_ACTIVE = "status IN ('queued', 'resolving', 'fetching', 'encoding', 'comparing')"
STATEMENTS: tuple[str, ...] = (
    """
CREATE TABLE hosting_batches (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    status TEXT DEFAULT 'running' NOT NULL,
    requested_by TEXT NOT NULL,
    total INTEGER DEFAULT 0 NOT NULL,
    filter JSONB,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_hosting_batches PRIMARY KEY (id),
    CONSTRAINT ck_hosting_batches_status CHECK (status IN ('running', 'paused', 'cancelled', 'completed'))
)
""",
    """
CREATE TABLE hosting_moves (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    video_id UUID NOT NULL,
    batch_id UUID,
    status TEXT DEFAULT 'queued' NOT NULL,
    take INTEGER DEFAULT 0 NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    losses INTEGER DEFAULT 0 NOT NULL,
    requested_by TEXT NOT NULL,
    source JSONB DEFAULT '{}'::jsonb NOT NULL,
    bucket TEXT,
    master_key TEXT,
    upload_id TEXT,
    part_bytes BIGINT,
    received_bytes BIGINT DEFAULT 0 NOT NULL,
    size_bytes BIGINT,
    master_id UUID,
    job_id UUID,
    generation_id UUID,
    checks JSONB DEFAULT '[]'::jsonb NOT NULL,
    progress FLOAT DEFAULT 0 NOT NULL,
    error_code TEXT,
    error_message TEXT,
    outbox_id UUID,
    worker_id TEXT,
    last_event_id TEXT,
    lease_expires_at TIMESTAMP WITH TIME ZONE,
    next_at TIMESTAMP WITH TIME ZONE,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    swept BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_hosting_moves PRIMARY KEY (id),
    CONSTRAINT ck_hosting_moves_status CHECK (status IN ('queued', 'resolving', 'fetching', 'encoding', 'comparing',
        'completed', 'failed', 'cancelled', 'skipped')),
    CONSTRAINT ck_hosting_moves_take CHECK (take >= 0),
    CONSTRAINT ck_hosting_moves_progress CHECK (progress >= 0 AND progress <= 100),
    CONSTRAINT fk_hosting_moves_batch_id FOREIGN KEY (batch_id) REFERENCES hosting_batches (id) ON DELETE CASCADE
)
""",
    "CREATE INDEX idx_hosting_batches_status ON hosting_batches (status)",
    f"CREATE UNIQUE INDEX uq_hosting_moves_active ON hosting_moves (video_id) WHERE {_ACTIVE}",
    "CREATE INDEX idx_hosting_moves_video_id ON hosting_moves (video_id, created_at)",
    "CREATE INDEX idx_hosting_moves_batch_id ON hosting_moves (batch_id, created_at, id)",
    f"CREATE INDEX idx_hosting_moves_active ON hosting_moves (created_at, id) WHERE {_ACTIVE}",
    """
CREATE INDEX idx_hosting_moves_unswept ON hosting_moves (id)
    WHERE NOT swept AND status IN ('completed', 'failed', 'cancelled')
""",
)
DOWN: tuple[str, ...] = ("DROP TABLE hosting_moves", "DROP TABLE hosting_batches")


def upgrade() -> None:
    """Apply this revision."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in DOWN:
        op.execute(statement)
