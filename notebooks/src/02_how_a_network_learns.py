# %% [markdown]
# # 02 · How a network learns
#
# **You will learn** what a network computes, how a loss tells it that it is wrong, how the error finds its way back to each weight, and how an optimiser uses that: all by hand first, then checked against PyTorch. Then what goes wrong: over-fitting, leaking test images, and a popular belief about minima.
# **You need** [lesson 01](01_background.ipynb) and derivatives. **Time:** 60 minutes to read, less than a minute to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
from facecourse.kit import ____, charts, choose_profile, compare, evidence, orl, pick, record
from facecourse.lesson02_learning import descent, exercises, figures, overfitting, tiny
from facelib import data

profile = choose_profile(profile)
stored = evidence.load("02")
parts = tiny.load_tiny_faces(seed=0)

# %% [markdown]
# ## A neuron, and a layer of them
#
# To see every number we shrink the ORL faces to 14 x 12 pixels: five photographs a person to learn from, one to choose by (*validation*), four to test. They are still faces:

# %% tags=["real-faces"]
two = data.orl().of_people([0, 1]).map(orl.to_tiny)
data.contact_sheet(two.map(tiny.enlarge), columns=10)

# %% [markdown]
# A **neuron** multiplies each pixel x by a weight w, adds everything up, and adds a bias: z = w·x + b. A **layer** is many neurons with the same input, so its weights are a matrix W, one row a neuron. For one photograph `W @ x` gives every neuron's sum (`@` multiplies matrices); for many, one a row, it is `x @ W.T`. PyTorch's layer is `nn.Linear`:

# %% tags=["nbval-check-output"]
import torch
from torch import nn

torch.manual_seed(0)
first = nn.Linear(14 * 12, 64)
z = parts.train.x @ first.weight.T + first.bias
z.shape, torch.allclose(z, first(parts.train.x), atol=1e-5)

# %% [markdown]
# 200 photographs went in (their pixels centred and scaled), 64 numbers came out for each, the same as PyTorch's. But a second layer on top of this one would be of no use: two matrices in a row are *one* matrix.

# %% tags=["nbval-check-output"]
second = nn.Linear(64, 40)
weight, bias = second.weight @ first.weight, second.weight @ first.bias + second.bias
difference = second(first(parts.train.x)) - (parts.train.x @ weight.T + bias)
difference.shape, bool(difference.abs().max() < 1e-5)

# %% [markdown]
# So something bent must stand between: an **activation**.

# %%
activations = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": torch.relu}
figures.draw_activations(activations, -6, 6, at=(-3, 0.5, 5))

# %% [markdown]
# Look at the slopes, because learning works through them. Sigmoid and tanh go flat where they are sure; ReLU keeps the slope 1 for all that is positive, one reason why so many networks use it.
#
# **Exercise 1.** Three neurons with ReLU look at three pixels `x`. What comes out?

# %% tags=["exercise", "nbval-check-output"]
x = torch.tensor([0.5, -1.0, 2.0])
W = torch.tensor([[1.0, 2.0, 0.5], [2.0, -1.0, 0.25], [-1.0, 0.5, 0.5]])
b = torch.tensor([0.25, -0.5, 1.0])
h = ____
exercises.layer.check(h)

# %% [markdown]
# ## How wrong? The loss
#
# The last layer gives each of the 40 people a number, a **logit**. **Softmax** makes probabilities of them: p_k = exp(z_k) / Σ_j exp(z_j). **Cross-entropy** is −log p of the right person, averaged over the photographs.
#
# **Exercise 2.** Write softmax. Each row of `logits` is one photograph. (exp(100) is too large for PyTorch's 32-bit floats; subtracting a row's largest logit first changes nothing, because it cancels.)


# %% tags=["exercise", "nbval-check-output"]
def softmax(logits):
    return ____


exercises.softmax.check(softmax)

# %% [markdown]
# **Exercise 3.** A network that knows nothing gives everybody 1/40. What is its cross-entropy?

# %% tags=["exercise", "nbval-check-output"]
p = torch.tensor(1 / 40)
loss = ____
exercises.surprise.check(loss)

# %% [markdown]
# How is the loss used? Take its derivative by every weight; all of them together are the **gradient**. Then move each weight a little against it: w ← w − rate × gradient. That is a **step**, and the **learning rate** says how far it goes.
#
# Some tutorials print the *binary* formula, −(y log ŷ + (1 − y) log(1 − ŷ)), for naming many people, above a network with *one* sigmoid output ŷ. The answer y must be 0 or 1. To the letter, y becomes the person's number, 0 to 39, and the rounded output names somebody:

