"""The demo's widgets, driven without a browser."""

import io
import re
import sys
import time
from html import unescape

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from facecourse.lesson12_capstone.door import photograph_nobody
from facecourse.lesson12_capstone.live import Live, open_door
from facecourse.lesson12_capstone.networks import load_networks
from facecourse.lesson12_capstone.source import Source
from facelib.door import mtcnn

ANN, BEN = photograph_nobody().values()


def as_file(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def everything(box: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    return [box, *(part for child in getattr(box, "children", ()) for part in everything(child))]


def press(live: Live, name: str) -> None:
    buttons = [w for w in everything(live) if isinstance(w, ipywidgets.Button)]
    (button,) = [button for button in buttons if button.description == name]
    button.click()


def upload(live: Live, what: str, *files: bytes, name: str = "a.png") -> None:
    (source,) = [w for w in everything(live) if isinstance(w, Source) and w.what == what]
    source._handle_custom_msg({"kind": "start"}, [])
    for content in files:
        source._handle_custom_msg({"kind": "photo", "name": name}, [memoryview(content)])


def said(html: ipywidgets.HTML) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", html.value)).split())


@pytest.fixture(scope="module")
def networks():
    return load_networks()


@pytest.fixture
def live(networks) -> Live:
    return open_door(networks)


def enroll(live: Live, name: str, *shots: Image.Image) -> None:
    upload(live, "to enrol", *map(as_file, shots))
    live.name.value, live.consent.value = name, True
    press(live, "Enrol")


def test_nothing_is_kept_before_the_click_nor_without_consent(live):
    upload(live, "to enrol", as_file(ANN[0]), as_file(ANN[1], "JPEG"))
    press(live, "Drop")
    assert (live.waiting, said(live.faces)) == ([], "")
    upload(live, "to enrol", as_file(ANN[0]), as_file(ANN[1], "JPEG"))
    assert said(live.faces) == "not kept yet not kept yet"
    live.name.value = "Ann"
    assert live.door.crops == {}
    press(live, "Enrol")
    assert "without consent" in said(live.news)
    assert live.door.crops == {}
    live.consent.value = True
    press(live, "Enrol")
    assert said(live.news) == "✔ Ann is enrolled; new faces: 2 of 2."
    assert said(live.faces) == "Ann Ann"
    assert (live.name.value, live.consent.value, live.waiting) == ("", False, [])


def test_whoever_comes_is_judged_and_a_claim_is_judged_as_such(live):
    enroll(live, "Ann", *ANN[:2])
    enroll(live, "Ben & Co", *BEN[:2])
    upload(live, "at the door", as_file(BEN[2]))
    assert "✔ Ben & Co: cosine 0." in said(live.verdict)
    assert re.search(
        r"\d+ ms to find and cut the face, \d+ ms to embed it by compact", said(live.verdict)
    )
    live.claim.value = "Ann"
    assert "✘ Not recognised as Ann: cosine" in said(live.verdict)
    assert "Not recognised as Ann" in said(live.fooled)


def test_a_camera_gives_frames_without_a_name_and_reasons_and_no_state_holds_them(live):
    enroll(live, "Ann", *ANN[:2])
    upload(live, "at the door", as_file(ANN[2], "JPEG"), name="")
    assert "✔ Ann" in said(live.verdict)
    upload(live, "at the door", b"", name="")
    assert said(live.verdict).endswith("✘ empty file (0 bytes)")
    (source,) = [w for w in everything(live) if isinstance(w, Source) and w.several]
    source._handle_custom_msg({"kind": "trouble", "words": "No <camera> was found."}, [])
    assert said(live.news).endswith("✘ No <camera> was found.")
    assert not any(isinstance(value, bytes | memoryview) for value in source.get_state().values())


def test_forget_deletes_and_whoever_is_at_the_door_is_unknown_again(live):
    for _ in "ab":  # asked for twice they are the same two
        press(live, "Use two people who don't exist")
    assert live.door.register.people == {"nobody 1": 2, "nobody 2": 2}
    assert "a third picture of one is at the door" in said(live.news)
    assert "✔ nobody 2" in said(live.verdict)
    live.people.value = "nobody 2"
    press(live, "Forget")
    assert said(live.news) == "nobody 2 is forgotten."
    assert live.door.register.people == {"nobody 1": 2}
    assert list(live.door.crops) == ["nobody 1"]
    assert "✘ Nobody known; most like nobody 1" in said(live.verdict)
    press(live, "Forget")
    assert "Nobody is enrolled yet" in said(live.verdict)
    press(live, "Forget")
    assert "nobody is enrolled as ''" in said(live.news)


def test_the_same_person_under_another_name_is_asked_about(live):
    enroll(live, "Ann", *ANN[:2])
    other = Image.eval(ANN[0], lambda value: value * 9 // 10)
    enroll(live, "Eve", other)
    assert "Is Eve somebody else?" in said(live.news)
    assert "Eve" not in live.door.crops
    assert live.is_new.layout.display is None
    press(live, "It is somebody else")
    assert live.is_new.layout.display == "none"
    assert set(live.door.crops) == {"Ann", "Eve"}


def test_a_photograph_that_is_enrolled_already_is_not_counted(live):
    enroll(live, "Ann", ANN[0])
    enroll(live, "Ann", *ANN[:2])
    assert said(live.news) == "✔ Ann is enrolled; new faces: 1 of 2."
    assert live.door.register.people == {"Ann": 2}
    live.network.value = "student"
    assert live.door.register.people == {"Ann": 2}


def test_a_switch_changes_threshold_score_and_words(live, networks):
    press(live, "Use two people who don't exist")
    seen = set()
    for name in networks:
        live.network.value = name
        assert said(live.about).startswith(f"{name} says yes from a cosine of")
        assert f"to embed it by {name}." in said(live.verdict)
        seen.add(re.search(r"cosine (0\.\d+), threshold (0\.\d+)", said(live.verdict)).groups())
    assert len(seen) == len(networks)


def test_a_network_without_a_threshold_says_why_there_is_no_verdict(networks):
    live = open_door(networks, far=0.02)
    press(live, "Use two people who don't exist")
    assert "no verdict: no threshold is known for a FAR of 0.02" in said(live.about)
    assert "The cosine with nobody 2 is 0." in said(live.verdict)
    assert "✔" not in said(live.verdict)


@pytest.mark.parametrize(
    ("slider", "amount", "words"),
    [
        ("light", -6, "No face was found"),
        ("cover", 0.8, "No face was found"),
        ("turn", 90, "No face was found"),
        ("paper", 1, "cosine"),
    ],
)
def test_each_slider_is_followed_within_a_third_of_a_second(live, slider, amount, words):
    press(live, "Use two people who don't exist")
    live.network.value = "teacher"
    before, came = live.fooled.value, live.verdict.value
    start = time.perf_counter()
    live.sliders[slider].value = amount
    assert time.perf_counter() - start < 0.3
    assert live.fooled.value != before
    assert words in said(live.fooled)
    assert live.verdict.value == came
    press(live, "All to 0")
    assert "✔ nobody 2" in said(live.fooled)


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8))
BAD = [  # what else is no photograph, the tests of reading photographs say
    ("its content is not a JPEG", b"no picture"),
    ("its content is not a JPEG", as_file(ANN[0].convert("P"), "GIF")),
    ("empty file", b""),
    ("damaged or cut short", as_file(ANN[0])[:2000]),
    ("a moving picture", as_file(ANN[0], save_all=True, append_images=[ANN[1]])),
    ("No face was found", as_file(NOISE)),
    ("No face was found", as_file(NOISE.crop((0, 0, 1, 1)))),
    ("2 faces were found", as_file(Image.fromarray(np.hstack([ANN[0], BEN[0]])))),
]


def test_what_can_not_be_used_is_a_message_with_its_name_and_the_good_are_taken(live):
    for words, content in BAD:
        upload(live, "at the door", content, name="<b>.png")
        assert f"✘ <b>.png: {words}" in said(live.verdict)
        assert live.probe is None
    upload(live, "to enrol", as_file(ANN[0]), *(content for _, content in BAD))
    assert len(live.waiting) == 1
    assert all(f"✘ a.png: {words}" in said(live.news) for words, _ in BAD)


def test_what_finding_faces_needs_is_named_where_it_is_missing(live, monkeypatch):
    monkeypatch.setattr(mtcnn, "find_spec", lambda name: None)
    monkeypatch.setattr(mtcnn, "read_weights", mtcnn.read_weights.__wrapped__)
    upload(live, "to enrol", as_file(ANN[0]))
    assert "pip install mtcnn" in said(live.news)


def test_every_control_and_every_picture_has_words(live):
    press(live, "Use two people who don't exist")
    for control in everything(live):
        if isinstance(control, ipywidgets.HTML):
            for alt in re.findall(r"<img([^>]*)", control.value):
                assert len(re.search('alt="([^"]+)"', alt)[1].split()) >= 3
        elif isinstance(control, ipywidgets.Button | ipywidgets.ValueWidget):
            assert control.description
        if isinstance(control, ipywidgets.Button | ipywidgets.FloatSlider):
            assert control.tooltip


def test_nothing_is_written_to_disk(live, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written, watching = [], True

    def watch(event: str, arguments: tuple) -> None:
        if watching and event == "open" and set(str(arguments[1])) & set("wax+"):
            written.append(arguments[0])

    sys.addaudithook(watch)  # there is no way to take it away again
    press(live, "Use two people who don't exist")
    upload(live, "at the door", as_file(BEN[2]))
    live.network.value = "teacher"
    live.sliders["light"].value = -1
    kept, watching = list(written), False
    assert kept == list(tmp_path.iterdir()) == []
