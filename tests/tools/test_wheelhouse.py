"""What `tools/wheelhouse.py` collects installs where no network is, and what is spoilt does not."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from tools import wheelhouse

ROOT = Path(__file__).parents[2]
PINS = (ROOT / "requirements.txt").read_text("utf-8")
SMALL = [re.search(rf"^{name}==\S+", PINS, re.MULTILINE)[0] for name in ("six", "idna")]
# A dead end where no namespace can be had: nobody listens at port 9.
DEAD_END = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "PIP_INDEX_URL"), "http://127.0.0.1:9")


def has_namespaces():
    return sys.platform == "linux" and not subprocess.run(["unshare", "-rn", "true"]).returncode


def offline(*command, **how):
    """Run it where there is no network but the machine's own, as far as the system can do that."""
    if has_namespaces():
        command = ("unshare", "-rn", "sh", "-c", 'ip link set lo up; "$@"', "sh", *command)
    keep = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, env=keep | DEAD_END, capture_output=True, text=True, **how)


def binary(environment, name):
    return environment / (f"Scripts/{name}.exe" if sys.platform == "win32" else f"bin/{name}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The project's wheel and two small ones."""
    folder = tmp_path_factory.mktemp("whole")
    wheelhouse.collect(folder, ["--quiet", "--no-deps", str(ROOT), *SMALL])
    wheelhouse.seal(folder)
    return folder


@pytest.fixture
def stick(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "stick"))


def install(stick):
    into = stick.parent / "environment"
    done = offline(sys.executable, stick / "wheelhouse.py", "install", stick, "--into", into)
    return done, into


def test_without_a_network_everything_on_the_stick_is_installed(stick):
    done, into = install(stick)
    assert done.returncode == 0, done.stdout + done.stderr
    script = "import facelib, idna, six; print(facelib.__file__)"
    said = offline(binary(into, "python"), "-c", script, cwd=stick)
    assert str(into.resolve()) in said.stdout, said.stderr
    if has_namespaces():
        script = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
        assert "Network is unreachable" in offline(sys.executable, "-c", script).stderr


@pytest.mark.parametrize("state", ["damaged", "missing"])
def test_a_spoilt_wheel_is_named_and_nothing_is_installed(stick, state):
    (wheel,) = stick.glob("six-*")
    content = wheel.read_bytes()
    wheel.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    if state == "missing":
        wheel.unlink()
    done, into = install(stick)
    assert done.returncode == 1
    said = f"nothing is installed from {stick}: {wheel.name} is {state}: copy it again\n"
    assert done.stderr == said
    assert not into.exists()


def test_a_stick_for_another_machine_is_refused(stick):
    manifest = json.loads((stick / wheelhouse.MANIFEST).read_text())
    manifest["for"] = "Python 3.1 on abacus"
    (stick / wheelhouse.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(
        ValueError, match=r"is for Python 3.1 on abacus, this is Python 3.*build it"
    ):
        wheelhouse.check(stick)


@pytest.mark.parametrize("manifest", [None, "", "{}", '{"for": 1'])
def test_any_other_folder_is_refused(tmp_path, manifest):
    if manifest is not None:
        (tmp_path / wheelhouse.MANIFEST).write_text(manifest)
    with pytest.raises(ValueError, match="want a folder that `wheelhouse.py build` has filled"):
        wheelhouse.check(tmp_path)


@pytest.mark.parametrize("cuda", [True, False])
def test_linux_gets_torch_without_cuda_unless_it_is_asked_for(tmp_path, monkeypatch, cuda):
    calls = []
    monkeypatch.setattr(wheelhouse, "collect", lambda folder, words, hint="": calls.append(words))
    monkeypatch.setattr(wheelhouse.sys, "platform", "linux")
    wheelhouse.build(tmp_path, ["more.txt"], cuda)
    *before, last = calls
    assert last[-4:] == ["-r", str(ROOT / "requirements.txt"), "-r", "more.txt"]
    torch = re.findall(r"^torch(?:vision)?==\S+", PINS, re.MULTILINE)
    first = ["--no-deps", "--index-url", wheelhouse.CPU_INDEX, *torch]
    assert before == ([] if cuda else [first])
    assert len(torch) == 2


def test_the_stick_of_students_holds_the_course_without_solutions(tmp_path, monkeypatch):
    def collect(folder, words, hint=""):
        (folder / "compact_face_course-0.1.0-py3-none-any.whl").touch()

    monkeypatch.setattr(wheelhouse, "collect", collect)
    monkeypatch.syspath_prepend(ROOT / "tools")
    wheelhouse.build(tmp_path, [], cuda=True, students=True)
    (wheel,) = wheelhouse.check(tmp_path)
    assert "+class-" in wheel.name
    with zipfile.ZipFile(wheel) as content:
        text = content.read("facecourse/lesson03_sharing/exercises.py").decode()
    assert "answer=" not in text


def test_a_folder_with_something_in_it_is_not_filled(tmp_path):
    (tmp_path / "old-1.whl").touch()
    with pytest.raises(SystemExit, match="is not empty, and old wheels would be installed too"):
        wheelhouse.build(tmp_path, [], cuda=False)


def test_what_pip_cannot_collect_is_an_error_with_a_hint(tmp_path):
    with pytest.raises(SystemExit, match="could not collect the wheels.*above. Try so"):
        wheelhouse.collect(tmp_path, ["--no-such-option"], " Try so")


def reaches(host):
    try:
        socket.create_connection((host, 443), timeout=10).close()
    except OSError:
        return False
    return True


@pytest.mark.nightly
def test_the_whole_course_installs_and_a_lesson_runs_without_a_network():
    """Some 10 GiB of disk where the index of torch without CUDA is out of reach, else 3."""
    cpu = reaches(wheelhouse.CPU_INDEX.split("/")[2])
    tool, options = ROOT / "tools" / "wheelhouse.py", [] if cpu else ["--cuda"]
    with tempfile.TemporaryDirectory() as folder:
        stick = Path(folder, "stick")
        subprocess.run([sys.executable, tool, "build", stick, *options], check=True)
        done, into = install(stick)
        assert done.returncode == 0, done.stderr
        doctor = offline(binary(into, "facelib"), "doctor", cwd=folder)
        assert doctor.returncode == 0, doctor.stdout
        learn = offline(binary(into, "facelib"), "learn", "--no-open", "lessons", cwd=folder)
        assert learn.returncode == 0, learn.stderr
        lesson = next(Path(folder, "lessons").glob("03_*.ipynb"))
        run = [binary(into, "papermill"), lesson, "out.ipynb", "-p", "profile", "smoke"]
        done = offline(*run, cwd=folder)
        assert done.returncode == 0, done.stderr[-2000:]
