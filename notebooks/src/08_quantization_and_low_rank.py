# %% [markdown]
# # 08 · Quantization and low rank: fewer bits, thinner matrices
#
# **You will learn** to write a network's numbers with eight bits and with fewer, by hand and with tools; what sets the scales and what that costs; when eight bits are faster and when not; to split a layer in two by its singular values; and to put all steps so far into one file.
# **You need** [lesson 06](06_distillation.ipynb) for the student, [lesson 03](03_weight_sharing.ipynb) for codebooks. **Time:** 45 minutes to read, a minute to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
import tempfile
from pathlib import Path

import torch
from torch.nn.functional import conv2d

from facecourse.kit import Scoreboard, ____, charts, choose_profile, evidence, pick, record
from facecourse.ladder import rungs
from facecourse.ladder.student import PEOPLE, calibration_faces, tar_drop
from facecourse.lesson08_quantization import exercises, experiment, figures
from facelib.compress import export, factorize, quantize
from facelib.measure.groups import ladder_faces
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel

profile = choose_profile(profile)
stored, ladder = evidence.load("08"), evidence.load("ladder")
people = pick(profile, smoke=20, quick=100, full=PEOPLE)

# %% [markdown]
# ## Eight bits by hand
#
# A number of 32 bits can be almost anything between $10^{-38}$ and $10^{38}$. A network needs little of that: the weights of a layer lie within some tenths of zero, its outputs within a few units. **Quantization** lays a ruler over that range, with 256 marks, and stores the number of the nearest mark:
#
# $$q = \mathrm{round}(x / s) + z, \qquad x \approx s\,(q - z)$$
#
# The **scale** $s$ is the distance between two marks, the **zero point** $z$ is the mark of 0, which must be exact: padding and ReLU make many zeros.
#
# **Exercise 1.** A layer's outputs lie between -2 and 49. What is the scale?

# %% tags=["exercise", "nbval-check-output"]
scale = ____
exercises.step.check(scale)

# %% [markdown]
# **Exercise 2.** Write the first formula. What lies outside the range is cut off.


# %% tags=["exercise", "nbval-check-output"]
def quantized(values, scale, zero_point):
    return ____


exercises.quantized.check(quantized)

# %% [markdown]
# PyTorch writes such numbers and reads them back in one call. 60 is cut off, and the others are at most half a scale away:

# %%
values = torch.tensor([-2.0, -0.13, 0.0, 0.13, 20.0, 49.0, 60.0])
back = torch.fake_quantize_per_tensor_affine(values, 0.2, 10, 0, 255)
charts.Table(
    ["value", "read back"], [[f"{v:.2f}", f"{b:.2f}"] for v, b in zip(values, back, strict=True)]
)

# %% [markdown]
# Weights lie around zero and get marks from -127 to 127 and no zero point. Some channels have small weights, others large ones. With one scale for the layer, the small ones share a few marks.
#
# **Exercise 3.** Give each row its own scale, round, and return what eight bits give back.


# %% tags=["exercise", "nbval-check-output"]
def per_channel(weight):
    scale = ____
    return (weight / scale).round() * scale


exercises.per_channel.check(per_channel)

# %% [markdown]
# Move the bits. Left are the rounded weights of one of the student's layers, right their errors; the table counts what the whole student loses when all its weights are rounded, in points of TAR at 1 % FAR:

# %% tags=["nbval-ignore-output"]
figures.bits_slider(people=people)

# %% [markdown]
# Down to six bits nothing happens at this FAR. With four it depends on the scales: one for the whole layer loses 4 points, one a channel a tenth of a point. (Batch norm makes up for any size of a channel, so training leaves very different ones.) With two bits a weight is -1, 0 or 1 times its scale: too coarse for a network that never learnt so. Over 300 people:

# %%
scales = {f"TAR lost, a scale for {one}": lost for one, lost in stored["scales"].items()}
charts.tabulate(charts.transpose(scales), "bits", "{:+.1f}")

# %%
exercises.fewer

# %% [markdown]
# ## Activations, and what sets their scales
#
# To *compute* with whole numbers, what goes into a layer, its *activations*, must be rounded, too. **Dynamic** quantization looks at each batch and sets a scale on the spot. **Static** quantization shows the network some faces beforehand, the **calibration** set, and keeps the scales. onnxruntime does both:

# %%
folder = tempfile.TemporaryDirectory()  # is gone when the kernel ends
plain = export(face_student(), Path(folder.name) / "plain.onnx", SHAPE)
small = quantize(
    plain.path,
    Path(folder.name) / "small.onnx",
    calibration_faces(pick(profile, smoke=4, quick=128, full=128)),
)
eight = OnnxModel(small.path)
record("bytes of 32 bits", plain.bytes, "bytes")
record("bytes of 8 bits", small.bytes[1], "bytes")
counts = {
    "32 bits": experiment.count_weights(plain.path),
    "8 bits": experiment.count_weights(small.path),
}
record("points lost by 8 bits", tar_drop(eight, people).value, "points")

