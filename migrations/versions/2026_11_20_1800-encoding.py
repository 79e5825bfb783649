"""Divided encodes, priorities, captions, posters, alerts, and what a worker found out about a master.

Revision ID: encoding
Revises: library
"""

from alembic import op

revision = "encoding"
down_revision: str | None = "library"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = (
    """
CREATE TABLE encoding_parts (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    job_id UUID NOT NULL,
    generation_id UUID NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER DEFAULT 0 NOT NULL,
    share TEXT DEFAULT 'all' NOT NULL,
    status TEXT DEFAULT 'queued' NOT NULL,
    take INTEGER DEFAULT 1 NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    losses INTEGER DEFAULT 0 NOT NULL,
    outbox_id UUID,
    worker_id TEXT,
    lease_expires_at TIMESTAMP WITH TIME ZONE,
    available_at TIMESTAMP WITH TIME ZONE,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    progress FLOAT DEFAULT 0 NOT NULL,
    speed FLOAT,
    stored INTEGER DEFAULT 0 NOT NULL,
    codecs JSONB DEFAULT '{}'::jsonb NOT NULL,
    manifest TEXT,
    error_code TEXT,
    error_message TEXT,
    CONSTRAINT pk_encoding_parts PRIMARY KEY (id),
    CONSTRAINT ck_encoding_parts_status CHECK (status IN ('queued', 'running', 'done', 'cancelled')),
    CONSTRAINT ck_encoding_parts_kind CHECK (kind IN ('window', 'audio', 'finish')),
    CONSTRAINT ck_encoding_parts_share CHECK (share IN ('all', 'low', 'high')),
    CONSTRAINT ck_encoding_parts_take CHECK (take >= 1),
    CONSTRAINT uq_encoding_parts_generation_id_kind_number_share UNIQUE (generation_id, kind, number, share),
    CONSTRAINT fk_encoding_parts_job_id FOREIGN KEY (job_id) REFERENCES encoding_jobs (id) ON DELETE CASCADE,
    CONSTRAINT fk_encoding_parts_generation_id FOREIGN KEY (generation_id) REFERENCES generations (id)
        ON DELETE CASCADE
)
""",
    """
CREATE TABLE captions (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    video_id UUID NOT NULL,
    language TEXT NOT NULL,
    label TEXT NOT NULL,
    content TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_captions PRIMARY KEY (id),
    CONSTRAINT uq_captions_video_id_language UNIQUE (video_id, language),
    CONSTRAINT fk_captions_video_id FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE
)
""",
    """
CREATE TABLE posters (
    video_id UUID NOT NULL,
    candidate INTEGER,
    generation_id UUID,
    filename TEXT,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_posters PRIMARY KEY (video_id),
    CONSTRAINT ck_posters_one_choice CHECK ((candidate IS NULL) <> (generation_id IS NULL)),
    CONSTRAINT fk_posters_video_id FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,
    CONSTRAINT fk_posters_generation_id FOREIGN KEY (generation_id) REFERENCES generations (id) ON DELETE CASCADE
)
""",
    """
CREATE TABLE alerts (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    dedupe_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    job_id UUID,
    status TEXT DEFAULT 'pending' NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    CONSTRAINT pk_alerts PRIMARY KEY (id),
    CONSTRAINT ck_alerts_status CHECK (status IN ('pending', 'sent', 'failed')),
    CONSTRAINT uq_alerts_dedupe_key UNIQUE (dedupe_key)
)
""",
)
INDEXES = (
    "CREATE INDEX idx_encoding_parts_job_id ON encoding_parts (job_id)",
    "CREATE INDEX idx_encoding_parts_lease ON encoding_parts (lease_expires_at) WHERE status = 'running'",
    "CREATE INDEX idx_alerts_pending ON alerts (available_at) WHERE status = 'pending'",
    "CREATE INDEX idx_generations_captions_stale ON generations (id) WHERE captions_stale",
)
TRIGGERS = tuple(
    f"CREATE TRIGGER {table}_updated_at BEFORE UPDATE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION update_videos_updated_at()"
    for table in ("captions", "posters")
)
_STATUSES = "'building', 'published', 'superseded', 'abandoned', 'collected'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE outbox ADD COLUMN rank BIGINT DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE masters ADD COLUMN facts JSONB")
    op.execute(
        "ALTER TABLE encoding_jobs ADD COLUMN priority SMALLINT DEFAULT 0 NOT NULL, "
        "ADD COLUMN options JSONB DEFAULT '{}'::jsonb NOT NULL, ADD COLUMN plan JSONB, "
        "ADD CONSTRAINT ck_encoding_jobs_priority CHECK (priority BETWEEN -1 AND 1)"
    )
    op.execute(
        "ALTER TABLE generations ADD COLUMN download_bytes BIGINT, ADD COLUMN announced_seconds FLOAT, "
        "ADD COLUMN captions_stale BOOLEAN DEFAULT false NOT NULL, DROP CONSTRAINT ck_generations_status, "
        f"ADD CONSTRAINT ck_generations_status CHECK (status IN ({_STATUSES}, 'attached'))"
    )
    for statement in (*TABLES, *INDEXES, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE alerts, posters, captions, encoding_parts")
    op.execute("DROP INDEX idx_generations_captions_stale")
    op.execute("UPDATE generations SET status = 'abandoned' WHERE status = 'attached'")
    op.execute(
        "ALTER TABLE generations DROP COLUMN download_bytes, DROP COLUMN announced_seconds, DROP COLUMN captions_stale, "
        "DROP CONSTRAINT ck_generations_status, "
        f"ADD CONSTRAINT ck_generations_status CHECK (status IN ({_STATUSES}))"
    )
    op.execute("ALTER TABLE encoding_jobs DROP COLUMN priority, DROP COLUMN options, DROP COLUMN plan")
    op.execute("ALTER TABLE masters DROP COLUMN facts")
    op.execute("ALTER TABLE outbox DROP COLUMN rank")
