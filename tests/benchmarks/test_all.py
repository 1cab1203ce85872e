"""Evidence that is stale is found, stamped or measured again, and what was fresh is left."""

import json

import pytest

from benchmarks import all as every
from facecourse.kit import evidence


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Two results of one module each, the second of which needs the first, both fresh."""
    course = tmp_path / "facecourse"
    for folder, code in (("lesson01_a", "x = 1"), ("lesson02_b", 'evidence.load("01")')):
        (course / folder).mkdir(parents=True)
        (course / folder / "evidence.py").write_text(code)
        command = f"python -m facecourse.{folder}.evidence"
        about = {"command": command, "minutes": 7}
        (course / folder / "evidence.json").write_text(json.dumps(about | {"value": 1}))
    monkeypatch.setattr(every, "ROOT", tmp_path)
    monkeypatch.setattr(evidence, "COURSE", course)
    every.main(["--stamp"])
    return course


def changed(course):
    (course / "lesson01_a" / "evidence.py").write_text("x = 2")


def test_no_stored_evidence_is_stale():
    stale = {name: every.find_changes(path) for name, path in every.find_all().items()}
    assert {name: files for name, files in stale.items() if files} == {}


def test_what_was_stamped_is_fresh_until_its_code_changes_and_the_list_says_so(stored, capsys):
    every.main([])
    assert "all evidence is fresh" in capsys.readouterr().out
    changed(stored)
    every.main(["--list"])
    assert capsys.readouterr().out.splitlines()[-1] == (
        "01, 7 minutes: facecourse/lesson01_a/evidence.py"
    )


def test_renewed_evidence_makes_what_needs_it_stale_and_comes_first(stored, monkeypatch, capsys):
    asked = []

    def run(command, **_):
        folder = stored / command[-1].split(".")[1]
        asked.append(folder.name)
        path = folder / "evidence.json"
        content = json.loads(path.read_text()) | {"value": 2}
        content["depends"] = evidence.depends(command[-1])
        path.write_text(json.dumps(content))

    monkeypatch.setattr(every.subprocess, "run", run)
    changed(stored)
    every.main([])
    assert asked == ["lesson01_a", "lesson02_b"]
    assert "some 7 minutes are left" in capsys.readouterr().out
    every.main([])
    assert len(asked) == 2


def test_networks_that_are_not_there_are_asked_for(stored):
    path = stored / "lesson01_a" / "evidence.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"command": content["command"] + " FOLDER"}))
    with pytest.raises(ValueError, match="--networks FOLDER"):
        every.renew(path, None)


def test_an_unknown_name_is_refused_with_those_there_are(stored, capsys):
    with pytest.raises(SystemExit):
        every.main(["99"])
    assert "there is 01, 02" in capsys.readouterr().err
