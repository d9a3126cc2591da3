"""Routes that read."""

from functools import partial

from litestar import HttpMethod, route

# HEAD answers as GET does, without the body (RFC 9110, section 9.3.2).
read = partial(route, http_method=[HttpMethod.GET, HttpMethod.HEAD])
