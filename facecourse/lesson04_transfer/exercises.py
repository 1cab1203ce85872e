"""Lesson 04, transfer learning: its exercises."""

import copy
import time
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facecourse.kit import transfer
from facecourse.kit.checkers import build, choice, kind_of, run_on
from facecourse.kit.exercise import CannotCheckError, Checker, Exercise, collect
from facecourse.kit.seeds import build_seeded
from facecourse.lesson04_transfer import experiment

TARGET, FAMILY, MOST_SECONDS = 0.65, 104, 15.0


def build_base() -> nn.Module:
    """A small base with all that can move: weights, batch norm and its statistics."""
    layers = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16, 8), nn.BatchNorm1d(8))


def judge_freeze(answer: Any) -> str | None:
    base = build(answer, build_base())
    if base.state_dict().keys() != build_base().state_dict().keys():
        return "Return the model that you were given: this has other tensors."
    network = nn.Sequential(base, nn.Linear(8, 3))
    before = copy.deepcopy(base.state_dict())
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    cross_entropy(network(torch.rand(6, 1, 12, 12)), torch.arange(6) % 3).backward()
    optimizer.step()
    moved = {name for name, value in base.state_dict().items() if not value.equal(before[name])}
    if weights := moved & dict(base.named_parameters()).keys():
        names = ", ".join(sorted(weights)[:3])
        return f"After one step these weights have moved: {names}. Take their gradient away."
    if moved:
        return (
            f"No weight has moved, but {min(moved)} has: a buffer, which the forward pass "
            "itself moves while batch norm is in training mode."
        )
    return None


freeze = Exercise(
    prompt="Freeze every tensor of a base with batch norm, its running statistics too; return it.",
    starter="def freeze(model):\n    return ____",
    hints=(
        "Two things move: weights by their gradient, running statistics by the forward pass.",
        "`requires_grad_(False)` stops the first. Which mode stops the second?",
    ),
    answer="""\
def freeze(model):
    model.requires_grad_(False)
    return model.eval()""",
    checker=Checker(judge_freeze),
    slips=(
        ".eval() -> .train()",
        "    model.requires_grad_(False)\n -> ",
        "model.requires_grad_ -> list(model.children())[-1].requires_grad_",
    ),
    also_wrong=(
        lambda model: None,
        3,
        lambda model: nn.Sequential(nn.Flatten(), nn.AdaptiveAvgPool1d(8)),
    ),
    praise="A step and a forward pass later, every weight and every buffer is what it was.",
)


def judge_prepare(answer: Any) -> str | None:
    people, rate = 5 + int(torch.randint(20, ())), 0.03  # a tenth is nobody's default
    model = nn.ModuleDict({"base": build_base(), "head": nn.Linear(8, 40)})
    old, base = model.head, list(map(id, model.base.parameters()))
    optimizer = run_on(answer, model, people, rate)
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise CannotCheckError(f"Return an optimiser; this is {kind_of(optimizer)}.")
    head = model.head
    if head is old:
        return "The head is still the old one: assign a new `nn.Linear` to `model.head`."
    if (head.in_features, head.out_features) != (old.in_features, people):
        return f"The new head must take {old.in_features} features and give {people} logits."
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    if {id(p) for p in old.parameters()} & rates.keys():
        return "The optimiser holds the old head. Make the new one first, then the groups."
    if missing := [p for p in model.parameters() if id(p) not in rates]:
        return f"{len(missing)} tensors of the model are in no group and would never learn."
    if not all(p.requires_grad for p in model.parameters()):
        return "A part is frozen and would never learn: all of the model is to."
    if {rates[id(p)] for p in head.parameters()} != {rate}:
        return "The head learns at `rate` itself."
    if any(abs(rates[place] - rate / 10) > 1e-9 for place in base):
        return "Every layer of the base learns at a tenth of `rate`."
    return None


def _old_head(model: nn.ModuleDict, people: int, rate: float) -> torch.optim.Optimizer:
    found = torch.optim.AdamW(model.parameters(), lr=rate)
    model.head = nn.Linear(model.head.in_features, people)
    return found


