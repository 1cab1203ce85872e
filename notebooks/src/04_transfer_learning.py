# %% [markdown]
# # 04 · Transfer learning: start from what others have learnt
#
# **You will learn** to freeze a network that was trained elsewhere, to give it a new head and to fine-tune it with two learning rates; to avoid two bugs that raise no error; and what transfer is worth.
# **You need** [lesson 03](03_weight_sharing.ipynb). **Time:** an hour, two minutes of it for the machine (two cores).
#
# A family of ten, two parents and eight children; none of them exists. Can a network that has never seen a face learn to name them from five photographs of each?

# %% tags=["parameters"]
profile = None

# %%
import copy

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from facecourse.kit import ____, charts, choose_profile, evidence, orl, pick, record, transfer
from facecourse.kit.faces import load_faces
from facecourse.lesson04_transfer import exercises, experiment, figures
from facelib import data
from facelib.measure import identify
from facelib.models import backbones, embed, face_embedding

profile = choose_profile(profile)
stored = evidence.load("04")
data.contact_sheet(experiment.draw_family(seed=1, images=3), columns=15)

# %% [markdown]
# ## The idea
#
# A **domain** is what pictures are like, a **task** what is asked about them.
#
# | term | in this lesson |
# |---|---|
# | **source domain** (源域) | ImageNet, photographs of things and animals; or people who don't exist |
# | **target domain** (目标域) | ORL: twenty real people, one photograph of each to learn from, five to be tested on |
# | **shared feature space** (共享特征空间) | what the network computes before its last layer, its **features** |
# | **adaptation layer** (适应层) | a new last layer, the **head** |
#
# **Transfer learning** (迁移学习) keeps the **base**, all that lies below the head. It may stay as it is, or learn further:

# %%
figures.draw_ways()

# %% tags=["nbval-check-output"]
train, test = orl.split_photos(photos=1, seed=0)
train, test

# %% [markdown]
# These are ORL's s21 to s40. Every setting was chosen on s1 to s20.
#
# ## Build it
#
# ### Features, before any training
#
# To **freeze** the base takes two things: no gradient for its weights, and evaluation mode for its batch norm (lesson 02). Each test face gets the name of the photograph with the most similar features.
#
# What all these photographs share, such as the studio's light, tells nobody apart. **Centring** takes it away: subtract the mean features of *other* people of that studio, without their names; a start from nothing has no use for them.
#
# We begin with twenty real people. `face_embedding()` learnt to tell people apart who don't exist (lesson 05); EfficientNet-Lite0 learnt ImageNet and nobody's name. The family waits at the end.

# %%
base = face_embedding().requires_grad_(False).eval()
others = load_faces().of_people(list(range(20))).map(orl.to_64)
# features of length 1; flip=True would add the mirror image's
known, asked, strange = (embed(base, faces.images, flip=False) for faces in (train, test, others))
centre = strange.mean(0)
live = {}
for way, shift in {"": 0, ", centred": centre}.items():
    named = identify(asked - shift, known - shift, train.person)
    live["synthetic faces, nearest" + way] = (named == test.person).double().mean().item()

# %% [markdown]
# The same with EfficientNet-Lite0 from ImageNet, which reads 224 × 224 pixels, as in its training: here the full photographs, in some stored rows our 64 × 64 pixels enlarged.

# %%
lite = backbones.efficientnet_lite0(stages=6, side=pick(profile, smoke=64, quick=224, full=224))
large = experiment.take_photos(photos=1, seed=0, size="full size")
named = experiment.name_by_neighbour(lite, *large)
live["ImageNet, full size, nearest"] = (named == test.person).double().mean().item()
for name in ("ImageNet, full size, nearest", "synthetic faces, nearest"):
    record(f"{name} neighbour", 100 * live[name], "%")

# %%
rows = {name: shares for name, shares in stored["top-1"]["1"].items() if "nearest" in name}
label = "top-1, one photograph: mean, 95 % CI over people; x = this split"
alt = "Top-1 by nearest neighbour of pixels and of two sources, each as it is and centred."
charts.draw_intervals(figures.find_intervals(rows), label, alt, live)

# %% [markdown]
# The means of both sources lie above that of pixels, without one step of training. They grow with centring and, for ImageNet, with the pixels that are read.
#
# ### A new head
#
# A **buffer** is kept with the network and moved by no optimiser: the centre here, batch norm's running statistics elsewhere.


# %%
class Recogniser(nn.Module):
    def __init__(self, base, centre, people):
        super().__init__()
        self.base, self.head = base, nn.Linear(len(centre), people)
        self.register_buffer("centre", centre)

    def embed(self, images):  # of length 1, centred, of length 1 again
        return normalize(normalize(self.base(images)) - self.centre)

    def forward(self, images):  # of length 10, so that softmax can become sure
        return self.head(10 * self.embed(images))


