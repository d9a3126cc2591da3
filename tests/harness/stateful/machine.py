"""The state machine: any sequence of requests, each answer as the model says.

`tests/unit/http/test_stateful.py` runs it on the fakes, `test_stateful_on_stacks.py` on real parts.
"""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.harness.profiles import is_long
from tests.harness.stateful.bucket_rules import BucketRules
from tests.harness.stateful.deployment import Deployment
from tests.harness.stateful.driving import Driving
from tests.harness.stateful.file_rules import FileRules
from tests.harness.stateful.listing_rules import ListingRules
from tests.harness.stateful.upload_rules import UploadRules

STEPS = 30


class ApiMachine(BucketRules, UploadRules, FileRules, ListingRules):
    """All of the API, as fast as it goes."""


def run(machine: type[Driving], deployment: Deployment, *, examples: int) -> None:
    """Run the machine: `examples` sequences, always the same ones, or with the profile `long` many and new ones."""
    extent = settings() if is_long() else settings(max_examples=examples, derandomize=True)
    run_state_machine_as_test(
        type(machine.__name__, (machine,), {"deployment": deployment}),
        # A sequence of requests is larger, and filters more, than Hypothesis expects of an example.
        settings=settings(extent, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck)),
    )
