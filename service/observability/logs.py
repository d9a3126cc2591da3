"""Structured logs: one event a line, with the id of its request."""

import logging
import sys

import structlog

from service.observability.causes import Origins
from service.observability.line_writer import LineWriter
from service.observability.request_context import add_request
from service.observability.request_lines import REQUESTS, render_json, render_text

# These log requests, addresses and retries at INFO; our own lines have the same facts once, without secrets.
_QUIET = ("aiobotocore", "asyncio", "asyncpg", "boto3", "botocore", "litestar")

# Without local variables, which hold keys and passwords.
_JSON_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
_PLAIN_TRACEBACKS = structlog.dev.plain_traceback


class _Logger:
    """The logger below structlog's, which calls the method of the level."""

    def __init__(self, writer: LineWriter) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = writer.write


class _Handler(logging.Handler):
    """The handler of the standard library's loggers."""

    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.write(self.format(record))


def configure_logs(*, level: str, format_: str, origins: Origins) -> None:
    """Write events of `level` and above to standard error, as JSON lines or as text for people.

    Events with the `code` of one of the `origins` name that, too. Lines about requests are gathered: a process that
    ends calls `flush` of `REQUESTS`.
    """

    def add_origin(
        _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {**event, **origins.get(event.get("code", ""), {})}

    shared: list[structlog.typing.Processor] = [
        add_request,
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_origin,
    ]
    has_colors = format_ != "json" and sys.stderr.isatty()
    renderers: list[structlog.typing.Processor] = (
        [_JSON_TRACEBACKS, structlog.processors.JSONRenderer()]
        if format_ == "json"
        else [structlog.dev.ConsoleRenderer(colors=has_colors, exception_formatter=_PLAIN_TRACEBACKS)]
    )
    numeric = logging.getLevelNamesMapping()[level.upper()]
    writer = LineWriter(sys.stderr)
    structlog.configure(
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=lambda *_: _Logger(writer),
        cache_logger_on_first_use=True,
    )
    if numeric > logging.INFO:
        REQUESTS.leave_out()
    elif has_colors:
        REQUESTS.leave_to_structlog()
    else:
        REQUESTS.gather_lines(render_json if format_ == "json" else render_text, writer)
    handler = _Handler(writer)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=numeric, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(numeric, logging.WARNING))
