"""How a caller stands to its limits: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10)."""

from functools import lru_cache

from domain.access.callers import CallerLimits
from domain.access.limits import Standing

# Of a response with 429 `too_many_transfers`; it joins the line that the rate has. When a transfer ends nobody knows.
NO_TRANSFER_LEFT = '"transfers";r=0;t=1'


def standing_fields(standing: Standing) -> list[tuple[bytes, bytes]]:
    """Return the fields of a response to a caller: none for one without limits."""
    policy = _policy(standing.limits)
    if not policy:
        return []
    fields = [(b"ratelimit-policy", policy)]
    if standing.limits.rate is not None:
        fields.append((b"ratelimit", b'"default";r=%d;t=%d' % (standing.left, standing.seconds)))
    return fields


@lru_cache(maxsize=1024)
def _policy(limits: CallerLimits) -> bytes:
    policies = []
    if limits.rate is not None:
        policies.append(f'"default";q={limits.rate};w=1')
    if limits.transfers is not None:
        policies.append(f'"transfers";q={limits.transfers};qu="concurrent-requests"')
    return ", ".join(policies).encode()
