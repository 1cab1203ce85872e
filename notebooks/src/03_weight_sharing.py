# %% [markdown]
# # 03 · Weight sharing: one weight, many jobs
#
# **How can 416 numbers do the work of 1.2 million? And is it the sharing that makes them good?** You will build a convolution, test what sharing buys on real faces, let gradient descent find mouths, and squeeze a network to four different weights a layer.
#
# **You need** [lesson 02](02_how_a_network_learns.ipynb): layers, gradients, batch norm. **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import torch
from torch import nn
from torch.nn import functional as F

from facecourse.kit import ____, charts, choose_profile, evidence, orl, pick, record
from facecourse.lesson03_sharing import exercises, experiment, figures
from facelib import data, synth

profile, stored = choose_profile(profile), evidence.load("03")
face = synth.synth(1, 1, seed=9, **synth.FRONTAL).images.float() / 255

# %% [markdown]
# ## Nine products, one sum
#
# Press ▶. A window slides over a face (of a person who doesn't exist). At each place its nine pixels are multiplied by nine weights, the **kernel**, and added up; the sums make a **feature map**. Everywhere the weights are the same: they are *shared*.

# %% tags=["nbval-ignore-output"]
figures.kernel_slider(F.avg_pool2d(face, 4)[0, 0])

# %% [markdown]
# Three things are called weight sharing (权值共享). In each, one weight does many jobs, and its gradient is the *sum* over them:
#
# - **over space**: a kernel, the same at all places;
# - **over branches**: one network that looks at two pictures;
# - **by codebook**: a layer in which only a few different weights occur.
#
# ### Build it
#
# `unfold` writes each window into a column. Then all sums are one matrix product, and that *is* the convolution:

# %% tags=["nbval-check-output"]
kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
windows = F.unfold(face, kernel_size=3)
by_hand = (kernel.view(1, 9) @ windows).view(1, 1, 62, 62)
windows.shape, torch.allclose(by_hand, F.conv2d(face, kernel.view(1, 1, 3, 3)), atol=1e-5)

# %%
charts.draw_panels(
    {"face": 2 * face - 1, "kernel": kernel, "feature map": by_hand},
    "A face, a kernel that subtracts left from right, and the map of its vertical edges.",
)

# %% [markdown]
# **Exercise 1.** Write a kernel, three rows of three, for edges that run like a slash, / : not zero there, but zero on flat ground and on edges that run the other way.

# %% tags=["exercise", "nbval-check-output"]
edges = ____
exercises.edges.check(edges)

# %% [markdown]
# (To watch your kernel slide, add it to the widget: `kernel_slider(..., own=edges)`.) A layer has many kernels, each with a map of its own, called a **channel**. A kernel of the next layer looks at all channels of its window and adds up.
#
# **Exercise 2.** Write the convolution of whole batches, several channels and several kernels.


# %% tags=["exercise", "nbval-check-output"]
def convolve(images, kernels):
    return ____


exercises.convolve.check(convolve)

# %% [markdown]
# ## What does sharing buy?
#
# A fully connected layer, z = Wx + b (the articles' *weight allocation*, 权值分配), differs from a convolution in two ways: its outputs see everything, and none shares. Between them stands the **locally connected** layer: windows, but a kernel for each place.

# %%
figures.draw_layers()

# %%
from facelib.models.local import LocallyConnected2d

layers = {
    "Linear": nn.Sequential(nn.Flatten(), nn.Linear(28 * 23, 16 * 12 * 10)),
    "locally connected": LocallyConnected2d(1, 16, (28, 23), kernel=5, stride=2),
    "Conv2d": nn.Conv2d(1, 16, kernel_size=5, stride=2),
}
figures.tabulate_costs(layers, pairs=pick(profile, smoke=6, quick=30, full=30))

