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

from facecourse.kit import ____, choose_profile, evidence, pick, record
from facecourse.ladder import rungs
from facecourse.ladder.student import PEOPLE, renew_statistics, tar_drop, taught_people
from facecourse.lesson07_pruning import exercises, experiment, figures
from facelib.measure import latency_ratio
from facelib.models import face_student

profile = choose_profile(profile)
stored, ladder = evidence.load("07"), evidence.load("ladder")
people = pick(profile, smoke=20, quick=PEOPLE, full=PEOPLE)
whole, face = face_student().requires_grad_(False), torch.rand(1, 1, 64, 64)

# %% [markdown]
# ## Zeros
#
# The smallest weights become zero. How many zeros can the network bear? Guess, then move the slider. The cost is counted in points of the teacher's TAR, as in lesson 06.

# %% tags=["nbval-ignore-output"]
figures.zeros_slider(people=pick(profile, smoke=20, quick=100, full=100))

# %% [markdown]
# A quarter of the weights at zero costs little. At half the network suffers, and new statistics of batch norm (lesson 03) mend about half of the damage. A zero takes four bytes like any number: only a *coded* file, here a zipped one, is shorter.
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
# The same for the whole network, by hand and by the library:

# %%
sparse = face_student().requires_grad_(False)
weights = [weight for weight in sparse.parameters() if weight.ndim > 1]  # not batch norm's
every = torch.cat([weight.abs().flatten() for weight in weights])
threshold = every.kthvalue(round(0.9 * len(every))).values
for weight in weights:
    mask = weight.abs() > threshold
    weight *= mask

# %% tags=["nbval-check-output"]
from facelib.compress import decode, sparsify

theirs = decode(sparsify(whole, 0.9)[0])  # by torch.nn.utils.prune, masks multiplied in
all(map(torch.equal, sparse.state_dict().values(), theirs.state_dict().values()))

# %% [markdown]
# > 📌 **Claim:** "A tenth of the weights, ten times the speed."
#
# The two networks take turns:

# %%
turns = pick(profile, smoke=6, quick=50, full=50)
faster = latency_ratio(lambda: whole(face), lambda: sparse(face), pairs=turns, calls=20)
record("times as fast with 90 % zeros", faster.value)
print(f"{faster:.2f} (95 % CI over turns)")

# %% [markdown]
# The claim is refuted. A convolution is a product of matrices (lesson 03), and PyTorch's multiplies by zero as by any number. Special kernels, on some processors, can skip zeros.
#
# ## Channels
#
# Work is saved where a whole **channel** goes, one output of a convolution. With it go its four numbers of batch norm, and what the next layer reads of it. Inside a residual block (lesson 06), the 16 channels with the smallest weights go:

# %% tags=["nbval-check-output"]
by_hand = face_student()
first, norm, _, second, _ = by_hand.features[10].change
kept = first.weight.abs().sum((1, 2, 3)).topk(48).indices.sort().values
first.weight.data = first.weight.data[kept]
for vector in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
    vector.data = vector.data[kept]
second.weight.data = second.weight.data[:, kept]
first.weight.shape, second.weight.shape

# %% [markdown]
# Nobody else reads these channels. But a block's sum adds its channel $k$ to channel $k$ of what came in. So of this sum, the *stream*, a channel goes from every layer that makes or reads it, or from none:

# %%
figures.draw_channels()

# %% [markdown]
# **Exercise 2.** All convolutions of the figure are 3 × 3, without bias; `features.7` reads 32 channels, `features.12` makes 48. How many weights of these convolutions go with one channel of the *stream*?

# %% tags=["exercise", "nbval-check-output"]
gone = ____
exercises.stream.check(gone)

# %% [markdown]
# [torch-pruning](https://doi.org/10.1109/CVPR52729.2023.01544) finds out what hangs together, in a **dependency graph**. The network it cuts gives the outputs of ours:

# %% tags=["nbval-check-output"]
import torch_pruning

theirs = face_student()
graph = torch_pruning.DependencyGraph().build_dependency(theirs, face)
others = [channel for channel in range(64) if channel not in kept]
out = torch_pruning.prune_conv_out_channels
graph.get_pruning_group(theirs.features[10].change[0], out, idxs=others).prune()
torch.allclose(by_hand(face), theirs(face), atol=1e-5)

# %% [markdown]
# All that goes together is a **group**. The pruner takes from each layer but the first a quarter of the channels, those with the least **group L1**: the mean absolute value of a channel's group, relative to the layer's other channels.