# %% [markdown]
# "Quantization reduces the number of parameters", an article says. Count the weights in both files:

# %%
counts

# %% [markdown]
# As many as before; each is shorter. All ways; times are ratios to the file of 32 bits, one face at a time on one thread. *minmax* covers every value that was seen, *percentile* leaves out one in a hundred thousand:

# %%
del stored["files"]["32 bits"]["times faster"]  # than itself
columns = {
    "file": charts.in_kilobytes("bytes"),
    "times faster [95 % CI]": "{times faster:.3f}",
    "TAR lost, points": "{lost:+.2f}",
}
charts.tabulate(stored["files"], "", columns)

# %% [markdown]
# Static files are a quarter of the size and twice as fast, and none of the 300 people has lost a pair. (Of none in 300 the exact interval ends at 1.2 %: `measure.share_interval`.) Dynamic quantization, as we call it, leaves the convolutions at 32 bits, which it would make slow, so here it is pointless; it is meant for networks of large matrices. How the ranges are set makes no difference to TAR, nor do scales a channel, at *eight* bits.
#
# What should the calibration set be? TAR is too blunt to tell, so look closer, at the angle by which embeddings turn:

# %%
looked = ladder_faces(pick(profile, smoke=4, quick=64, full=512)).images
figures.compare_calibrations(plain.path, looked)

# %% [markdown]
# Scales set by noise, which no camera sends, turn embeddings four times as far with minmax, and six times with percentile. Eight faces serve nearly as well as 256 with minmax, and not with percentile, which must know what is rare. Dark ones do no harm.
#
# ### "Eight bits are always faster"

# %%
exercises.faster

# %%
columns = {
    "layers of 8 bits": lambda row: "{1} of {0}".format(*row["layers"]),
    "times faster than its 32 bits [95 % CI]": "{times faster:.3f}",
}
charts.tabulate(stored["eight bits"], "", columns)

# %% [markdown]
# The same network with **PReLU** in place of ReLU (a ReLU with a learnt slope below zero, as the small face network MobileFaceNet has it) gains much less: onnxruntime has no PReLU in whole numbers, so values go to 32 bits and back around each. A first convolution that reads one grey channel is slower in 8 bits, too, by several times here, and `quantize` leaves it alone: 10 of 11 layers.
#
# All this is one processor, whose instructions for products of bytes (VNNI, AMX) the evidence file names. Without them, eight bits save memory and little time; sums of two products can even overflow 16 bits, so on such a processor measure accuracy again.
#
# ### Sixteen bits
#
# float16 and bfloat16 halve the file with no scale to choose. GPUs and recent CPUs compute with them; training with bfloat16 (lesson 01's `fit` does it where the hardware can) needs no care, training with float16 does. Here the student's numbers are cut to 16 bits, and it computes with 32 as before:

# %%
columns = {
    "largest number": "{largest:.3g}",
    "relative step": "{step:.1%}",
    "TAR lost, points": "{lost:+.2f}",
}
charts.tabulate(stored["halves"], "", columns)

# %%
exercises.halves

# %% [markdown]
# ## Training while rounded
#
# Rounding has a derivative of zero almost everywhere, and no network learns through that. **Quantization-aware training** rounds on the way forward and pretends, on the way back, that it hadn't (the *straight-through* estimator). `facelib.compress.round_weights` puts it around the weights. Its honest rival is trained on as long *without* rounding, and rounded afterwards. The teacher is lesson 06's:

# %%
columns = {
    "rounded at once": "{at once:+.1f}",
    "trained on, then rounded": "{trained on, then rounded:+.1f}",
    "trained rounded": "{aware:+.1f}",
    "gained by it": charts.subtract("trained on, then rounded", "aware"),
}
charts.tabulate(stored["bits"], "bits of a weight", columns)

# %% [markdown]
# (What a layer reads has eight bits here, too, so "at once" differs a little from the first table.) At eight and six bits there is nothing to win back. At four, training on does not help, and training *rounded* loses nothing. At three it decides: 10 points lost at once, no fewer if trained on first, 1.3 if trained while rounded. So here quantization-aware training pays where plain rounding hurts. (Better ways to round without training exist, see Nagel et al. (2021); we haven't tried them.)
#
# ## Low rank
#
# A linear layer is a matrix. If its rows are nearly combinations of a few, two thin matrices do the work of the wide one. The **singular value decomposition** $W = U S V^\top$ writes it as a sum of simple matrices, each a column of $U$ times a row of $V^\top$. A **singular value** in $S$ says how much its term counts, and the largest come first. The first $r$ terms make the nearest matrix of rank $r$ (Eckart & Young, 1936): nearest in its weights, which is not quite what the layer says of faces.
#
# **Exercise 4.** Return the sum of the first `rank` terms, a matrix of the weight's shape. `vt` is $V^\top$: its rows belong to the singular values.


