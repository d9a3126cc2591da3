"""The S3 protocol: its verifier, and the handlers of its operations."""

from dishka import Provider, Scope, provide, provide_all

from domain.access.authenticate_signed import AuthenticateSigned
from service.s3.documents import ReadDocument
from service.s3.objects.missing import ExplainMissing
from service.s3.operations import OPERATIONS
from service.s3.region import Region
from service.s3.signatures.verifier import Verifier
from service.settings import Settings


class S3ProtocolProvider(Provider):
    """Each lives as long as the application."""

    scope = Scope.APP

    explain_missing = provide(ExplainMissing)
    read_document = provide(ReadDocument)
    handlers = provide_all(*dict.fromkeys(each.handler for each in OPERATIONS))

    @provide
    def region(self, settings: Settings) -> Region:
        return Region(settings.s3_signing_region)

    @provide
    def verifier(self, authenticate: AuthenticateSigned, region: Region) -> Verifier:
        return Verifier(authenticate, region)