# %% [markdown]
# Nothing below the head changes. So 400 augmented views are embedded *once*:

# %%
torch.manual_seed(0)
model = Recogniser(base, centre, people=20).eval()
augment, generator = data.Augment(), torch.Generator().manual_seed(0)
views, person = augment(train.images.repeat(20, 1, 1, 1), generator), train.person.repeat(20)
with torch.no_grad():
    features = 10 * torch.cat([model.embed(part) for part in views.split(40)])
optimizer = torch.optim.AdamW(model.head.parameters(), lr=3e-3, weight_decay=0.05)
for _ in range(100):
    loss = cross_entropy(model.head(features), person, label_smoothing=0.1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% [markdown]
# `transfer.adapt` does the same, for any source and seed:

# %% tags=["nbval-check-output"]
frozen = transfer.adapt("synthetic faces", "frozen", train, seed=0)
torch.allclose(frozen.head.weight, model.head.weight, atol=1e-5)

# %% [markdown]
# ### Fine-tune
#
# To **fine-tune** is to let all layers learn, the base more slowly than the head, since it is nearly right already. The optimiser takes two **parameter groups**. Batch norm stays in evaluation mode: it keeps the source's statistics, and its two learned numbers move with the rest.

# %%
steps = pick(profile, smoke=2, quick=80, full=80)
tuned = copy.deepcopy(model).requires_grad_(True)
groups = [
    {"params": tuned.base.parameters(), "lr": 1e-4},
    {"params": tuned.head.parameters(), "lr": 3e-3},
]
optimizer = torch.optim.AdamW(groups, weight_decay=0.05)
for _ in range(steps):
    logits = tuned(augment(train.images, generator))
    loss = cross_entropy(logits, train.person, label_smoothing=0.1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% [markdown]
# Its rival begins with random weights; architecture, photographs, augmentation and these steps are the same. Each learns at the rate that was best for it on s1 to s20, and the rival's batch norm, which has no statistics to keep, in training mode:

# %%
scratch = experiment.train_from_nothing(train, seed=0, steps=steps)
for name, network in {"from nothing": scratch, "head": model, "all layers": tuned}.items():
    record(f"top-1, {name}", 100 * orl.top1(network, test), "%")

# %% [markdown]
# **Exercise 1.** Another `model` has a `base`, and a `head` that names 40 people and takes `head.in_features` numbers. Give it a head for `people`, and return any optimiser in which the base learns at a tenth of `rate` and the head at `rate`.


# %% tags=["exercise", "nbval-check-output"]
def prepare(model, people, rate):
    return ____


exercises.prepare.check(prepare)

# %% [markdown]
# ## Two bugs without an error message
#
# **Other inputs than in training.** A network from elsewhere expects its own size, range (0 to 1) and normalisation (minus a mean, divided by a spread). `embed` has divided by 255 for us; here nobody does:

# %%
with torch.no_grad():
    known, asked = (lite(faces.images.float()) for faces in large)
right = identify(asked, known, train.person) == test.person
live = {"ImageNet: pixels 0 to 255": right.float().mean()}

# %% [markdown]
# **Batch norm in training mode.** `requires_grad_(False)` doesn't stop it. It takes mean and spread from the *batch*, so a face is judged by its neighbours. Here `eval()` is forgotten, and photographs come five at a time, in the order in which they lie on a disk:

# %%
careless = copy.deepcopy(base).train()
with torch.no_grad():
    known, asked = (
        torch.cat([careless(five / 255) for five in faces.images.split(5)])
        for faces in (train, test)
    )
right = identify(asked, known, train.person) == test.person
live["synthetic faces: training mode, one person a batch"] = right.float().mean()
alt = "Top-1 by nearest neighbour of two networks as they should be used, and with each bug."
charts.draw_intervals(figures.find_intervals(stored["bugs"]), label, alt, live)

# %% [markdown]
# The mean is lower with the wrong range than without normalisation, and the forgotten mode can cost nearly everything. With one person a batch, batch norm subtracts what the five photographs have in common: the person.
#
# A later `model.train()` wakes it up again: call `base.eval()` after it.
#
# **Exercise 2.** Freeze it. After a step of training and its forward pass, every tensor of the base must be what it was, buffers too.


# %% tags=["exercise", "nbval-check-output"]
def freeze(model):
    return ____


exercises.freeze.check(freeze)

# %% [markdown]
# ## Turn it
#
# How deep should learning reach? Choose the number of photographs, and how many thirds of the base's layers learn, the last ones first.

# %% tags=["nbval-ignore-output"]
figures.depth_slider(stored["top-1"])

# %% [markdown]
# Each way has 80 more steps; the rate of all layers serves the thirds, too. With one photograph the mean rises with each third that learns; with five, all ways are near the ceiling.
#
# And what does a source save?

# %% tags=["nbval-ignore-output"]
figures.photographs_slider(stored)

# %% [markdown]
# With one photograph, the start from nothing levels off below the line *new head*. But the source had a price of its own: 3.07 million pictures, where fine-tuning sees 1,600.
#
# ## Measure it
#
# Differences within the same splits and people (stored):

# %%
figures.draw_leads(stored)

# %% [markdown]
# *Does a source help?* Yes, with one photograph and with five, and a longer start from nothing does not make up for it. *Is it best to freeze?* Not for synthetic faces: layers that learn are a little better than as many more steps of the head; for ImageNet it is undecided. So is which of the two is the better source, although ImageNet reads more pixels.
#
# If no two of these were truly different, about one interval in twenty would exclude zero all the same: in six, one such verdict would be no great surprise.
#
# **Exercise 3.** Is it better to start from ImageNet than from nothing, with one photograph each? Only one of these protocols is fair:
#
# - **a** For both networks the same steps, and the learning rate that is usual for ImageNet.
# - **b** For each the learning rate with the highest top-1 on the test photographs.
# - **c** For each the rate and the steps that are best on other people; then the same photographs in the same pixels.
# - **d** As c, but the ImageNet network gets the photographs at full size, the other 64 × 64.

# %% tags=["exercise", "nbval-check-output"]
fair = ____
exercises.fair.check(fair)

# %% [markdown]
# > 📌 **Claim.** "Transfer aims at a new function that resembles the old one, $f_{tar}\approx f_{src}$." Articles that circulate say so beside a small loss on the target, as if both were one aim.
#
# The source's own function names nobody here. Its nearest kin is the frozen network with a new head; call it $f_{src}$, and the fine-tuned one $f_{tar}$:

# %%
live = experiment.compare_functions(model, tuned, test)
for name, interval in charts.mean_intervals(stored["functions"]).items():
    print(f"{name}: {live[name]:.1%} here; {interval:.1%} over splits")

# %% [markdown]
# The two agree on most faces, and $f_{tar}$ is wrong on fewer. Likeness can help as a brake ([L2-SP](https://arxiv.org/abs/1802.01483)); the claim takes a means for the aim, which is the loss on the target.
#
# ## Your turn
#
# Back to the family, and to a network as one finds it. `base, card = experiment.unpack_network()` knows no face, is in training mode, and wants normalised RGB images of the size on its card. Write `adopt(base, card, train)`: return a network that makes logits of our grey images in [0, 1]. **Target:** 65 % of the other photographs of a family that you don't know are named rightly, in 15 seconds of computing time on one thread: embed the views once. `backbones.Backbone(base, side, mean, spread)` resizes, makes three channels of grey and normalises; `Recogniser` and the loops above do the rest. Use `base` itself; your network is called as you return it, five photographs at a time. There are no other people here: centre by the family.

# %%
own = None  # or the path of your photographs, a sub-folder for each person
family = data.folder(own, 64, detect=True).map(data.to_grey) if own else experiment.draw_family(1)
train, _, test = family.split_images(train=5, seed=0)
base, card = experiment.unpack_network()
card


# %% tags=["exercise", "nbval-check-output"]
def adopt(base, card, train):
    return ____


exercises.turn.check(adopt)

# %% [markdown]
# ## What you know now
#
# Look first at frozen, centred features, fed as in training. Train a head, then all layers, the base more slowly. Judge by the target's loss, against tuned rivals that get the same pixels. Both sources join the scoreboard:

# %%
figures.say_rows(evidence.BOARD)

# %% [markdown]
# Next: [lesson 05](05_face_embeddings.ipynb), features made for comparing faces.
#
# **Further reading.** S. J. Pan & Q. Yang, *A survey on transfer learning*, 2010, [doi:10.1109/TKDE.2009.191](https://doi.org/10.1109/TKDE.2009.191). J. Yosinski et al., *How transferable are features in deep neural networks?*, 2014, [arXiv:1411.1792](https://arxiv.org/abs/1411.1792). A. Kumar et al., *Fine-tuning can distort pretrained features*, 2022, [arXiv:2202.10054](https://arxiv.org/abs/2202.10054). K. He, R. Girshick & P. Dollár, *Rethinking ImageNet pre-training*, 2019, [doi:10.1109/ICCV.2019.00502](https://doi.org/10.1109/ICCV.2019.00502).
