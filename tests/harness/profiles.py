"""Hypothesis's profiles: the settings of every test with generated examples."""

from hypothesis import HealthCheck, settings

_BRIEF = "brief"
_LONG = "long"


def load_profiles() -> None:
    """Register the profiles, and load the brief one, which `--hypothesis-profile=long` replaces."""
    settings.register_profile(
        _BRIEF,
        max_examples=25,
        print_blob=True,
        # A deadline and the check `too_slow` measure the machine. Fixtures may be shared by a test's examples.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    settings.register_profile(_LONG, settings.get_profile(_BRIEF), max_examples=3000)
    settings.load_profile(_BRIEF)


def is_long() -> bool:
    """Whether this run is to try many examples, and other ones each time."""
    return settings.get_current_profile_name() == _LONG
