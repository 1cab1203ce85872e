import errno
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from facelib import files
from facelib.door import register as registers
from facelib.door.register import Register

MODEL, OTHER = "a" * 64, "b" * 64


def unit(*seeds):
    """A template for each seed, float32 (N, 8)."""
    rows = np.stack([np.random.default_rng(seed).normal(size=8) for seed in seeds])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def register():
    found = Register(MODEL)
    found.enroll("Ada", unit(1, 2), consent=True)
    found.enroll("Ben", unit(3), consent=True)
    return found


def test_whoever_is_enrolled_is_known_by_the_most_similar_photograph(register):
    assert register.people == {"Ada": 2, "Ben": 1}
    (name, score), (other, less) = register.identify(unit(2)[0], None)
    assert (name, other) == ("Ada", "Ben")
    assert score == pytest.approx(1, abs=1e-6)
    assert less == pytest.approx(float(unit(2)[0] @ unit(3)[0]), abs=1e-6)
    assert register.identify(unit(2)[0]) == [(name, score)]
    assert register.verify("Ben", unit(2)[0]) == less
    assert Register(MODEL).identify(unit(1)[0]) == []


def test_nothing_is_stored_without_consent(register):
    with pytest.raises(PermissionError, match="'Cy' has not agreed"):
        register.enroll("Cy", unit(9), consent=False)
    with pytest.raises(TypeError):
        register.enroll("Cy", unit(9))
    assert register.people == {"Ada": 2, "Ben": 1}


def test_a_photograph_is_stored_once(register):
    assert register.enroll("Ada", unit(1, 4, 4), consent=True) == 1
    assert register.people["Ada"] == 3
    assert register.enroll("Ada", unit(1, 4), consent=True) == 0
    assert register.templates.shape == (4, 8)


def test_templates_that_are_not_quite_of_length_1_become_so(register):
    assert [register.enroll("Cy", 0.9995 * unit(9), consent=True) for _ in range(2)] == [1, 0]
    assert register.identify(1.0009 * unit(9)[0]) == [("Cy", pytest.approx(1, abs=1e-6))]


def test_a_name_is_the_same_in_two_spellings_also_in_an_older_file(register, tmp_path):
    one, other = "Zo\u00eb", "Zoe\u0308"
    assert [register.enroll(name, unit(9), consent=True) for name in (other, one)] == [1, 0]
    register.rows[-1]["name"] = other
    register.save(tmp_path / "r")
    register = Register.load(tmp_path / "r")
    assert register.people == {"Ada": 2, "Ben": 1, one: 1}
    assert register.verify(other, unit(9)[0]) == pytest.approx(1)
    assert register.find_other(other, unit(9)[0], 0.99) is None
    assert register.forget(other) == 1


UNREADABLE = ("", " ", " Ada", "A\nda", "A\x1b[2Jda", "\udcff", "A\u202eda")


@pytest.mark.parametrize(
    ("name", "seeds", "message"),
    [
        *((name, [9], "want a name of printed characters") for name in UNREADABLE),
        *((alike, [9], f"'Ada' is enrolled, too like {alike!r}") for alike in ("ADA", "\uff21da")),
        ("Cy", [7, 1], "a photograph is enrolled as 'Ada' already, got it for 'Cy'"),
    ],
)
def test_a_name_that_can_not_be_is_refused_and_nobody_is_enrolled(register, name, seeds, message):
    with pytest.raises(ValueError, match=message):
        register.enroll(name, unit(*seeds), consent=True)
    assert register.people == {"Ada": 2, "Ben": 1}


@pytest.mark.parametrize(
    "templates",
    [unit(1)[0], unit(1)[:0], 2 * unit(5), unit(5)[:, :4] * 9, np.full((1, 8), np.nan)],
    ids=["one", "none", "too long", "too narrow", "NaN"],
)
def test_what_is_no_template_is_refused(register, templates):
    with pytest.raises(ValueError, match=r"want templates \(M, 8\) of length 1"):
        register.enroll("Cy", templates, consent=True)
    assert register.people == {"Ada": 2, "Ben": 1}


