# %% [markdown]
# # 02 · How a network learns
#
# In lesson 00 `fit` found good values for 150,000 weights from one number, how wrong the network was. Try it with two weights: make the loss small.
#
# **You will** write a training loop that ends where `fit` ends. **You need** [lesson 01](01_background.ipynb) and derivatives. **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %% tags=["nbval-ignore-output"]
from facecourse.kit import ____, choose_profile, evidence, orl, pick, record
from facecourse.lesson02_learning import exercises, experiment, figures, overfitting
from facelib import training

profile = choose_profile(profile)
stored = evidence.load("02")
surface = experiment.load_valley()
figures.neuron_slider(surface)

# %% [markdown]
# Each mark is a photograph, described by two numbers. The **neuron** adds them up, each times a weight: z = w₁x₁ + w₂x₂. It should say +1 for s33 and −1 for s6. The **loss**, half the mean squared error, is a narrow valley over the weights.
#
# ## Layers, and a loss
#
# A **layer** is many neurons: a matrix W, one row a neuron, and a **bias** b, a number added to each sum. Two layers in a row would be *one* matrix, so an **activation** stands between them; ReLU makes negative numbers zero. The last layer gives each of 40 people a number, a **logit**. **Softmax** makes probabilities of logits: $p_k = e^{z_k} / \sum_j e^{z_j}$.
#
# **Exercise 1.** Write one layer, `x @ W.T + b`, with softmax. Subtract each row's largest logit first: it cancels, and exp(1000) is too large for a float.


# %% tags=["exercise", "nbval-check-output"]
def chances(x, W, b):
    return ____


exercises.chances.check(chances)

# %% [markdown]
# **Cross-entropy**, the loss for names, is −log p of the right person, averaged over photographs. Do our lines, for two layers and 200 photographs, agree with PyTorch?

# %% tags=["nbval-check-output"]
import torch
from torch import nn
from torch.nn.functional import cross_entropy

torch.set_num_threads(1)  # so small a network gains nothing from a second one
x, person = experiment.load_tiny_faces(seed=0).train
network = experiment.build_two_layers(seed=0)
W1, b1, W2, b2 = network.parameters()
h = (x @ W1.T + b1).relu()
z2 = h @ W2.T + b2
p = z2.softmax(1)
loss = -p[range(200), person].log().mean()
torch.allclose(z2, network(x), atol=1e-5), torch.allclose(loss, cross_entropy(z2, person))

# %% [markdown]
# ## Whose fault? Backpropagation
#
# The **gradient** holds the slope of the loss along each weight. The numbers went x → h → z2 → p → loss; the chain rule goes back the same way. PyTorch's `backward` does the same:

# %% tags=["nbval-check-output"]
# Along a logit the loss has the slope p, less 1 for the right person; it is a mean of 200.
d_z2 = (p - nn.functional.one_hot(person, 40)) / 200
# A logit is W2 times h: a weight's slope is its logit's times the h it multiplies, over all photos.
d_W2, d_b2 = d_z2.T @ h, d_z2.sum(0)
# Each h feeds all logits, so their slopes add up through W2; ReLU lets them pass where h > 0.
d_z1 = (d_z2 @ W2) * (h > 0)
# The first layer is like the second.
d_W1, d_b1 = d_z1.T @ x, d_z1.sum(0)
loss.backward()
[w.grad.allclose(d, atol=1e-5) for w, d in ((W1, d_W1), (b1, d_b1), (W2, d_W2), (b2, d_b2))]

# %% [markdown]
# **Exercise 2.** Check a gradient without calculus: move each weight of `w` alone by e to either side. Return the slopes, each the change of `loss(w)` over the way 2e, as a tensor.


# %% tags=["exercise", "nbval-check-output"]
def differences(loss, w, e):
    return ____


exercises.differences.check(differences)

# %% [markdown]
# ## A step, and a loop
#
# A **step** moves every weight against its slope: w ← w − rate × gradient. In PyTorch an **optimiser** takes it, in four lines: compute the loss; empty the old gradients, `optimiser.zero_grad()`, since `backward` *adds*; `loss.backward()`; `optimiser.step()`.
#
# **Exercise 3.** Complete the loop. Three more lines follow the gap.