# %% tags=["exercise", "nbval-check-output"]
def low_rank(weight, rank):
    u, s, vt = torch.linalg.svd(weight, full_matrices=False)
    return ____


exercises.low_rank.check(low_rank)

# %% [markdown]
# `facelib.compress.factorize` puts two layers in its place. The distance of their product from the whole matrix is known beforehand: the root of the sum of the squares of the singular values that were dropped. The *energy* is the share of the squares that is kept.

# %%
linear = "embedding.1"
whole = face_student().requires_grad_(False)
split, kept = factorize(whole, {linear: 32})
first, second = split.get_submodule(linear)
matrix = whole.get_submodule(linear).weight
dropped = torch.linalg.svdvals(matrix)[32:]
record(
    "distance of rank 32 from the matrix",
    float((second.weight @ first.weight).detach().dist(matrix)),
)
record("by the dropped singular values", float(dropped.norm()))
kept[linear]

# %% [markdown]
# **Exercise 5.** A linear layer of 768 inputs and 128 outputs becomes two: 768 to r, and r to 128. What is the largest r that still saves weights?

# %% tags=["exercise", "nbval-check-output"]
r = ____
exercises.thin.check(r)

# %% [markdown]
# A convolution is a matrix, too: each output is a row, and its columns are the pixels of a window, 9 for each input channel. A 1 × 1 convolution is the plain matrix of channels. So a 3 × 3 convolution becomes one with few outputs and a 1 × 1 that makes the many of them.

# %%
exercises.window

# %% [markdown]
# By hand, the first terms of $U S V^\top$, cut back into kernels:


# %%
def in_two(weight, rank):
    u, s, vt = torch.linalg.svd(weight.flatten(1), full_matrices=False)
    return (s[:rank, None] * vt[:rank]).view(rank, *weight.shape[1:]), u[:, :rank, None, None]


conv, maps = "features.10.change.0", torch.rand(1, 64, 8, 8)
narrow, wide = in_two(whole.get_submodule(conv).weight, 16)
by_hand = conv2d(conv2d(maps, narrow, padding=1), wide)

# %% [markdown]
# And the library's, `factorize`. The 1 × 1 half can be split once more, to half of its rank, by the same function:

# %%
split, kept = factorize(whole, {conv: 16})
library = split.get_submodule(conv)
record("3 x 3 by hand, from factorize", (by_hand - library(maps)).abs().max().item())
thinner, _ = factorize(torch.nn.Sequential(library[1]), {"0": 8})
thin, thick = in_two(library[1].weight, 8)
again = conv2d(conv2d(library[0](maps), thin), thick)
difference = (again - thinner(library[0](maps))).abs().max().item()
record("1 x 1 by hand, from factorize", difference)
library

# %% tags=["nbval-ignore-output"]
figures.rank_slider(people=people)

# %% [markdown]
# Try nine tenths of the energy: in any single layer, nothing is lost at 1 % FAR. In the linear layer 34 of 128 values hold that much, and two thirds of the weights go. In a 3 × 3 convolution it takes 51 of 64, which saves a tenth.
#
# Whole kinds of layers at once, with five seeds of training on after it:

# %%
ranks = {(row["layers"], f"{row['part']:g}"): row for row in stored["ranks"]}
columns = {
    "weights": "{parameters:,}",
    "MACs": charts.in_millions("macs"),
    "times faster": "{times faster:.3f}",
    "at once": "{at once:+.1f}",
    "trained on": "{trained on:+.1f}",
}
charts.tabulate(ranks, ["layers", "of full rank"], columns)

# %% [markdown]
# The linear layer at a quarter of its rank loses a tenth of a point: 70,000 weights for nearly nothing. (Training on at pruning's rate makes it worse, as it did the whole student: lesson 07's control.) The 3 × 3 convolutions are of nearly full rank. Cut to half of it, with 43 % of the MACs gone, they have lost 3.5 points after training, and the network is 1.2 times as fast. Half of the MACs as channels (lesson 07) cost 8 to 11 points and made it 1.5 to 1.8 times as fast. Two thin layers are two calls, and each costs.
#
# ### "Fewer MACs, proportionally faster"

# %%
rungs.draw_savings(ladder)

