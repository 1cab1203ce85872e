"""Each module of evidence at its smallest: `measure` sees that what it stores is built as the
committed file is, with every arm, share and person that a lesson draws."""

from functools import partial
from itertools import product

import pytest
import torch
from torch import nn

from facecourse.kit import protocol, transfer
from facecourse.kit.scoreboard import Scoreboard
from facecourse.lesson02_learning import overfitting
from facecourse.lesson03_sharing import experiment as sharing
from facecourse.lesson04_transfer import experiment as adapting
from facecourse.lesson05_embeddings import evidence as lesson05
from facecourse.lesson06_distillation import evidence as lesson06
from facecourse.lesson07_pruning import experiment as pruning
from facecourse.lesson09_recurrent import evidence as lesson09
from facecourse.lesson10_robustness import experiment as robustness
from facecourse.lesson11_privacy import evidence as lesson11
from facelib.measure import Interval
from facelib.models import FaceCNN, FaceResNet, pretrained

pytestmark = pytest.mark.evidence

SEEDS = {"SEEDS": (0, 1)}


def build(width: int = 8, size: int = 64, blocks: tuple[int, ...] = (0, 0, 1)) -> FaceResNet:
    """An untrained network, the same each time."""
    torch.manual_seed(0)
    return FaceResNet(width, size, blocks).eval()


def test_lesson_02_has_one_number_a_split_for_everything(measure, put):
    quick = partial(overfitting.train_watched, steps=5, looks=1)
    put("lesson02_learning.overfitting", train_watched=quick)
    put("lesson02_learning.experiment", LOOKS=(1, 2))
    stored = measure("lesson02_learning.evidence", SPLITS=2)
    assert {len(runs) for runs in stored["remedies"].values()} == {2}
    assert {len(runs) for runs in stored["losses"]["from scratch"].values()} == {2}
    assert {len(looks) for looks in stored["losses"]["corrected"].values()} == {2}


def test_fewer_shared_values_make_smaller_files_and_rows_of_the_board(measure, put):
    untrained = FaceCNN(width=24, embedding=128, people=20).eval()
    brief = partial(sharing.fine_tune, steps=1)
    put("lesson03_sharing.evidence", train_cnn=lambda known, seed: untrained)
    put("lesson03_sharing.experiment", fine_tune=lambda *args, **how: brief(*args[:3], **how))
    few = {"FEW": (0,), "STARTS": (0, 1, 2), "FACES": (2, 3), "TESTED": 4}
    stored = measure("lesson03_sharing.evidence", STEPS=1, CODEBOOK_STEPS=3, **SEEDS, **few)
    for networks in stored["top-1"].values():
        assert all(len(runs["test"]) == 2 for runs in networks.values())
    assert [len(runs) for runs in stored["mouths without learning"].values()] == [3, 1]
    rows = {row.method: row for row in Scoreboard.load(protocol.evidence.BOARD).rows}
    sixteen, four = (rows[f"CNN, {values} shared values a layer"] for values in (16, 4))
    assert four.bytes < sixteen.bytes < rows["CNN trained on 20 people"].bytes
    assert four.parameters < sixteen.parameters < 1000


def test_lesson_04_has_every_split_of_every_arm(measure, put):
    def base(*_, **__):
        model = build(2, 128)
        model.mean, model.spread = torch.zeros(1), torch.ones(1)
        return model

    put("kit.transfer", SOURCES=dict.fromkeys(transfer.SOURCES, base))
    put("lesson04_transfer.evidence", face_embedding=base, efficientnet_lite0=base, rows=list)
    sizes = dict.fromkeys(adapting.SIZES, adapting.orl.to_64)
    put("lesson04_transfer.experiment", FaceResNet=base, SIZES=sizes, RATES=dict(adapting.RATES))
    few = {"SEEDS": {1: (0, 1), 2: (0,), 5: (0,)}, "HEADS": (0,), "CHOICES": (100,)}
    steps = {"STEPS": 2, "LONGER": 3, "FEW_STEPS": 1, "WATCHED": (1, 2, 3)}
    stored = measure("lesson04_transfer.evidence", **few, **steps)
    once = {arm for arm, splits in stored["top-1"]["1"].items() if len(splits) == 1}
    assert once == {"ImageNet, full size, head", "ImageNet, full size, last third"}
    assert list(stored["curves"]["1"]["from nothing"]) == ["1", "2", "3"]


