# %% [markdown]
# # 08 · Quantization and low rank: fewer bits, thinner matrices
#
# **How few bytes can a face recogniser have before it no longer knows you?** Turn a dial over every step; then build them.
#
# **You need** [lesson 06](06_distillation.ipynb) for the student, [lesson 07](07_pruning.ipynb) for pruning. **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils import parametrize

from facecourse.kit import ____, choose_profile, evidence, pick, record
from facecourse.ladder import rungs
from facecourse.ladder.student import calibration_faces, renew_statistics, tar_drop
from facecourse.lesson08_quantization import exercises, experiment, figures
from facelib.compress import export, factorize, prune, quantize, round_weights
from facelib.models import embed, face_embedding, face_student
from facelib.models.faceresnet import SHAPE

profile = choose_profile(profile)
stored, dial, ladder = evidence.load("08"), evidence.load("dial"), evidence.load("ladder")

# %% [markdown]
# ## One dial
#
# A dot is the zipped file of a network cut from teacher or student; only the stars were taught after the cut. *Rank* says how thick the last layer is (128: untouched). Which is the smallest dot that loses less than one point?

# %% tags=["nbval-ignore-output"]
figures.dial_slider(dial)

# %% [markdown]
# It is the teacher with nothing pruned, rank 48 and four bits. At this FAR eight bits, even five, move a dot left and hardly up; rank 24 costs points; pruning without teaching ruins.
#
# ## Eight bits by hand
#
# **Quantization** lays a ruler of 256 marks over the range of a layer's numbers, and stores for each number the **code** $q$ of its nearest mark, from 0 to 255:
#
# $$q = \mathrm{round}(x / s) + z, \qquad x \approx s\,(q - z)$$
#
# The **scale** $s$ is the distance between two marks; there are 255 such steps. The **zero point** $z$ is the code of 0. It is a whole number, so that 0 is exact: padding and ReLU make many zeros.

# %%
figures.draw_ruler(low=-2.0, high=49.0, value=20.07)

# %% [markdown]
# **Exercise 1.** Write the codes of `values` on the ruler from `low` to `high`: scale, zero point, codes. What lies outside is cut off.


# %% tags=["exercise", "nbval-check-output"]
def write_codes(values, low, high):
    return ____


exercises.write_codes.check(write_codes)

# %% [markdown]
# Weights lie around 0, so their codes go from −127 to 127, without a zero point. Some channels have far smaller weights than others:

# %% tags=["nbval-ignore-output"]
figures.ruler_slider()

# %% [markdown]
# At four bits, one scale for the layer leaves the smallest channel few marks: rounding is off by half of its length; with one scale for each channel, by a seventh.
#
# ## A layer in whole numbers
#
# What a layer *reads* needs a ruler, too: some faces, the **calibration** set, show its range. First each batch norm, one multiplication and addition per output, is **folded** into the layer before it: only what runs is rounded.
#
# **Exercise 2.** Batch norm makes $g\,(y - m) / \sqrt{v + \epsilon} + o$ of an output $y = Wx$. Write both as one layer, (outputs, inputs + 1), the bias as last column. `weight` is (outputs, inputs), `eps` a number, all else (outputs,).


# %% tags=["exercise", "nbval-check-output"]
def fold(weight, mean, variance, gain, offset, eps):
    return ____


exercises.fold.check(fold)

# %% [markdown]
# `export` folds and writes **ONNX**, a file format for networks. onnxruntime is a **runtime**, a program that runs such files. `quantize` shows it the faces and writes a file of eight bits:

# %%
folder = tempfile.TemporaryDirectory()  # is gone when the kernel ends
whole, eight, dynamic = (Path(folder.name) / name for name in ("whole", "eight", "dynamic"))
faces = calibration_faces(pick(profile, smoke=8, quick=128, full=128))
record("bytes of 32 bits", export(face_student(), whole, SHAPE).bytes, "bytes")
record("bytes of 8 bits", quantize(whole, eight, faces).bytes[1], "bytes")

# %% [markdown]
# A layer's sum is $\sum w x \approx s_w s_x \sum q_w (q_x - z_x)$. Products of codes add up in whole numbers, and so does the bias, in units of $s_w s_x$. *One* multiplication, by $s_w s_x / s_y$, brings the sum to the next ruler, of scale $s_y$ ([Jacob et al. 2018](https://doi.org/10.1109/CVPR.2018.00286)). The student's linear layer *read* and *made* these codes:

# %%
layer = experiment.open_layer(eight, faces[:32])
total = (layer.read.int() - layer.read_zero) @ layer.weight.int().T + layer.bias
ratio = layer.read_scale * layer.weight_scale / layer.made_scale
codes = ((total * ratio).round() + layer.made_zero).clamp(0, 255)
off = (codes - layer.made.int()).abs()
record("codes as onnxruntime's", 100 * (off == 0).double().mean(), "%")
record("largest difference of a code", off.max())

# %% [markdown]
# <details><summary>Some of your codes differ?</summary>
#
# By one mark: the sum lay halfway between two. # Processors of Intel and AMD without VNNI, instructions for products of bytes, add pairs in 16 bits: large sums are cut off. They want `reduce_range=True`.
#
# </details>
#
# > 📌 **Claim:** "Eight bits are always faster."
#
# **Dynamic** quantization needs no calibration: for every face it sets the scales of what layers read anew. One face on one thread, intervals over turns:

# %%
experiment.quantize_dynamic(whole, dynamic)
files = {"calibrated": eight, "dynamic": dynamic}
turns = pick(profile, smoke=6, quick=20, full=50)
for name, faster in experiment.time_files(whole, files, turns).items():
    print(f"{name}: {faster:.2f} times as fast as at 32 bits")

