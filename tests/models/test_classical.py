"""The classical baselines on ORL, and against the same computed directly by their libraries."""

import numpy as np
import pytest
import torch
from skimage import feature, filters
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier

from facelib.data import orl
from facelib.models import classical
from facelib.models.classical import BASELINES, features

LOWEST = {
    "pixels": 0.90, "eigenfaces": 0.90, "eigenfaces + SVM": 0.91, "Fisherfaces": 0.93,
    "LBP": 0.94, "HOG": 0.92, "Gabor": 0.94,
}  # fmt: skip


@pytest.fixture(scope="module")
def split():
    return orl().split_images(train=5, seed=0)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


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
        classical.fisherfaces().fit(gallery.images, gallery.person)


def test_projections_are_scikit_learns_pca_and_lda_and_the_nearest_cosine(split):
    train, _, test = split
    known, asked = (part.images.flatten(1).numpy() / 255 for part in (train, test))
    pca, most = (PCA(share, svd_solver="full").fit(known) for share in (0.85, 0.95))
    lda = LinearDiscriminantAnalysis().fit(pca.transform(known), train.person)
    for made, project in (
        (classical.pixels, lambda grey: grey - known.mean(0)),
        (classical.eigenfaces, most.transform),
        (classical.fisherfaces, lambda grey: lda.transform(pca.transform(grey))),
    ):
        model = made().fit(train.images, train.person)
        ours, expected = features(model, test.images), unit(project(asked))
        assert ours.shape == expected.shape
        np.testing.assert_allclose(ours @ ours.T, expected @ expected.T, atol=2e-5)
        if made is classical.pixels:  # whose axes have no signs to choose
            np.testing.assert_allclose(ours, expected, atol=1e-6)
        direct = KNeighborsClassifier(1, metric="cosine").fit(project(known), train.person)
        assert (model.predict(test.images) == direct.predict(project(asked))).mean() > 0.99


def test_lbp_counts_scikit_images_codes_in_every_cell(split):
    image = split.test.images[:1]
    code = feature.local_binary_pattern(image[0, 0].numpy(), 8, 2, method="nri_uniform")[2:-2, 2:-2]
    expected = [
        np.sqrt([(cell == value).mean() for value in range(59)])
        for row in np.split(code, [22, 44, 65, 87])  # cells of nearly the same size
        for cell in np.split(row, 4, axis=1)
    ]
    found = classical.lbp_histograms(image.numpy())[0]  # arrays do as well as tensors
    np.testing.assert_allclose(found, np.concatenate(expected), atol=1e-6)


@pytest.mark.parametrize("shape", [(112, 92), (32, 32), (41, 33)])
def test_hog_is_scikit_images_in_seven_by_five_cells_of_the_blurred_face(shape):
    height, width = (side // count for side, count in zip(shape, (7, 5), strict=True))
    image = torch.randint(256, shape, generator=torch.Generator().manual_seed(0)).byte().numpy()
    blurred = filters.gaussian(image, 3)
    settings = {"block_norm": "L1-sqrt", "feature_vector": False}
    whole = feature.hog(blurred, 8, (height, width), (1, 1), **settings)
    found = classical.hog_histograms(image[None, None])
    np.testing.assert_allclose(found, whole[:7, :5].reshape(1, 280), atol=1e-6)


def test_gabor_is_scikit_images_filter_pooled(split):
    images = split.test.images[:17]  # one more than is filtered at a time
    half = images[16, 0].numpy().reshape(56, 2, 46, 2).mean((1, 3)) / 255
    expected = []
    for wavelength in (2**2.5, 2**3, 2**3.5, 2**4):
        for direction in range(6):
            real, imaginary = filters.gabor(half, 1 / wavelength, theta=np.pi * direction / 6)
            magnitude = torch.from_numpy(np.hypot(real, imaginary))[None]
            expected.append(torch.nn.functional.adaptive_avg_pool2d(magnitude, (6, 5)).flatten())
    described = classical.gabor_magnitudes(images.numpy())
    assert described.shape == (17, 4 * 6 * 6 * 5)
    np.testing.assert_allclose(described[16] ** 2, torch.cat(expected), atol=1e-5)


@pytest.mark.parametrize("name", ["pixels", "LBP", "HOG", "Gabor"])
def test_images_that_cannot_be_described_are_refused(name):
    smallest = torch.randint(256, (2, 1, 32, 32), dtype=torch.uint8)
    BASELINES[name]().fit(smallest, [0, 1])
    for shape, message in (
        ((2, 3, 112, 92), r"\(2, 3, 112, 92\); facelib.data.to_grey"),
        ((112, 92), r"got uint8 \(112, 92\)"),
        ((0, 1, 112, 92), r"got uint8 \(0, 1, 112, 92\)"),
        ((2, 1, 112, 31), "at least 32 x 32 pixels, got 112 x 31"),
    ):
        images = torch.zeros(shape, dtype=torch.uint8)
        with pytest.raises(ValueError, match=message):
            BASELINES[name]().fit(images, torch.arange(len(images)))
    with pytest.raises(ValueError, match="want grey images, uint8 .*, got float32"):
        BASELINES[name]().fit(smallest.float(), [0, 1])