def test_what_is_forgotten_is_gone_from_the_file_and_the_register_goes_on(register, tmp_path):
    path, (*ada, ben) = tmp_path / "r", register.templates
    register.save(path)
    assert ada[0].tobytes() in path.read_bytes()
    assert register.forget("Ada") == 2
    register.save(path)
    again = Register.load(path)
    assert again.people == {"Ben": 1}
    assert b"Ada" not in path.read_bytes()
    assert not any(template.tobytes() in path.read_bytes() for template in ada)
    assert np.array_equal(again.templates, ben[None])
    for call in (again.forget, lambda name: again.verify(name, unit(1)[0])):
        with pytest.raises(ValueError, match="nobody is enrolled as 'Ada': there is Ben"):
            call("Ada")
    again.forget("Ben")
    again.save(path)
    empty = Register.load(path, MODEL)
    assert empty.identify(unit(1)[0]) == []
    with pytest.raises(ValueError, match="there is nobody"):
        empty.forget("Ada")
    empty.enroll("Cy", unit(5), consent=True)
    assert empty.people == {"Cy": 1}


def test_a_register_is_kept_with_names_dates_and_its_model(register, tmp_path):
    path = tmp_path / "r"
    register.save(path)
    again = Register.load(path, MODEL)
    assert again.rows == register.rows
    assert set(again.rows[0]) == {"name", "enrolled", "consent"}
    assert np.array_equal(again.templates, register.templates)
    before = path.read_bytes()
    again.save(path)
    assert path.read_bytes() == before
    words = "filled by the model with SHA-256 aaaaaaaaaaaa..., this one has bbbbbbbbbbbb..."
    with pytest.raises(ValueError, match=words):
        Register.load(path, OTHER)


def test_a_new_file_is_for_its_owner_alone_and_another_keeps_its_permissions(
    register, tmp_path, monkeypatch
):
    path = tmp_path / "r"
    with monkeypatch.context() as killed:  # it is born so, whatever comes then
        killed.delattr(registers.Path, "chmod")
        register.save(path)
    assert path.stat().st_mode & 0o777 == (0o600 if os.name == "posix" else 0o666)
    path.chmod(0o644)
    mode = path.stat().st_mode
    register.save(path)
    assert path.stat().st_mode == mode


def test_a_failed_write_loses_nothing(register, tmp_path, monkeypatch):
    path = tmp_path / "r"
    register.save(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    register.enroll("Cy", unit(5), consent=True)
    with pytest.raises(OSError, match="nothing was changed"):
        register.save(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_of_two_who_enroll_at_once_none_is_lost(tmp_path):
    path = tmp_path / "r"

    def enroll(name, seed):
        with Register.change(path, MODEL) as register:
            register.enroll(name, unit(seed), consent=True)

    with ThreadPoolExecutor() as pool:
        with Register.change(path, MODEL) as register:
            register.enroll("Ada", unit(1), consent=True)
            others = [pool.submit(enroll, f"person {seed}", seed) for seed in range(2, 6)]
        for other in others:
            other.result()
    assert len(Register.load(path, MODEL).people) == 5


NAMES = ["r", "link"] if os.name == "posix" else ["r"]  # elsewhere links need a privilege


@pytest.mark.parametrize("name", NAMES)
def test_who_waits_too_long_for_another_process_is_told_and_nothing_is_lost(
    tmp_path, monkeypatch, name
):
    monkeypatch.setattr(registers, "PATIENCE", 0.1)
    path = tmp_path / "r"
    if name == "link":
        (tmp_path / name).symlink_to(path)
    with Register.change(path, MODEL) as register:
        register.enroll("Ada", unit(1), consent=True)
        with (
            pytest.raises(TimeoutError, match="another process is changing .*r: answer"),
            Register.change(tmp_path / name, MODEL),
        ):
            pass
    assert Register.load(path).people == {"Ada": 1}


def test_an_error_while_it_is_changed_changes_nothing(tmp_path, register):
    path = tmp_path / "r"
    register.save(path)
    before = path.read_bytes()

    def forget(*names):
        with Register.change(path) as changed:
            for name in names:
                changed.forget(name)

    with pytest.raises(ValueError, match="nobody is enrolled as 'Eve'"):
        forget("Ada", "Eve")
    assert path.read_bytes() == before


@pytest.mark.parametrize(("name", "model"), [("r", None), ("nowhere/r", MODEL)])
def test_where_there_is_no_register_no_lock_is_left(tmp_path, name, model):
    with (
        pytest.raises(FileNotFoundError, match="no register at"),
        Register.change(tmp_path / name, model),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
