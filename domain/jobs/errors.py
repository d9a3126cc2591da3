"""The errors of jobs."""

from domain.errors import NotFoundError


class NoSuchJobError(NotFoundError):
    """No job has that id, or it was forgotten."""

    code = "job_not_found"


def no_such_job() -> NoSuchJobError:
    """Return the error for a job that is missing, or not shown to the caller."""
    return NoSuchJobError("There is no such job.")
