"""The classical baselines on ORL, and against the same computed directly by their libraries."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from skimage import feature, filters
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from facelib.data import all_pairs, orl
from facelib.measure import Verification
from facelib.models.classical import (
    BASELINES,
    eigenfaces,
    features,
    fisherfaces,
    gabor_magnitudes,
    grey_values,
    hog_histograms,
    lbp,
    lbp_histograms,
    pixels,
)

LOWEST = {
    "pixels": 0.90,
    "eigenfaces": 0.90,
    "eigenfaces + SVM": 0.91,
    "Fisherfaces": 0.93,
    "LBP": 0.94,
    "HOG": 0.92,
    "Gabor": 0.94,
}


@pytest.fixture(scope="module")
def split():
    return orl().split_images(train=5, seed=0)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def bounds(size, cells):
    """Where cells of nearly the same size begin, and the end."""
    return [-(-cell * size // cells) for cell in range(cells + 1)]


@pytest.mark.parametrize("name", BASELINES)
def test_five_images_a_person_are_enough_to_name_most_others(name):
    scores = []
    for seed in (0, 1, 2) if name.startswith(("pixels", "eigen", "Fisher")) else (0,):
        train, _, test = orl().split_images(train=5, seed=seed)
        model = BASELINES[name]().fit(train.images, train.person)
        scores.append(model.score(test.images, test.person))
    assert np.mean(scores) >= LOWEST[name]


@pytest.mark.parametrize("name", BASELINES)
def test_one_image_a_person_is_enough_for_all_but_fisherfaces(name):
    gallery, _, probe = orl().of_people([0, 1, 2, 3]).split_images(1)
    if name == "Fisherfaces":
        with pytest.raises(ValueError, match="number of samples must be more than the number of"):
            BASELINES[name]().fit(gallery.images, gallery.person)
    else:
        model = BASELINES[name]().fit(gallery.images, gallery.person)
        assert model.score(probe.images, probe.person) > 0.6  # guessing: 0.25


def test_pixels_compare_by_the_cosine_of_what_differs_from_the_mean_face(split):
    train, _, test = split
    model = pixels().fit(train.images, train.person)
    mean = train.images.double().mean(0)
    expected = torch.nn.functional.normalize((test.images - mean).flatten(1))
    np.testing.assert_allclose(features(model, test.images), expected, atol=1e-6)


@pytest.mark.parametrize("components", [0.95, 20])
def test_eigenfaces_are_scikit_learns_pca_and_nearest_cosine(split, components):
    train, _, test = split
    flat, flat_test = (part.images.flatten(1).numpy() / 255 for part in (train, test))
    pca = PCA(components, svd_solver="full").fit(flat)
    model = eigenfaces(components).fit(train.images, train.person)
    cosine = unit(pca.transform(flat_test)) @ unit(pca.transform(flat)).T
    ours = features(model, test.images) @ features(model, train.images).T
    np.testing.assert_allclose(ours, cosine, atol=1e-3)
    nearest = KNeighborsClassifier(1, metric="cosine").fit(pca.transform(flat), train.person)
    direct = nearest.predict(pca.transform(flat_test))
    assert (model.predict(test.images) == direct).mean() > 0.99


def test_the_svm_is_scikit_learns_on_the_same_coordinates(split):
    train, _, test = split
    model = eigenfaces(svm=True).fit(train.images, train.person)
    machine = SVC(kernel="linear", C=10).fit(features(model, train.images), train.person)
    expected = machine.predict(features(model, test.images))
    assert (model.predict(test.images) == expected).all()


def test_fisherfaces_are_scikit_learns_lda_after_pca(split):
    train, _, test = split
    flat, flat_test = (part.images.flatten(1).numpy() / 255 for part in (train, test))
    pca = PCA(30, svd_solver="full").fit(flat)
    lda = LinearDiscriminantAnalysis().fit(pca.transform(flat), train.person)
    model = fisherfaces(30).fit(train.images, train.person)
    assert features(model, test.images).shape == (200, 30)
    expected, ours = unit(lda.transform(pca.transform(flat_test))), features(model, test.images)
    np.testing.assert_allclose(ours @ ours.T, expected @ expected.T, atol=1e-3)


def test_as_many_components_as_the_paper_keeps_are_too_many_for_five_images_a_person(split):
    train, _, test = split
    paper = fisherfaces(len(train) - train.people).fit(train.images, train.person)
    ours = fisherfaces().fit(train.images, train.person)
    gap = ours.score(test.images, test.person) - paper.score(test.images, test.person)
    assert gap > 0.2


def test_lbp_counts_scikit_images_codes_in_every_cell(split):
    image = split.test.images[:1]
    code = feature.local_binary_pattern(image[0, 0].numpy(), 8, 2, method="nri_uniform")[2:-2, 2:-2]
    rows, columns = bounds(108, 5), bounds(88, 4)
    expected = []
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            cell = code[top:bottom, left:right]
            expected.append(np.sqrt([(cell == value).mean() for value in range(59)]))
    np.testing.assert_allclose(lbp_histograms(image)[0], np.concatenate(expected), atol=1e-6)


def test_the_cosine_of_lbp_orders_pairs_as_the_hellinger_distance(split):
    described = lbp_histograms(split.test.images[:20])
    shares = described**2 / 20  # of the whole image, so they sum to 1
    hellinger = np.sqrt(1 - np.minimum(np.sqrt(shares) @ np.sqrt(shares).T, 1))
    embedding = features(lbp().fit(split.train.images[:2], [0, 1]), split.test.images[:20])
    np.testing.assert_allclose(1 - embedding @ embedding.T, hellinger**2, atol=1e-5)


def test_hog_is_scikit_images_on_the_blurred_face(split):
    image = split.test.images[:1]
    blurred = filters.gaussian(image[0, 0].numpy(), 3)
    expected = feature.hog(blurred, 8, (16, 18), (1, 1), block_norm="L1-sqrt")
    assert expected.shape == (7 * 5 * 8,)
    np.testing.assert_allclose(hog_histograms(image)[0], expected, atol=1e-6)


def test_gabor_is_scikit_images_filter_pooled(split):
    images = split.test.images[:17]  # one more than is filtered at a time
    half = images[16, 0].numpy().reshape(56, 2, 46, 2).mean((1, 3)) / 255
    expected = []
    for wavelength in (2**2.5, 2**3, 2**3.5, 2**4):
        for direction in range(6):
            real, imaginary = filters.gabor(half, 1 / wavelength, theta=np.pi * direction / 6)
            magnitude = torch.from_numpy(np.hypot(real, imaginary))[None]
            expected.append(torch.nn.functional.adaptive_avg_pool2d(magnitude, (6, 5)).flatten())
    described = gabor_magnitudes(images)
    assert described.shape == (17, 4 * 6 * 6 * 5)
    np.testing.assert_allclose(described[16] ** 2, torch.cat(expected), atol=1e-5)


@pytest.mark.parametrize("name", BASELINES)
def test_features_are_float32_rows_of_unit_length(name):
    faces = orl().of_people([4, 7])
    rows = features(BASELINES[name]().fit(faces.images, faces.person), faces.images)
    assert rows.dtype == torch.float32
    assert len(rows) == 20
    np.testing.assert_allclose(rows.norm(dim=1), 1, atol=1e-5)


def test_features_verify_people_never_seen():
    train, _, test = orl().split_people(train=20, seed=0)
    model = eigenfaces().fit(train.images, train.person)
    rows, pairs = features(model, test.images), all_pairs(test.person)
    verification = Verification((rows[pairs.left] * rows[pairs.right]).sum(1), pairs.same)
    assert 0.85 < verification.auc < 0.99


def test_arrays_do_as_well_as_tensors(split):
    images = split.test.images[:3]
    for describe in (grey_values, lbp_histograms, hog_histograms, gabor_magnitudes):
        assert np.array_equal(describe(images.numpy()), describe(images))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(2, 3, 112, 92, dtype=torch.uint8), r"\(2, 3, 112, 92\); facelib.data.to_grey"),
        (torch.zeros(2, 1, 112, 92), "want grey images, uint8 .*, got float32"),
        (torch.zeros(112, 92, dtype=torch.uint8), r"got uint8 \(112, 92\)"),
        (torch.zeros(0, 1, 112, 92, dtype=torch.uint8), r"got uint8 \(0, 1, 112, 92\)"),
        (torch.zeros(2, 1, 112, 31, dtype=torch.uint8), "at least 32 x 32 pixels, got 112 x 31"),
    ],
)
@pytest.mark.parametrize("name", ["pixels", "LBP", "HOG", "Gabor"])
def test_images_that_cannot_be_described_are_refused(name, images, message):
    with pytest.raises(ValueError, match=message):
        BASELINES[name]().fit(images, torch.arange(len(images)))


def test_more_components_than_images_are_refused(split):
    with pytest.raises(ValueError, match="n_components=201 must be between 0 and"):
        eigenfaces(201).fit(split.train.images, split.train.person)


def test_the_smallest_images_are_described_by_every_baseline():
    faces = orl().of_people([0, 1])
    small = faces.images[..., 40:72, 30:62]
    for make in BASELINES.values():
        assert features(make().fit(small, faces.person), small).isfinite().all()
