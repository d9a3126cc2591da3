"""Requests of the S3 protocol, each signed as boto3 signs it (Signature Version 4 in the header)."""

import base64
import zlib

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from msgspec.structs import replace

from bench.clients.connection import HOST
from bench.clients.requests import Requests

REGION = "us-east-1"


def signed(requests: Requests, access_key_id: str, secret: str) -> Requests:
    """Return the same requests with the header fields that boto3 sends, in place of those that all have."""
    credentials = Credentials(access_key_id, secret)
    fields = tuple(sign(requests.method, path, credentials, requests.body) for path in requests.paths)
    return replace(requests, headers={}, fields=fields)


def sign(
    method: str, path: str, credentials: Credentials, body: bytes = b"", payload: str | None = None
) -> dict[str, str]:
    """Return the header fields of a request; `payload` is the SHA-256 of its body in hex, computed where it is None."""
    fields = {"Host": HOST}
    if method == "GET":
        fields["x-amz-checksum-mode"] = "ENABLED"
    elif payload is None:
        fields["x-amz-sdk-checksum-algorithm"] = "CRC32"
        fields["x-amz-checksum-crc32"] = base64.b64encode(zlib.crc32(body).to_bytes(4)).decode()
    request = AWSRequest(method, f"http://{HOST}{path}", headers=fields, data=body)
    _Signer(credentials, payload).add_auth(request)
    return {name: str(value) for name, value in request.headers.items() if name != "Host"}


class _Signer(S3SigV4Auth):
    def __init__(self, credentials: Credentials, payload: str | None) -> None:
        super().__init__(credentials, "s3", REGION)
        self._payload = payload

    def payload(self, request: AWSRequest) -> str:
        return super().payload(request) if self._payload is None else self._payload
