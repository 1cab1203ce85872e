# %% [markdown]
# # 07 · Pruning: what can be taken out?
#
# **Nine tenths of a network's weights are zero. How much faster is it?** Set weights to zero, saw channels out of a network, and see what its time is made of.
#
# **You need** [lesson 06](06_distillation.ipynb), whose student we cut. **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import torch
from torch import nn
from torch.nn import functional as F

from facecourse.kit import ____, charts, choose_profile, compare, evidence, pick, record
from facecourse.ladder import rungs
from facecourse.ladder.student import PEOPLE, asked_teacher, renew_statistics, tar_drop
from facecourse.lesson07_pruning import exercises, experiment, figures
from facelib.measure import latency_ratio, macs
from facelib.models import face_student

profile = choose_profile(profile)
stored, ladder = evidence.load("07"), evidence.load("ladder")
people = pick(profile, smoke=20, quick=PEOPLE, full=PEOPLE)
whole, face = face_student().requires_grad_(False), torch.rand(1, 1, 64, 64)

# %% [markdown]
# ## Zeros
#
# The smallest weights become zero. How many zeros can it bear? Guess, then move the slider. What a cut costs is counted as in lesson 06, in points of the teacher's TAR (at 0 % you see the student's own). Batch norm's statistics: lesson 03.

# %% tags=["nbval-ignore-output"]
figures.zeros_slider(people=pick(profile, smoke=20, quick=100, full=100))

# %% [markdown]
# The first quarter of the zeros costs little; at half the network suffers, and new statistics mend about half of the damage; in the end it is lost. A zero takes four bytes like any number: only a *coded* file, here a zipped one, is shorter.
#
# ### Build it
#
# A weight near zero adds little to any sum: **magnitude pruning** ([Han et al. 2015](https://arxiv.org/abs/1506.02626)) lays a **mask** of zeros and ones over the weights.
#
# **Exercise 1.** Return a copy of `weight` in which this share of the weights, the smallest, is zero.


# %% tags=["exercise", "nbval-check-output"]
def magnitude(weight, share):
    return ____


exercises.magnitude.check(magnitude)

# %% [markdown]
# Here the whole network gets one threshold (Han et al. chose one a layer), so a layer with many small weights loses more:

