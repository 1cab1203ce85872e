"""What the documents promise is what the machines run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from statistics import fmean

import yaml
from PIL import Image
from pre_commit.clientlib import load_config

import facelib
from facecourse.cli import commands
from facecourse.kit import evidence
from facelib.measure import mean_interval

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
README = (ROOT / "README.md").read_text("utf-8")
MORE = "pip install -r requirements/class.txt -r requirements/site.txt"  # what no learner needs
STYLE = ["ruff check", "ruff format --check", "lint-imports"]


def workflow(name: str) -> dict:
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))


def steps(name: str) -> list[str]:
    (job,) = workflow(name)["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


def test_ci_runs_the_commands_of_the_readme_in_order():
    (verify,) = re.findall(r"^(pip install .+ && pytest)$", README, re.MULTILINE)
    install, test = verify.split(" && ")
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    commands = [line.removesuffix(" --quiet") for line in lines]
    places = [commands.index(command) for command in (install, MORE, *STYLE, test)]
    assert places == sorted(places)
    assert commands[-1] == test, "pytest's closing line comes last, and its exit status counts"
    assert steps("ci.yml") == [install, MORE, *STYLE, f"{test} --cov"]


def test_the_learners_command_installs_the_same_and_is_a_command_of_the_project():
    (learn,) = re.findall(r"^pip install -r requirements.txt && facelib (\w+)$", README, re.M)
    assert PROJECT["scripts"] == {"facelib": "facecourse.cli:commands"}
    assert learn in commands.commands


def test_hosted_ci_covers_the_systems_and_pythons_that_the_pins_are_for():
    (job,) = workflow("ci.yml")["jobs"].values()
    places = job["strategy"]["matrix"]["include"]
    assert {place["os"].split("-")[0] for place in places} == {"ubuntu", "windows", "macos"}
    on_ubuntu = {place["python"] for place in places if place["os"].startswith("ubuntu")}
    assert on_ubuntu == {"3.11", "3.13"}


def test_the_nightly_run_takes_the_newest_of_every_dependency_and_what_takes_long():
    install, *_, test, later = steps("nightly.yml")
    assert "--upgrade-strategy eager" in install
    assert f'--editable ".[{",".join(PROJECT["optional-dependencies"])}]"' in install
    assert (test, later) == ("pytest", 'pytest -m "nightly or evidence"')


def test_pre_commit_needs_no_network():
    config = load_config(ROOT / ".pre-commit-config.yaml")
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    assert {hook["language"] for hook in config["repos"][0]["hooks"]} <= {"system", "unsupported"}


def test_the_version_and_the_licence_are_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == PROJECT["version"] == facelib.__version__
    assert citation["license"] == PROJECT["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text("utf-8")


def test_an_import_against_the_direction_of_the_rooms_is_caught(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in (ROOT / "facelib").glob("*/__init__.py"):
        copy = tmp_path / room.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        copy.touch()
    (tmp_path / "facelib" / "__init__.py").touch()
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    lint = [sys.executable, "-c", command, "--no-cache"]
    (tmp_path / "facelib" / "data" / "wrong.py").write_text("import facelib.training\n")
    result = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1
    assert "facelib.data.wrong -> facelib.training" in result.stdout


def test_the_scores_in_the_readme_are_those_of_the_evidence():
    stored = evidence.load("01")["top-1"]
    table = re.findall(r"^\| ([\w ]+) \|((?: [\d.]+ \[[\d., ]+\] \|){3})$", README, re.MULTILINE)
    assert [name for name, _ in table] == ["eigenfaces", "LBP", "Gabor", "CNN"]
    for name, cells in table:
        scores = [[100 * run for run in stored[images][name]] for images in ("1", "2", "5")]
        wanted = [f"{mean_interval(score):.1f}" for score in scores]
        assert [cell.strip() for cell in cells.split("|")[:3]] == wanted


def test_the_ladder_in_the_readme_is_that_of_the_evidence():
    ladder = evidence.load("ladder")
    table = re.findall(r"^\| ([\w, ]+) \| ([\d,]+ kB \|.*) \|$", README, re.MULTILINE)
    rungs = {
        "teacher, 8 bits": "teacher, 8 bits", "half of the teacher pruned": "half",
        "student pruned, 8 bits": "pruned, 8 bits", "student, 5 bits": "student, 5 bits",
        "student pruned, 4 bits": "rounded, 4 bits",
    }  # fmt: skip
    assert [name for name, _ in table] == list(rungs)
    for name, cells in table:
        cost, lost = (ladder[part][rungs[name]] for part in ("costs", "lost"))
        assert cells.split(" | ") == [
            f"{cost['bytes'] / 1e3:,.0f} kB", f"{cost['times smaller']:.1f}",
            f"{cost['times faster'].value:.1f}",
            *(f"{lost[far]:.1f}" for far in ("0.1 %", "0.01 %")),
        ]  # fmt: skip


def test_the_picture_at_the_top_of_the_readme_was_drawn_from_the_stored_ladder():
    with Image.open(ROOT / "docs" / "front.png") as picture:
        drawn_from = picture.info["Source"]
    assert drawn_from == evidence.digest(evidence.find("ladder")), "python tools/draw_front.py"


def read_card(heading: str) -> str:
    """A part of the card of the shipped models."""
    card = (ROOT / "facelib" / "models" / "weights" / "README.md").read_text("utf-8")
    return card.partition(f"**{heading}**")[2].partition("\n## ")[0]


def test_the_steps_in_the_model_card_are_those_of_the_evidence():
    table = read_card("What each step costs")
    found = re.findall(r"^\| [\w, ]+ \| (-?\d.*\]) \|$", table, re.MULTILINE)
    steps = evidence.load("ladder")["steps"]
    names = "what the teacher says", "size", "channels and rank", "bits"
    assert found == [
        " | ".join(f"{steps[name][far]:.1f}" for far in ("0.1 %", "0.01 %")) for name in names
    ]
    assert {steps[name]["runs"] for name in names} == {3}


def test_what_was_tried_beside_it_stands_in_the_model_card_as_it_was_measured():
    table = read_card("Another input or another network")
    trials = json.loads((ROOT / "benchmarks" / "results" / "trials.json").read_text())["trials"]
    ships = trials["second generation, as it ships"]
    found = re.findall(r"^\| ([\w ,]+) \| (\d) \| (.*) \| (.*) \| (.*) \|$", table, re.MULTILINE)
    assert len(found) == 4
    for name, seeds, right, gained, auc in found:
        runs = trials[name]
        shares = [100 * run["View 1, accuracy"] for run in runs.values()]
        gains = [
            share - 100 * ships[seed]["View 1, accuracy"]
            for seed, share in zip(runs, shares, strict=True)
        ]
        assert len(runs) == int(seeds)
        several = mean_interval if len(runs) > 1 else lambda values: values[0]
        assert (right, gained) == (f"{several(shares):.1f}", f"{several(gains):+.1f}")
        assert auc == f"{fmean(run['ORL s1-s20, AUC'] for run in runs.values()):.3f}"


def test_the_capstones_own_recipe_reproduces_its_row_of_the_readme():
    """Measured twice, on two draws of 5,000 people; the file is the same."""
    board, recipes = evidence.load("ladder"), evidence.load("12")["recipes"]
    name, again = next(iter(recipes.items()))
    assert again["bytes"] == board["costs"][name]["bytes"]
    lost = board["lost"][name]["0.1 %"]
    assert lost.low <= again["lost"].value <= lost.high
