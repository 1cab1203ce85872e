# %% [markdown]
# # 03 · Weight sharing: one weight, many jobs
#
# **How can 416 numbers do the work of 1.2 million, and is it the sharing that makes them good?** You will build a convolution, test what sharing buys, find mouths with one kernel, and leave a network four different weights a layer.
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
from facelib import data, measure, synth

profile = choose_profile(profile)
stored = evidence.load("03")
face = synth.synth(1, 1, seed=9, **synth.FRONTAL).images.float() / 255

# %% [markdown]
# ## Nine products, one sum
#
# Press ▶. A window slides over the face of nobody. At each place nine pixels are multiplied by nine weights, the **kernel**, and added up; the sums make a **feature map**. The weights are the same everywhere: *shared*.

# %% tags=["nbval-ignore-output"]
figures.kernel_slider(F.avg_pool2d(face, 4)[0, 0])

# %% [markdown]
# Three things are called weight sharing (权值共享). In each a weight does many jobs, and its gradient is the *sum* over them:
#
# - **over space**: a kernel, the same at all places;
# - **over branches**: one network that looks at two pictures;
# - **by codebook**: a layer in which only a few different weights occur.
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
# **Exercise 1.** Write three rows of three weights for edges that run like a slash, / : not zero there, but zero on flat ground and on edges that run the other way.

# %% tags=["exercise", "nbval-check-output"]
edges = ____
exercises.edges.check(edges)

# %% [markdown]
# (Watch it slide: add `own=edges` to the widget's call.) A layer has many kernels, each with a map of its own, a **channel**. A kernel of the next layer looks at all channels of its window and adds up.
#
# **Exercise 2.** Write the convolution of a whole batch, with several channels and kernels.


# %% tags=["exercise", "nbval-check-output"]
def convolve(images, kernels):
    return ____


exercises.convolve.check(convolve)

# %% [markdown]
# ## What does sharing buy?
#
# A fully connected layer (the articles' *weight allocation*, 权值分配) sees everything and shares nothing. Between it and a convolution stands the **locally connected** layer (in [DeepFace](https://doi.org/10.1109/CVPR.2014.220), for example): windows, but a kernel for each place.

# %%
from facelib.models.local import LocallyConnected2d

layers = {
    "Linear": nn.Sequential(nn.Flatten(), nn.Linear(28 * 23, 16 * 12 * 10)),
    "locally connected": LocallyConnected2d(1, 16, (28, 23), kernel=5, stride=2),
    "Conv2d": nn.Conv2d(1, 16, kernel_size=5, stride=2),
}
figures.draw_layers(layers, pairs=pick(profile, smoke=6, quick=30, full=30))

# %% [markdown]
# Windows save weights and multiplications, some 25 times. Sharing saves 120 times more weights and *not one* multiplication. The unshared layer is slower in part by workmanship: by `unfold`, as it is computed here, the convolution is slow, too. The rest is a cost of not sharing: 120 times as many weights are read.
#
# Give the unshared layer one kernel for all 120 places: its gradients, added up over them, are the gradient of the shared kernel.

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
# Behind each layer come ReLU, max pooling and a linear layer for ORL's 40 people; all train on one photograph each. In the control the first layer stays **frozen** at its random start, and only the classifier learns.

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
# With one photograph the shared layer beats the same windows unshared by 3.7 points, and draws with full connection on 3,000 times fewer weights. But *frozen* it leads by 3.8. On ORL the lead is there before anything is learnt, presumably because pooling over neighbours makes sense only where they share a kernel. With five photographs training adds a point or more to each layer, and nothing to the lead.
#
# > 📌 **Claim:** "Weight sharing needs much data, and it over-fits, so regularise." Neither half holds. The lead is there with one photograph as with five. All networks name what they learnt from (the worst 99.9 %), so all over-fit, and the unshared layer falls deepest from there: sharing *is* a regulariser.
#
# ### A task in which the layer must learn
#
# Where is the mouth? Of people who don't exist we know it, for each is drawn a second time with the mouth closed. A kernel of 5 × 5 should answer most there; the rival has a kernel for each place. A cross-entropy over places trains both.

# %% tags=["nbval-ignore-output"]
mouths, places = experiment.render_mouths(pick(profile, smoke=20, quick=60, full=100), seed=1)
finder, start = experiment.train_finder("Conv2d", mouths, places, seed=0)
figures.draw_finders(stored["mouths"], start, finder[1].weight.detach())

# %% [markdown]
# This kernel has left its start, so it has something to show: a dark bar, bright rows above and below. From ten faces it finds 67 % of new mouths, the rival 11: most of its places have never met one. With ten times the faces the rival finds 44 %. Here what all places teach adds up. (LBP and HOG of lesson 01 apply one operator everywhere, too; theirs is fixed, a CNN's is learnt.)
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
# Does that make the *recogniser* indifferent to shifts? Only the test faces moved. `FaceCNN` averages over all places at its end; "places kept" does not.

# %%
figures.draw_shifts(stored["shifted"])

# %% [markdown]
# It does not. Moved by three pixels, `Conv2d` names 46 % rightly, `Linear` 52: a map that moves along helps little if the layer behind it expects each eye at its place. **Equivariant** (the map moves along) is not yet **invariant** (the answer stays). `FaceCNN` names 75 %, and 68 without its average; its other parts we did not take away.
#
# ## Over branches
#
# A **Siamese pair** compares two faces by *one* network called twice. Two branches are drawn, one object is built:

# %% tags=["nbval-check-output"]
from facelib.models import FaceCNN

