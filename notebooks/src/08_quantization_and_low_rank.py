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
import zipfile
from pathlib import Path

import torch
from onnxruntime import InferenceSession, quantization
from torch import nn
from torch.nn.utils import parametrize

from facecourse.kit import ____, choose_profile, evidence, pick, record
from facecourse.ladder import rungs
from facecourse.ladder.student import calibration_faces, renew_statistics, tar_drop
from facecourse.lesson08_quantization import exercises, experiment, figures
from facelib.compress import export, factorize, prune, quantize, round_weights
from facelib.compress.quiet import quiet
from facelib.models import embed, face_compact, face_embedding, face_student, pretrained
from facelib.models.faceresnet import SHAPE

profile = choose_profile(profile)
stored, dial, ladder = evidence.load("08"), evidence.load("dial"), evidence.load("ladder")

# %% [markdown]
# ## One dial
#
# A dot is the zipped file of a network cut from teacher or student, with new statistics of batch norm (lesson 07) and no teaching. *Pruned*: a share of MACs; *rank*: how thick the last layer is (128: untouched). *Bits*: 32 as trained; 8, 5 and 4 run in eight bits, with weights on so many. Stars were taught after the cut. Which is the smallest dot below one point?

# %% tags=["nbval-ignore-output"]
figures.dial_slider(dial)

# %% [markdown]
# It is the teacher with nothing pruned, rank 48 and four bits. Eight bits, even five, move a dot left and hardly up; rank 24 costs points; pruning without teaching ruins. The left star lies far below all dots of its size. The right one doesn't: the whole student at rank 48 and four bits loses as much, untaught, though it has twice the MACs.
#
# ## Eight bits by hand
#
# **Quantization** lays a ruler over the range of a layer, numbers its 256 marks from 0, and stores the number of the nearest, its **code** $q$:
#
# $$q = \mathrm{round}(x / s) + z, \qquad x \approx s\,(q - z)$$
#
# The **scale** $s$ is the distance between two marks: a range has 255 such steps. The **zero point** $z$, the code of 0, is whole: 0 must be exact, for padding and ReLU make many zeros.

# %%
figures.draw_ruler(low=-2.0, high=49.0, value=20.07)

# %% [markdown]
# **Exercise 1.** Write the codes of `values` on the ruler from `low` to `high`: scale, zero point, codes. What lies outside is cut off.


# %% tags=["exercise", "nbval-check-output"]
def write_codes(values, low, high):
    return ____


exercises.write_codes.check(write_codes)

# %% [markdown]
# Weights lie around 0: codes go from −127 to 127, without a zero point. Batch norm rescales channels afterwards, so training lets their sizes differ. Lines are the marks:

# %% tags=["nbval-ignore-output"]
figures.ruler_slider()

# %% [markdown]
# At four bits, one scale for the layer leaves the smallest channel few marks, and rounding is off by half of its length; one for each channel makes that a seventh.
#
# ## A layer in whole numbers
#
# What layers *read* needs rulers, too: some faces, the **calibration** set, show its range. First each batch norm, one multiplication and addition per output, is **folded** into the layer before it: what is rounded is what will be computed.
#
# **Exercise 2.** Batch norm makes $g\,(y - m) / \sqrt{v + \epsilon} + o$ of an output $y = Wx$. Write it as a layer alone, (outputs, inputs + 1), the bias as last column. `weight` is (outputs, inputs), `eps` a number, all else (outputs,).


# %% tags=["exercise", "nbval-check-output"]
def fold(weight, mean, variance, gain, offset, eps):
    return ____


exercises.fold.check(fold)

# %% [markdown]
# `export` folds and writes **ONNX**, a file format for networks. onnxruntime, a program that only runs such files (a **runtime**), asks for faces and writes a file of eight bits:


# %%
class Reader(quantization.CalibrationDataReader):
    def __init__(self, images):
        self.batches = iter(images.split(32))

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"images": (batch / 255).numpy()}


# %%
folder = tempfile.TemporaryDirectory()  # is gone when the kernel ends
place = Path(folder.name)
whole, first_too = place / "32 bits", place / "8 bits, first layer too"
plain = export(face_student(), whole, SHAPE)  # SHAPE: (1, 64, 64)
faces = calibration_faces(pick(profile, smoke=8, quick=128, full=128))
uint8, int8 = quantization.QuantType.QUInt8, quantization.QuantType.QInt8
kinds = {"activation_type": uint8, "weight_type": int8, "per_channel": True}
kinds["op_types_to_quantize"] = ["Conv", "Gemm", "Add", "Relu"]  # pixels are scaled in 32 bits
with quiet():  # hides the tool's messages
    quantization.quantize_static(whole, first_too, Reader(faces), **kinds)

# %% [markdown]
# A layer's sum is $\sum w x \approx s_w s_x \sum q_w (q_x - z_x)$. Products of codes add up in whole numbers of 32 bits, the bias too, in units of $s_w s_x$. The next ruler wants $y / s_y + z_y$: *one* multiplication, by $s_w s_x / s_y$, makes a code of a sum. The student's linear layer *read* and *made* these codes ([Jacob et al. 2018](https://doi.org/10.1109/CVPR.2018.00286)):

# %%
layer = experiment.open_layer(first_too, faces[:32])
total = (layer.read.int() - layer.read_zero) @ layer.weight.int().T + layer.bias
ratio = layer.read_scale * layer.weight_scale / layer.made_scale
codes = ((total * ratio).round() + layer.made_zero).clamp(0, 255)
off = (codes - layer.made.int()).abs()
record("codes as onnxruntime's", 100 * (off == 0).double().mean(), "%")
record("largest difference of a code", off.max())