# %%
losses, named = tiny.train_one_sigmoid(seed=0)
[round(loss) for loss in losses[::2]], named

# %% [markdown]
# The "loss" falls below zero and goes on falling, while one output between 0 and 1 can name two people at most. A falling loss proves nothing. The formula makes sense with 40 sigmoids, one yes-or-no question a person, added up. (Libraries average over the 40 answers unless told otherwise; then gradient descent needs 40 times the rate.) The other loss in such texts is the squared error of the softmax output. What counts is the gradient, all that a network gets to see of its loss. Two people, one right, and one who has the rest of the probability: how hard does each loss pull at the right person's logit?

# %%
chance = torch.logspace(-3, -0.005, 200)
figures.draw_pulls(tiny.measure_pulls(chance), chance, at=(0.001, 0.01, 0.3, 0.9))

# %% [markdown]
# To the left the network is *confidently wrong*. Cross-entropy and sigmoids (one curve: both give p − 1) pull hardest there. The squared error hardly pulls: its gradient passes through the softmax, which, like a sigmoid, is flat where it is sure. The logarithm in cross-entropy cancels that slope.

# %%
exercises.confident

# %% [markdown]
# Does it matter on faces? Each loss trained the same network of two layers on ten splits, each with the learning rate that suits it best (of eight, by validation, on other splits). This is stored, as all that needs many splits, by `python -m facecourse.lesson02_learning.evidence`; and as in lesson 01, the intervals are about these 400 photographs, not about new people. A row is compared with cross-entropy within each split; an interval clear of zero is a real change.

# %%
figures.compare_to(stored["losses"]["own rate"], "cross-entropy")

# %% [markdown]
# The squared error does no harm at all. A fresh network spreads its probability over 40 people; there it pulls 20 times more weakly than cross-entropy, which a higher rate makes good. (At the rate of cross-entropy it would trail by 19 points: a rate means nothing without its loss.) And 40 yes-or-no questions, the binary formula used rightly, even name two points more on these faces. So what was the fuss about the left end of that figure? Now we first teach each network everybody under the *next person's name*, until it is sure; then we correct the names and train for 50 steps more:

# %%
live = tiny.correct_names(seed=0)
record("top-1 after corrected names, cross-entropy", 100 * live["cross-entropy"], "%")
record("top-1 after corrected names, squared error", 100 * live["squared error"], "%")
figures.compare_to(stored["losses"]["corrected"], "cross-entropy")

# %% [markdown]
# Cross-entropy and the sigmoids have recovered all but a point or two. The squared error is 72 points behind and still gives four of five photographs a wrong name: where the network is sure, its pull fades, and these steps are too few. So a loss that is to *undo* confident mistakes soon must pull hard there. (Where labels are wrong for good, one that lets go can be better: [Zhang & Sabuncu 2018](https://arxiv.org/abs/1805.07836).) This course uses cross-entropy, whose outputs are probabilities that add up to 1; the binary formula with one sigmoid a person is a sound rival, and with a single sigmoid nonsense.

# %% [markdown]
# ## Whose fault? Backpropagation by hand
#
# How must each weight change to lower the loss? The **chain rule** answers, from the end to the start. For one weight, dL/dw = dL/dz · dz/dw, and dz/dw is what came in, x. Forwards, a network of 168 pixels, 64 neurons and 40 logits:

# %%
x, person = parts.train
network = tiny.build_two_layers(seed=0)
W1, b1, W2, b2 = network.parameters()
z1 = x @ W1.T + b1
h = z1.relu()
z2 = h @ W2.T + b2
p = z2.softmax(1)
loss = -p[range(200), person].log().mean()

# %% [markdown]
# Backwards. One photograph's loss is L = −z_right + log Σ exp(z_j). Its derivative by z_k is p_k, less 1 for the right person: *p minus what was wanted*. (The 200 comes from averaging.)

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
# **Exercise 4.** Another network has *tanh* in place of ReLU, h = tanh(z1), whose slope is 1 − h². Pass the gradient of the logits back to z1.


# %% tags=["exercise", "nbval-check-output"]
def backward(d_z2, W2, h):
    return ____


exercises.backward.check(backward)

