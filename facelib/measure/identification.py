"""Identification (1:N): who of the enrolled people (the gallery) does a probe image show?"""

from torch import Tensor
from torch.nn import functional as F


def similarity(probe: Tensor, gallery: Tensor) -> Tensor:
    """Cosine similarity of every probe with every gallery image, float32 (N, M) from -1 to 1.

    Args:
        probe, gallery: float (N, D) and (M, D) embeddings, any length.

    Raises:
        ValueError: shapes do not fit, or an embedding is not finite.
    """
    if probe.ndim != 2 or gallery.ndim != 2 or probe.shape[1] != gallery.shape[1]:
        raise ValueError(
            "want embeddings (N, D) and (M, D) of one length D, "
            f"got {tuple(probe.shape)} and {tuple(gallery.shape)}"
        )
    refuse_rows(~probe.isfinite().all(1), "probe embeddings are not finite")
    refuse_rows(~gallery.isfinite().all(1), "gallery embeddings are not finite")
    cosine = F.normalize(probe.float()) @ F.normalize(gallery.float()).T
    return cosine.clamp(-1, 1)  # rounding passes 1 by some 1e-7


def refuse_rows(bad: Tensor, what: str) -> None:
    """Refuse embeddings if `what` is wrong in a row, bool (N,), and say in which."""
    if rows := bad.nonzero().flatten().tolist():
        raise ValueError(
            f"{what} in rows {rows[:5]} ({len(rows)} in all): leave these images out, and look at "
            "what went into the model"
        )


def identify(probe: Tensor, gallery: Tensor, gallery_person: Tensor) -> Tensor:
    """The person of the most similar gallery image, int64 (N,): nearest neighbour by cosine.

    Args:
        probe, gallery: as in `similarity`, which refuses the same; somebody must be enrolled.
        gallery_person: int64 (M,), the label of each.
    """
    if gallery_person.shape != gallery.shape[:1] or not len(gallery):
        raise ValueError(
            "want one label for each of at least 1 gallery image, "
            f"got {tuple(gallery_person.shape)} for {tuple(gallery.shape)}"
        )
    return gallery_person.to(probe.device)[similarity(probe, gallery).argmax(1)]
