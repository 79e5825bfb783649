"""Every table of the project, imported once so that the metadata is whole."""

from sqlalchemy import MetaData

from shared.alerts import models as _alerts
from shared.analytics import models as _analytics
from shared.audit import models as _audit
from shared.auth import models as _auth
from shared.courses import models as _courses
from shared.db.base import metadata
from shared.delivery import models as _delivery
from shared.encoding import models as _encoding
from shared.hosting import models as _hosting
from shared.idempotency import models as _idempotency
from shared.jobs import models as _jobs
from shared.pipeline import models as _pipeline
from shared.platforms import models as _platforms
from shared.uploads import models as _uploads
from shared.videos import models as _videos
from shared.vimeo import models as _vimeo

_MODULES = (
    _alerts,
    _analytics,
    _audit,
    _auth,
    _courses,
    _delivery,
    _encoding,
    _hosting,
    _idempotency,
    _jobs,
    _pipeline,
    _platforms,
    _uploads,
    _videos,
    _vimeo,
)


def full_metadata() -> MetaData:
    """The metadata with every table registered."""
    return metadata()