def test_every_loss_is_stored_with_the_setting_chosen_for_it(measure, put):
    even = dict.fromkeys(protocol.PROTOCOL.metrics, 0.5)
    network = FaceCNN(4, 8, 20).eval()
    put("lesson05_embeddings.experiment", train_by_loss=lambda *_, **__: network)
    put("lesson05_embeddings.experiment", score_unseen=lambda model: even)
    stored = measure("lesson05_embeddings.evidence", SEEDS=(0,), CHOICES=(0,), RATES=(1e-3,))
    assert stored["settings"]["softmax"]["scale"] is None
    assert stored["settings"]["CosFace"]["scale"] in lesson05.SCALES
    assert stored["losses"]["triplet"]["AUC"] == [0.5]


def test_every_person_has_a_share_in_each_split_whoever_teaches(measure, put):
    teacher = FaceCNN(2, 8, 20).eval()
    put("lesson06_distillation.experiment", train_teacher=lambda *_: teacher)
    stored = measure("lesson06_distillation.evidence", CHOICES=(100,), STEPS=2, **SEEDS)
    rates = stored["rates"]
    assert set(rates["best"].values()) <= set(lesson06.RATES)
    assert all(len(each) == len(lesson06.RATES) for each in rates["tried"].values())
    assert {len(splits) for splits in stored["names"].values()} == {2}


def test_more_is_gone_where_more_is_cut_and_each_cut_is_followed(measure, put, small_ladder):
    def student():
        model = build(16, 8, (0, 1, 2))
        for layer in model.modules():
            if isinstance(layer, nn.BatchNorm2d):  # equal scales would all go or all stay
                layer.weight.data = torch.rand_like(layer.weight)
        return model

    networks = dict.fromkeys(pruning.NETWORKS, student)
    put("lesson07_pruning.evidence", face_student=student)
    small = {"FAR": 0.1, "JUDGES": 12, "NETWORKS": networks}
    put("lesson07_pruning.experiment", face_student=student, **small)
    put("lesson07_pruning.experiment", _whole=pruning._whole.__wrapped__)
    few = {"CHANNELS": (0.25, 0.5), "ZEROS": (0.9,), "PEOPLE": 12, "TURNS": 2}
    stored = measure("lesson07_pruning.evidence", STEPS=2, **SEEDS, **few)
    nothing, zeros, *ways = stored["cuts"].values()
    assert nothing["gone"] == 0
    assert list(zeros) == ["0.9"]
    for rows in ways:
        few, many = rows.values()
        assert 0 < few["gone"] < many["gone"] < 1
        assert len(few["taught again"]) == 2


def test_training_while_rounded_stands_beside_training_on(measure, put, small_ladder):
    put("ladder.student", face_embedding=partial(build, 2))
    put("lesson08_quantization.experiment", face_student=build)
    put("lesson08_quantization.evidence", face_student=build, face_embedding=build)
    few = {"BITS": (3,), "STEPS": 2, "PEOPLE": 12, "RATES": (1e-3, 1e-2)}
    stored = measure("lesson08_quantization.evidence", **SEEDS, **few)
    assert set(stored["rates"].values()) <= {1e-3, 1e-2}
    row = stored["bits"]["3"]
    assert len(row["then rounded"]) == len(row["while rounded"]) == 2
    assert row["at once"]["low"] <= row["at once"]["value"] <= row["at once"]["high"]