# %% tags=["exercise", "nbval-check-output"]
def train(model, x, person):
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        loss = ____
    return loss.item()


exercises.loop.check(train)

# %% [markdown]
# ## The network of lesson 00
#
# `FaceCNN` stacks blocks of a convolution, batch norm and ReLU. A convolution slides small kernels over the image (lesson 03); each makes a picture of its own, a **channel**. With `stride=2` it looks at every second place. **Max pooling** keeps the largest of 2 × 2 numbers.
#
# **Batch norm** subtracts from each channel its mean over the **batch**, the photographs that one step looks at, and divides by its spread; two learned numbers rescale it. A network in use (`model.eval()`) takes running averages of both instead.


# %%
def block(inputs, outputs, stride=1):
    kernels = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return nn.Sequential(kernels, nn.BatchNorm2d(outputs), nn.ReLU())


class FaceCNN(nn.Module):
    def __init__(self, width, embedding, people):
        super().__init__()
        early = block(1, width, stride=2), block(width, 2 * width), nn.MaxPool2d(2)
        late = block(2 * width, 4 * width), nn.MaxPool2d(2), block(4 * width, 4 * width)
        self.features = nn.Sequential(*early, *late, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        thin = nn.Linear(4 * width, embedding, bias=False)
        self.embedding = nn.Sequential(thin, nn.BatchNorm1d(embedding))
        self.head = nn.Linear(embedding, people)

    def forward(self, images):  # each picture first gets the mean 0 and the spread 1
        spread, mean = torch.std_mean(images, dim=(1, 2, 3), keepdim=True)
        return self.head(self.embedding(self.features((images - mean) / (spread + 1e-3))))


torch.manual_seed(0)
mine = FaceCNN(width=24, embedding=128, people=40)
figures.draw_network(mine, torch.rand(1, 1, 56, 46))

# %% [markdown]
# Pictures shrink, channels multiply. An **epoch** shows every photograph once, in a new order. A *schedule* raises the **learning rate**, the factor of a step, then lowers it to nearly zero. AdamW comes below.


# %%
def train(model, faces, epochs, batch=40, lr=4e-3):
    model.to(memory_format=torch.channels_last)  # how convolutions like numbers to lie in memory
    optimiser = torch.optim.AdamW(model.parameters(), lr, weight_decay=0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, epochs * len(faces) // batch)
    for epoch in range(epochs):
        order = torch.randperm(len(faces), generator=training.loop.generator(0, "order", epoch))
        for index in order.split(batch):
            loss = cross_entropy(model(faces.images[index] / 255), faces.person[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()


# %%
split = experiment.split_half_faces(images=5, seed=0)
epochs = pick(profile, smoke=2, quick=60, full=60)
train(mine, split.train, epochs)
record("top-1 of the open loop", 100 * orl.top1(mine, split.test), "%")

# %% [markdown]
# `fit` also changes the photographs, pulls weights towards zero (weight decay), softens the target and may compute in `bfloat16`. With these off, are the weights the same?

# %% tags=["nbval-check-output"]
theirs = overfitting.fit_plainly(split.train, epochs)
both = zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True)
all(torch.allclose(a, b, atol=1e-5) for a, b in both)

# %% [markdown]
# Weights are equal: without these extras `fit` is this loop.
#
# ## Does the loss matter?
#
# > 📌 **Claim.** "The squared error of the softmax output is as good a loss as cross-entropy."
#
# Softmax is flat where it is sure. In cross-entropy the logarithm cancels that; in the squared error nothing does, so a network that is sure *and wrong* should learn slowly. Ten such networks learnt everybody under the next person's name; then the names were corrected.

# %%
figures.draw_losses(stored["losses"])

# %% [markdown]
# From scratch, each at its own rate, the two are undecided. The claim fails 50 steps after the correction: cross-entropy names 91 %, the squared error 19 %. It needs 300 steps for 92 %; higher rates do not cure it.
#
# ## Downhill: optimisers
#
# The valley curves 31 times more across than along. **Gradient descent** takes the plain step. **Momentum** sums past gradients, each weighing 0.9 of the one after it. **Adam** divides a running mean of the gradient by the root of a running mean of its square: each weight has a step of its own; AdamW adds weight decay. Momentum written out ends where PyTorch's ends:

# %% tags=["nbval-check-output"]
w, v = experiment.START, torch.zeros(2)
for _ in range(40):
    v = 0.9 * v + surface.gradient(w)
    w = w - 0.0063 * v
torch.allclose(w, experiment.follow_optimiser(surface, "momentum", 0.0063)[-1], atol=1e-5)

# %%
figures.draw_paths(surface, {"gradient descent": 0.068, "momentum": 0.0063, "Adam": 0.08})

# %% [markdown]
# Gradient descent zigzags. Momentum is behind after 20 steps and ahead after 40. Adam takes both directions at one pace, goes too far and turns back. Each rate is about the best for 40 steps; with others the order differs.
#
# <details><summary>A rate that articles call adaptive</summary>
#
# After t steps it is α = 1/√(1 + ε·t), alike for all weights, whatever the gradients: a schedule. They say that it leads to the global minimum. But it knows of no lower valley elsewhere.
#
# </details>
#
# For the two layers, find each optimiser's lowest rate that brings the loss below 0.1 in 100 steps.

# %% tags=["nbval-ignore-output"]
figures.rate_slider(experiment.try_rate, start=0.01)

# %% [markdown]
# ## Over-fitting
#
# Training photographs set the weights, *validation* photographs the choices, test photographs the verdict. Now the CNN learns from *one* photograph a person, bare or with one remedy: *augmentation* shifts, turns, mirrors and relights at every step; *weight decay*; *dropout* silences a random half of the embedding; *early stopping* keeps the epoch best in validation.

# %%
one = experiment.split_half_faces(images=1, seed=0)
bare = overfitting.train_watched(one, seed=0, steps=5 * epochs)
record("top-1 without a remedy, 1 photograph", 100 * bare.top1["test"][-1], "%")
figures.draw_overfitting(bare.top1, 5 * epochs, stored["remedies"])

# %% [markdown]
# The network knows its photographs by heart and is wrong on many others: **over-fitting**. Augmentation is worth most, 19 points over ten splits. The order of the others is no verdict: weight decay alone was tuned. Early stopping is undecided.
#
# Test photographs that choose anything, such as the epoch, flatter the result: a **leak**. Near copies on both sides, such as video frames, leak too.
#
# ## Your turn
#
# **Exercise 4.** Train a network on *one* tiny photograph a person (`images`, uint8, 40 x 1 x 14 x 12) and return it; the check shows it floats from 0 to 1. Target: name 68 % of other photographs. `Augment()` of `facelib.data`, given these and a `torch.Generator()`, returns changed ones, floats from 0 to 1.


# %% tags=["exercise", "nbval-check-output"]
def learn(images, person):
    body = nn.Flatten(), nn.LayerNorm(168), nn.Linear(168, 64), nn.ReLU()
    model = nn.Sequential(*body, nn.Linear(64, 40))
    return ____


exercises.yours.check(learn)

# %% [markdown]
# ## What you know now
#
# Backpropagation is the chain rule, a training loop four lines. Next: [03 · Weight sharing](03_weight_sharing.ipynb).
#
# **Further reading.** [Rumelhart, Hinton & Williams 1986](https://doi.org/10.1038/323533a0); [Polyak 1964](https://doi.org/10.1016/0041-5553(64)90137-5); [Kingma & Ba 2015](https://arxiv.org/abs/1412.6980); [Loshchilov & Hutter 2019](https://arxiv.org/abs/1711.05101); [Ioffe & Szegedy 2015](https://arxiv.org/abs/1502.03167); [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html); [Kapoor & Narayanan 2023](https://doi.org/10.1016/j.patter.2023.100804).
