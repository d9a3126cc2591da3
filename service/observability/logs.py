"""Structured logs: one event a line, with the id of its request."""

import logging
import sys

import structlog

from service.observability.causes import Origins

# These log requests, addresses and retries at INFO; our own lines have the same facts once, without secrets.
_QUIET = ("aiobotocore", "asyncio", "asyncpg", "boto3", "botocore", "litestar")

# Without local variables, which hold keys and passwords.
_JSON_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
_PLAIN_TRACEBACKS = structlog.dev.plain_traceback


def configure_logs(*, level: str, format_: str, origins: Origins) -> None:
    """Write events of `level` and above to standard error, as JSON lines or as text for people.

    Events with the `code` of one of the `origins` name that, too.
    """

    def add_origin(
        _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {**event, **origins.get(event.get("code", ""), {})}

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_origin,
    ]
    renderers: list[structlog.typing.Processor] = (
        [_JSON_TRACEBACKS, structlog.processors.JSONRenderer()]
        if format_ == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_PLAIN_TRACEBACKS)]
    )
    numeric = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=numeric, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(numeric, logging.WARNING))
