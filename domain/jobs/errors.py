"""The errors of jobs."""

from domain.errors import NotFoundError


class NoSuchJobError(NotFoundError):
    """No job has that id, or it was forgotten."""

    code = "job_not_found"
