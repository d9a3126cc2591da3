"""PostObject: an upload by a browser's form, which the owner of a key has signed for somebody without one."""

from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit

from litestar.types import ASGIApp

from domain.access.authenticate_signed import AuthenticateSigned
from domain.access.callers import Caller
from domain.access.errors import UnauthenticatedError
from domain.files.attributes import Attributes
from domain.files.content.store_object import StoreObject
from domain.files.model import File, NewFile
from domain.values.checksums import Checksums
from domain.values.media_types import content_type_of
from service.runtime.concurrency import Capacity
from service.s3.errors import S3Error
from service.s3.forms.form import Form
from service.s3.forms.policy import Policy
from service.s3.headers.checksums import begin_sums
from service.s3.headers.descriptions import content_headers_of, user_metadata_of
from service.s3.headers.labels import labels_in_xml
from service.s3.headers.unsupported import refuse_unsupported
from service.s3.names import location_of
from service.s3.objects.put_object import stored_fields
from service.s3.region import Region
from service.s3.request import S3Request
from service.s3.responses import S3Response, empty_response
from service.s3.signatures.credentials import ALGORITHM, parse_credential, parse_signature, parse_timestamp, unsupported
from service.s3.signatures.signing_key import is_signature
from service.s3.xml import DECLARATION, element, parse, text

_SIGNED = ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
_OF_VERSION_2 = frozenset({"awsaccesskeyid", "signature"})


class PostObject:
    """Store an object from a form, if its policy allows what is in it."""

    def __init__(
        self,
        authenticate: AuthenticateSigned,
        store: StoreObject,
        checksums: Checksums,
        capacity: Capacity,
        region: Region,
    ) -> None:
        self._authenticate = authenticate
        self._store = store
        self._checksums = checksums
        self._capacity = capacity
        self._region = region

    async def __call__(self, request: S3Request) -> ASGIApp:
        if request.is_signed:
            raise S3Error("InvalidArgument", "A form has its credentials in its fields, and nowhere else.")
        form = Form(request)
        await form.read_fields()
        caller = await request.enter(await self._caller_of(form, request))
        # Only now that it is known to be the signer's.
        policy = Policy(form.values["policy"])
        policy.check({**form.values, "bucket": request.bucket}, datetime.now(UTC))
        if not form.values.get("key"):
            raise S3Error("UserKeyMustBeSpecified", "The bucket POST must contain the specified field name: key.")
        refuse_unsupported(form)
        new = _described(request.bucket, form)
        sums = begin_sums(form, self._checksums)
        await self._store.admit(caller, new)
        async with self._capacity.uploads.slot(caller):
            stored = await self._store(caller, new, form.content(policy.least, policy.most), sums)
        return _response(request, form, stored.file)

    async def _caller_of(self, form: Form, request: S3Request) -> Caller:
        """Return the signer of a form's policy: the text in Base64 is what is signed, and is not read before."""
        if not _OF_VERSION_2.isdisjoint(form.values):
            raise unsupported()
        given = [name for name in _SIGNED if form.values.get(name)]
        if not given:
            raise UnauthenticatedError(UnauthenticatedError.example)
        if len(given) != len(_SIGNED):
            raise _malformed(f"the form lacks {', '.join(name for name in _SIGNED if name not in given)}")
        if form.values["x-amz-algorithm"] != ALGORITHM:
            raise unsupported()
        access_key_id, scope = parse_credential(form.values["x-amz-credential"], _malformed)
        signature = parse_signature(form.values["x-amz-signature"], _malformed)
        if scope.region != self._region:
            raise _malformed(f"the region {scope.region!r} is wrong; expecting {self._region!r}")
        if parse_timestamp(form.values["x-amz-date"])[:8] != scope.day:
            raise _malformed("the credential is of another day than x-amz-date")
        policy = form.values["policy"].encode()
        address = request.caller.address or ""
        signed = await self._authenticate(
            access_key_id, address, scope, lambda key: is_signature(key, policy, signature)
        )
        return signed.caller


def _described(bucket: str, form: Form) -> NewFile:
    at = location_of(bucket, form.values["key"])
    tagging = form.values.get("tagging")
    return NewFile(
        bucket=at.bucket,
        name=at.name,
        content_type=content_type_of(at.name, form.field("content-type") or None),
        metadata=user_metadata_of(form),
        attributes=Attributes(
            headers=content_headers_of(form),
            labels={} if tagging is None else labels_in_xml(parse(tagging.encode(), "Tagging")),
        ),
    )


def _response(request: S3Request, form: Form, file: File) -> ASGIApp:
    # Below the bucket's path, wherever that is.
    location = f"{request.scope['raw_path'].decode().rstrip('/')}/{quote(file.name)}"
    fields = {**stored_fields(file), "Location": location}
    target = form.values.get("success_action_redirect") or form.values.get("redirect") or ""
    if _is_url(target):
        answer = urlencode({"bucket": file.bucket, "key": file.name, "etag": file.content_etag})
        redirect = f"{target}{'&' if urlsplit(target).query else '?'}{answer}"
        return empty_response(HTTPStatus.SEE_OTHER, {**fields, "Location": redirect})
    status = form.values.get("success_action_status")
    if status == "201":
        body = element(
            "PostResponse",
            text("Location", f"{request.scope['scheme']}://{request.field('host')}{location}"),
            text("Bucket", file.bucket),
            text("Key", file.name),
            text("ETag", file.content_etag),
        )
        return S3Response(
            DECLARATION + body.encode(), HTTPStatus.CREATED, {**fields, "Content-Type": "application/xml"}
        )
    return empty_response(HTTPStatus.OK if status == "200" else HTTPStatus.NO_CONTENT, fields)


def _is_url(text: str) -> bool:
    """Return whether a browser can be sent there: what is no such URL is ignored, as AWS does."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and text.isascii() and text.isprintable()


def _malformed(reason: str) -> S3Error:
    return S3Error("InvalidArgument", f"The form is not signed as forms are; {reason}.")