# %% [markdown]
# Where a code differs, by one mark, the sum lay between two. Processors of Intel and AMD without VNNI, instructions for products of bytes, add pairs in 16 bits: sums overflow and codes differ more. They want `reduce_range=True`.
#
# > 📌 **Claim:** "Eight bits are always faster."
#
# `facelib.compress.quantize` leaves the first convolution at 32 bits: of one channel, it has few products to gain from. **Dynamic** quantization needs no faces: it sets the scale of what a layer reads on the spot. The student's three files are timed here (crosses), a face at a time on one thread:

# %%
eight, dynamic = place / "8 bits", place / "dynamic"
small = quantize(whole, eight, faces)  # its bytes: before and after
record("bytes of 32 bits", plain.bytes, "bytes")
record("bytes of 8 bits", small.bytes[1], "bytes")
with quiet():
    quantization.quantize_dynamic(whole, dynamic, weight_type=uint8)  # ConvInteger wants it
files = {"student": eight, "student, first layer too": first_too, "student, dynamic": dynamic}
live = experiment.time_files(whole, files, turns=pick(profile, smoke=6, quick=20, full=50))
figures.draw_faster(stored["eight bits"], live)
print(experiment.list_kernels(first_too), experiment.list_kernels(dynamic), sep="\n")

# %% [markdown]
# The claim is false: the smaller the network, the less eight bits speed it up, and the dynamic file is slower than that of 32 bits. Its convolutions (`ConvInteger`) hand on sums, not codes as `QLinearConv` does. (onnxruntime recommends dynamic files for transformers.) Stored times are of one processor with VNNI.
#
# ## Fewer bits: training while rounded
#
# Rounding has derivative zero almost everywhere: nothing learns. **Quantization-aware training** rounds (here only weights) on the way forward and pretends, on the way back, that it had not: the [straight-through estimator](https://arxiv.org/abs/1308.3432).
#
# **Exercise 3.** Which gradient does a weight get, given that of its rounded self? Marks are `scale` apart, `most` on either side of 0; a weight beyond the last is set to it.


# %% tags=["exercise", "nbval-check-output"]
def pass_back(weight, scale, most, gradient):
    return ____


exercises.pass_back.check(pass_back)

# %% [markdown]
# With a scale from the largest weight nothing is cut off, and one line does it. Forward, `weight` cancels; backward, `detach` makes the bracket a constant, so the gradient passes unchanged. PyTorch calls `Rounded` whenever a layer reads its weight; the optimiser changes the unrounded one. All layers but the first get three bits:


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
# The loop is lesson 06's. Stored beside it is a rival: the student trained on as long *without* rounding, then rounded.

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
# Training on *before* rounding wins nothing back. Training *while* rounded wins more than half of it back at three bits, nothing at four, where little was lost, and hardly anything at two. Bands: over people (at once), over seeds; crosses: one short run. [QuantFace](https://arxiv.org/abs/2206.10526) quantizes large face networks so.
#
# ## Low rank
#
# A layer's matrix has a **singular value decomposition** $W = U S V^\top$, a sum of columns of $U$ times rows of $V^\top$; the **singular values** in $S$ say how much each term counts. The first $r$ terms make the nearest matrix of **rank** $r$ in squared differences ([Eckart & Young](https://doi.org/10.1007/BF02288367)): two thin layers. Here 128 × 768 weights become $r\,(128 + 768)$: fewer if $r < 110$.

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
# The linear layer's curve has an edge: after a third of its weights nearly nothing is left to add. The convolution's has none. Nearest in *weights* need not be nearest on faces: ask the dial (eight bits; ranks 128, 48, 24).
#
# ## Everything in one file
#
# The ladder's last file is pruned, of rank 48, and was taught with weights of four bits. It runs at eight, but its few values zip well. It opens without our code:

# %% tags=["nbval-check-output"]
with zipfile.ZipFile(pretrained.COMPACT) as archive:
    session = InferenceSession(archive.read("model.onnx"), providers=["CPUExecutionProvider"])
pixels = faces[:4] / 255
(embeddings,) = session.run(None, {"images": pixels.numpy()})
torch.allclose(torch.tensor(embeddings), face_compact().embed(pixels), atol=1e-5)

# %%
shipped = "teacher, 8 bits", "student, 8 bits", "student, 5 bits", "pruned, 8 bits"
rungs.draw_rungs(ladder, ("teacher", *shipped, "rounded, 4 bits"))

# %% [markdown]
# Only the teacher at eight bits is harmless. All others lose, and two to three times as many points at FAR 0.01 % as at 0.1 % (one pass a face; intervals over people). *Student, 5 bits* has its old statistics; on the dial, with new ones, five bits cost less.

# %% [markdown]
# ## Your turn: a budget
#
# **Exercise 4.** At most 120,000 bytes and 8 points lost beyond the student at eight bits; then lose fewest. A file takes about weights × bits / 8 bytes; the student has 316,000 weights, 98,304 in its linear layer. Take `prune`, `factorize` (each returns a network and a report), `round_weights`, and `renew_statistics` after a cut. Below, `lost` counts from the teacher; the checker takes the difference, on other people.

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
# Eight bits need scales and some faces; they are fast where the runtime keeps whole numbers. Fewer bits want training while rounded. A loss without its FAR says nothing.
#
# Next: [lesson 09](09_rnn_aside.ipynb), networks that read one frame after another.
