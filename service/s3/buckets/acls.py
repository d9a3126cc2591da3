"""ACLs, as AWS answers where they are disabled: the owner of the bucket has full control, and nobody else any."""

from litestar.types import ASGIApp

from domain.buckets.find_bucket import FindBucket
from domain.files.content.read_file import ReadFile
from service.s3.buckets.owner import OWNER, OWNER_ELEMENT
from service.s3.errors import S3Error
from service.s3.headers.unsupported import check_version, refuse_acls
from service.s3.names import location_of
from service.s3.objects.missing import ExplainMissing
from service.s3.request import S3Request
from service.s3.responses import empty_response, xml_response
from service.s3.xml import Xml, document, element, text

_GRANTEE = Xml(
    '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">'
    f"<ID>{OWNER}</ID><DisplayName>{OWNER}</DisplayName></Grantee>"
)
_ACL = document(
    "AccessControlPolicy",
    OWNER_ELEMENT,
    element("AccessControlList", element("Grant", _GRANTEE, text("Permission", "FULL_CONTROL"))),
)


class _OfBucket:
    def __init__(self, find: FindBucket) -> None:
        self._find = find

    async def require_sight(self, request: S3Request) -> None:
        await self._find(request.caller, request.bucket)


class _OfObject:
    def __init__(self, read: ReadFile, explain_missing: ExplainMissing) -> None:
        self._read = read
        self._explain_missing = explain_missing

    async def require_sight(self, request: S3Request) -> None:
        check_version(request)
        at = location_of(request.bucket, request.key)
        async with self._explain_missing(request.caller, at):
            await self._read(request.caller, at, with_bytes=False)


class GetBucketAcl(_OfBucket):
    """Answer that the owner has full control."""

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self.require_sight(request)
        return xml_response(_ACL)


class GetObjectAcl(_OfObject):
    """Answer that the owner has full control."""

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self.require_sight(request)
        return xml_response(_ACL)


class PutBucketAcl(_OfBucket):
    """Take an ACL that says what holds, and refuse any other."""

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self.require_sight(request)
        return await _take(request)


class PutObjectAcl(_OfObject):
    """Take an ACL that says what holds, and refuse any other."""

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self.require_sight(request)
        return await _take(request)


async def _take(request: S3Request) -> ASGIApp:
    refuse_acls(request)
    if request.content_length != 0:
        policy = await request.read_xml("AccessControlPolicy")
        grants = policy.find("AccessControlList")
        for grant in grants.children if grants else ():
            grantee = grant.find("Grantee")
            if grantee is None or grantee.get("ID") != OWNER or grant.get("Permission") != "FULL_CONTROL":
                raise S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs.")
    return empty_response()
