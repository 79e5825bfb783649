"""What Vimeo says of plays: the last snapshot of each video, and the days that were asked for.

Revision ID: vimeo_plays
Revises: analytics
"""

from alembic import op

revision = "vimeo_plays"
down_revision: str | None = "analytics"
branch_labels: str | None = None
depends_on: str | None = None

STATEMENTS: tuple[str, ...] = (
    """
CREATE TABLE vimeo_plays (
    video_id UUID NOT NULL,
    day DATE NOT NULL,
    plays BIGINT NOT NULL,
    asked_until DATE,
    CONSTRAINT pk_vimeo_plays PRIMARY KEY (video_id),
    CONSTRAINT fk_vimeo_plays_video_id FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE
)
""",
    """
CREATE TABLE vimeo_days (
    day DATE NOT NULL,
    cursor TEXT,
    page INTEGER DEFAULT 0 NOT NULL,
    lease_expires_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_vimeo_days PRIMARY KEY (day)
)
""",
)
DOWN: tuple[str, ...] = ("DROP TABLE vimeo_days", "DROP TABLE vimeo_plays")


def upgrade() -> None:
    """Apply this revision."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in DOWN:
        op.execute(statement)