prepare = Exercise(
    prompt="Give `model` a new head for so many people; return an optimiser in which its `base` "
    "learns at a tenth of `rate` and its `head` at `rate`.",
    starter="def prepare(model, people, rate):\n    return ____",
    hints=(
        "`model.head.in_features` says how many features come in. Make the head before the groups.",
        'A group is a dict: `{"params": model.base.parameters(), "lr": rate / 10}`.',
    ),
    answer="""\
def prepare(model, people, rate):
    model.head = torch.nn.Linear(model.head.in_features, people)
    groups = [
        {"params": model.base.parameters(), "lr": rate / 10},
        {"params": model.head.parameters(), "lr": rate},
    ]
    return torch.optim.AdamW(groups)""",
    checker=Checker(judge_prepare, (_old_head,)),
    slips=(
        '        {"params": model.base.parameters(), "lr": rate / 10},\n -> ',
        "rate / 10 -> rate",
        "rate / 10 -> 10 * rate",
    ),
    also_wrong=(lambda model, people, rate: model, 0.1),
    praise="A new head, and a base that learns ten times more slowly.",
)

fair = Exercise(
    prompt='Answer with one letter, "a" to "d".',
    starter="fair = ____",
    hints=(
        "Ask of each: do both sides get the same pictures, and did the test choose anything?",
        "Two of them tune for one side, or by the test; one gives one side more pixels.",
    ),
    answer='fair = "c"',
    checker=choice(
        "c",
        {
            "a": "That rate was chosen for the one and not for the other: an untuned rival loses.",
            "b": "Then the test photographs choose, and the luckiest rate is reported for each.",
            "d": "One side sees three times as much of each photograph. It may be this that wins.",
        },
    ),
    praise="Each at its best, chosen elsewhere, and then the same photographs and pixels for both.",
)


def judge_turn(answer: Any) -> str | None:
    train, _, test = experiment.draw_family(FAMILY).split_images(experiment.PHOTOS, seed=FAMILY)
    base, card = experiment.unpack_network()
    own, threads, start = set(base.parameters()), torch.get_num_threads(), time.process_time()
    torch.set_num_threads(1)  # CPU time adds up over threads
    try:
        model = build_seeded(0, lambda: build(answer, base, card, train))
        took = time.process_time() - start
    finally:
        torch.set_num_threads(threads)
    if not own & set(model.parameters()):
        return (
            "Build on `base` itself, not on a copy: none of its own weights is in what you return."
        )
    fives = [five / 255 for five in test.images.split(5)]  # as they lie on a disk
    with torch.no_grad():  # and in the mode in which the network came
        said = [run_on(model, five) for five in fives]
    if not isinstance(said[0], Tensor) or said[0].shape != (5, test.people):
        return f"Your network should give {test.people} logits for each image."
    if took > MOST_SECONDS:
        return (
            f"That took {took:.0f} seconds of computing time; {MOST_SECONDS:.0f} are allowed. "
            "Embed the views once."
        )
    right = float((torch.cat(said).argmax(1) == test.person).double().mean())
    if right < TARGET:
        return (
            f"Your network names {right:.0%} of a family's other photographs rightly, and "
            f"{TARGET:.0%} are wanted. In which mode, and in which range, does the base read them?"
        )
    return None


turn = Exercise(
    points=4,
    prompt=f"Return a network that names {TARGET:.0%} of a family's other photographs rightly.",
    starter="def adopt(base, card, train):\n    return ____",
    hints=(
        "Freeze the base for real. Its card says how large, in which range and how normalised the "
        "images are that it wants; ours are grey, 64 x 64.",
        '`models.backbones.Backbone(base, card["side"], card["mean"], card["spread"])` feeds a '
        "base as its card says. Call eval() on the whole.",
        "Centre by the mean features of the training photographs; then train a head.",
    ),
    answer="""\
def adopt(base, card, train):
    from facecourse.kit import transfer
    from facelib.models import backbones, embed

    base.requires_grad_(False)
    fed = backbones.Backbone(base, card["side"], card["mean"], card["spread"]).eval()
    centre = embed(fed, train.images, flip=False).mean(0)
    adopted = transfer.Recogniser(fed, centre, train.people)
    transfer.train_head(adopted, train, seed=0)
    return adopted""",
    checker=Checker(judge_turn),
    slips=(
        "return adopted -> return adopted.train()",
        'card["mean"], card["spread"] -> '
        '*([value / 255 for value in card[each]] for each in ("mean", "spread"))',
        "    transfer.train_head(adopted, train, seed=0)\n -> ",
    ),
    also_wrong=(
        lambda base, card, train: base,
        lambda base, card, train: transfer.adapt("synthetic faces", "frozen", train, seed=0),
    ),
    praise="The door knows the family, by a network that was taught no face.",
)

EXERCISES = collect("04", globals())