# %% [markdown]
# ## Downhill: optimisers
#
# With two weights the loss is a landscape we can draw. A neuron tells s33 (+1) from s6 (−1) by two numbers, a photograph's coordinates along the first and the tenth eigenface; the loss is half the mean squared error, a bowl. Faces differ much along the one and little along the other, so the landscape is a valley, curved 31 times more strongly across than along. **Gradient descent** takes steps against the gradient g:

# %%
surface = descent.valley()
w, plain = descent.START, [descent.START]
for _ in range(40):
    w = w - 0.068 * surface.gradient(w)
    plain.append(w)

# %% [markdown]
# **Momentum** remembers: its velocity v is the sum of past gradients, each weighing β = 0.9 of the one after it.

# %%
w, v, momentum = descent.START, 0, [descent.START]
for _ in range(40):
    v = 0.9 * v + surface.gradient(w)
    w = w - 0.0063 * v
    momentum.append(w)

# %% [markdown]
# **Adam** keeps running averages over past steps, m of the gradient and s of its square, and divides m by √s, so every weight gets a step of its own. (The two denominators correct for m and s starting at zero.)

# %%
w, m, s, adam = descent.START, 0, 0, [descent.START]
for step in range(1, 41):
    g = surface.gradient(w)
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    w = w - 0.08 * (m / (1 - 0.9**step)) / ((s / (1 - 0.999**step)).sqrt() + 1e-8)
    adam.append(w)

# %% [markdown]
# Do PyTorch's own optimisers walk the same way?

# %% tags=["nbval-check-output"]
rates = {"gradient descent": 0.068, "momentum": 0.0063, "Adam": 0.08}
walks = dict(zip(rates, map(torch.stack, (plain, momentum, adam)), strict=True))
same = [descent.follow_optimiser(surface, name, rates[name]) - walks[name] for name in rates]
[bool(difference.abs().max() < 1e-5) for difference in same]

# %% [markdown]
# They do, for all 40 steps. And where to? (The axes have different scales: the true valley is much narrower.)

# %%
figures.draw_paths(surface.loss, surface.minimum, walks)

# %% [markdown]
# Gradient descent zigzags: a rate that the steep direction just bears (above 0.073 it flies out) is too low for the flat one. Momentum cancels the zigzag and gathers speed along the valley: behind after 20 steps, it is a hundred times lower after 40. Adam takes both directions at the same pace. Each has about the rate that brings it lowest after 40 steps; on another surface, or after 20 steps, the order may differ. Change a rate and look.
#
# Some texts write momentum as v ← βv + (1 − β)g. Is that another method?

# %% tags=["nbval-check-output"]
w, v = descent.START, 0
for _ in range(40):
    v = 0.9 * v + (1 - 0.9) * surface.gradient(w)
    w = w - 0.0063 / (1 - 0.9) * v
bool((w - momentum[-1]).abs().max() < 1e-5)

# %% [markdown]
# No: the same path, with another meaning of the rate. Copy a rate from such a text into PyTorch and your steps are ten times too long.

# %%
exercises.same_path

# %% [markdown]
# **Exercise 5.** *RMSprop* is Adam's older relative: with `s` the running average of squared gradients (you get it ready-made), it divides the gradient by √s, to which 1e-8 is added afterwards. Return the new weights for the rate 0.03; `check` draws where 40 of your steps lead.


# %% tags=["exercise", "nbval-check-output"]
def rmsprop(weights, gradient, s):
    return ____


exercises.rmsprop.check(rmsprop)

# %% [markdown]
# Back to 40 people and 13,416 weights. One **learning rate**, three optimisers, 100 steps:

# %%
figures.draw_attempts(descent.try_rate(parts, 0.01), 0.01)

# %% [markdown]
# Each move of the slider trains three networks afresh. For each, find the lowest rate whose last loss is below 0.1, and the first at which it breaks down:

# %% tags=["nbval-ignore-output"]
figures.rate_slider(lambda rate: descent.try_rate(parts, rate), start=0.01)

# %% [markdown]
# (Here 0.32, 0.032 and 0.0018 do for gradient descent, momentum and Adam. Gradient descent breaks down at 3.2, momentum at 1.8; Adam's last loss jumps about from 0.32 on.) The rate is no property of the task: what is right for Adam is far too low for gradient descent.
#
# ## "Adaptive rate"
#
# Some articles call α = 1/√(1 + ε·iter) an adaptive learning rate. It is a **schedule**: it falls with time, whatever the gradients are, for all weights alike (iter is the step, ε a small number, here 0.01). Beside it, the number by which Adam multiplies each weight's averaged gradient:

