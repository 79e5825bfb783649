"""Structured logs: an event name (``encoding.attempt_failed``) and ids, never sentences or secrets."""

import logging
import sys
from typing import cast

import structlog


def configure_logging(*, log_format: str, level: str, role: str) -> None:
    """Send structlog and the standard library's records to stdout, one line each.

    ``log_format`` is ``console`` or ``json``; ``role`` names the process in every line.
    """
    shared_processors: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(),
            # The default one prints local variables, and with them keys and tokens.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[*shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # httpx, aiobotocore and arq log URLs, which can carry tokens, at INFO.
    for noisy in ("httpx", "httpcore", "aiobotocore", "botocore", "arq", "uvicorn.access", "aiohttp"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.contextvars.bind_contextvars(role=role)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for one module."""
    return cast("structlog.stdlib.BoundLogger", structlog.get_logger(name))