def test_every_network_of_the_dial_is_written_with_every_number_of_bits(measure, put, small_ladder):
    widths = {"teacher": build, "student": partial(build, 4)}
    put("lesson08_quantization.dial", WIDTHS=widths, face_embedding=build)
    few = {"PEOPLE": 12, "TURNS": 6, "PRUNED": (0.0,), "RANKS": (128, 24), "BITS": (32, 4)}
    fars = {"0.1 %": 0.2, "0.01 %": 0.1}  # untrained networks
    stored = measure("lesson08_quantization.dial", FARS=fars, **few)
    rows = [(row["width"], row["rank"], row["bits"]) for row in stored["rows"]]
    assert rows == list(product(widths, (128, 24), (32, 4)))
    sizes = [row["bytes"] for row in stored["rows"]]
    assert all(coarse < fine for fine, coarse in zip(sizes[::2], sizes[1::2], strict=True))
    assert stored["teacher"]["milliseconds"] > 0
    sizes = {name: row["bytes"] for name, row in stored["taught"].items()}
    assert sizes["rounded, 4 bits"] == pretrained.COMPACT.stat().st_size
    assert sizes["rounded, 4 bits"] < sizes["pruned, 8 bits"]


def test_every_start_reader_and_network_is_measured_at_the_rate_chosen_for_it(measure):
    few = {"ASKED": (5,), "CHOSEN_AT": (5,), "CHOICES": (100,), "FEW": (0, 1), "SPLITS": (0, 1)}
    sizes = {"PHOTOS": (1,), "BATCHES": 5, "STEPS": 4, "LEARNT": 60, "TRIED": 40, "HELD_OUT": 20}
    rates = {"recall": (5e-3,), "people": (1e-2,), "rows": (4e-3,)}
    stored = measure("lesson09_recurrent.evidence", RATES=rates, **SEEDS, **few, **sizes)
    assert list(stored["recall"]) == list(stored["rates"]["recall"])
    assert len(stored["recall"]["GRU"]["5"]) == 2
    tar, gains = stored["people"]["TAR"], stored["people"]["gains"]
    for name in ("last frame", lesson09.CELL):
        assert gains[name]["value"] == pytest.approx(100 * (tar[name] - tar[lesson09.MEAN]))
    assert tar[lesson09.MEAN] > tar["last frame"]
    assert list(stored["rates"]["rows"]["1"]) == list(stored["rows_learnt"]["1"])
    assert len(stored["rows"]["1"]["GRU"]) == 2


def test_every_rung_has_all_groups_and_changes_are_those_from_the_teacher(measure, put):
    half = Interval(0.5, 0.4, 0.6, 9)
    found = {str(skin): half for skin in robustness.SKINS}
    rungs = {"teacher": build(4)} | dict.fromkeys(("student", "pruned", "compact"), build(2))
    amounts = {factor: (none, most) for factor, (none, *_, most) in robustness.AMOUNTS.items()}
    put("lesson10_robustness.evidence", load_rungs=lambda: rungs)
    small = {"detect_skin": lambda people: (found, half), "AMOUNTS": amounts, "FAR": 0.02}
    put("lesson10_robustness.experiment", **small)
    put("kit.verify", RESAMPLES=100)
    sizes = {"PEOPLE": 60, "SWEPT": 12, "PAINTED": 12, "CHOSEN_ON": 40, "EPOCHS": 1}
    stored = measure("lesson10_robustness.evidence", **SEEDS, **sizes)
    assert sum(e["fnmr"]["n"] for e in stored["groups"]["teacher"].values()) == 60
    assert any(change["fnmr"]["value"] for change in stored["changes"]["compact"].values())
    assert len(stored["cures"]["both"]) == 2


def test_attacks_are_stored_by_network_trial_and_defence(measure, put):
    network, few = build(4, 16), partial(lesson11.presentation, people=6)
    loaded = dict.fromkeys(("face_embedding", "face_compact"), lambda: network)
    put("lesson11_privacy.evidence", presentation=few, **loaded)
    fool = partial(lesson11.experiment.fool_doors, steps=2)
    put("lesson11_privacy.experiment", choose_door_threshold=lambda *_: 0.5, fool_doors=fool)
    stored = measure("lesson11_privacy.evidence", PEOPLE=40, COUNT=12, FOOLED=4, LIMITS=(1, 8))
    assert stored["doors"]["teacher"] == stored["doors"]["compact"]
    assert list(stored["fooled"]["blur"]["aware"]) == ["1", "8"]
