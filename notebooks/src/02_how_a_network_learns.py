# %% [markdown]
# # 02 · How a network learns
#
# **You will learn** what a network computes, how a loss tells it that it is wrong, how the error finds its way back to each weight, and how an optimiser uses that: all by hand first, then checked against PyTorch. Then what goes wrong: over-fitting, leaking test images, and a popular belief about minima.
# **You need** [lesson 01](01_background.ipynb) and derivatives. **Time:** 60 minutes to read, less than a minute to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
import torch
from torch import nn

from facelib import data, measure
from facelib.lessons import ____, charts, curves, descent, evidence, overfitting, pick, tiny
from facelib.lessons import lesson02 as lesson

stored = evidence.load("02")
parts = tiny.tiny_faces(seed=0)

# %% [markdown]
# ## A neuron, and a layer of them
#
# To see every number we shrink the ORL faces to 14 x 12 pixels: five photographs a person to learn from, one to choose by (*validation*), four to test. They are still faces:

# %% tags=["real-faces"]
data.contact_sheet(data.orl().of_people([0, 1]).map(tiny.shrink), columns=10)

# %% [markdown]
# A **neuron** multiplies each pixel x by a weight w, adds everything up, and adds a bias: z = w·x + b. A **layer** is many neurons with the same input, so its weights are a matrix, one row a neuron:

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
first = nn.Linear(14 * 12, 64)
z = parts.train.x @ first.weight.T + first.bias
z.shape, torch.allclose(z, first(parts.train.x), atol=1e-5)

# %% [markdown]
# 200 photographs went in, 64 numbers came out for each, the same as PyTorch's. But a second layer on top of this one would be of no use: two matrices in a row are *one* matrix.

# %% tags=["nbval-check-output"]
second = nn.Linear(64, 40)
weight, bias = second.weight @ first.weight, second.weight @ first.bias + second.bias
torch.allclose(second(first(parts.train.x)), parts.train.x @ weight.T + bias, atol=1e-5)

# %% [markdown]
# So something bent must stand between: an **activation**.

# %%
activations = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": torch.relu}
curves.functions(activations, -6, 6, at=(-3, 0.5, 5))

# %% [markdown]
# Look at the slopes, because learning works through them. Sigmoid and tanh go flat where they are sure; ReLU keeps the slope 1 for all that is positive, one reason why most networks use it.
#
# **Exercise 1.** Three neurons with ReLU look at three pixels `x`. What comes out?

# %% tags=["exercise", "nbval-check-output"]
x = torch.tensor([0.5, -1.0, 2.0])
W = torch.tensor([[1.0, 2.0, 0.5], [2.0, -1.0, 0.25], [-1.0, 0.5, 0.5]])
b = torch.tensor([0.25, -0.5, 1.0])
h = ____
lesson.layer.check(h)

# %% [markdown]
# ## How wrong? The loss
#
# The last layer gives each of the 40 people a number, a **logit**. **Softmax** makes probabilities of them: p_k = exp(z_k) / Σ_j exp(z_j). **Cross-entropy** is −log p of the right person, averaged over the photographs.
#
# **Exercise 2.** Write softmax. Each row of `logits` is one photograph.


# %% tags=["exercise", "nbval-check-output"]
def softmax(logits):
    return ____


lesson.softmax.check(softmax)

# %% [markdown]
# **Exercise 3.** A network that knows nothing gives everybody 1/40. What is its cross-entropy?

# %% tags=["exercise", "nbval-check-output"]
p = torch.tensor(1 / 40)
loss = ____
lesson.surprise.check(loss)

# %% [markdown]
# Some tutorials print the *binary* formula, −(y log ŷ + (1 − y) log(1 − ŷ)), for naming many people, above a network with *one* sigmoid output. Its y must be 0 or 1; to the letter, y becomes the person's number, 0 to 39:

# %% tags=["nbval-check-output"]
losses, named = tiny.one_sigmoid(seed=0)
losses[10] < 0, named <= 2 / 40

# %% [markdown]
# The "loss" falls below zero and goes on falling, while one output between 0 and 1 can name two people at most. A falling loss proves nothing. The formula makes sense with 40 sigmoids, one yes-or-no question a person, added up. (Libraries average over the 40 answers unless told otherwise; then the learning rate must be 40 times higher.) The other loss in such texts is the squared error of the softmax output. What counts is the gradient of each, for that is all the network gets to see:

# %%
chance = torch.logspace(-3, -0.005, 200)
curves.pulls(tiny.pulls(chance), chance, at=(0.001, 0.01, 0.3, 0.9))

