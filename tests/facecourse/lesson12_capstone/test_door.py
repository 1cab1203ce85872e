"""The demo's door without its widgets."""

import numpy as np
import pytest
from PIL import Image

from facecourse.lesson12_capstone.door import Door, look, photograph_nobody, tamper
from facecourse.lesson12_capstone.networks import NETWORKS, load_networks
from facelib.data import resize, to_grey
from facelib.door.thresholds import look_up
from facelib.models import embed, face_student
from facelib.synth import synth

SHOTS = {name: [look(shot).crop for shot in shots] for name, shots in photograph_nobody().items()}
ANN, BEN = SHOTS.values()


@pytest.fixture(scope="module")
def networks():
    return load_networks()


@pytest.fixture
def door(networks):
    return Door(networks)


def test_the_smallest_network_is_at_the_door_first_with_its_threshold(door):
    assert door.network == list(NETWORKS)[-1] == "compact"
    assert door.known == look_up(door.networks["compact"].sha256, 0.01)


def test_a_network_of_pytorch_embeds_as_the_library_does(networks):
    faces = synth(3, 2, seed=5, size=112, channels=3).images
    wanted = embed(face_student(), resize(to_grey(faces), 64, 64)).numpy()
    crops = faces.permute(0, 2, 3, 1).numpy()
    assert np.allclose(networks["student"].embed(crops), wanted, atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_third_picture_is_known_before_every_network_and_a_stranger_is_not(door, network):
    door.enroll("Ann", ANN[:2], consent=True)
    door.switch(network)
    known, stranger = door.judge(ANN[2]), door.judge(BEN[2])
    assert known.name == stranger.name == "Ann"
    assert known.score > 0.6 > 0.4 > stranger.score
    assert door.judge(ANN[2], "Ann").score == pytest.approx(known.score, abs=1e-5)
    assert known.milliseconds > 0


def test_switching_embeds_the_same_crops_anew_and_back_again(door):
    door.enroll("Ann", ANN[:2], consent=True)
    door.enroll("Ben", BEN[:2], consent=True)
    before, model = door.register.templates, door.register.model
    door.switch("teacher")
    assert door.register.model != model
    assert door.register.people == {"Ann": 2, "Ben": 2}
    assert not np.allclose(door.register.templates, before, atol=0.01)
    door.switch("compact")
    assert np.allclose(door.register.templates, before, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "crops", "words"),
    [
        ("Ann", [], "no face to enrol yet"),
        ("  ", ANN, "want a name"),
        ("Kim", BEN[:1], "enrolled as 'Ben' already"),
    ],
)
def test_who_can_not_be_enrolled_leaves_nothing_behind(door, name, crops, words):
    door.enroll("Ben", BEN[:2], consent=True)
    with pytest.raises(ValueError, match=words):
        door.enroll(name, crops, consent=True, is_new=True)
    assert list(door.crops) == list(door.register.people) == ["Ben"]


def test_a_network_without_a_threshold_gives_scores(networks):
    class Own:
        name, sha256, embed = "own.onnx", "b" * 64, networks["compact"].embed

    door = Door({"own": Own()})
    door.enroll("Ann", ANN[:2], consent=True)
    door.enroll("Eve", [ANN[0] // 2 + 60], consent=True)  # the same face, paler: nobody can tell
    assert door.known is None
    assert "not for this one" in door.why
    assert door.judge(ANN[2]).score > 0.6


def test_a_face_in_a_large_photograph_is_shown_with_what_is_around_it():
    shot = photograph_nobody()["nobody 2"][0].resize((300, 300))
    photo = Image.new("RGB", (1000, 800), "grey")
    photo.paste(shot, (100, 300))
    found = look(photo)
    assert max(found.view.size) == 224
    assert found.crop.shape == (112, 112, 3)
    again = look(found.view, smallest=0.25)
    assert np.abs(again.crop.astype(int) - found.crop).mean() < 12


def test_each_amount_changes_the_picture_and_none_leaves_it():
    view = photograph_nobody()["nobody 2"][0]
    assert np.array_equal(tamper(view), view)
    mean = np.asarray(view).mean()
    assert np.asarray(tamper(view, light=-2)).mean() == pytest.approx(mean / 4, rel=0.02)
    upright = np.asarray(tamper(tamper(view, turn=90), turn=-90)).astype(int)
    assert np.abs(upright - np.asarray(view)).mean() < 3
    covered = np.asarray(tamper(view, cover=0.5))
    assert np.array_equal(covered[:56], np.asarray(view)[:56])
    assert (covered[56:] == 90).all()
    assert np.asarray(tamper(view, paper=1)).std() < np.asarray(view).std()
