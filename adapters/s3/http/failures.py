"""The errors that S3 answers with, as botocore raises them."""

from xml.etree import ElementTree as ET

from botocore.exceptions import ClientError

from adapters.s3.http.response import Response

# An error's XML is shorter.
_LONGEST = 64 * 1024
_REDIRECTS = frozenset({301, 302, 307})
_WRONG_REGION = frozenset({"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"})


async def read_error(response: Response) -> ClientError | None:
    """Return the error that the response tells; None for a success. Reads the body of either but a GET's success.

    S3 may put an error into an answer of 200, which counts as one of 500.
    """
    status = response.status
    if status < 300 and (response.method == "GET" or not response.has_body):
        return None
    async with response:
        body = await response.read(_LONGEST)
    fields = _fields(body)
    if status < 300:
        if not fields:
            return None
        status = 500
    code = fields.get("Code") or str(status)
    return ClientError(
        {
            "Error": {"Code": code, "Message": fields.get("Message", response.reason)},
            "ResponseMetadata": {  # type: ignore[typeddict-item]  # the rest is not told
                "HTTPStatusCode": status
            },
        },
        response.method,
    )


def is_misdirected(error: ClientError) -> bool:
    """Return whether the request may have gone to, or been signed for, another region than the bucket's."""
    status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    # An answer to HEAD has no code.
    return status in _REDIRECTS or code in _WRONG_REGION or (error.operation_name == "HEAD" and status == 400)


def _fields(body: bytes) -> dict[str, str]:
    try:
        root = ET.fromstring(body)  # noqa: S314 - the store's own answer, which botocore parses so, too
    except ET.ParseError:
        return {}
    if root.tag.rpartition("}")[2] != "Error":
        return {}
    return {each.tag.rpartition("}")[2]: each.text or "" for each in root}
