"""Rules of every test run; fixtures are in tests/conftest.py."""

from __future__ import annotations

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# The reasons for which a test may be skipped in CI: a real LFW is not part of the repository, and
# pip installs neither a browser nor npm nor bubblewrap.
ALLOWED_SKIPS = {
    "FACELIB_LFW is not set",
    "Chromium was not found",
    "npm was not found",
    "bubblewrap does not run here",
}

NIGHTLY = ("nightly", "evidence")

if "PYTEST_XDIST_WORKER" in os.environ:
    # One thread a worker: two that use all cores each only slow each other down. Set before
    # anything imports torch or NumPy, and inherited by the kernels a worker starts.
    for library in ("OMP", "MKL", "OPENBLAS"):
        os.environ[f"{library}_NUM_THREADS"] = "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What runs at night runs when -m names it."""
    later = {mark for mark in NIGHTLY if mark not in config.option.markexpr}
    dropped = [item for item in items if any(map(item.get_closest_marker, later))]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item not in dropped]


class SpreadLessons(LoadFileScheduling):
    """A file stays with one worker, so that its fixtures are made once; lessons share none."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return nodeid if file.endswith("test_lessons.py") and "browser" not in file else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SpreadLessons:
    """Which worker takes which tests."""
    return SpreadLessons(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    return forbid_skip((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector: pytest.Collector):
    return forbid_skip((yield))


def forbid_skip(report: pytest.TestReport | pytest.CollectReport):
    """In CI a skipped test is a failed one, so that no test is lost unseen."""
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason not in ALLOWED_SKIPS:
            allowed = " or ".join(sorted(ALLOWED_SKIPS))
            report.outcome = "failed"
            report.longrepr = f"skipped in CI, where nothing but {allowed!r} may be: {reason}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What each lesson took, as recorded by tests/notebooks/test_lessons.py."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, cost in getattr(report, "user_properties", ()):
                if name == "cost" and report.when == "call":
                    terminalreporter.write_line(cost)
