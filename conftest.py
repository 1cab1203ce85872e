"""Rules of every test run, unit tests and notebooks alike; fixtures are in tests/conftest.py."""

from __future__ import annotations

import contextlib
import os

import nbval.plugin
import pytest

from notebooks.kernels import quiet_kernels

# The reasons for which a test may be skipped in CI: a real LFW is not part of the repository, and
# pip installs no browser.
ALLOWED_SKIPS = {"FACELIB_LFW is not set", "Chromium was not found"}

if "PYTEST_XDIST_WORKER" in os.environ:
    # One thread a worker: two that use all cores each only slow each other down. Set before
    # anything imports torch or NumPy, and inherited by the kernels a worker starts.
    for library in ("OMP", "MKL", "OPENBLAS"):
        os.environ[f"{library}_NUM_THREADS"] = "1"


def pytest_configure(config: pytest.Config) -> None:
    """Kernels that nbval starts run the smoke profile, and no coverage."""
    # With --cov nbval would measure in its kernels too; the floor is for unit tests alone.
    nbval.plugin.setup_coverage = nbval.plugin.teardown_coverage = lambda *arguments: None
    stack = contextlib.ExitStack()
    stack.enter_context(quiet_kernels(FACELIB_PROFILE="smoke"))
    config.add_cleanup(stack.close)


def pytest_itemcollected(item: pytest.Item) -> None:
    """nbval's cells are deselected like any other notebook test: -m 'not notebook'."""
    if item.path.suffix == ".ipynb":
        item.add_marker("notebook")


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
    """What each lesson took, as recorded by tests/notebooks/test_solved.py."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, cost in getattr(report, "user_properties", ()):
                if name == "cost" and report.when == "call":
                    terminalreporter.write_line(cost)