# %% [markdown]
# Windows save weights and multiplications, some 25 times. Sharing saves another 120 times the weights and *not one* multiplication. The unshared layer is still slower. About half of that is workmanship, for a convolution computed the same way, by `unfold`, is slow too; the rest is a real cost of not sharing, to read 120 times as many weights.
#
# And learning? Give the unshared layer the same kernel at all 120 places. It answers the same, and its gradients, added up over the places, are the gradient of the shared kernel:

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
# Behind each layer we put ReLU, max pooling and a linear layer for ORL's 40 people, and train on one photograph a person. The control: the same with the first layer **frozen** at its random start, so that only the classifier learns.

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
# READING1
#
# > 📌 **Claim:** "Weight sharing needs much data, and it over-fits, so regularise." READING2
#
# ### A task in which the layer must learn
#
# Where is the mouth? We know, for we draw each person a second time with the mouth closed. One kernel of 5 × 5 slides over the picture; its largest answer should be the mouth's place. A cross-entropy over all places trains it.

# %% tags=["nbval-ignore-output"]
mouths, places = experiment.render_mouths(pick(profile, smoke=20, quick=60, full=100), seed=1)
finder, start = experiment.train_finder("Conv2d", mouths, places, seed=0)
learnt = finder[1].weight.detach()
cosine = F.cosine_similarity(start.flatten(), learnt.flatten(), dim=0)
charts.draw_panels(
    {"at random": start, f"learnt, cosine {cosine:.2f}": learnt, "a face": mouths[:1],
     "its answers": finder(mouths[:1])},
    "A random kernel, the kernel it became, a face, and the kernel's answers at each place.",
)  # fmt: skip

# %% [markdown]
# The learnt kernel is far from its random start, so here there *is* something to see: READINGK Now the unshared rival, with a kernel for each place, on mouths of people neither has seen:

# %%
figures.draw_finders(stored["mouths"])

# %% [markdown]
# READING3
#
# (LBP and HOG of lesson 01 apply one operator everywhere, too; theirs is fixed, that of a CNN is learnt.)
#
# ## A face moves
#
# If a face moves, the map of a convolution moves along: it is **equivariant**. With a stride of two that holds for whole steps of two pixels.

# %% tags=["nbval-check-output"]
moved = pixels.roll(2, dims=3)
for kind in ("Conv2d", "locally connected"):
    still, now = layers[kind](pixels), layers[kind](moved)
    print(kind, torch.allclose(now[..., 1:], still[..., :-1], atol=1e-5))

# %% [markdown]
# Does that make the *recogniser* indifferent to shifts? All learnt from five photographs a person as they are, and only the test faces moved. `FaceCNN` averages over all places at its end; its twin keeps the places apart.

# %%
figures.draw_shifts(stored["shifted"])

# %% [markdown]
# READING4
#
# ## Over branches
#
# A **Siamese pair** compares two faces by *one* network that is called twice. Here is its first kernel's gradient from each branch alone, and from both:

# %% tags=["nbval-check-output"]
from facelib.models import FaceCNN

torch.manual_seed(0)
twin = FaceCNN(width=24, embedding=128, people=40).double().eval()
left, right = (twin.embed(picture) for picture in torch.rand(2, 1, 1, 56, 46).double())


def gradient(a, b):
    distance = (a - b).square().mean()
    return torch.autograd.grad(distance, twin.features[0][0].weight, retain_graph=True)[0]


alone = gradient(left, right.detach()) + gradient(left.detach(), right)
torch.allclose(gradient(left, right), alone, rtol=1e-5)

# %% [markdown]
# (An article calls FaceNet an alternative to weight sharing. [FaceNet](https://doi.org/10.1109/CVPR.2015.7298682) shares over space *and* over branches; what is special about it is its loss, of lesson 05.)
#
# > 📌 **Claim:** "Give two layers the same initialiser, and they share their weights."

# %% tags=["nbval-check-output"]
a, b = nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3)
initialise = nn.init.xavier_uniform_
initialise(a.weight), initialise(b.weight)
print("same initialiser, equal:", torch.equal(a.weight, b.weight))
for layer in (a, b):
    torch.manual_seed(0)
    initialise(layer.weight)
