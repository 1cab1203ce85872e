# %% [markdown]
# # 03 · Weight sharing: one weight, many jobs
#
# **How can a layer of 416 numbers replace one of 1.2 million?** Build a convolution, find mouths, and leave a network four different weights a layer.
#
# **You need** [lesson 02](02_how_a_network_learns.ipynb): layers, gradients, batch norm. **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
from statistics import fmean

import torch
from torch import nn
from torch.nn import functional as F

from facecourse.kit import ____, choose_profile, evidence, orl, pick, record
from facecourse.kit.faces import load_faces
from facecourse.lesson03_sharing import exercises, experiment, figures
from facelib import synth

profile = choose_profile(profile)
stored = evidence.load("03")
face = synth.synth(1, 1, seed=9, **synth.FRONTAL).images.float() / 255

# %% [markdown]
# ## Nine products, one sum
#
# Press ▶ below the menu: a window slides over a face. Everywhere nine pixels are multiplied by the same nine weights, the **kernel**, and added up; the sums make a **feature map**.

# %% tags=["nbval-ignore-output"]
figures.kernel_slider(F.avg_pool2d(face, 4)[0, 0])

# %% [markdown]
# Weight sharing (权值共享) means three things: a kernel serves all places (**over space**), a network reads two pictures (**over branches**), a layer has few different weights (**by codebook**). Each weight's gradient is the *sum* over its jobs. LBP, HOG and Gabor filters share over space, too, and learn nothing.
#
# ### Build it
#
# `unfold` writes each window into a column. One matrix product makes all sums: the convolution.

# %% tags=["nbval-check-output"]
kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
windows = F.unfold(face, kernel_size=3)
by_hand = (kernel.view(1, 9) @ windows).view(1, 1, 62, 62)
windows.shape, torch.allclose(by_hand, F.conv2d(face, kernel.view(1, 1, 3, 3)), atol=1e-5)

# %% [markdown]
# Nine rows, one a pixel; 3,844 columns, one a place.
#
# **Exercise 1.** Write three rows of three weights for edges that run like a slash, / : not zero there, but zero on flat ground and on edges that run the other way.

# %% tags=["exercise", "nbval-check-output"]
edges = ____
exercises.edges.check(edges)

# %% [markdown]
# A layer has many kernels, each with a map of its own, a **channel**. The next layer's kernels add up over all of them.
#
# **Exercise 2.** Of `images` (N, C, H, W) and `kernels` (K, C, 3, 3) make maps (N, K, H − 2, W − 2), by `F.unfold` and `@`, without `conv2d`. `F.unfold(images, 3)` has the shape (N, 9 C, places).


# %% tags=["exercise", "nbval-check-output"]
def convolve(images, kernels):
    return ____


exercises.convolve.check(convolve)

# %% [markdown]
# ## What does sharing buy?
#
# A fully connected layer (the articles' *weight allocation*, 权值分配) shares nothing. A **locally connected** layer, as in [DeepFace](https://doi.org/10.1109/CVPR.2014.220), has windows, but a kernel a place. Times are against `Conv2d`'s.

# %%
from facelib.models.local import LocallyConnected2d

layers = {
    "Linear": nn.Sequential(nn.Flatten(), nn.Linear(28 * 23, 16 * 12 * 10)),
    "locally connected": LocallyConnected2d(1, 16, (28, 23), kernel=5, stride=2),
    "Conv2d": nn.Conv2d(1, 16, kernel_size=5, stride=2),
}
figures.draw_layers(layers, pairs=pick(profile, smoke=6, quick=30, full=30))

# %% [markdown]
# Windows save weights and multiplications, some 25 times. Sharing saves 120 times more weights and *not one* multiplication.
#
# If all places of the unshared layer hold one kernel, their gradients add up to the shared one's:

# %% tags=["nbval-check-output"]
conv = layers["Conv2d"]
local = LocallyConnected2d.from_conv(conv, (28, 23))
pixels = torch.rand(4, 1, 28, 23)
for layer in (conv, local):
    layer(pixels).square().mean().backward()  # any number will do
