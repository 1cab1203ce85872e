"""requirements.txt, environment.yml, pyproject.toml and what is installed agree."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import metadata, version
from itertools import product
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LINES = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
PINS = [Requirement(line) for line in LINES if not line.startswith(("#", "-e"))]
EXTRAS = dict(PROJECT["optional-dependencies"])
TEACHER = [Requirement(line) for line in EXTRAS.pop("teacher")]  # no learner installs it
DIRECT = [
    Requirement(line) for group in (PROJECT["dependencies"], *EXTRAS.values()) for line in group
]
SYSTEMS = {  # what the markers of a pin are evaluated with
    "linux": {"os_name": "posix", "platform_system": "Linux", "platform_machine": "x86_64"},
    "win32": {"os_name": "nt", "platform_system": "Windows", "platform_machine": "AMD64"},
    "darwin": {"os_name": "posix", "platform_system": "Darwin", "platform_machine": "arm64"},
}
PLACES = list(product(["3.11.0", "3.11.14", "3.12.12", "3.13.9"], SYSTEMS))


def active(python: str, system: str) -> Iterator[Requirement]:
    """The pins that pip takes on this CPython and this system."""
    place = {
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "sys_platform": system,
        **SYSTEMS[system],
    }
    return (pin for pin in PINS if pin.marker is None or pin.marker.evaluate(place))


@pytest.mark.parametrize(("python", "system"), PLACES)
def test_each_place_has_one_fitting_pin_of_every_dependency(python, system):
    pins = list(active(python, system))
    version = {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}
    assert len(version) == len(pins), "a package is pinned twice"
    for wanted in DIRECT:
        pin = version[canonicalize_name(wanted.name)].removeprefix("==")
        assert wanted.specifier.contains(pin), f"{wanted} is pinned to {pin}; run tools/lock.py"


def test_every_line_is_an_exact_pin_from_any_index_and_the_last_is_this_project():
    assert LINES[-1] == f"-e .[{','.join(EXTRAS)}]"
    assert "\n-e" not in "\n".join(LINES[:-1])
    for pin in PINS:
        assert re.fullmatch(r"==[\w.!+]+", str(pin.specifier)), f"{pin} is not one version"
        assert pin.url is None, f"{pin} names an address"
    assert not [line for line in LINES if re.search(r"://|--|file:|^[./]", line)]
    # No GPU library, so that CPU installs can use the file.
    assert not [pin.name for pin in PINS if re.match(r"nvidia|cuda|triton", pin.name)]


def test_what_a_teacher_installs_besides_is_pinned_in_a_file_of_its_own():
    lines = (ROOT / "requirements" / "class.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    assert [pin.name for pin in pins] == [wanted.name for wanted in TEACHER]
    for pin, wanted in zip(pins, TEACHER, strict=True):
        assert wanted.specifier.contains(str(pin.specifier).removeprefix("=="))


def test_conda_gets_a_python_and_the_same_pins():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    python, pip, pins = conda["dependencies"]
    assert Requirement(python.replace("=", "==")).specifier.contains("3.11")
    assert pip == "pip"
    assert pins == {"pip": ["-r requirements.txt"]}


def licence(name: str) -> str | None:
    """The licence a package states, in the words of its own metadata."""
    about = metadata(name)
    kinds = [line.split(" :: ") for line in about.get_all("Classifier", [])]
    classified = "; ".join(kind[2] for kind in kinds if kind[0] == "License" and len(kind) > 2)
    return about.get("License-Expression") or classified or about["License"]


def test_licenses_md_lists_every_direct_dependency_with_the_licence_it_states():
    text = (ROOT / "LICENSES.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert set(listed) == {wanted.name for wanted in DIRECT}
    # The table is about the pinned versions: torch 2.11, say, states another licence than 2.15.
    pinned = {(canonicalize_name(pin.name), str(pin.specifier)) for pin in PINS}
    for name, stated in listed.items():
        if (name, f"=={version(name)}") in pinned:
            assert stated == licence(name), f"{name}: correct LICENSES.md"
