# %% [markdown]
# # 03 · Weight sharing: one weight, many jobs
#
# **How can a layer of 416 numbers replace one of 1.2 million?** You will build a convolution, test what sharing buys, find mouths with one kernel, and leave a network four different weights a layer.
#
# **You need** [lesson 02](02_how_a_network_learns.ipynb): layers, gradients, batch norm. **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import torch
from torch import nn
from torch.nn import functional as F

from facecourse.kit import ____, choose_profile, evidence, orl, pick, record
from facecourse.lesson03_sharing import exercises, experiment, figures
from facelib import data, synth

profile = choose_profile(profile)
stored = evidence.load("03")
face = synth.synth(1, 1, seed=9, **synth.FRONTAL).images.float() / 255

# %% [markdown]
# ## Nine products, one sum
#
# Press ▶ below the picture's menu. A window slides over the face of a person who doesn't exist. At each place nine pixels are multiplied by nine weights, the **kernel**, and added up; the sums make a **feature map**. The weights are the same everywhere: *shared*.

# %% tags=["nbval-ignore-output"]
figures.kernel_slider(F.avg_pool2d(face, 4)[0, 0])

# %% [markdown]
# Three things are called weight sharing (权值共享): a kernel serves all places (**over space**), one network reads two pictures (**over branches**), a layer has only a few different weights (**by codebook**). In each, a weight's gradient is the *sum* over its jobs.
#
# ### Build it
#
# `unfold` writes each window into a column. All sums are then one matrix product, and that *is* the convolution:

# %% tags=["nbval-check-output"]
kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
windows = F.unfold(face, kernel_size=3)
by_hand = (kernel.view(1, 9) @ windows).view(1, 1, 62, 62)
windows.shape, torch.allclose(by_hand, F.conv2d(face, kernel.view(1, 1, 3, 3)), atol=1e-5)

# %% [markdown]
# Nine rows, a pixel of the window each; 3,844 columns, a place each.
#
# **Exercise 1.** Write three rows of three weights for edges that run like a slash, / : not zero there, but zero on flat ground and on edges that run the other way.

# %% tags=["exercise", "nbval-check-output"]
edges = ____
exercises.edges.check(edges)

# %% [markdown]
# (Watch it slide: add `own=edges` to the widget's call.) A layer has many kernels, each with a map of its own, a **channel**. A kernel of the next layer looks at all channels of its window and adds up.
#
# **Exercise 2.** Of `images` (N, C, H, W) and `kernels` (K, C, 3, 3) make the maps (N, K, H − 2, W − 2), by `F.unfold` and `@`, without `conv2d`. `F.unfold(images, 3)` has the shape (N, 9 C, places).


# %% tags=["exercise", "nbval-check-output"]
def convolve(images, kernels):
    return ____


exercises.convolve.check(convolve)

# %% [markdown]
# ## What does sharing buy?
#
# A fully connected layer (the articles' *weight allocation*, 权值分配) sees everything and shares nothing. Between it and a convolution stands the **locally connected** layer, as in [DeepFace](https://doi.org/10.1109/CVPR.2014.220): windows, but a kernel for each place.

# %%
from facelib.models.local import LocallyConnected2d

layers = {
    "Linear": nn.Sequential(nn.Flatten(), nn.Linear(28 * 23, 16 * 12 * 10)),
    "locally connected": LocallyConnected2d(1, 16, (28, 23), kernel=5, stride=2),
    "Conv2d": nn.Conv2d(1, 16, kernel_size=5, stride=2),
}
figures.draw_layers(layers, pairs=pick(profile, smoke=6, quick=30, full=30))

# %% [markdown]
# Windows save weights and multiplications, some 25 times. Sharing saves 120 times more weights and *not one* multiplication. The unshared layer is slower partly because of how it is computed: a convolution by `unfold` is slow, too. Most of the rest, we think, is reading 120 times as many weights.
#
# Give the unshared layer one kernel for all 120 places: its gradients, added up, are the shared kernel's.

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
# Behind each layer come ReLU, max pooling and a linear layer for ORL's 40 people; all train on one photograph each, at rates chosen on other splits of the same pictures. In the control the first layer stays **frozen** at its random start, and only the classifier learns.

# %%
faces = data.orl().map(experiment.to_quarter)
steps = pick(profile, smoke=10, quick=200, full=200)
for kind in layers:
    for ending, frozen in (("", False), (", frozen", True)):
        model, _, test = experiment.train_kind(kind, faces, 1, seed=0, steps=steps, frozen=frozen)
        record(f"top-1 of {kind}{ending}", 100 * orl.top1(model, test), "%")