added = local.weight.grad.sum(0)
local.weight.grad.shape, torch.allclose(added, conv.weight.grad.flatten(1), atol=1e-5)

# %% [markdown]
# ## Does it name faces better?
#
# Behind each layer come ReLU, max pooling and a linear layer for ORL's 40 people; all train on one photograph a person, at rates chosen on other splits. As a control, the first layer stays **frozen** at its random start.

# %%
faces = load_faces().map(experiment.to_quarter)
steps = pick(profile, smoke=10, quick=200, full=200)
for kind in layers:
    for ending, frozen in ((", frozen", True), ("", False)):
        model, train, test = experiment.train_kind(kind, faces, 1, 0, steps, frozen=frozen)
        record(f"top-1 of {kind}{ending}", 100 * orl.top1(model, test), "%")
record("top-1 of Conv2d on what it learnt", 100 * orl.top1(model, train), "%")

# %%
figures.draw_rivals(stored["top-1"])

# %% [markdown]
# With one photograph the shared layer beats the unshared by 3.7 points; against full connection it is undecided, on 3,000 times fewer weights. But *frozen* it leads by 3.8: the lead was not learnt. Without max pooling the frozen layer shows no lead: −1.5 points, undecided. The lead seems to come from pooling neighbours that share a kernel.
#
# > 📌 **Claim:** "Weight sharing needs much data, and it over-fits, so regularise."
#
# Weight sharing does not need much data: the lead is there with one photograph as with five. It over-fits: `Conv2d` names 100 % of what it learnt and 66 % of the rest; `Linear`, with 3,000 times its weights, is undecided against it.
#
# ### A layer that must learn
#
# Each face is drawn twice, mouth open and shut: where the two differ is the mouth. The 48 × 48 places are the classes, a kernel's answers the logits.

# %% tags=["nbval-ignore-output"]
mouths, places = experiment.render_mouths(pick(profile, smoke=20, quick=60, full=100), seed=1)
finder, start = experiment.train_finder("Conv2d", mouths, places, seed=0)
kernels = {"at random": start, "learnt here": finder[1].weight.detach()}
figures.draw_finders(stored["mouths"], stored["mouths without learning"], kernels, mouths, places)

# %% [markdown]
# The kernel has become a dark bar between brighter rows. From ten faces it finds 64 % of new mouths; the rival, a kernel for each place, 11, no more than random kernels (12), little more than one fixed place (8). Most places never met a mouth; from a hundred faces the rival finds 39 %.
#
# ## A face moves
#
# If a picture moves, a convolution's map moves along: it is **equivariant**, here for steps of its stride.

# %% tags=["nbval-check-output"]
for kind in ("Conv2d", "locally connected"):
    still, now = layers[kind](pixels), layers[kind](pixels.roll(2, dims=3))
    print(kind, torch.allclose(now[..., 1:], still[..., :-1], atol=1e-5))

# %% [markdown]
# Is the *recogniser* **invariant**, its answer the same ([Azulay & Weiss](https://arxiv.org/abs/1805.12177))? Test faces named, as they are and moved by three pixels:

# %%
for kind, named in stored["shifted"].items():
    print(f"{kind}: {fmean(named['0']):.0%}, moved {fmean(named['3']):.0%}")

# %% [markdown]
# None is invariant: unlike lesson 00's network, they saw no moved pictures. `Conv2d` falls to 46 %, `Linear` to 52, undecided: what stands behind expects each eye at its place. `FaceCNN` averages over all places and keeps 75 %, without that average ("places kept") 68.
#
# ## Over branches
#
# A **Siamese pair** compares two faces by *one* network called twice.
#
# > 📌 **Claim:** "Give two layers the same initialiser, and they share their weights."

# %% tags=["nbval-check-output"]
a, b = nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3)  # PyTorch draws both in one way
print("same initialiser, equal:", torch.equal(a.weight, b.weight))
for layer in (a, b):
    nn.init.xavier_uniform_(layer.weight, generator=torch.Generator().manual_seed(0))
