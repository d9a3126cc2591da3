"""Retries by stamina, in the log and in the metrics."""

import structlog
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from service.observability.metrics import count_retry

log = structlog.get_logger()


def observe_retries() -> None:
    """Count each retry from now on. This replaces stamina's own log line, which has the arguments of the call in it."""
    set_on_retry_hooks([_observe])


def _observe(details: RetryDetails) -> None:
    reason = type(details.caused_by).__name__
    count_retry(reason)
    log.debug("trying again", reason=reason, attempt=details.retry_num, pause=round(details.wait_for, 3))
