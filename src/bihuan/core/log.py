"""Structured logs: one JSON object a line, with the request's id, and never a value a customer gave.

A database error is logged by its code, constraint and statement's name: PostgreSQL quotes values in its texts.
"""

import logging
import sys
import traceback
from typing import TextIO

import psycopg
import structlog
from structlog.typing import EventDict, WrappedLogger


def configure(level: str, *, pretty: bool = False, stream: TextIO | None = None) -> None:
    """Set the process's logging up once, at start."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    renderer = (
        structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
    )
    # Libraries log through the standard module; their warnings are kept, their chatter is not.
    logging.basicConfig(level=max(number, logging.WARNING), stream=stream or sys.stderr, force=True)


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger; bind what belongs to it, never a customer's value."""
    return structlog.get_logger(name)


def describe(error: BaseException) -> dict[str, str]:
    """An error without the values it may quote: type, place, and for the database code and constraint."""
    described = {"error": type(error).__name__}
    if isinstance(error, psycopg.Error):
        described["sqlstate"] = error.sqlstate or ""
        described["constraint"] = error.diag.constraint_name or ""
    frames = traceback.extract_tb(error.__traceback__)
    described["at"] = " < ".join(
        f"{f.filename.rsplit('/src/', 1)[-1]}:{f.lineno}" for f in reversed(frames[-6:])
    )
    return described


def _without_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn `error=<exception>` into its description, so that no message text slips through."""
    error = event.pop("error", None)
    if isinstance(error, BaseException):
        event.update(describe(error))
    elif error is not None:
        event["error"] = error
    return event