print("same seed, equal:", torch.equal(a.weight, b.weight))
nn.Sequential(a, b)(torch.rand(4, 8, 9, 9)).square().mean().backward()
torch.optim.SGD([a.weight, b.weight], lr=0.1).step()
print("after a step, equal:", torch.equal(a.weight, b.weight), "- one object:", a is b)

# %% [markdown]
# The same initialiser draws other numbers for each layer. The same seed makes them equal, once: they remain two objects, with two gradients. Equal is not shared.
#
# ## By codebook
#
# [Deep Compression](https://arxiv.org/abs/1510.00149) shares *after* training. **K-means** sorts a layer's weights into, say, four clusters; each weight is replaced by its cluster's mean, its **code word**. We store the **codebook** of four means, and two bits a weight that say which. It takes two steps in turn:


# %%
def k_means(weights, codebook):
    while True:
        codes = (weights[:, None] - codebook).abs().argmin(1)
        means = torch.stack([weights[codes == k].mean() for k in range(len(codebook))])
        if torch.equal(means, codebook):
            return codes, codebook
        codebook = means


# %% [markdown]
# A network that learnt from two photographs a person; our codebook of one of its layers, and the library's:

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
torch.allclose(codebook, theirs, atol=1e-3)

# %% [markdown]
# Four values a layer, and it hardly knows anybody. But are the *weights* to blame? **Batch norm** (lesson 02) centres and scales each channel, in use by means and variances kept from training. With other weights those no longer fit. So we let it see the 80 training photographs again: no labels, no gradient, no weight changes.

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
# The codebook can learn, too: the codes stay, the code words move.
#
# **Exercise 3.** Write one step of it. `gradient` is what the weights would get if each were free.


# %% tags=["exercise", "nbval-check-output"]
def tune(weight, codes, codebook, gradient):
    return ____


exercises.tune.check(tune)

# %% [markdown]
# Autograd adds up by itself where `codebook[codes]` stands in for the weight, and so does the library:

# %% tags=["nbval-check-output"]
layer = coarse.features[3][0]
weight = layer.weight
(each,) = torch.autograd.grad(weight.square().sum() / 2, weight)
layer.weight.square().sum().div(2).backward()
words = layer.parametrizations.weight
added = torch.stack([each[words[0].codes == k].sum() for k in range(4)])
torch.allclose(added, words.original.grad, rtol=1e-4)

# %%
tuned = experiment.fine_tune(share(dense, values=4)[0], train, seed=0, steps=steps // 3)
record("top-1 with 4 values, fine-tuned", 100 * orl.top1(tuned, test), "%")
figures.draw_codebooks(stored["codebook"])

# %% [markdown]
# READING5
#
# ## Your turn
#
# **Exercise 4.** Find mouths by hand: a kernel of odd height and width, 9 × 9 at most, whose largest answer lies within 3 pixels of the mouth for 60 of 100 new people. Try kernels here first; the ring is the mouth, the cross your answer.

# %% tags=["nbval-ignore-output"]
attempt = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
figures.draw_answers(attempt, mouths, places)
experiment.score_answers(experiment.answer(attempt, mouths), places)

# %% tags=["exercise", "nbval-ignore-output"]
mouth_kernel = ____
exercises.find_mouths.check(mouth_kernel)

# %% [markdown]
# ## What you know now
#
# READING6
#
# **Further reading.** S. Han, H. Mao & W. J. Dally, *Deep Compression*, 2016, [arXiv:1510.00149](https://arxiv.org/abs/1510.00149). Y. Taigman and others, *DeepFace* (unshared upper layers, as aligned faces differ from place to place), 2014, [doi:10.1109/CVPR.2014.220](https://doi.org/10.1109/CVPR.2014.220). A. Azulay & Y. Weiss, *Why do deep convolutional networks generalize so poorly to small image transformations?*, 2019, [arXiv:1805.12177](https://arxiv.org/abs/1805.12177).