twin = FaceCNN(width=24, embedding=128, people=40)
measure.parameters(twin), measure.parameters(nn.ModuleList([twin, twin]))

# %% [markdown]
# (An article calls [FaceNet](https://doi.org/10.1109/CVPR.2015.7298682) an alternative to weight sharing. It shares over space *and* over branches.)
#
# > 📌 **Claim:** "Give two layers the same initialiser, and they share their weights."

# %% tags=["nbval-check-output"]
a, b = nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3)
initialise = nn.init.xavier_uniform_
for layer in (a, b):
    initialise(layer.weight)
print("same initialiser, equal:", torch.equal(a.weight, b.weight))
for layer in (a, b):
    initialise(layer.weight, generator=torch.Generator().manual_seed(0))
print("same seed, equal:", torch.equal(a.weight, b.weight))
nn.Sequential(a, b)(torch.rand(4, 8, 9, 9)).square().mean().backward()
torch.optim.SGD([a.weight, b.weight], lr=0.1).step()
print("after a step, equal:", torch.equal(a.weight, b.weight))

# %% [markdown]
# The same initialiser draws other numbers for each layer. The same seed makes them equal, until they learn: two objects have two gradients. Equal is not shared.
#
# ## By codebook
#
# [Deep Compression](https://arxiv.org/abs/1510.00149) shares *after* training. **K-means** sorts a layer's weights into, say, four clusters, and each weight becomes its cluster's mean, its **code word**. We store the **codebook** of four, and a **code** of two bits a weight. Two steps take turns:


# %%
def k_means(weights, codebook):
    while True:
        codes = (weights[:, None] - codebook).abs().argmin(1)
        means = torch.stack([weights[codes == k].mean() for k in range(len(codebook))])
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
weights = dense.features[3][0].weight.detach().flatten()
spread = torch.linspace(weights.min(), weights.max(), 4)
codes, codebook = k_means(weights, spread)
theirs = coarse.features[3][0].parametrizations.weight.original.detach()
torch.allclose(codebook, theirs, atol=1e-3)  # scikit-learn stops a little earlier

# %% [markdown]
# Four values a layer, and the network hardly knows anybody. Are the *weights* to blame? **Batch norm** (lesson 02) centres and scales each channel; after training it does so by means and variances kept from then. To other weights these no longer fit, so let it see the 80 training photographs again: no labels, no gradient, no weight changes.

# %%
images = train.images / 255
for layer in coarse.modules():
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        layer.momentum = 1.0  # only what it sees now
with torch.no_grad():
    coarse.train()(images)
record("top-1 with 4 values, new statistics", 100 * orl.top1(coarse.eval(), test), "%")

# %% tags=["nbval-ignore-output"]
figures.codebook_slider(dense, train, test, "features.3.0")

# %% [markdown]
# Code words can learn, too, while codes stay. A code word's gradient is the sum of what its weights would get if they were free; autograd gives the library's the same (any loss will do):

# %% tags=["nbval-check-output"]
layer = coarse.features[3][0].double()
codes, words = layer.parametrizations.weight[0].codes, layer.parametrizations.weight.original
(free,) = torch.autograd.grad(layer.weight.pow(3).sum(), words)
weight = layer.weight.detach().requires_grad_()
weight.pow(3).sum().backward()
added = torch.stack([weight.grad[codes == k].sum() for k in range(4)])
torch.allclose(added, free, rtol=1e-5)

# %% [markdown]
# **Exercise 3.** Write one step of gradient descent on the codebook, rate 0.1, and return the new weight. `gradient` is what each weight would get if it were free.


# %% tags=["exercise", "nbval-check-output"]
def tune(weight, codes, codebook, gradient):
    return ____


exercises.tune.check(tune)

# %%
tuned = experiment.fine_tune(share(dense, values=4)[0], train, seed=0, steps=steps // 3)
record("top-1 with 4 values, fine-tuned", 100 * orl.top1(tuned, test), "%")
figures.draw_codebooks(stored["codebook"])

# %% [markdown]
# The *statistics* do nearly the whole repair. With four values, k-means leaves 16 %; new statistics and fine-tuning both reach 92, where 32 bits have 93. Fine-tuning moves 848 numbers by gradients (24 code words, 784 of batch norm, 40 biases), and 784 statistics besides. The file shrinks 13 times; nothing gets faster. If a repair seems a miracle, ask what a simpler one does.
#
# ## Your turn
#
# **Exercise 4.** Find mouths by hand: a kernel of odd height and width, 9 × 9 at most, whose largest answer lies within 3 pixels of the mouth for 60 of 100 new people. Try some here; the check draws where yours answers.

# %% tags=["nbval-ignore-output"]
attempt = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
experiment.score_answers(experiment.answer(attempt, mouths), places)

# %% tags=["exercise", "nbval-check-output"]
mouth_kernel = ____
exercises.find_mouths.check(mouth_kernel)

# %% [markdown]
# ## What you know now
#
# **Over space**, a kernel saves weights, not multiplications; where a layer must learn, each place teaches all others. Its maps move with the face; the answer need not stay. **Over branches**, one object is called twice. **By codebook**, the file shrinks, and batch norm's statistics do most of the repair. An initialiser shares nothing.
#
# The scoreboard got two rows, CNNs of 16 and of 4 shared values: on people nobody trained on, their AUC less that of the same network trained as long, within each person, is

# %%
for values, found in stored["unseen people"].items():
    print(f"{values} values: {found['AUC']:+.3f}")

# %% [markdown]
# Both intervals (over people) contain zero: undecided. Next: [lesson 04](04_transfer_learning.ipynb), weights that were learnt elsewhere.