print("same seed, equal:", torch.equal(a.weight, b.weight))
nn.Sequential(a, b)(torch.rand(4, 8, 9, 9)).square().mean().backward()
torch.optim.SGD([a.weight, b.weight], lr=0.1).step()
print("after a step, equal:", torch.equal(a.weight, b.weight))

# %% [markdown]
# The claim is wrong. The same seed makes layers equal, until they learn: two objects have two gradients.
#
# ## By codebook
#
# [Deep Compression](https://arxiv.org/abs/1510.00149) shares *after* training. **K-means** sorts a layer's weights into four clusters; each weight becomes its cluster's mean, its **code word**. The file holds the **codebook** of four, and two bits a weight, its **code**.


# %%
def k_means(weights, codebook):
    while True:
        codes = (weights[:, None] - codebook).abs().argmin(1)
        means = codebook.clone()
        for k in codes.unique():  # an empty cluster keeps its code word
            means[k] = weights[codes == k].mean()
        if torch.equal(means, codebook):
            return codes, codebook
        codebook = means


# %% [markdown]
# A network learns from two photographs a person:

# %%
from facelib.compress import share

dense, train, test = experiment.train_dense(load_faces(), seed=0, steps=3 * steps // 2)
record("top-1 with 32 bits a weight", 100 * orl.top1(dense, test), "%")
coarse, _ = share(dense, values=4)
record("top-1 with 4 values a layer", 100 * orl.top1(coarse, test), "%")

# %% tags=["nbval-check-output"]
weights = dense.features[3][0].weight.detach().flatten()  # a convolution in the middle
_, codebook = k_means(weights, torch.linspace(weights.min(), weights.max(), 4))
theirs = coarse.features[3][0].parametrizations.weight.original.detach()  # its codebook
torch.allclose(codebook, theirs, atol=1e-3)  # scikit-learn stops a little earlier

# %% [markdown]
# **Batch norm** (lesson 02) scales each channel by means and variances it kept from training. Do they still fit? Let it see the 80 training photographs again: no labels, no gradient.

# %%
for layer in coarse.modules():
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        layer.momentum = 1.0  # only what it sees now
with torch.no_grad():
    coarse.train()(train.images / 255)
record("top-1 with 4 values, new statistics", 100 * orl.top1(coarse.eval(), test), "%")

# %% [markdown]
# **Exercise 3.** Code words can learn, too. Write one step of gradient descent on the codebook, rate 0.1, and return the new weight. `gradient` is each weight's own, as if it were free.


# %% tags=["exercise", "nbval-check-output"]
def tune(weight, codes, codebook, gradient):
    return ____


exercises.tune.check(tune)

# %% tags=["nbval-ignore-output"]
figures.codebook_slider(dense, train, test, "features.3.0", stored["codebook"])

# %% [markdown]
# New *statistics* do nearly the whole repair. Over the stored splits four values leave 16 %; new statistics reach 92, and so does training on (*fine-tuned*). With 32 bits it is 93 %, and 94 with new statistics. The file shrinks 13 times; nothing gets faster.
#
# ## Your turn
#
# **Exercise 4.** Find mouths by hand: a kernel of whole numbers from −3 to 3, odd in height and width, 9 × 9 at most, whose largest answer lies within 3 pixels of the mouth for 60 of 100 new people. Rings are mouths, crosses your answers.

# %% tags=["nbval-ignore-output"]
attempt = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
figures.draw_answers(attempt, mouths, places)

# %% tags=["exercise", "nbval-check-output"]
mouth_kernel = ____
exercises.find_mouths.check(mouth_kernel)

# %% [markdown]
# ## What you know now
#
# Sharing saves weights, not multiplications; where a kernel must learn, each place teaches all others.
#
# On unseen people: AUC with shared values less AUC without, trained as long, paired within each person.

# %%
for values, found in stored["unseen people"].items():
    print(f"{values} values: {found['AUC']:+.3f}")

# %% [markdown]
# Both intervals (over people) contain zero: undecided. Next: [lesson 04](04_transfer_learning.ipynb).
