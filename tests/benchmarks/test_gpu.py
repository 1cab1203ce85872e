"""The one command for a GPU, tiny, on a CPU."""

import json
import sys
import time
from unittest.mock import Mock

import pytest
import torch

from benchmarks import correctness, gpu, speed, vgg
from facelib.measure import parameters
from facelib.training.batches import FreshFaces, Kept

CPU = torch.device("cpu")


def test_every_part_leaves_a_file_that_names_the_device_and_is_not_done_again(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(correctness, "FreshFaces", lambda: Kept(FreshFaces(), 64))  # drawn once
    gpu.main(["--out", str(tmp_path)])
    files = {path.name: path for path in tmp_path.iterdir()}
    parts = [files[f"{name}.json"] for name in gpu.PARTS]
    assert len(files) <= 8
    assert max(path.stat().st_size for path in files.values()) < 16e6
    found = [json.loads(part.read_text()) for part in parts]
    assert {about["device"] for about in found} == {"cpu"}
    assert found[0]["all_ok"]
    assert len(found[0]["checks"]) == 5
    assert {row["network"] for row in found[1]["rows"]} == set(speed.NETWORKS)
    assert all(0 < row["share_of_peak"] < 2 for row in found[1]["rows"])
    assert all(row["median"] > 0 for row in found[2]["rows"])
    whole, pruned, again, pruned_again = found[3]["stages"].values()
    assert 0.4 < pruned["macs"] / whole["macs"] < 0.6
    assert (again["macs"], pruned_again["macs"]) == (whole["macs"], pruned["macs"])
    gain = found[3]["pruned_minus_whole"]
    assert pruned_again["top1"] - again["top1"] == pytest.approx(gain["value"])
    assert gain["low"] <= gain["value"] <= gain["high"]
    capsys.readouterr()
    gpu.main(["--out", str(tmp_path)])
    assert capsys.readouterr().out.count("done before") == 5


def test_a_part_that_fails_is_told_and_the_others_have_their_turn(tmp_path, monkeypatch):
    bad, good = Mock(side_effect=RuntimeError("no kernel")), Mock(return_value={"answer": 1})
    parts = {"bad": bad, "good": good}
    monkeypatch.setattr(gpu, "PARTS", parts)
    with pytest.raises(ExceptionGroup) as failed:
        gpu.main(["--out", str(tmp_path)])
    assert [repr(error) for error in failed.value.exceptions] == ["RuntimeError('no kernel')"]
    assert [path.name for path in tmp_path.iterdir()] == ["good.json"]


def test_no_part_begins_when_the_minutes_are_over(tmp_path, capsys):
    gpu.main(["--out", str(tmp_path), "--minutes", "0"])
    assert "correctness: no time left" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_an_embedding_whose_time_is_up_goes_on_where_it_was(tmp_path, monkeypatch):
    drawn = []

    class Counted(gpu.Until):
        def __call__(self, *arguments):
            drawn.append(0)
            if len(drawn) == 3:
                self.end = 0
            return super().__call__(*arguments)

    monkeypatch.setattr(gpu, "fit_embedding", lambda *a, **k: fit_embedding(*a, every=1, **k))
    fit_embedding = sys.modules["facelib.training"].fit_embedding
    monkeypatch.setattr(gpu, "Until", Counted)
    assert gpu.train_embedding(CPU, tmp_path, time.monotonic() + 60) is None
    assert gpu.train_embedding(CPU, tmp_path, time.monotonic() + 60)["steps"] == 4
    assert len(drawn) == 3 + 2  # two steps of four were done and saved
    assert repr(Counted(FreshFaces(), 0.0)) == repr(FreshFaces())


def test_a_share_of_impostors_as_asked_for_sets_the_threshold():
    person = torch.tensor([0, 0, 1, 1])
    alike = torch.eye(2)[person]
    assert gpu.accept(alike, person, far=0.5) == 1
    crossed = torch.eye(2)[torch.tensor([0, 1, 0, 1])]
    assert gpu.accept(crossed, person, far=0.5) == 0


def test_a_check_that_fails_says_what_it_saw_and_costs_no_other(monkeypatch):
    blind, off = Mock(side_effect=RuntimeError("no such operator")), {"ok": False, "most_off": 9}
    monkeypatch.setattr(correctness, "check_generator", blind)
    monkeypatch.setattr(correctness, "check_resume", Mock(return_value=off))
    monkeypatch.setattr(correctness, "check_losses", Mock(return_value={"ok": True}))
    monkeypatch.setattr(correctness, "train_names", Mock(return_value=(None, None)))
    monkeypatch.setattr(correctness, "train_embedding", Mock())
    found = correctness.check(torch.device("cuda"))
    assert not found["all_ok"]
    assert found["checks"]["resume"] == off
    assert "no such operator" in found["checks"]["generator"]["error"]
    assert found["checks"]["compile"] == {"ok": True}


def test_losses_that_begin_apart_or_do_not_fall_are_not_ok():
    falling, flat = torch.tensor([2.0, 1.5, 1.0, 0.5]), torch.full((4,), 2.0)
    assert correctness.check_losses(falling, falling, 0.01)["ok"]
    assert not correctness.check_losses(falling * 1.1, falling, 0.01)["ok"]
    assert not correctness.check_losses(flat, flat, 0.01)["ok"]


def test_the_network_is_vgg16s_convolutions():
    # Known for torchvision's: 14.7 million weights in the convolutions, here of grey images and
    # with a scale and a shift for each of 4,224 channels.
    head = 512 * 10 + 10
    assert parameters(vgg.Vgg(vgg.VGG16, 10)) == 14_714_688 - 2 * 64 * 9 + 2 * 4224 + head


def test_pruning_what_computes_nothing_changes_nothing():
    torch.manual_seed(0)
    model = vgg.Vgg((4, "M", 6), 3).eval()
    for first, gone in ((0, [1, 2]), (4, [0, 4, 5])):
        for layer in model.features[first : first + 2]:
            layer.weight.data[gone] = 0
            layer.bias.data[gone] = 0
    narrow = vgg.prune(model, 0.5, 1)
    assert narrow.layout == (2, "M", 3)
    images = torch.rand(2, 1, 8, 8)
    torch.testing.assert_close(narrow(images), model(images))