# %%
figures.draw_step_sizes(
    descent.measure_step_sizes(parts), [(1 + 0.01 * i) ** -0.5 for i in range(300)]
)

# %% [markdown]
# Leave out the highest and the lowest 5 % of the weights: the largest of Adam's factors is still ten times the smallest. The schedule has one for all. Schedules are useful, and `fit` uses one. They adapt to nothing.

# %% [markdown]
# ## Over-fitting, seen
#
# Now the CNN of lessons 00 and 01 with *one* photograph a person, and without what `fit` otherwise does for it (augmentation, weight decay, the soft target of lesson 00):

# %%
steps = pick(profile, smoke=4, quick=300, full=300)
one = tiny.hold_out(data.orl().map(orl.to_half), images=1, seed=0)
bare = overfitting.train_watched(one, seed=0, steps=steps)
figures.draw_learning(bare.loss, bare.top1, steps)

# %% [markdown]
# After 60 steps it knows its 40 photographs by heart; on others of the same people it is wrong three times in ten. The gap between training and test is what **over-fitting** means here; it comes from having one example, not from training too long. (Validation has 40 photographs, test 160, so those two differ by chance.) Now the same with augmentation: each step sees the photographs shifted, turned, scaled, mirrored and relit.

# %%
augmented = overfitting.train_watched(one, seed=0, steps=steps, augment=data.Augment())
record("top-1 without a remedy, 1 photograph", 100 * bare.top1["test"][-1], "%")
record("top-1 with augmentation, 1 photograph", 100 * augmented.top1["test"][-1], "%")

# %% [markdown]
# Lesson 01 promised to say what augmentation is worth with one photograph a person. On 20 splits, in points:

# %%
worth = stored["augmentation"]
compare.subtract_points(worth["augmentation"], worth["none"], "splits")

# %% [markdown]
# **Seventeen points [14, 20]:** from two of three photographs named rightly to five of six. And the other remedies? *Weight decay* pulls every weight towards zero at each step. *Dropout* silences, while training, a random half of the embedding. *Early stopping* keeps the network from the moment when validation was best. Each alone against none, and all together:

# %%
figures.compare_to(stored["remedies"]["1"], "none")

# %% [markdown]
# On these ten splits augmentation is far ahead, then comes weight decay, then dropout; early stopping brings nothing. (Only weight decay was tuned here, so the order of those two is no verdict.) The weight decay is a hundred times that of `fit`, whose 0.05 shrinks a weight by three per cent in 300 steps; it was chosen on other splits. Early stopping finds nothing to stop: in the first figure of this section the validation loss falls and stays (often it rises again; here it does not). With five photographs a person:

# %%
figures.compare_to(stored["remedies"]["5"], "none")

# %% [markdown]
# And all together, against augmentation alone?

# %%
rows = {f"{n} a person": r for n, r in stored["remedies"].items()}
both = {name: (r["all together"], r["augmentation"]) for name, r in rows.items()}
figures.compare_pairs(both, "augmentation", "all together")

# %% [markdown]
# Not measurably more. With five photographs three points were left to win; augmentation takes 2.4 of them and weight decay 1.8, dropout and early stopping show nothing. Remedies matter where data are few.
#
# ## Train, validation, test, and what leaks
#
# Training images set the weights, validation images the choices, test images the verdict. Whoever lets the test choose, too, reports a flattered number. By how much? Each row is an experiment of its own, done honestly and not: the CNN with augmentation and one photograph a person; the two-layer network with one; then with photographs and their copies.

# %%
leaky = {name: (runs["leaky"], runs["honest"]) for name, runs in stored["leaks"].items()}
figures.compare_pairs(leaky, "honest", "leaky")

# %% [markdown]
# What is *reported* lies two points above an honest choice of the epoch, and four above an honest choice among 20 seeds (honest: by 40 validation photographs). The quietest leak: give each photograph a slightly shifted copy *before* the split, and its twin sits on the other side. Five points; a part of them may be honest, since parted twins also show the network 7.5 different photographs a person instead of five. But the last row shows what memory alone can do: there the names were dealt out by chance, so there was nothing to learn, and still one photograph in three is "recognised". (About half of the test images find their twin among the training images.) Video frames leak like this.
#
# **Exercise 6.** Top-1 after each of five epochs. You may stop when you like. Which test top-1 may you report?