# %% [markdown]
# On the dashed line a network is as much faster as it has fewer MACs. Regular widths come near it: six times fewer and nearly six times as fast, thirteen and eleven. *ragged* is the teacher with half of its work pruned and widths as they come, 1.3 times as fast. *sparse* has 90 % zeros, and time doesn't see them. None is above the line: every call has a price of its own.
#
# ## Everything in one file
#
# *Deep Compression* (Han, Mao & Dally, 2016) took three steps: prune weights, give each layer a codebook for what is left (lesson 03), and write frequent codes with fewer bits. (They also trained the codebook's values on; we don't.) The student, stage by stage:

# %%
stages = {row["stage"]: row for row in stored["deep compression"]}
whole = stages["32 bits"]["bytes"]
columns = {
    "file": charts.in_kilobytes("bytes"),
    "times smaller": lambda row: f"{whole / row['bytes']:.1f}",
    "TAR lost, points": "{lost:+.1f}",
}
charts.tabulate(stages, "", columns)

# %% [markdown]
# Thirty-two values for each layer cost nothing at 1 % FAR and make the file seven times smaller; with half of the weights at zero it is nine. With sixteen values, or four fifths of zeros, points go. (The rows with zeros were trained on for 400 steps before sharing, the others not at all; that may be why 16 values do better with half of the weights at zero than with all.) What a codebook does *not* change: the network that runs is as large and as slow as before.
#
# ## The ladder
#
# The rungs of three lessons, against the teacher's file of 32 bits and its time. What ships is an archive, a zip with one ONNX file of eight bits in it (`facelib.compress.ship`), which any onnxruntime opens once it is unzipped. Its weights may lie on fewer values than eight bits have: that runs no faster, but zips better. *rounded* is *pruned*, but taught while its weights had four bits:

# %%
files = ("teacher", "teacher, 8 bits", "student, 8 bits", "student, 5 bits", "pruned, 8 bits")
rungs.compare_rungs(ladder, (*files, "rounded, 4 bits"))

# %% [markdown]
# What did each step cost, between networks trained for as many steps? Paired over people, the mean of three trainings:

# %%
rungs.compare_steps(ladder, list(ladder["steps"]))

# %% [markdown]
# ### Beside other tools
#
# The same networks through torch-pruning, onnxruntime's quantizer and NNCF with openvino, each with its own settings (`facecourse/ladder/peers.py`; ratios to the teacher's file of 32 bits in onnxruntime):

# %%
columns = {
    "file": charts.in_kilobytes("bytes"),
    "times smaller": "{times smaller:.1f}",
    "times faster [95 % CI]": "{times faster:.3f}",
    **rungs.LOST,
}
charts.tabulate(evidence.load("peers")["rows"], "", columns)

# %% [markdown]
# Ours is as fast as the best of them: level with NNCF for the teacher, ahead for the small network, where openvino's calls, probably, cost more than its sums. At eight bits onnxruntime's own file is 3 % smaller, and several times slower; our codes are smaller than either. Three things to know: openvino computes with bfloat16 here, hence its speed at "32" bits; onnxruntime alone rounds the first convolution, too; and regular widths are an option of torch-pruning's own, `round_to`, off unless you ask.

# %%
board = Scoreboard.load(evidence.BOARD).upto("08")
board

# %% [markdown]
# ## What you have learnt
#
# - Eight bits need a scale and a zero point; weights a scale for each channel, activations some faces to set theirs.
# - Static eight bits made this network's file a quarter and its time half, at no loss that could be seen. That holds for layers the runtime can keep in whole numbers, on a processor made for it.
# - Where plain rounding hurts, at three bits, training while rounded wins most of it back. Elsewhere, at 1 % FAR, it is not needed.
# - Singular values say beforehand which layers have a low rank: the linear one, and no 3 × 3 convolution.
# - Codebooks make the smallest files, and eight bits the fastest networks. Steps add up to less than their product.
# - What is harmless at a FAR of 1 % can cost a quarter of the accepted pairs at 0.01 %. Eight bits cost nothing at either.
#
# **Further reading.** B. Jacob et al., *Quantization and training of neural networks for efficient integer-arithmetic-only inference*, 2018, [doi:10.1109/CVPR.2018.00286](https://doi.org/10.1109/CVPR.2018.00286). Y. Bengio, N. Léonard & A. Courville, *Estimating or propagating gradients through stochastic neurons for conditional computation*, 2013, [arXiv:1308.3432](https://arxiv.org/abs/1308.3432). E. Denton et al., *Exploiting linear structure within convolutional networks for efficient evaluation*, 2014, [arXiv:1404.0736](https://arxiv.org/abs/1404.0736). S. Han, H. Mao & W. Dally, *Deep compression*, 2016, [arXiv:1510.00149](https://arxiv.org/abs/1510.00149). M. Nagel et al., *A white paper on neural network quantization*, 2021, [arXiv:2106.08295](https://arxiv.org/abs/2106.08295).
