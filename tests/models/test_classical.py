"""The classical baselines on ORL, and against the same computed directly by their libraries."""

import numpy as np
import pytest
import torch
from skimage import feature, filters
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier

from facelib.data import orl
from facelib.models.classical import (
    BASELINES,
    eigenfaces,
    features,
    fisherfaces,
    gabor_magnitudes,
    hog_histograms,
    lbp_histograms,
    pixels,
)

LOWEST = {
    "pixels": 0.90, "eigenfaces": 0.90, "eigenfaces + SVM": 0.91, "Fisherfaces": 0.93,
    "LBP": 0.94, "HOG": 0.92, "Gabor": 0.94,
}  # fmt: skip


@pytest.fixture(scope="module")
def split():
    return orl().split_images(train=5, seed=0)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def flat(split):
    """Grey values of training and test faces, the training labels."""
    train, _, test = split
    return train.images.flatten(1).numpy() / 255, test.images.flatten(1).numpy() / 255, train.person


@pytest.mark.parametrize("name", BASELINES)
def test_five_images_a_person_are_enough_to_name_most_others(split, name):
    train, _, test = split
    model = BASELINES[name]().fit(train.images, train.person)
    assert model.score(test.images, test.person) >= LOWEST[name]


def test_one_image_a_person_is_enough_for_all_but_fisherfaces():
    gallery, _, probe = orl().of_people([0, 1, 2, 3]).split_images(1)
    for name in BASELINES.keys() - {"Fisherfaces"}:
        model = BASELINES[name]().fit(gallery.images, gallery.person)
        assert model.score(probe.images, probe.person) > 0.6, name  # guessing: 0.25
        rows = features(model, probe.images)
        assert (len(rows), rows.dtype) == (36, torch.float32)
        np.testing.assert_allclose(rows.norm(dim=1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="number of samples must be more than the number of"):
        fisherfaces().fit(gallery.images, gallery.person)


def test_pixels_compare_by_the_cosine_of_what_differs_from_the_mean_face(split):
    train, _, test = split
    model = pixels().fit(train.images, train.person)
    mean = train.images.double().mean(0)
    expected = torch.nn.functional.normalize((test.images - mean).flatten(1))
    np.testing.assert_allclose(features(model, test.images), expected, atol=1e-6)


def test_eigenfaces_are_scikit_learns_pca_and_nearest_cosine(split, flat):
    (train, _, test), (known, asked, person) = split, flat
    pca = PCA(0.95, svd_solver="full").fit(known)
    known, asked = pca.transform(known), pca.transform(asked)
    model = eigenfaces().fit(train.images, train.person)
    ours = features(model, test.images) @ features(model, train.images).T
    np.testing.assert_allclose(ours, unit(asked) @ unit(known).T, atol=1e-3)
    direct = KNeighborsClassifier(1, metric="cosine").fit(known, person).predict(asked)
    assert (model.predict(test.images) == direct).mean() > 0.99


def test_fisherfaces_are_scikit_learns_lda_after_pca(split, flat):
    (train, _, test), (known, asked, person) = split, flat
    pca = PCA(0.85, svd_solver="full").fit(known)
    lda = LinearDiscriminantAnalysis().fit(pca.transform(known), person)
    ours = features(fisherfaces().fit(train.images, train.person), test.images)
    assert ours.shape == (200, min(39, pca.n_components_))
    expected = unit(lda.transform(pca.transform(asked)))
    np.testing.assert_allclose(ours @ ours.T, expected @ expected.T, atol=1e-3)


def test_as_many_components_as_the_paper_keeps_are_too_many_for_five_images_a_person(split):
    train, _, test = split
    paper = fisherfaces().set_params(pca__n_components=len(train) - train.people)
    paper.fit(train.images, train.person)
    assert paper.score(test.images, test.person) < LOWEST["Fisherfaces"] - 0.2


def test_lbp_counts_scikit_images_codes_in_every_cell(split):
    image = split.test.images[:1]
    code = feature.local_binary_pattern(image[0, 0].numpy(), 8, 2, method="nri_uniform")[2:-2, 2:-2]
    expected = [
        np.sqrt([(cell == value).mean() for value in range(59)])
        for row in np.split(code, [22, 44, 65, 87])  # cells of nearly the same size
        for cell in np.split(row, 4, axis=1)
    ]
    found = lbp_histograms(image.numpy())[0]  # arrays do as well as tensors
    np.testing.assert_allclose(found, np.concatenate(expected), atol=1e-6)


def test_the_cosine_of_lbp_orders_pairs_as_the_hellinger_distance(split):
    faces = split.test.images[:20]
    shares = lbp_histograms(faces) ** 2 / 20  # of the whole image, so they sum to 1
    hellinger = np.sqrt(1 - np.minimum(np.sqrt(shares) @ np.sqrt(shares).T, 1))
    embedding = features(BASELINES["LBP"]().fit(split.train.images[:2], [0, 1]), faces)
    np.testing.assert_allclose(1 - embedding @ embedding.T, hellinger**2, atol=1e-5)


def test_hog_is_scikit_images_on_the_blurred_face(split):
    image = split.test.images[:1]
    blurred = filters.gaussian(image[0, 0].numpy(), 3)
    expected = feature.hog(blurred, 8, (16, 18), (1, 1), block_norm="L1-sqrt")
    assert expected.shape == (7 * 5 * 8,)
    np.testing.assert_allclose(hog_histograms(image.numpy())[0], expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(32, 32), (40, 40), (41, 33), (48, 48)])
def test_hog_has_seven_by_five_cells_and_no_part_of_another(shape):
    height, width = (side // count for side, count in zip(shape, (7, 5), strict=True))
    image = torch.randint(256, shape, generator=torch.Generator().manual_seed(0)).byte().numpy()
    blurred = filters.gaussian(image, 3)
    whole = feature.hog(
        blurred, 8, (height, width), (1, 1), block_norm="L1-sqrt", feature_vector=False
    )
    found = hog_histograms(image[None, None])
    assert found.shape == (1, 280)
    np.testing.assert_allclose(found[0], whole[:7, :5].ravel(), atol=1e-6)


def test_gabor_is_scikit_images_filter_pooled(split):
    images = split.test.images[:17]  # one more than is filtered at a time
    half = images[16, 0].numpy().reshape(56, 2, 46, 2).mean((1, 3)) / 255
    expected = []
    for wavelength in (2**2.5, 2**3, 2**3.5, 2**4):
        for direction in range(6):
            real, imaginary = filters.gabor(half, 1 / wavelength, theta=np.pi * direction / 6)
            magnitude = torch.from_numpy(np.hypot(real, imaginary))[None]
            expected.append(torch.nn.functional.adaptive_avg_pool2d(magnitude, (6, 5)).flatten())
    described = gabor_magnitudes(images.numpy())
    assert described.shape == (17, 4 * 6 * 6 * 5)
    np.testing.assert_allclose(described[16] ** 2, torch.cat(expected), atol=1e-5)


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
    smallest = torch.randint(256, (2, 1, 32, 32), dtype=torch.uint8)
    BASELINES[name]().fit(smallest, [0, 1])
    with pytest.raises(ValueError, match=message):
        BASELINES[name]().fit(images, torch.arange(len(images)))