# %% [markdown]
# Here the claim is false: the dynamic file is slower than that of 32 bits.
#
# ## Fewer bits: training while rounded
#
# Rounding has derivative zero almost everywhere: through it nothing learns. **Quantization-aware training** rounds on the way forward and pretends, on the way back, that it had not: the [straight-through estimator](https://arxiv.org/abs/1308.3432).
#
# **Exercise 3.** Which gradient does a weight get, given that of its rounded self? Marks are `scale` apart, `most` on either side of 0; a weight beyond the last is set to it.


# %% tags=["exercise", "nbval-check-output"]
def pass_back(weight, scale, most, gradient):
    return ____


exercises.pass_back.check(pass_back)

# %% [markdown]
# With a scale from the largest weight nothing is cut off, and the last line of `forward` does it all. Forward, `weight` cancels; backward, `detach` makes the bracket a constant, so the gradient passes unchanged. PyTorch calls `Rounded` whenever a layer reads its weight; the optimiser changes it unrounded. All layers but the first get three bits:


# %%
class Rounded(nn.Module):
    def __init__(self, bits):
        super().__init__()
        self.most = 2 ** (bits - 1) - 1

    def forward(self, weight):
        rows = weight.flatten(1)
        step = rows.abs().amax(1, keepdim=True) / self.most
        rounded = ((rows / step).round() * step).view_as(weight)
        return weight + (rounded - weight).detach()


student, theirs = face_student(), round_weights(face_student(), bits=3)
_, *layers = [part for part in student.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
for part in layers:
    parametrize.register_parametrization(part, "weight", Rounded(3))

# %% tags=["nbval-check-output"]
weights = (model.embedding[1].weight for model in (student, theirs))
torch.allclose(*weights, atol=1e-5)

# %% [markdown]
# The loop is lesson 06's. A stored rival was trained on as long *without* rounding, then rounded.

# %%
people = pick(profile, smoke=20, quick=200, full=300)
before = tar_drop(renew_statistics(student), people).value
said = embed(face_embedding(), faces)
torch.manual_seed(0)
optimizer = torch.optim.Adam(student.train().parameters(), lr=1e-3)
for batch in torch.randint(len(faces), (pick(profile, smoke=2, quick=80, full=80), 64)):
    loss = 1 - torch.cosine_similarity(student(faces[batch] / 255), said[batch]).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
after = tar_drop(renew_statistics(student), people).value
record("points lost at three bits, at once", before, "points")
record("points lost at three bits, trained while rounded", after, "points")
figures.draw_rounding(stored["bits"], 3, (before, after))

# %% [markdown]
# Training on *before* rounding wins nothing back. Training *while* rounded wins more than half of the points back at three bits, in this short run less. At this FAR it wins hardly anything at four, where little was lost, and at two. [QuantFace](https://arxiv.org/abs/2206.10526) quantizes large face networks so.
#
# ## Low rank
#
# A matrix has a **singular value decomposition** $W = U S V^\top$: a sum of columns of $U$ times rows of $V^\top$, each weighed by a **singular value** in $S$. The first $r$ terms make the nearest matrix of **rank** $r$ ([Eckart & Young](https://doi.org/10.1007/BF02288367)): two thin layers. Here 128 × 768 weights become $r\,(128 + 768)$: fewer if $r < 110$.

# %%
linear = face_student().embedding[1].weight.detach()
convolution = face_student().features[10].change[0].weight.detach().flatten(1)
figures.draw_thin({"linear layer": linear, "3 x 3 convolution": convolution}, rank=48)

# %% tags=["nbval-check-output"]
u, s, vt = torch.linalg.svd(linear, full_matrices=False)
first = s[:48, None].sqrt() * vt[:48]  # 768 inputs to 48 numbers; each half takes a root of s
second = u[:, :48] * s[:48].sqrt()  # to 128 outputs
split, _ = factorize(face_student(), {"embedding.1": 48})
narrow, wide = (part.weight.detach() for part in split.embedding[1])
torch.allclose(second @ first, wide @ narrow, atol=1e-5), first.numel() + second.numel()

# %% [markdown]
# The linear layer's curve has an edge: after a third of its weights nearly nothing is left to add. The convolution's has none.
#
# ## Everything in one file
#
# The ladder's last file, *rounded, 4 bits*, is pruned, of rank 48, and was taught with weights of four bits. It runs at eight, but its few values zip well.

# %%
shipped = "teacher, 8 bits", "student, 8 bits", "pruned, 8 bits", "rounded, 4 bits"
rungs.draw_rungs(ladder, ("teacher", *shipped))

# %% [markdown]
# Only the teacher at eight bits loses less than a point. All others lose two to three times as many points at FAR 0.01 % as at 0.1 %.
#
# ## Your turn: a budget
#
# **Exercise 4.** Keep to 120,000 bytes, at most 8 points behind the student at eight bits. A file takes about weights × bits / 8 bytes; the student has 316,000 weights, 98,304 in its linear layer. Return a network made of the student or of `pruned`, lesson 07's `face_pruned()`, by `prune`, `factorize`, `round_weights`, and `renew_statistics` after a cut. Below, `lost` counts from the teacher; the checker takes the difference, on other people.

# %%
print(experiment.try_out(face_student()))
attempt, _ = prune(face_student(), 0.3, SHAPE)
experiment.try_out(renew_statistics(round_weights(attempt, 6)))


# %% tags=["exercise", "nbval-check-output"]
def shrink(student, pruned):
    return ____


exercises.shrink.check(shrink)

# %% [markdown]
# ## What you know now
#
# Eight bits need scales and some faces, and are not always faster. Three bits want training while rounded. Points lost say nothing without their FAR.
#
# Next: [lesson 09](09_rnn_aside.ipynb), networks that read one frame after another.