# %%
figures.draw_rivals(stored["top-1"])

# %% [markdown]
# With one photograph the shared layer beats the same windows unshared by 3.7 points. Against full connection it is undecided, on 3,000 times fewer weights. But *frozen* it leads by 3.8: what leads was not learnt. Without the max pooling the frozen lead is FROZEN: pooling over neighbours makes sense where they share a kernel. With five photographs training adds a point or more to each layer, and nothing to the lead.
#
# > 📌 **Claim:** "Weight sharing needs much data, and it over-fits, so regularise."
#
# *Needs much data*: no, the lead is there with one photograph as with five. *Over-fits*: every network here does, 100 % of what it learnt and at most 66 % of the rest, and `Conv2d` no more than `Linear` with 3,000 times its weights. Whether a remedy (lesson 02) helps it more than others we did not measure.
#
# ### A task in which the layer must learn
#
# Where is the mouth? Each face is drawn twice, with the mouth open and shut: the mouth is where the two differ. The 48 × 48 places are the classes, a kernel's answers are the logits, and the right class is the mouth's place:

# %% tags=["nbval-ignore-output"]
mouths, places = experiment.render_mouths(pick(profile, smoke=20, quick=60, full=100), seed=1)
torch.manual_seed(0)
finder = nn.Sequential(nn.ReplicationPad2d(2), nn.Conv2d(1, 1, kernel_size=5))
start = finder[1].weight.detach().clone()
optimiser = torch.optim.Adam(finder.parameters(), lr=0.01)
for _ in range(100):
    optimiser.zero_grad()
    F.cross_entropy(finder(mouths).flatten(1), places).backward()
    optimiser.step()
kernels = {"at random": start, "learnt here": finder[1].weight.detach()}
figures.draw_finders(stored["mouths"], stored["mouths without learning"], kernels, mouths, places)

# %% [markdown]
# This kernel has become a dark bar with bright rows above and below. From ten faces it finds 67 % of new mouths; the rival, with a kernel for each place, 11, less than one fixed place (ONE): most of its places have never met a mouth. With ten times the faces the rival finds 44 %. Here what all places teach adds up.
#
# ## A face moves
#
# If a face moves, the map of a convolution moves along: it is **equivariant**, here for whole steps of its stride, two pixels.

# %% tags=["nbval-check-output"]
moved = pixels.roll(2, dims=3)
for kind in ("Conv2d", "locally connected"):
    still, now = layers[kind](pixels), layers[kind](moved)
    print(kind, torch.allclose(now[..., 1:], still[..., :-1], atol=1e-5))

# %% [markdown]
# Does that make the *recogniser* indifferent to shifts ([Azulay & Weiss](https://arxiv.org/abs/1805.12177))? Only the test faces moved. `FaceCNN` averages over all places at its end; "places kept" does not.

# %%
figures.draw_shifts(stored["shifted"])

# %% [markdown]
# A recogniser does not become indifferent. Moved by three pixels, `Conv2d` names 46 % rightly, `Linear` 52, undecided: a map that moves along helps little if the layer behind it expects each eye at its place. **Equivariant** (the map moves along) is not yet **invariant** (the answer stays). `FaceCNN` names 75 %, and 68 without its average; what its other parts do we did not measure.
#
# ## Over branches
#
# A **Siamese pair** compares two faces by *one* network called twice. Two branches are drawn, one object is built. ([FaceNet](https://doi.org/10.1109/CVPR.2015.7298682), to an article an alternative to weight sharing, shares over space *and* over branches.)
#
# > 📌 **Claim:** "Give two layers the same initialiser, and they share their weights."

# %% tags=["nbval-check-output"]
a, b = nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3)
for layer in (a, b):
    nn.init.xavier_uniform_(layer.weight)
print("same initialiser, equal:", torch.equal(a.weight, b.weight))
for layer in (a, b):
    nn.init.xavier_uniform_(layer.weight, generator=torch.Generator().manual_seed(0))
print("same seed, equal:", torch.equal(a.weight, b.weight))
nn.Sequential(a, b)(torch.rand(4, 8, 9, 9)).square().mean().backward()
torch.optim.SGD([a.weight, b.weight], lr=0.1).step()
print("after a step, equal:", torch.equal(a.weight, b.weight))

# %% [markdown]
# The claim is wrong. The same initialiser draws other numbers for each layer. The same seed makes them equal, until they learn: two objects have two gradients. Equal is not shared.
#
# ## By codebook
#
# [Deep Compression](https://arxiv.org/abs/1510.00149) shares *after* training. **K-means** sorts a layer's weights into, say, four clusters, and each weight becomes its cluster's mean, its **code word**. We store the **codebook** of four, and a **code** of two bits a weight. Two steps take turns:


# %%
def k_means(weights, codebook):
    while True:
        codes = (weights[:, None] - codebook).abs().argmin(1)
        clusters = [weights[codes == k] for k in range(len(codebook))]
        # An empty cluster has no mean: it keeps its code word.
        means = [c.mean() if len(c) else word for c, word in zip(clusters, codebook, strict=True)]
        means = torch.stack(means)
        if torch.equal(means, codebook):
            return codes, codebook
        codebook = means


# %% [markdown]
# A network that learnt from two photographs a person, and our codebook of one of its layers beside the library's:

# %%
from facelib.compress import share

steps = pick(profile, smoke=10, quick=300, full=300)
dense, train, test = experiment.train_dense(data.orl(), seed=0, steps=steps)
record("top-1 with 32 bits a weight", 100 * orl.top1(dense, test), "%")
coarse, _ = share(dense, values=4)
record("top-1 with 4 values a layer", 100 * orl.top1(coarse, test), "%")

# %% tags=["nbval-check-output"]
weights = dense.features[3][0].weight.detach().flatten()  # a convolution in the middle
spread = torch.linspace(weights.min(), weights.max(), 4)
codes, codebook = k_means(weights, spread)
theirs = coarse.features[3][0].parametrizations.weight.original.detach()  # its codebook
torch.allclose(codebook, theirs, atol=1e-3)  # scikit-learn stops a little earlier

# %% [markdown]
# Four values a layer, and the network hardly knows anybody. Are the *weights* to blame? **Batch norm** (lesson 02) centres and scales each channel; after training it does so by the means and variances it kept from training. To other weights these no longer fit, so let it see the 80 training photographs again: no labels, no gradient, no weight changes.

# %%
images = train.images / 255
for layer in coarse.modules():
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        layer.momentum = 1.0  # only what it sees now
with torch.no_grad():
    coarse.train()(images)
record("top-1 with 4 values, new statistics", 100 * orl.top1(coarse.eval(), test), "%")

# %% [markdown]
# Code words can learn, too, while codes stay.
#
# **Exercise 3.** Write one step of gradient descent on the codebook, rate 0.1, and return the new weight. `gradient` is what each weight would get if it were free.


# %% tags=["exercise", "nbval-check-output"]
def tune(weight, codes, codebook, gradient):
    return ____


exercises.tune.check(tune)

# %%
tuned = experiment.fine_tune(share(dense, values=4)[0], train, seed=0, steps=steps // 3)
record("top-1 with 4 values, fine-tuned", 100 * orl.top1(tuned, test), "%")

# %% tags=["nbval-ignore-output"]
figures.codebook_slider(dense, train, test, "features.3.0", stored["codebook"])

# %% [markdown]
# The *statistics* do nearly the whole repair. With four values, k-means leaves 16 %; new statistics and fine-tuning both reach 92, where 32 bits have 93, and NEW with new statistics. Fine-tuning moves 848 numbers by gradients (24 code words, 784 of batch norm, 40 biases), and 784 statistics besides. The file, in which frequent codes are also written shorter (Huffman coding), shrinks 13 times; nothing gets faster.
#
# ## Your turn
#
# **Exercise 4.** Find mouths by hand: a kernel of whole numbers from −3 to 3, of odd height and width, 9 × 9 at most, whose largest answer lies within 3 pixels of the mouth for 60 of 100 new people. Try some here: the ring is the mouth, the cross your kernel's answer.

# %% tags=["nbval-ignore-output"]
attempt = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
figures.draw_answers(attempt, mouths, places)
experiment.score_answers(experiment.answer(attempt, mouths), places)

# %% tags=["exercise", "nbval-check-output"]
mouth_kernel = ____
exercises.find_mouths.check(mouth_kernel)

# %% [markdown]
# ## What you know now
#
# **Over space**, a kernel saves weights, not multiplications; where a layer must learn, each place teaches all others. Its maps move with the face; the answer need not stay. **Over branches**, one object is called twice. **By codebook**, the file shrinks, and batch norm's statistics do most of the repair.
#
# The scoreboard got two rows, CNNs of 16 and of 4 shared values. On people nobody trained on: AUC of the shared network minus AUC of the same network with 32 bits, both trained equally long, paired within each person, with its 95 % interval over people.

# %%
for values, found in stored["unseen people"].items():
    print(f"{values} values: {found['AUC']:+.3f}")

# %% [markdown]
# Both intervals contain 0: undecided. Next: [lesson 04](04_transfer_learning.ipynb), weights that were learnt elsewhere.
