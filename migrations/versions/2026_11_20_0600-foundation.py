"""The foundation: the schema of seed 004, step 1, and the tables that uploads, jobs and access need.

Revision ID: foundation
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "foundation"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


# Tables whose `updated_at` the database keeps itself.
TOUCHED = (
    "courses",
    "users",
    "modules",
    "videos",
    "lessons",
    "uploads",
    "video_pipeline_links",
    "video_platforms",
    "encoding_jobs",
)

FUNCTION = """
CREATE FUNCTION update_videos_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = NOW();
    RETURN NEW;
END;
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'editor', 'admin')", name=op.f("ck_api_keys_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("idx_audit_log_created_at", "audit_log", ["created_at"], unique=False)
    op.create_index("idx_audit_log_object", "audit_log", ["object_type", "object_id"], unique=False)
    op.create_table(
        "courses",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sort_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
        sa.UniqueConstraint("slug", name=op.f("uq_courses_slug")),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index(
        "idx_login_failures_email", "login_failures", [sa.literal_column("lower(email)"), "created_at"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column(
            "payload", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("available_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatch_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("idx_outbox_acknowledged_at"), "outbox", ["acknowledged_at"], unique=False)
    op.create_index(
        "idx_outbox_open", "outbox", ["available_at"], unique=False, postgresql_where=sa.text("acknowledged_at IS NULL")
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'editor', 'admin')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index("uq_users_email", "users", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "webhook_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_webhook_events")),
    )
    op.create_index(op.f("idx_webhook_events_received_at"), "webhook_events", ["received_at"], unique=False)
    op.create_table(
        "modules",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sort_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_modules_course_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modules")),
    )
    op.create_index("idx_modules_course_id", "modules", ["course_id", "sort_order"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index("idx_sessions_user_id", "sessions", ["user_id"], unique=False)
    op.create_table(
        "videos",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("visibility", sa.Text(), server_default=sa.text("'private'"), nullable=False),
        sa.Column("master_file_url", sa.Text(), nullable=True),
        sa.Column("thumbnail_url", sa.Text(), nullable=True),
        sa.Column("duration_seconds", sa.Float(), nullable=True),
        sa.Column("course_id", sa.Uuid(), nullable=True),
        sa.Column("module_id", sa.Uuid(), nullable=True),
        sa.Column("sort_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("migration_status", sa.Text(), nullable=True),
        sa.Column("migration_error", sa.Text(), nullable=True),
        sa.Column("pipeline_stage", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("generation_id", sa.Uuid(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "migration_status IN ('vimeo_only', 'migrating', 'hetzner_primary', 'hetzner_only')",
            name=op.f("ck_videos_migration_status"),
        ),
        sa.CheckConstraint(
            "pipeline_stage IN ('draft', 'recording', 'editing', 'review', 'approved', 'processing', 'published', 'archived')",
            name=op.f("ck_videos_pipeline_stage"),
        ),
        sa.CheckConstraint("status IN ('active', 'archived')", name=op.f("ck_videos_status")),
        sa.CheckConstraint(
            "visibility IN ('public', 'unlisted', 'private', 'paid')", name=op.f("ck_videos_visibility")
        ),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 500", name=op.f("ck_videos_title_length")),
        sa.CheckConstraint("duration_seconds >= 0", name=op.f("ck_videos_duration_seconds")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_videos_course_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["module_id"], ["modules.id"], name=op.f("fk_videos_module_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
    )
    op.create_index("idx_videos_course_id", "videos", ["course_id"], unique=False)
    op.create_index(
        "idx_videos_created_at",
        "videos",
        [sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("idx_videos_tags", "videos", ["tags"], unique=False, postgresql_using="gin")
    op.create_index("idx_videos_visibility", "videos", ["visibility"], unique=False)
    op.create_table(
        "generations",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'building'"), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("duration_seconds", sa.Float(), nullable=True),
        sa.Column(
            "renditions", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("report", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('building', 'published', 'superseded', 'abandoned', 'collected')",
            name=op.f("ck_generations_status"),
        ),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("fk_generations_video_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generations")),
        sa.UniqueConstraint("prefix", name=op.f("uq_generations_prefix")),
    )
    op.create_index(
        "idx_generations_to_collect",
        "generations",
        ["status_changed_at"],
        unique=False,
        postgresql_where=sa.text(
            "status <> 'collected' AND (status IN ('superseded', 'abandoned') OR video_id IS NULL)"
        ),
    )
    op.create_index("idx_generations_video_id", "generations", ["video_id"], unique=False)
    op.create_table(
        "lessons",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("module_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sort_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "videos", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "documents", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["module_id"], ["modules.id"], name=op.f("fk_lessons_module_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("fk_lessons_video_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
        sa.UniqueConstraint("external_id", name=op.f("uq_lessons_external_id")),
    )
    op.create_index("idx_lessons_module_id", "lessons", ["module_id", "sort_order"], unique=False)
    op.create_index("idx_lessons_video_id", "lessons", ["video_id"], unique=False)
    op.create_table(
        "masters",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=True),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'current'"), nullable=False),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("object_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('current', 'replaced', 'rejected', 'released')", name=op.f("ck_masters_state")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_masters_size_bytes")),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("fk_masters_video_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_masters")),
        sa.UniqueConstraint("key", name=op.f("uq_masters_key")),
    )
    op.create_index(
        "idx_masters_to_delete",
        "masters",
        ["state_changed_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('rejected', 'released') AND object_deleted_at IS NULL"),
    )
    op.create_index("idx_masters_video_id", "masters", ["video_id"], unique=False)
    op.create_index(
        "uq_masters_current", "masters", ["video_id"], unique=True, postgresql_where=sa.text("state = 'current'")
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=True),
        sa.Column("offset_bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("upload_metadata", sa.Text(), nullable=True),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("s3_upload_id", sa.Text(), nullable=True),
        sa.Column(
            "tail", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("next_part", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("hash_state", sa.LargeBinary(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("video_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("lock_token", sa.Uuid(), nullable=True),
        sa.Column("lock_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lock_progress_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lock_release_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('active', 'finishing', 'completed', 'gone')", name=op.f("ck_uploads_status")),
        sa.CheckConstraint("length_bytes >= offset_bytes", name=op.f("ck_uploads_length_bytes")),
        sa.CheckConstraint("offset_bytes >= 0", name=op.f("ck_uploads_offset_bytes")),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("fk_uploads_video_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(
        "idx_uploads_expires_at",
        "uploads",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('active', 'finishing')"),
    )
    op.create_table(
        "video_analytics",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("views", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("watch_time_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unique_viewers", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("avg_watch_percentage", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("likes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("comments", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("shares", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_analytics_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_analytics")),
        sa.UniqueConstraint("video_id", "platform", "date", name=op.f("uq_video_analytics_video_id_platform_date")),
    )
    op.create_index("idx_video_analytics_video_date", "video_analytics", ["video_id", "date"], unique=False)
    op.create_table(
        "video_pipeline_links",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("pm_system", sa.Text(), server_default=sa.text("'internal'"), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("task_id", sa.Text(), nullable=True),
        sa.Column("pipeline_stage", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("stage_changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "pipeline_stage IN ('draft', 'recording', 'editing', 'review', 'approved', 'processing', 'published', 'archived')",
            name=op.f("ck_video_pipeline_links_pipeline_stage"),
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_pipeline_links_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_pipeline_links")),
    )
    op.create_index("idx_video_pipeline_links_video_id", "video_pipeline_links", ["video_id"], unique=False)
    op.create_index("idx_video_pipeline_stage", "video_pipeline_links", ["pipeline_stage"], unique=False)
    op.create_table(
        "video_platforms",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("external_url", sa.Text(), nullable=True),
        sa.Column("embed_url", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("privacy_level", sa.Text(), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "metadata", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "platform IN ('vimeo', 'youtube', 'hetzner', 'kinescope')", name=op.f("ck_video_platforms_platform")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'processing', 'ready', 'failed', 'archived')", name=op.f("ck_video_platforms_status")
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_platforms_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_platforms")),
        sa.UniqueConstraint("video_id", "platform", name=op.f("uq_video_platforms_video_id_platform")),
    )
    op.create_index("idx_video_platforms_platform", "video_platforms", ["platform"], unique=False)
    op.create_index("idx_video_platforms_video_id", "video_platforms", ["video_id"], unique=False)
    op.create_index(
        "uq_video_platforms_external_id",
        "video_platforms",
        ["platform", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_table(
        "encoding_jobs",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("progress", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("input_file_url", sa.Text(), nullable=False),
        sa.Column("output_manifest_url", sa.Text(), nullable=True),
        sa.Column("output_bucket", sa.Text(), server_default=sa.text("'video-hls'"), nullable=False),
        sa.Column("output_key", sa.Text(), nullable=True),
        sa.Column(
            "renditions", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "thumbnail_urls",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("attempt_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("max_attempts", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("next_retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "error_history",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("alert_sent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("master_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("lost_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("speed", sa.Float(), nullable=True),
        sa.Column("eta_seconds", sa.Float(), nullable=True),
        sa.Column(
            "rung_progress",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("playable_seconds", sa.Float(), nullable=True),
        sa.Column("report", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'processing', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_encoding_jobs_status"),
        ),
        sa.CheckConstraint("max_attempts >= 1", name=op.f("ck_encoding_jobs_max_attempts")),
        sa.CheckConstraint("progress >= 0 AND progress <= 100", name=op.f("ck_encoding_jobs_progress")),
        sa.ForeignKeyConstraint(
            ["master_id"], ["masters.id"], name=op.f("fk_encoding_jobs_master_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_encoding_jobs_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encoding_jobs")),
    )
    op.create_index("idx_encoding_jobs_status", "encoding_jobs", ["status"], unique=False)
    op.create_index("idx_encoding_jobs_video_id", "encoding_jobs", ["video_id"], unique=False)
    op.create_index(
        "uq_encoding_jobs_active",
        "encoding_jobs",
        ["video_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'processing')"),
    )
    op.create_table(
        "upload_parts",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_parts_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_parts")),
    )
    op.create_table(
        "encoding_attempts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("outbox_id", sa.Uuid(), nullable=True),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed', 'lost', 'superseded')",
            name=op.f("ck_encoding_attempts_status"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_encoding_attempts_number")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["encoding_jobs.id"], name=op.f("fk_encoding_attempts_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encoding_attempts")),
        sa.UniqueConstraint("job_id", "number", name=op.f("uq_encoding_attempts_job_id_number")),
    )
    op.create_index(
        "idx_encoding_attempts_lease",
        "encoding_attempts",
        ["lease_expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_foreign_key(
        "fk_videos_generation_id", "videos", "generations", ["generation_id"], ["id"], ondelete="SET NULL"
    )
    op.execute(FUNCTION)
    for table in TOUCHED:
        op.execute(
            f"CREATE TRIGGER {table}_updated_at BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION update_videos_updated_at()"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("fk_videos_generation_id", "videos", type_="foreignkey")
    op.drop_index(
        "idx_encoding_attempts_lease", table_name="encoding_attempts", postgresql_where=sa.text("status = 'running'")
    )
    op.drop_table("encoding_attempts")
    op.drop_table("upload_parts")
    op.drop_index(
        "uq_encoding_jobs_active",
        table_name="encoding_jobs",
        postgresql_where=sa.text("status IN ('queued', 'processing')"),
    )
    op.drop_index("idx_encoding_jobs_video_id", table_name="encoding_jobs")
    op.drop_index("idx_encoding_jobs_status", table_name="encoding_jobs")
    op.drop_table("encoding_jobs")
    op.drop_index(
        "uq_video_platforms_external_id",
        table_name="video_platforms",
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.drop_index("idx_video_platforms_video_id", table_name="video_platforms")
    op.drop_index("idx_video_platforms_platform", table_name="video_platforms")
    op.drop_table("video_platforms")
    op.drop_index("idx_video_pipeline_stage", table_name="video_pipeline_links")
    op.drop_index("idx_video_pipeline_links_video_id", table_name="video_pipeline_links")
    op.drop_table("video_pipeline_links")
    op.drop_index("idx_video_analytics_video_date", table_name="video_analytics")
    op.drop_table("video_analytics")
    op.drop_index(
        "idx_uploads_expires_at", table_name="uploads", postgresql_where=sa.text("status IN ('active', 'finishing')")
    )
    op.drop_table("uploads")
    op.drop_index("uq_masters_current", table_name="masters", postgresql_where=sa.text("state = 'current'"))
    op.drop_index("idx_masters_video_id", table_name="masters")
    op.drop_index(
        "idx_masters_to_delete",
        table_name="masters",
        postgresql_where=sa.text("state IN ('rejected', 'released') AND object_deleted_at IS NULL"),
    )
    op.drop_table("masters")
    op.drop_index("idx_lessons_video_id", table_name="lessons")
    op.drop_index("idx_lessons_module_id", table_name="lessons")
    op.drop_table("lessons")
    op.drop_index("idx_generations_video_id", table_name="generations")
    op.drop_index(
        "idx_generations_to_collect",
        table_name="generations",
        postgresql_where=sa.text(
            "status <> 'collected' AND (status IN ('superseded', 'abandoned') OR video_id IS NULL)"
        ),
    )
    op.drop_table("generations")
    op.drop_index("idx_videos_visibility", table_name="videos")
    op.drop_index("idx_videos_tags", table_name="videos", postgresql_using="gin")
    op.drop_index("idx_videos_created_at", table_name="videos")
    op.drop_index("idx_videos_course_id", table_name="videos")
    op.drop_table("videos")
    op.drop_index("idx_sessions_user_id", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("idx_modules_course_id", table_name="modules")
    op.drop_table("modules")
    op.drop_index(op.f("idx_webhook_events_received_at"), table_name="webhook_events")
    op.drop_table("webhook_events")
    op.drop_index("uq_users_email", table_name="users")
    op.drop_table("users")
    op.drop_index("idx_outbox_open", table_name="outbox", postgresql_where=sa.text("acknowledged_at IS NULL"))
    op.drop_index(op.f("idx_outbox_acknowledged_at"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("idx_login_failures_email", table_name="login_failures")
    op.drop_table("login_failures")
    op.drop_table("courses")
    op.drop_index("idx_audit_log_object", table_name="audit_log")
    op.drop_index("idx_audit_log_created_at", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("api_keys")
    op.execute("DROP FUNCTION update_videos_updated_at()")
