"""The ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from dishka import AsyncContainer
from dishka.integrations.litestar import setup_dishka
from litestar import Litestar, Router
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from domain.blobs.ports import BlobStore, PartialBlobs
from domain.blobs.reservations import Reservations
from domain.catalog import Catalog
from domain.errors import FileportError
from domain.idempotency.executor import IdempotentExecutor
from domain.jobs.work_on_jobs import WorkOnJobs
from domain.maintenance.reap import Reap
from domain.maintenance.sweep import Sweep
from service.http import problems
from service.http.authentication import RequireRootKey
from service.http.middleware.abort_on_failure import break_off_failed_answers
from service.http.middleware.body_timeout import limit_bodies
from service.http.middleware.close_after_early_response import close_after_refusals
from service.http.middleware.cors import allow_origins
from service.http.middleware.in_flight import InFlightRequests
from service.http.middleware.request_log import observe_requests
from service.http.openapi.pages import schema_router
from service.http.resources.archives import routes as archives
from service.http.resources.batches import routes as batches
from service.http.resources.buckets import routes as buckets
from service.http.resources.content import downloads
from service.http.resources.content import stores as uploads
from service.http.resources.direct_uploads import routes as direct_uploads
from service.http.resources.files import listing
from service.http.resources.files import routes as files
from service.http.resources.health import routes as health
from service.http.resources.jobs import routes as jobs
from service.http.resources.uploads import routes as tus
from service.http.resources.uploads.protocol import speak_tus
from service.http.routing import CompleteRouter
from service.runtime.completions import Completions
from service.runtime.periodic import keep_leases, reap_forever, sweep_forever, work_on_jobs_forever
from service.runtime.wake_up import WakeUp
from service.settings import Settings


def create_app(container: AsyncContainer, settings: Settings, requests: InFlightRequests | None = None) -> ASGIApp:
    """Return the application on the parts that `container` holds, which it closes when it ends.

    `requests` knows what runs in it.
    """
    if settings.root_key is None:
        raise ValueError("The application needs a root key.")
    requests = InFlightRequests() if requests is None else requests

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        try:
            # Resolved here, so that a store that cannot be opened stops the start.
            await container.get(Catalog)
            await container.get(BlobStore)
            await container.get(PartialBlobs)
            reap = await container.get(Reap)
            sweep = await container.get(Sweep)
            reservations = await container.get(Reservations)
            work, wake_up = await container.get(WorkOnJobs), await container.get(WakeUp)
            once = await container.get(IdempotentExecutor)
            completions = await container.get(Completions)
            async with anyio.create_task_group() as background:
                await background.start(completions.run)
                background.start_soon(lambda: keep_leases(reservations, interval=settings.staged_lease / 8))
                background.start_soon(lambda: keep_leases(once, interval=once.lease / 8))
                background.start_soon(lambda: reap_forever(reap, interval=settings.reaper_interval))
                background.start_soon(lambda: sweep_forever(sweep, interval=settings.sweep_interval))
                background.start_soon(lambda: work_on_jobs_forever(work, wake_up, interval=settings.job_interval))
                yield
                background.cancel_scope.cancel()
        finally:
            await container.close()

    v1 = CompleteRouter(
        "/v1",
        route_handlers=[
            _buckets(),
            _files(),
            batches.apply_batch,
            _uploads(),
            _direct_uploads(),
            _jobs(),
            archives.get_archive,
            archives.post_archive,
        ],
        guards=[RequireRootKey(settings.root_key)],
        response_headers={"Cache-Control": "no-store"},  # where an answer says nothing else
    )
    app = Litestar(
        route_handlers=[v1, Router("/health", route_handlers=[health.live, health.ready]), health.metrics],
        lifespan=[lifespan],
        exception_handlers={
            FileportError: problems.from_domain,
            HTTPException: problems.from_framework,
            Exception: problems.from_bug,
        },
        openapi_config=None,
        logging_config=None,
    )
    app.register(schema_router(app.routes))
    setup_dishka(container, app)
    limited = limit_bodies(app, idle=settings.body_idle_timeout, total=settings.body_timeout)
    tus_speaking = speak_tus(close_after_refusals(limited), max_size=settings.max_file_size)
    breaking = requests.wrap(break_off_failed_answers(tus_speaking))
    return observe_requests(allow_origins(breaking, settings.allowed_origins))


def _buckets() -> Router:
    return Router(
        "/buckets",
        route_handlers=[
            buckets.list_buckets,
            buckets.put_bucket,
            buckets.get_bucket,
            buckets.delete_bucket,
            uploads.put_file,
            uploads.post_file,
            downloads.get_content_by_name,
        ],
    )


def _files() -> Router:
    return Router(
        "/files",
        route_handlers=[
            listing.list_files,
            files.get_file,
            files.patch_file,
            files.delete_file,
            files.copy_file,
            downloads.get_content,
            downloads.get_text,
        ],
    )


def _jobs() -> Router:
    return Router("/jobs", route_handlers=[jobs.list_jobs, jobs.start_job, jobs.get_job, jobs.end_job])


def _direct_uploads() -> Router:
    return Router(
        "/direct-uploads",
        route_handlers=[
            direct_uploads.list_direct_uploads,
            direct_uploads.post_direct_upload,
            direct_uploads.get_direct_upload,
            direct_uploads.get_direct_upload_parts,
            direct_uploads.complete_direct_upload,
            direct_uploads.delete_direct_upload,
        ],
    )


def _uploads() -> Router:
    return Router(
        "/uploads",
        route_handlers=[
            tus.list_uploads,
            tus.begin_upload,
            tus.find_upload,
            tus.append_to_upload,
            tus.end_upload,
        ],
    )
