import pytest

from facecourse.lesson12_capstone.networks import load_networks
from facelib import files
from facelib.door.recogniser import Recogniser
from facelib.door.thresholds import FILE, look_up

MODEL = Recogniser().sha256


def test_they_are_of_the_networks_that_ship():
    shipped = {network.sha256: name for name, network in load_networks().items()}
    table = files.read_json(FILE)["networks"]
    assert {sha256: rows["name"] for sha256, rows in table.items()} == shipped
    assert shipped[MODEL] == "compact"


def test_each_keeps_about_its_rate_on_others_of_its_kind():
    rows = [look_up(MODEL, far) for far in (0.1, 0.01, 0.001)]
    assert [row.threshold for row in rows] == sorted(row.threshold for row in rows)
    assert rows[0].false_rejects["value"] < rows[2].false_rejects["value"]
    for row in rows:
        assert -1 < row.threshold < 1
        assert row.false_accepts["low"] <= 1.2 * row.far
        assert row.false_accepts["n"] >= 3000
    assert look_up(MODEL) == rows[1]


@pytest.mark.parametrize("far", [0, 0.02, float("nan")])
def test_a_rate_without_a_threshold_is_refused_and_others_are_named(far):
    with pytest.raises(ValueError, match=r"no threshold is known .* take one of 0.1, 0.01, 0.001"):
        look_up(MODEL, far)


def test_another_model_has_no_thresholds_and_the_error_says_where_to_get_one():
    with pytest.raises(ValueError, match=r"facelib evaluate MODEL FOLDER.*--threshold"):
        look_up("b" * 64)