# %%
small = face_student()
importance = torch_pruning.importance.MagnitudeImportance(p=1)
ignored = [small.features[0], small.embedding[1]]  # the first layer, and the outputs
# a quarter or more of each layer's channels: widths stay multiples of 8, for fast kernels
pruner = torch_pruning.pruner.BasePruner(
    small, face, importance, pruning_ratio=0.25, round_to=8, ignored_layers=ignored
)
pruner.step()

# %% [markdown]
# ### First aid: new statistics
#
# After a cut the sums have other means and variances, and batch norm still uses the old ones ([Li et al. 2020](https://arxiv.org/abs/2007.02491)).
#
# **Exercise 3.** Let `images` (floats) go through `model` so that its statistics are measured anew, and return it, ready for use; no weight may change.


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
# The small network learns the teacher's directions, as in lesson 06:

# %%
asked = taught_people(pick(profile, smoke=32, quick=320, full=1280))
steps = pick(profile, smoke=2, quick=100, full=100)
optimiser = torch.optim.AdamW(small.parameters(), lr=6e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps)
small.train()
for step in range(steps):
    images, (said, _) = asked(128, torch.Generator().manual_seed(step), torch.device("cpu"))
    loss = (1 - nn.functional.cosine_similarity(small(images), said)).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    schedule.step()
live["taught again"] = tar_drop(small.eval(), people).value

# %%
for name, points in live.items():
    record(f"points lost, {name}", points, "points")
figures.draw_cuts(stored["cuts"], live, small)

# %% [markdown]
# A **MAC** is a multiplication and an addition; their number is a network's work. After small cuts new statistics mend some of the damage and teaching most of it; after the largest, teaching mends little. Taught again, half of the weights cost nothing more at this FAR, channels always some, and how these are chosen changes little. The teaching is short: even the untouched student, far left, loses by it.
#
# ## What is time made of?
#
# In a second a core does `peak` MACs in large products of matrices, and memory moves `road` bytes. A network with 10 MACs a byte, its **arithmetic intensity**, has a **roof** of `min(peak, 10 * road)` MACs a second ([Williams et al. 2009](https://doi.org/10.1145/1498765.1498785)). And every layer is a call: *one channel* has the student's layers, one to four channels wide.

# %%
names = list(experiment.NETWORKS)[pick(profile, smoke=-2, quick=0, full=0) :]
turns = pick(profile, smoke=3, quick=20, full=50)
figures.draw_roofline(experiment.measure_speed(names, turns), stored)

# %% [markdown]
# - *Teacher* and *student* work near the flat roof, of arithmetic: there, fewer MACs are less time. The slanted roof, of memory, matters little: all but *one channel* lie right of the bend.
# - *Ragged* and *in blocks* have half of the teacher's MACs, in widths such as 54 and in multiples of 16. *Ragged* saves less time: kernels compute whole blocks of channels.
# - *One channel* takes its time with hardly any MACs: the time of calls, which no cut of channels saves.
#
# ## What did pruning itself give?
#
# `face_pruned()` is a rung of the ladder: the student with half of its MACs pruned and a linear layer of low rank (lesson 08), taught at length. *Weights to start from* compares it with its shape and new weights, taught as long in all. *Channels and rank* compares it with the student, taught for as many further steps:

# %%
rungs.draw_steps(ladder, ["weights to start from", "channels and rank"])

# %% [markdown]
# No gain by the weights is shown (one training): it may be only the shape that pruning gave, as [Liu et al. 2019](https://arxiv.org/abs/1810.05270) found. Channels and rank cost points, three times as many at the stricter FAR. Four mistakes to avoid, from articles:
#
# 1. **Freezing** layers and calling it pruning: no weight and no MAC is gone.
# 2. **Stopping after the cut**: see *at once* above.
# 3. **A rival that did not train on**: it gives the cut the credit, or the blame, for what training on does.
# 4. **Choosing by the faces you report on**: lesson 02's leak.
#
# ## Your turn
#
# Which layers bear it? Choose a group and a share:

# %% tags=["nbval-ignore-output"]
figures.cut_slider()

# %% [markdown]
# **Exercise 4.** Beat the library. `prune(student, 0.15)` takes 15 % of the MACs out or, as widths go in steps of 8, somewhat more. Take at least as many, and lose at most four fifths of its points. A plan names layers of the menu and their shares; the checker judges on other people:

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
# Next: [lesson 08](08_quantization_and_low_rank.ipynb).