# %% tags=["exercise", "nbval-check-output"]
validation = [0.60, 0.78, 0.88, 0.85, 0.83]
test = [0.58, 0.77, 0.81, 0.86, 0.84]
reported = ____
exercises.report.check(reported)

# %%
exercises.leaks

# %% [markdown]
# ## Test the folklore: "training finds the global minimum"
#
# There is only one lowest value. So let us train a small network from five seeds until the gradient is as good as zero. It has 8 neurons with tanh, whose slope has no jumps; a little weight decay, without which larger weights would always be a little better; and L-BFGS, an optimiser that uses the curvature and gets all the way down.

# %%
seeds = pick(profile, smoke=2, quick=5, full=20)
ends = [descent.find_minimum(parts.train, seed, hidden=8) for seed in range(seeds)]
rows = [[seed, end.loss, tiny.score(end.model, parts.test)] for seed, end in enumerate(ends)]
record("lowest loss of the seeds", min(end.loss for end in ends))
charts.Table(["seed", "loss", "test top-1"], rows)

# %% tags=["nbval-check-output"]
all(end.largest_gradient < 1e-3 for end in ends), len({round(end.loss, 3) for end in ends}) > 1

# %% [markdown]
# No slope is left, and yet the losses differ: all but one have *not* found the lowest, and perhaps none has. (No slope means a minimum or a saddle; we did not look which.) Between two of them the ground rises:

# %%
neurons = pick(profile, smoke=16, quick=64, full=64)
wide = [descent.find_minimum(parts.train, seed, hidden=neurons) for seed in range(2)]
pairs = {"8 neurons": ends[:2], f"{neurons} neurons": wide}
figures.draw_barrier(
    {n: descent.loss_between(a.model, b.model, parts.train) for n, (a, b) in pairs.items()}
)

# %% [markdown]
# From 20 seeds (stored); *agreement* is how often two networks give a test photograph the same name:

# %%
figures.summarise_minima(stored["minima"])

# %% [markdown]
# With 8 neurons twenty seeds end at losses from 0.290 to 0.318, and two of the networks disagree about one test photograph in five. The "adaptive" schedule is said to lead to the global minimum. Started by 500 steps of it, the same descent ends at losses from 0.297 to 0.312: no lower on average, and nowhere as low as the lowest without it. What is true: in the *wider* network all ends are nearly equally low and agree on 99 photographs of 100, so training works without finding *the* minimum. (A hill on a straight line does not make them separate worlds: swap two neurons and the network is the same, far away; and in large networks curved paths around such hills are known.)
#
# ## What you have learnt
#
# No row on the scoreboard this time: nothing here was tried on s21 to s40.
#
# A network is matrices with something bent between them. The loss matters through its gradient; backpropagation is the chain rule; optimisers differ in what they remember, and a schedule adapts to nothing. With one photograph a person augmentation is worth more than the other remedies. Test images that choose anything flatter you. And training finds *a* minimum, often one of many equally good ones. Next: lesson 03, weights that are shared.
#
# **Further reading.** B. Polyak, *Some methods of speeding up the convergence of iteration methods* (momentum), 1964, [doi:10.1016/0041-5553(64)90137-5](https://doi.org/10.1016/0041-5553(64)90137-5). D. Rumelhart, G. Hinton & R. Williams, *Learning representations by back-propagating errors*, 1986, [doi:10.1038/323533a0](https://doi.org/10.1038/323533a0). D. Kingma & J. Ba, *Adam*, 2015, [arXiv:1412.6980](https://arxiv.org/abs/1412.6980). N. Srivastava et al., *Dropout*, 2014, [jmlr.org/papers/v15/srivastava14a](https://jmlr.org/papers/v15/srivastava14a.html). I. Loshchilov & F. Hutter, *Decoupled weight decay regularization*, 2019, [arXiv:1711.05101](https://arxiv.org/abs/1711.05101). S. Kapoor & A. Narayanan, *Leakage and the reproducibility crisis in machine-learning-based science*, 2023, [doi:10.1016/j.patter.2023.100804](https://doi.org/10.1016/j.patter.2023.100804). T. Garipov et al., *Loss surfaces, mode connectivity, and fast ensembling of DNNs*, 2018, [arXiv:1802.10026](https://arxiv.org/abs/1802.10026).
