"""The properties of buckets that never change here, or are never set: the answers that AWS gives for such buckets.

Setting them is not offered; asking for them is no reason to fail, for many clients ask first.
"""

from collections.abc import Mapping

from litestar.types import ASGIApp

from domain.buckets.find_bucket import FindBucket
from domain.buckets.model import Bucket, Policy
from service.s3.errors import S3Error
from service.s3.region import DEFAULT, Region
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import Xml, document, element, text


class _Property:
    """Answers a question about a bucket that exists and may be seen."""

    def __init__(self, find: FindBucket) -> None:
        self._find = find

    async def __call__(self, request: S3Request) -> ASGIApp:
        return xml_response(self.answer(await self._find(request.caller, request.bucket)))

    # Where it is the same for all buckets.
    always = b""

    def answer(self, bucket: Bucket) -> bytes:  # noqa: ARG002 - of others it depends on the bucket
        """Return the document. Raises `S3Error`."""
        return self.always


class GetBucketLocation:
    """Answer the region; of the first one AWS says nothing."""

    def __init__(self, find: FindBucket, region: Region) -> None:
        self._find = find
        self._region = region

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self._find(request.caller, request.bucket)
        return xml_response(document("LocationConstraint", Xml("" if self._region == DEFAULT else self._region)))


class GetBucketVersioning(_Property):
    """Versioning was never enabled."""

    always = document("VersioningConfiguration")


class GetBucketOwnershipControls(_Property):
    """ACLs are disabled: the owner of the bucket owns every object."""

    always = document("OwnershipControls", element("Rule", text("ObjectOwnership", "BucketOwnerEnforced")))


class GetBucketRequestPayment(_Property):
    """The owner pays."""

    always = document("RequestPaymentConfiguration", text("Payer", "BucketOwner"))


class GetBucketLogging(_Property):
    """Logging is off."""

    always = document("BucketLoggingStatus")


class GetBucketNotification(_Property):
    """Nothing is notified."""

    always = document("NotificationConfiguration")


class GetBucketAccelerate(_Property):
    """Acceleration was never enabled."""

    always = document("AccelerateConfiguration")


class GetBucketPolicyStatus(_Property):
    """Whether anybody may read the objects."""

    def answer(self, bucket: Bucket) -> bytes:
        return document("PolicyStatus", text("IsPublic", bucket.policy.public))


class _Unset(_Property):
    """Answers that a configuration is not set."""

    code = ""
    message = ""

    def answer(self, bucket: Bucket) -> bytes:
        if self.is_set_otherwise(bucket.policy):
            raise S3Error("NotImplemented", "The bucket's policy says more of this than this protocol tells.")
        raise S3Error(self.code, self.message, {"BucketName": bucket.name})

    def is_set_otherwise(self, policy: Policy) -> bool:  # noqa: ARG002 - of others it depends on the policy
        """Return whether the policy of a bucket has something like it."""
        return False


class GetBucketPolicy(_Unset):
    """No bucket has a policy in AWS's language: keys have scopes."""

    code, message = "NoSuchBucketPolicy", "The bucket policy does not exist"

    def is_set_otherwise(self, policy: Policy) -> bool:
        return policy.public


class GetBucketLifecycle(_Unset):
    """No bucket has such rules."""

    code, message = "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"

    def is_set_otherwise(self, policy: Policy) -> bool:
        return policy.default_ttl is not None


class GetBucketEncryption(_Unset):
    """Bytes are kept as the disk, or the store beneath, keeps them."""

    code = "ServerSideEncryptionConfigurationNotFoundError"
    message = "The server side encryption configuration was not found"


class GetBucketReplication(_Unset):
    """Nothing is replicated to another bucket."""

    code, message = "ReplicationConfigurationNotFoundError", "The replication configuration was not found"


class GetBucketWebsite(_Unset):
    """No bucket is a website."""

    code, message = "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"


class GetPublicAccessBlock(_Unset):
    """Public access is not blocked: a bucket is public where its policy says so."""

    code = "NoSuchPublicAccessBlockConfiguration"
    message = "The public access block configuration was not found"


class GetObjectLockConfiguration(_Unset):
    """Objects are never locked."""

    code = "ObjectLockConfigurationNotFoundError"
    message = "Object Lock configuration does not exist for this bucket"


# By the parameter that asks for each.
PROPERTIES: Mapping[str, type[_Property | GetBucketLocation]] = {
    "accelerate": GetBucketAccelerate,
    "encryption": GetBucketEncryption,
    "lifecycle": GetBucketLifecycle,
    "location": GetBucketLocation,
    "logging": GetBucketLogging,
    "notification": GetBucketNotification,
    "object-lock": GetObjectLockConfiguration,
    "ownershipControls": GetBucketOwnershipControls,
    "policy": GetBucketPolicy,
    "policyStatus": GetBucketPolicyStatus,
    "publicAccessBlock": GetPublicAccessBlock,
    "replication": GetBucketReplication,
    "requestPayment": GetBucketRequestPayment,
    "versioning": GetBucketVersioning,
    "website": GetBucketWebsite,
}