# %% [markdown]
# To the left the network is *confidently wrong*. Cross-entropy and sigmoids (one curve: both give p − 1) pull hardest there. The squared error does not pull at all.

# %%
lesson.confident

# %% [markdown]
# Does it matter on faces? Each loss trained the same network of two layers on ten splits, each with the learning rate that suits it (stored, as all that needs many splits, by `python -m benchmarks.evidence 02`):

# %%
curves.changes(stored["losses"]["own rate"], "cross-entropy")

# %% [markdown]
# The squared error does no harm at all: a fresh network is not sure of anything, and with a rate of its own it names as many people. (At the rate of cross-entropy it would trail by 19 points: a rate means nothing without its loss.) And 40 yes-or-no questions, the binary formula used rightly, even name two points more on these faces. So what was the fuss about the left end of that figure? Now we first teach each network everybody under the *next person's name*, until it is sure; then we correct the names and train for 50 steps more:

# %%
live = tiny.correct_names(seed=0)
measure.record("top-1 after corrected names, cross-entropy", 100 * live["cross-entropy"], "%")
measure.record("top-1 after corrected names, squared error", 100 * live["squared error"], "%")
curves.changes(stored["losses"]["corrected"], "cross-entropy")

# %% [markdown]
# Cross-entropy and the sigmoids have recovered; the squared error is 72 points behind and still gives four of five photographs a wrong name. A loss must pull hardest where the network is surest and wrong. Cross-entropy does, for any number of people, and this course uses it; the binary formula with one sigmoid a person is a sound rival, with a single sigmoid it is nonsense.

# %% [markdown]
# ## Whose fault? Backpropagation by hand
#
# How must each weight change to lower the loss? The **chain rule** answers, from the end to the start. Forwards, a network of two layers:

# %%
x, person = parts.train
network = tiny.small_network(seed=0)
W1, b1, W2, b2 = network.parameters()
z1 = x @ W1.T + b1
h = z1.relu()
z2 = h @ W2.T + b2
p = z2.softmax(1)
loss = -p[range(200), person].log().mean()

# %% [markdown]
# Backwards. For softmax and cross-entropy together the gradient of the logits is simply *p minus what was wanted*:

# %%
wanted = nn.functional.one_hot(person, 40)
d_z2 = (p - wanted) / 200
d_W2, d_b2 = d_z2.T @ h, d_z2.sum(0)

# %% [markdown]
# A weight's gradient is what came in times what comes back. One layer further down it goes through W2 and through the slope of ReLU:

# %%
d_h = d_z2 @ W2
d_z1 = d_h * (z1 > 0)
d_W1, d_b1 = d_z1.T @ x, d_z1.sum(0)

# %% [markdown]
# PyTorch's autograd does the same with one call. Are all gradients equal?

# %% tags=["nbval-check-output"]
loss.backward()
by_hand = d_W1, d_b1, d_W2, d_b2
[bool((w.grad - d).abs().max() < 1e-5) for w, d in zip(network.parameters(), by_hand, strict=True)]

# %% [markdown]
# **Exercise 4.** Write the middle step yourself: from the gradient of the logits to that of z1.


# %% tags=["exercise", "nbval-check-output"]
def backward(d_z2, W2, h):
    return ____


lesson.backward.check(backward)

# %% [markdown]
# ## Downhill: optimisers
#
# With two weights the loss is a landscape we can draw. A neuron tells s33 from s6 by two numbers, a photograph's coordinates along the first and the tenth eigenface. Faces differ much along the one and little along the other, so the landscape is a valley, curved 31 times more strongly across than along. **Gradient descent** takes steps against the gradient g:

# %%
surface = descent.valley()
w, plain = descent.START, [descent.START]
for _ in range(40):
    w = w - 0.065 * surface.gradient(w)
    plain.append(w)

# %% [markdown]
# **Momentum** remembers: its velocity v is the sum of past gradients, each weighing 0.9 of the one after it.

# %%
w, v, momentum = descent.START, 0, [descent.START]
for _ in range(40):
    v = 0.9 * v + surface.gradient(w)
    w = w - 0.01 * v
    momentum.append(w)

# %% [markdown]
# **Adam** divides each weight's averaged gradient m by the root of its averaged square s, so every weight gets a step of its own. (The two denominators correct for m and s starting at zero.)

# %%
w, m, s, adam = descent.START, 0, 0, [descent.START]
for step in range(1, 41):
    g = surface.gradient(w)
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    w = w - 0.1 * (m / (1 - 0.9**step)) / ((s / (1 - 0.999**step)).sqrt() + 1e-8)
    adam.append(w)

