from facecourse.kit.orl import to_half
from facecourse.lesson01_background import experiment
from facelib.data import normalise_light, orl


def few(people=4):
    """The first people of ORL, at half the size to be quick."""
    return orl().of_people(list(range(people))).map(to_half)


def test_doing_nothing_changes_nothing_and_equalising_cures_side_light():
    table = experiment.compare_preparations(
        few(), {"nothing again": lambda images: images, "equalise": normalise_light}
    )
    assert [row[0] for row in table.rows] == ["nothing", "nothing again", "equalise"]
    assert table.rows[1][1:] == ["+0.000 [0.000, 0.000]"] * 3
    plain, cured = float(table.rows[0][3][:5]), float(table.rows[2][3][:6])
    assert plain + cured > plain + 0.1


def test_runs_agree_with_nearest_neighbours_of_scikit_learn():
    from facelib.models.classical import pixels

    faces = few()
    runs = experiment._runs(faces, faces.images, faces.images)
    for seed in range(3):
        train, _, test = faces.split_images(train=5, seed=seed)
        # the lesson subtracts the mean of all images, the pipeline that of the training images
        score = pixels().fit(train.images, train.person).score(test.images, test.person)
        assert abs(runs[seed] - score) <= 0.05


def test_imbalance_lists_who_enrolled_more_first_and_the_mean_lies_between():
    rows = {row[0]: float(row[1][:5]) for row in experiment.compare_recall(few(8)).rows}
    assert rows["one photograph"] < rows["everybody"] < rows["five photographs"]
