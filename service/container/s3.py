"""The S3 protocol: its verifier, and the handlers of its operations."""

from dishka import Provider, Scope, provide, provide_all

from domain.access.authenticate_signed import AuthenticateSigned
from service.s3.objects.missing import ExplainMissing
from service.s3.operations import OPERATIONS
from service.s3.region import DEFAULT, Region
from service.s3.signatures.verifier import Verifier


class S3ProtocolProvider(Provider):
    """Each lives as long as the application."""

    scope = Scope.APP

    explain_missing = provide(ExplainMissing)
    handlers = provide_all(*dict.fromkeys(each.handler for each in OPERATIONS))

    @provide
    def region(self) -> Region:
        return DEFAULT

    @provide
    def verifier(self, authenticate: AuthenticateSigned, region: Region) -> Verifier:
        return Verifier(authenticate, region)