# %% tags=["nbval-check-output"]
rates = {"gradient descent": 0.065, "momentum": 0.01, "Adam": 0.1}
walks = dict(zip(rates, map(torch.stack, (plain, momentum, adam)), strict=True))
same = [descent.library_path(surface, name, rates[name]) - walks[name] for name in rates]
[bool(difference.abs().max() < 1e-5) for difference in same]

# %% [markdown]
# All three equal `torch.optim` over 40 steps. Where do they go?

# %%
curves.paths(surface.loss, surface.minimum, walks)

# %% [markdown]
# Gradient descent zigzags: a rate that the steep direction just bears (above 0.073 it flies out) is too low for the flat one. Momentum cancels the zigzag and gathers speed along the valley: after 20 steps it is ahead, after 40 it has run past the minimum. Adam takes both directions at the same pace, and overshoots, too. Nobody wins everywhere.
#
# Some texts write momentum as v ← βv + (1 − β)g. Is that another method?

# %% tags=["nbval-check-output"]
w, v = descent.START, 0
for _ in range(40):
    v = 0.9 * v + (1 - 0.9) * surface.gradient(w)
    w = w - 0.01 / (1 - 0.9) * v
bool((w - momentum[-1]).abs().max() < 1e-5)

# %% [markdown]
# No: the same path, with another meaning of the rate. Copy a rate from such a text into PyTorch and your steps are ten times too long.

# %%
lesson.same_path

# %% [markdown]
# **Exercise 5.** *RMSprop* is Adam's older relative: with `s` the running average of squared gradients (you get it ready-made), it divides the gradient by √s + 1e-8. Return the new weights for the rate 0.03; `check` draws your path in the valley.


# %% tags=["exercise", "nbval-check-output"]
def rmsprop(weights, gradient, s):
    return ____


lesson.rmsprop.check(rmsprop)

# %% [markdown]
# Back to 40 people and 13,416 weights. One **learning rate**, three optimisers, 100 steps:

# %%
curves.attempts(descent.try_rate(parts, 0.01), 0.01)

# %% [markdown]
# Each move of the slider trains three networks afresh. Find the best rate for each, and the one at which it breaks down:

# %% tags=["nbval-ignore-output"]
curves.rate_slider(lambda rate: descent.try_rate(parts, rate), start=0.01)

# %% [markdown]
# The rate is no property of the task: what is right for Adam is far too low for gradient descent.
#
# ## "Adaptive rate"
#
# Some articles call α = 1/√(1 + ε·iter) an adaptive learning rate. It is a **schedule**: it falls with time, whatever the gradients are, for all weights alike. Beside it, the number by which Adam multiplies each weight's averaged gradient:

# %%
curves.step_spread(descent.step_sizes(parts), [(1 + 0.01 * i) ** -0.5 for i in range(300)])

# %% [markdown]
# Adam's factors differ from weight to weight, tenfold and more among the middle 90 %; the schedule's never. Schedules are useful, and `fit` uses one. They adapt to nothing.

# %% [markdown]
# ## Over-fitting, seen
#
# Now the CNN of lessons 00 and 01 with *one* photograph a person, and without all that `fit` otherwise does for it:

# %%
from facelib.lessons.lesson01 import half_size

steps = pick(profile, smoke=4, quick=300, full=300)
one = tiny.split(data.orl().map(half_size), images=1, seed=0)
bare = overfitting.train_cnn(one, seed=0, steps=steps)
curves.learning(bare.loss, bare.top1, steps)

# %% [markdown]
# After 60 steps it knows its 40 photographs by heart; on others of the same people it is wrong nearly one time in three. The gap is **over-fitting**. Now the same with augmentation:

# %%
augmented = overfitting.train_cnn(one, seed=0, steps=steps, augment=data.Augment())
measure.record("top-1 without a remedy, 1 photograph", 100 * bare.top1["test"][-1], "%")
measure.record("top-1 with augmentation, 1 photograph", 100 * augmented.top1["test"][-1], "%")

# %% [markdown]
# Lesson 01 promised to say what augmentation is worth with one photograph a person. On 20 splits:

# %%
curves.changes(stored["augmentation"], "none")

# %% [markdown]
# **Seventeen points [14, 20]:** from two of three photographs named rightly to five of six. And the other remedies? *Weight decay* pulls every weight towards zero at each step. *Dropout* silences a random half of the embedding. *Early stopping* keeps the network from the moment when validation was best. Each alone against none, and all together:

# %%
curves.changes(stored["remedies"]["1"], "none")

# %% [markdown]
# On these ten splits augmentation is far ahead; weight decay brings half as much, dropout a quarter, early stopping nothing; and all together are not measurably better than augmentation alone. The weight decay is a hundred times that of `fit`, whose 0.05 shrinks a weight by three per cent in 300 steps; it was chosen on other splits. Early stopping finds nothing to stop: as the figure above shows, the validation loss falls and then stays. With five photographs a person:

# %%
curves.changes(stored["remedies"]["5"], "none")

# %% [markdown]
# Three errors in a hundred are left, and augmentation takes most of them; dropout and early stopping do nothing one could see. Remedies matter where data are few.
#
# ## Train, validation, test, and what leaks
#
# Training images set the weights, validation images the choices, test images the verdict. Whoever lets the test choose, too, reports a flattered number. By how much? The same networks, chosen or split honestly and not:

# %%
leaky = {name: (runs["leaky"], runs["honest"]) for name, runs in stored["leaks"].items()}
curves.differences(leaky, "honest", "leaky")

# %% [markdown]
# Choosing the epoch by the test flatters by two points, choosing the best of 20 seeds by four. The worst is quiet: give each photograph a slightly shifted copy *before* the split, and its twin sits on the other side. Five points, for nothing. The last row proves that it is memory: there the names were dealt out by chance, so there was nothing to learn, and still one photograph in three is "recognised". Video frames leak like this.
#
# **Exercise 6.** Top-1 after each of five epochs. You may stop when you like. Which test top-1 may you report?

# %% tags=["exercise", "nbval-check-output"]
validation = [0.60, 0.78, 0.88, 0.85, 0.83]
test = [0.58, 0.77, 0.81, 0.86, 0.84]
reported = ____
lesson.report.check(reported)

# %%
lesson.leaks

# %% [markdown]
# ## Test the folklore: "training finds the global minimum"
#
# There is only one lowest value. So let us train a small network (8 neurons, a little weight decay, all photographs at every step) from five seeds until the gradient is as good as zero:

# %%
seeds = pick(profile, smoke=2, quick=5, full=20)
ends = [descent.find_minimum(parts.train, seed, hidden=8) for seed in range(seeds)]
rows = [[seed, end.loss, tiny.top1(end.model, parts.test)] for seed, end in enumerate(ends)]
measure.record("lowest loss of the seeds", min(end.loss for end in ends))
charts.Table(["seed", "loss", "test top-1"], rows)

# %% tags=["nbval-check-output"]
all(end.largest_gradient < 1e-3 for end in ends), len({round(end.loss, 3) for end in ends}) > 1

# %% [markdown]
# No slope is left, and yet the losses differ: all but one have *not* found the lowest, and perhaps none has. Between two of them the ground rises:

# %%
wide = [descent.find_minimum(parts.train, seed, hidden=64) for seed in range(2)]
pairs = {"8 neurons": ends[:2], "64 neurons": wide}
curves.barrier({n: descent.between(a.model, b.model, parts.train) for n, (a, b) in pairs.items()})

# %% [markdown]
# From 20 seeds (stored); *agreement* is how often two networks give a test photograph the same name:

# %%
descent.summary(stored["minima"])

# %% [markdown]
# With 8 neurons twenty seeds end at twenty different heights, and two of the networks disagree about one test photograph in five. The "adaptive" schedule, said to lead to the global minimum, ends as scattered. What is true: in the *wider* network all ends are nearly equally low and agree on 99 photographs of 100, so training works without finding *the* minimum. (A hill on a straight line does not make them separate worlds: swap two neurons and the network is the same, far away; and curved paths around the hill are known.)
#
# ## What you have learnt
#
# A network is matrices with something bent between them. The loss matters through its gradient; backpropagation is the chain rule; optimisers differ in what they remember, and a schedule adapts to nothing. With one photograph a person augmentation is worth more than everything else in this lesson. Test images that choose anything flatter you. And training finds *a* minimum, often one of many equally good ones. Next: lesson 03, weights that are shared.
#
# **Further reading.** D. Rumelhart, G. Hinton & R. Williams, *Learning representations by back-propagating errors*, 1986, [doi:10.1038/323533a0](https://doi.org/10.1038/323533a0). D. Kingma & J. Ba, *Adam*, 2015, [arXiv:1412.6980](https://arxiv.org/abs/1412.6980). N. Srivastava et al., *Dropout*, 2014, [jmlr.org/papers/v15/srivastava14a](https://jmlr.org/papers/v15/srivastava14a.html). I. Loshchilov & F. Hutter, *Decoupled weight decay regularization*, 2019, [arXiv:1711.05101](https://arxiv.org/abs/1711.05101). T. Garipov et al., *Loss surfaces, mode connectivity, and fast ensembling of DNNs*, 2018, [arXiv:1802.10026](https://arxiv.org/abs/1802.10026).
