import re

import torch

from facecourse.kit.orl import to_half
from facecourse.lesson01_background import experiment, figures, one_photo
from facelib.data import orl
from facelib.models.classical import grey_values, pixels


def few(people=4):
    """The first people of ORL, at half the size to be quick."""
    return orl().of_people(list(range(people))).map(to_half)


def test_runs_agree_with_nearest_neighbours_of_scikit_learn():
    faces = few()
    codes = torch.from_numpy(grey_values(faces.images))
    runs = experiment.run_splits(codes - codes.mean(0), faces, splits=3)
    for seed in range(3):
        train, _, test = faces.split_images(train=5, seed=seed)
        # the codes are less the mean of all images, the pipeline's that of the training images
        score = pixels().fit(train.images, train.person).score(test.images, test.person)
        assert abs(runs[seed] - score) <= 0.05


def test_ten_of_twenty_pairs_show_one_person_and_gabor_accepts_a_picture_paired_with_itself():
    pairs, same = experiment.deal_pairs(seed=1)
    assert same.sum() == 10
    assert len(pairs.flatten(0, 1).flatten(1).unique(dim=0)) == 40
    assert not experiment.judge_by_gabor(pairs, seed=2).all()
    assert experiment.judge_by_gabor(pairs[:, :1].repeat(1, 2, 1, 1, 1), seed=2).all()


def test_a_game_counts_the_errors_of_who_always_says_one_person(capsys):
    pairs, same = torch.zeros(4, 2, 1, 8, 8, dtype=torch.uint8), torch.tensor([True, False] * 2)
    box = figures.play_pairs(pairs, same, machine=same)
    one_person = box.children[0].children[0]
    for _ in range(5):  # a click too many does nothing
        one_person.click()
    rows = capsys.readouterr().out.strip().splitlines()[-2:]
    (_, wrong, accepted, *_), (_, none, *_) = (re.split(r"\s{2,}", row) for row in rows)
    assert (wrong, accepted[:4], none) == ("2", "100%", "0")


def test_more_splits_make_a_pair_of_methods_decidable(shown):
    generator = torch.Generator().manual_seed(0)
    hard, noise = torch.randn(2, 80, generator=generator, dtype=torch.float64)
    first = 0.9 + 0.01 * hard
    for second, verdict in ((0.002 - 0.005 * noise, "better"), (0.0001 * noise, "undecided")):
        splits = figures.interval_slider(first, first - second, ("a", "b")).children[0]
        splits.value = 80
        assert shown[-1].endswith(f": {verdict}.")


def test_enrolled_photographs_stay_and_their_views_have_their_names():
    faces = few(2).take(torch.tensor([0, 10]))
    more = one_photo.augment_enrolled(faces, seed=0)
    assert torch.equal(more.images[:2], faces.images)
    assert more.person.tolist() == [0, 1] * (one_photo.VIEWS + 1)
    assert (more.images[2:].float() - faces.images.repeat(one_photo.VIEWS, 1, 1, 1)).abs().sum() > 0


def test_the_pipeline_says_what_it_shows(shown):
    figures.draw_pipeline(few(1).images[0], torch.rand(2, 20))
    assert "a threshold that accepts or rejects" in shown[0]
