"""Face recognition before deep networks, as scikit-learn pipelines.

    model = eigenfaces().fit(train.images, train.person)
    model.predict(test.images)              # identification
    features(model, test.images)            # verification: a dot product is the cosine

Every pipeline goes images -> descriptor -> (projection) -> unit length -> classifier, so that the
nearest neighbour and a verification threshold both compare by cosine. The papers on eigenfaces and
Fisherfaces use the Euclidean distance; the cosine did better where the defaults were chosen.

That was on ORL, with four training images and one validation image a person: `split_images(train=4,
validation=1, seed)`, seeds 1000 to 1009, test parts unread. ORL has no more photographs, so the
test parts of other seeds hold some of those that chose.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.fft import next_fast_len
from skimage import feature, filters
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler
from sklearn.svm import SVC
from torch import Tensor
from torch.nn import functional

SMALLEST = 32  # pixels a side: below that the cells of the grids hold too little to count

Features = NDArray[np.float32]


def pixels() -> Pipeline:
    """The grey values themselves, minus the mean face: H x W numbers."""
    return _recogniser(grey_values, StandardScaler(with_std=False))


def eigenfaces(svm: bool = False) -> Pipeline:
    """Coordinates along the directions in which faces vary most (PCA), 95 % of the variance.

    M. Turk, A. Pentland, "Eigenfaces for recognition", J. Cognitive Neuroscience, 1991.

    Args:
        svm: a linear support vector machine names the person, instead of the nearest neighbour.
    """
    classifier = SVC(kernel="linear", C=10) if svm else None
    return _recogniser(grey_values, PCA(0.95, svd_solver="full"), classifier=classifier)


def fisherfaces() -> Pipeline:
    """Coordinates that best tell people apart: LDA after PCA, at most people - 1 numbers.

    P. Belhumeur, J. Hespanha, D. Kriegman, "Eigenfaces vs. Fisherfaces", IEEE PAMI, 1997. The
    paper keeps images - people principal components. With few images of each person LDA then fits
    the noise: on ORL it falls far behind eigenfaces, so only 85 % of the variance is kept here.

    Somebody must have two training images, or there is no variation within a person to learn from.
    """
    pca = PCA(0.85, svd_solver="full")
    return _recogniser(grey_values, pca, LinearDiscriminantAnalysis())


def features(model: Pipeline, images: Tensor) -> Tensor:
    """What a fitted baseline compares: float32 (N, D), unit length, as `embed` of a network."""
    return torch.from_numpy(model[:-1].transform(images)).float()


def grey_values(images: ArrayLike | Tensor) -> Features:
    """uint8 (N, 1, H, W) -> (N, H * W) from 0 to 1."""
    return _grey(images).reshape(len(images), -1) / np.float32(255)


def lbp_histograms(images: ArrayLike | Tensor, grid: tuple[int, int] = (5, 4)) -> Features:
    """uint8 (N, 1, H, W) -> (N, rows * columns * 59) square roots of each cell's shares.

    Local binary patterns: each pixel gets the code of which of its 8 neighbours, on a circle of 2
    pixels' radius, are brighter: one of 58 uniform patterns (at most two changes around the circle)
    or "other". T. Ahonen, A. Hadid, M. Pietikäinen, "Face description with local binary patterns",
    IEEE PAMI, 2006. The cosine of square roots stands for the paper's chi-square distance.
    """
    images, radius, (rows, columns) = _grey(images), 2, grid
    height, width = (side - 2 * radius for side in images.shape[1:])
    row, column = np.arange(height) * rows // height, np.arange(width) * columns // width
    cell = 59 * (columns * row[:, None] + column)  # where the counts of each pixel's cell begin
    counts = np.zeros((len(images), rows * columns * 59), np.float32)
    for count, image in zip(counts, images, strict=True):
        code = feature.local_binary_pattern(image, 8, radius, method="nri_uniform").astype(int)
        inside = code[radius:-radius, radius:-radius]  # near the border circles leave the image
        count += np.bincount((cell + inside).ravel(), minlength=count.size)
    cells = counts.reshape(len(images), rows * columns, 59)
    return np.sqrt(cells / cells.sum(2, keepdims=True)).reshape(counts.shape)


def hog_histograms(images: ArrayLike | Tensor) -> Features:
    """uint8 (N, 1, H, W) -> (N, 7 * 5 * 8) square roots of each cell's shares of 8 directions.

    Which way the edges run: N. Dalal, B. Triggs, "Histograms of oriented gradients for human
    detection", CVPR 2005. Faces that are not aligned want more blur (a Gaussian of 3 pixels) than
    the paper's pedestrians, and each cell normalised by itself.
    """
    images = _grey(images)
    cell = images.shape[1] // 7, images.shape[2] // 5
    blurred = (filters.gaussian(image, 3) for image in images)
    cells = [
        feature.hog(image, 8, cell, (1, 1), block_norm="L1-sqrt", feature_vector=False)[:7, :5]
        for image in blurred
    ]
    return np.stack(cells).reshape(len(images), -1).astype(np.float32)


def gabor_magnitudes(images: ArrayLike | Tensor) -> Features:
    """uint8 (N, 1, H, W) -> (N, 4 * 6 * 6 * 5) roots of mean magnitudes.

    How strongly waves of four lengths and six directions answer: C. Liu, H. Wechsler, "Gabor
    feature based classification using the enhanced Fisher linear discriminant model", IEEE Trans.
    Image Processing, 2002, with 24 filters instead of 40, and no discriminant. The image is halved
    first: the wavelengths, 11, 16, 23 and 32 of its pixels, need no more.
    """
    halves = functional.avg_pool2d(torch.from_numpy(_grey(images))[:, None].float() / 255, 2)
    kernels = [
        filters.gabor_kernel(1 / wavelength, theta=np.pi * direction / 6)
        for wavelength in (2**2.5, 2**3, 2**3.5, 2**4)
        for direction in range(6)
    ]
    height, width = halves.shape[2:]
    edge = max(max(kernel.shape) for kernel in kernels) // 2
    size = [next_fast_len(side + 2 * edge) for side in (height, width)]
    spectra = [torch.fft.fft2(torch.from_numpy(kernel).cfloat(), size) for kernel in kernels]
    parts = []
    for half in halves.split(16):  # small enough for the processor's cache
        mirrored = np.pad(half.numpy(), [(0, 0), (0, 0), (edge, edge), (edge, edge)], "symmetric")
        spectrum = torch.fft.fft2(torch.from_numpy(mirrored), size)
        pooled = []
        for kernel, kernel_spectrum in zip(kernels, spectra, strict=True):
            top, left = (edge + side // 2 for side in kernel.shape)
            answer = torch.fft.ifft2(spectrum * kernel_spectrum).abs()
            answer = answer[..., top : top + height, left : left + width]
            pooled.append(functional.adaptive_avg_pool2d(answer, (6, 5)))
        parts.append(torch.cat(pooled, 1).flatten(1).sqrt())
    return torch.cat(parts).numpy()


def _recogniser(
    describe: Callable[[ArrayLike | Tensor], Features],
    *project: BaseEstimator,
    classifier: BaseEstimator | None = None,
) -> Pipeline:
    """descriptor -> (projection) -> unit length -> nearest neighbour, or another classifier."""
    classifier = classifier or KNeighborsClassifier(n_neighbors=1)
    return make_pipeline(FunctionTransformer(describe), *project, Normalizer(), classifier)


BASELINES: dict[str, Callable[[], Pipeline]] = {
    "pixels": pixels,
    "eigenfaces": eigenfaces,
    "eigenfaces + SVM": partial(eigenfaces, svm=True),
    "Fisherfaces": fisherfaces,
    "LBP": partial(_recogniser, lbp_histograms),
    "HOG": partial(_recogniser, hog_histograms),
    "Gabor": partial(_recogniser, gabor_magnitudes),
}


def _grey(images: ArrayLike | Tensor) -> NDArray[np.uint8]:
    """uint8 (N, H, W), checked."""
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] != 1 or not len(images):
        raise ValueError(
            f"want grey images, uint8 (N, 1, H, W), got {images.dtype} {images.shape}; "
            "facelib.data.to_grey makes colour images grey"
        )
    if min(images.shape[2:]) < SMALLEST:
        raise ValueError(
            f"want images of at least {SMALLEST} x {SMALLEST} pixels, got "
            f"{images.shape[2]} x {images.shape[3]}; facelib.data.resize enlarges them"
        )
    return images[:, 0]