# %%
sparse = face_student().requires_grad_(False)
layers = [layer for layer in sparse.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
every = torch.cat([layer.weight.abs().flatten() for layer in layers])
threshold = every.kthvalue(round(0.9 * len(every))).values
for layer in layers:
    mask = layer.weight.abs() > threshold
    layer.weight *= mask

# %% tags=["nbval-check-output"]
from facelib.compress import decode, sparsify

masked, report = sparsify(whole, 0.9)  # by torch.nn.utils.prune
theirs = decode(masked)  # masks multiplied in
pairs = zip(sparse.state_dict().values(), theirs.state_dict().values(), strict=True)
all(torch.equal(mine, other) for mine, other in pairs)

# %% [markdown]
# And how much faster is it? Guess before you run this; the two take turns:

# %%
turns = pick(profile, smoke=6, quick=50, full=50)
with torch.inference_mode():
    faster = latency_ratio(lambda: whole(face), lambda: sparse(face), pairs=turns, calls=20)
record("times as fast with 90 % zeros", faster.value)
print(f"{faster:.2f} (95 % CI over turns)")

# %% [markdown]
# The network of zeros is no faster: a convolution is a product of matrices (lesson 03), and PyTorch's dense one multiplies by zero as by any number. (Sparse kernels can gain where most weights are zero, some GPUs where two of each four are.)
#
# ## Channels
#
# Work is saved where a whole **channel** goes, one output of a convolution. With it go its four numbers of batch norm, and what the next layer reads of it:


# %%
def cut(first, norm, second, kept):  # out_channels and the like still say the old widths
    first.weight.data = first.weight.data[kept]
    for name in ("weight", "bias", "running_mean", "running_var"):
        vector = getattr(norm, name)
        vector.data = vector.data[kept]
    second.weight.data = second.weight.data[:, kept]


# %% [markdown]
# Inside a residual block (lesson 06), the 16 channels with the smallest weights in `first` go:

# %% tags=["nbval-check-output"]
by_hand = face_student()
first, norm, _, second, _ = by_hand.features[10].change
size = first.weight.abs().sum((1, 2, 3))
kept = size.topk(48).indices.sort().values
cut(first, norm, second, kept)
first.weight.shape, second.weight.shape

# %% [markdown]
# That was easy, for nobody else reads these channels. But a block's sum adds its channel $k$ to channel $k$ of what came in. So of this *stream* a channel goes from every layer that makes or reads it, or from none:

# %%
figures.draw_channels()

# %% [markdown]
# **Exercise 2.** All convolutions of the figure are 3 × 3, without bias; `features.7` reads 32 channels, `features.12` makes 48. How many weights of these convolutions go with one channel of the *stream*?

# %% tags=["exercise", "nbval-check-output"]
gone = ____
exercises.stream.check(gone)

# %% [markdown]
# [torch-pruning](https://doi.org/10.1109/CVPR52729.2023.01544) finds out what hangs together, in a **dependency graph**. The same channels as by hand:

# %% tags=["nbval-check-output"]
import torch_pruning

theirs, image = face_student(), torch.zeros(1, 1, 64, 64)
graph = torch_pruning.DependencyGraph().build_dependency(theirs, image)
out = torch_pruning.prune_conv_out_channels
others = [channel for channel in range(64) if channel not in kept]
graph.get_pruning_group(theirs.features[10].change[0], out, idxs=others).prune()
torch.allclose(by_hand(face), theirs(face), atol=1e-5)

# %% [markdown]
# Its pruner cuts all layers. All that goes together is a **group**. We rank by **group L1**, the mean absolute value of a channel's group, relative to its other channels; by hand we looked at one layer only.

# %%
small = face_student()
pruner = torch_pruning.pruner.BasePruner(
    small,
    image,
    importance=torch_pruning.importance.MagnitudeImportance(p=1),
    pruning_ratio=0.25,  # at least, of each layer's channels
    round_to=8,  # widths that fast kernels like
    ignored_layers=[small.features[0], small.embedding[1]],  # the first, and the outputs
)
pruner.step()
share = 1 - macs(small, (1, 64, 64)) / macs(whole, (1, 64, 64))
print(f"{share:.0%} of the MACs are gone")

# %% [markdown]
# A **MAC** is a multiplication and an addition; their number is a network's work. `facelib.compress.prune` repeats such steps until a share of them is gone, all layers ranked together, the first one, too.
#
# ### First aid: new statistics
#
# After a cut the sums have other means and variances, but batch norm still uses the old ones (lesson 03; [Li et al. 2020](https://arxiv.org/abs/2007.02491)).
#
# **Exercise 3.** Let `images` (floats, ready for the model) go through `model` so that its statistics are measured anew, and return it, ready for use; no weight may change.


# %% tags=["exercise", "nbval-check-output"]
def renew(model, images):
    return ____


exercises.renew.check(renew)

# %%
live = {"at once": tar_drop(small, people).value}
small = renew_statistics(small)  # the same, by 512 faces without names
live["new statistics"] = tar_drop(small, people).value

# %% [markdown]
# ### Teach it again
#
# The teacher can still be asked. The small network learns its directions, as in lesson 06:

# %%
from facelib.compress.distill import Taught
from facelib.training.batches import FreshFaces, Kept

# people drawn anew, each with what the teacher says of face + mirror image; the first so many kept
asked = Kept(Taught(FreshFaces(), asked_teacher()), pick(profile, smoke=32, quick=320, full=1280))


def teach(model, steps, rate=6e-3):
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    model.train()
    for step in range(steps):
        images, (said, _) = asked(128, torch.Generator().manual_seed(step), torch.device("cpu"))
        loss = (1 - F.cosine_similarity(model(images), said)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model.eval()


# %%
small = teach(small, steps=pick(profile, smoke=2, quick=100, full=100))
live["taught again"] = tar_drop(small, people).value
for name, points in live.items():
    record(f"points lost, {name}", points, "points")
figures.draw_cuts(stored["cuts"], live, share)

# %% [markdown]
# After small cuts new statistics mend some of the damage and teaching most of it; after the largest, statistics mend nothing and teaching less than a third. It is a short teaching: even the untouched student, far left, loses by it. Taught again, half of the weights go for nothing, channels never do, and how channels are chosen changes little: on the right all lie on one line. Bands are over people, of *taught again* over seeds; crosses are yours, taught by fewer people. *Ranked together* compares channels of all layers, so some lose many; *first layer, too* may cut that one as well. Take 25 % of the channels in each of the three ways: which takes most MACs, which fewest points?

# %% tags=["nbval-ignore-output"]
figures.cut_slider(people=pick(profile, smoke=20, quick=100, full=100))

# %% [markdown]
# ## What is time made of?
#
# In a second a core does `peak` MACs at most (in its fastest large product of matrices), and main memory moves `road` bytes. A network with 10 MACs a byte of weights and feature maps, its **arithmetic intensity**, has a **roof** of `min(peak, 10 * road)` MACs a second ([Williams et al. 2009](https://doi.org/10.1145/1498765.1498785)). And every layer is a call: *one channel* has the student's layers, one to four channels wide.

# %%
names = list(experiment.NETWORKS)[pick(profile, smoke=-2, quick=0, full=0) :]
turns = pick(profile, smoke=3, quick=20, full=50)
figures.draw_roofline(experiment.measure_speed(names, turns), stored)

# %% [markdown]
# - *Teacher* and *student* work near the flat roof, of arithmetic: there, fewer MACs are less time. All fit into the processor's cache and hardly meet the slanted one, of main memory.
# - *Ragged* and *in blocks* have half of the teacher's MACs, in widths such as 54 and in multiples of 16. *Ragged* saves less time: kernels compute whole blocks of channels.
# - *Compact* (lesson 08) computes with integers, whose roof we did not measure.
# - *One channel* takes its time with hardly any MACs. *Pruned*, too, can't get below about this time, however much is cut.
#
# Filled dots are this machine, hollow ones are stored.
#
# ## What did pruning itself give?
#
# `face_pruned()` is a rung of the ladder: the student with half of its MACs pruned and a linear layer of low rank (lesson 08), taught at length. It has two rivals: *anew*, its shape with new weights, taught as long as student and pruned together; *longer*, the student, taught for as many further steps as *pruned*. All learn at one rate.

# %%
rungs.draw_steps(ladder, ["weights to start from", "channels and rank"])
rungs.compare_rungs(ladder, ("teacher", "student", "pruned"))

# %% [markdown]
# *Weights to start from*: from *anew* to *pruned*. No gain by the weights is shown (one training): it may be only the shape that pruning gave, as [Liu et al. 2019](https://arxiv.org/abs/1810.05270) found where the small network may train as long in all. *Channels and rank*: from *longer* to *pruned*, what the cut costs, three times as much at the stricter FAR. The table counts points lost against the teacher.
#
# > 📌 **Claim:** "Pruning raises accuracy."
#
# On ORL a `FaceCNN` learns twenty names, loses weights, and trains on. Its rival trains on as long and loses none (ten splits):

# %%
named, rival = stored["names"], stored["names"]["0"]
found = {f"{float(n):.0%} gone": compare.paired_points(named[n], rival)[0] for n in ("0.5", "0.9")}
found["before training on"] = compare.paired_points(named["before"], rival)[0]
charts.draw_differences({"top-1": found}, "points against the rival, 95 % CI over people")

# %% [markdown]
# *Before training on* is the whole network before either trained on. With half of its weights gone the network stands a point above its rival: here the claim seems true. But the rival *lost* by training on, and against *before*, which stopped in time, the cut's gain is undecided. Perhaps it only softened a harmful training (twenty people, one rate). Four mistakes from articles on pruning; the last two *can* make the claim look true:
#
# 1. **Freezing** layers and calling it pruning: no weight and no MAC is gone.
# 2. **Stopping after the cut**: see *at once* in the figure above.
# 3. **A rival that did not train on**: whoever compares with the network *before* gives the cut the credit, or here the blame, for what training on does.
# 4. **Choosing by the faces you report on**: lesson 02's leak.
#
# ## Your turn
#
# Which layers bear it? Of each group that hangs together, about a quarter, half and three quarters of the channels went (widths go down to a multiple of 8; of the first layer half at most); statistics are new, 300 people judge:

# %%
figures.draw_groups(stored["groups"])

# %% [markdown]
# **Exercise 4.** Beat the library. `prune(student, 0.15)` takes 15 % of the MACs out or, as widths go in steps of 8, somewhat more. Take at least as many, and lose at most four fifths of its points (of the student's TAR, not the teacher's). A plan names layers of the figure and the share of their channels that goes; what is left is rounded down to a multiple of 8. Try plans on the figure's people; the checker judges on others.

# %% tags=["nbval-ignore-output"]
attempt = {"features.7": 0.25, "features.12": 0.25}
found = {"mine": experiment.try_plan(attempt), "the library's": experiment.try_library(0.15)}
for name, (cut_away, lost) in found.items():
    print(f"{name}: {cut_away:.1%} of the MACs gone, {lost:.1f} points lost")

# %% tags=["exercise", "nbval-check-output"]
plan = ____
exercises.plan.check(plan)

# %% [markdown]
# ## What you know now
#
# Zeros save no time; channels do, as far as widths and calls allow. After a cut, measure the statistics anew, teach again, and compare with a rival that was taught as long.
#
# Next: [lesson 08](08_quantization_and_low_rank.ipynb), fewer bits for each weight.
