"""Which requests are repeated, how often, and how soon: as botocore's standard mode does it."""

import random
from collections.abc import Callable

from anyio import sleep
from botocore.exceptions import ClientError
from botocore.retries.quota import RetryQuota

_PASSING_STATUSES = frozenset({500, 502, 503, 504})
_PASSING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_LONGEST_PAUSE = 20.0
_COST = 5
_COST_OF_TIMEOUT = 10
# What a success without retries gives back.
_SUCCESS = 1


class Retries:
    """Allows up to `attempts` tries a request, while most requests succeed.

    Retries are paid from a budget that all requests share, and that successes fill: so a store in trouble is asked
    once a request.
    """

    def __init__(self, attempts: int, *, draw: Callable[[], float] = random.random) -> None:
        self._attempts = attempts
        self._draw = draw
        self._quota = RetryQuota()

    async def pay(self, attempt: int, error: Exception) -> int:
        """Pause before a retry, and return its cost; 0 where try number `attempt`, from 1, was the last."""
        cost = _COST_OF_TIMEOUT if isinstance(error, TimeoutError) else _COST
        if attempt >= self._attempts or not _is_passing(error) or not self._quota.acquire(cost):
            return 0
        await sleep(self._draw() * min(2 ** (attempt - 1), _LONGEST_PAUSE))
        return cost

    def succeeded(self, cost: int) -> None:
        """Count a success; `cost` is the cost of its last retry, 0 without one."""
        self._quota.release(cost or _SUCCESS)


def _is_passing(error: Exception) -> bool:
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status in _PASSING_STATUSES or error.response["Error"]["Code"] in _PASSING_CODES
    return isinstance(error, OSError)
