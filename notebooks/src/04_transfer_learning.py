# %% [markdown]
# # 04 · Transfer learning: start from what others have learnt
#
# **You will** freeze a network trained elsewhere, give it a new head and fine-tune it with two learning rates. **You need** [lesson 03](03_weight_sharing.ipynb). **Time:** an hour.
#
# Two parents and eight children; none of them exists. Can a network that was taught no face name them from five photographs of each?

# %% tags=["parameters"]
profile = None

# %%
import copy

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from facecourse.kit import ____, choose_profile, evidence, orl, pick, protocol, record, transfer
from facecourse.lesson04_transfer import exercises, experiment, figures
from facelib import data, measure, models

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
# | **target domain** (目标域) | ORL: twenty real people, one photograph of each to learn from |
# | **shared feature space** (共享特征空间) | what the network computes before its last layer, its **features** |
# | **adaptation layer** (适应层) | a new last layer, the **head** |
#
# **Transfer learning** (迁移学习) keeps the **base**, all below the head. It may stay as it is, or learn further:

# %%
figures.draw_ways()

# %% tags=["nbval-check-output"]
train, test = orl.split_photos(photos=1, seed=0)
train, test

# %% [markdown]
# Every setting was chosen on s1 to s20; these are s21 to s40. One photograph a person is **one-shot** learning. **Zero-shot** learning has only descriptions, and verifying unseen people (lesson 05) has no names at all.
#
# ## Build it
#
# ### Features, before any training
#
# To **freeze** the base takes `requires_grad_(False)` for its weights and `eval()` for its batch norm (lesson 02). `face_embedding` learnt to tell people apart who don't exist. Each test face gets the name of the photograph with the most similar features:


# %%
def score(asked, known):
    return 100 * (measure.identify(asked, known, train.person) == test.person).double().mean()


base = models.face_embedding().requires_grad_(False).eval()
known, asked = (models.embed(base, faces.images, flip=False) for faces in (train, test))
record("synthetic faces, nearest neighbour", score(asked, known), "%")

# %% [markdown]
# EfficientNet-Lite0 learnt ImageNet and nobody's name. It reads 224 × 224 pixels, as in its training, here of the full photographs.

# %%
side = pick(profile, smoke=64, quick=224, full=224)
lite = models.backbones.efficientnet_lite0(stages=6, side=side)
large = experiment.take_photos(photos=1, seed=0, size="full size")
known, asked = (models.embed(lite, faces.images, flip=False) for faces in large)
record("ImageNet, full size, nearest neighbour", score(asked, known), "%")

# %% [markdown]
# ### A new head
#
# What all photographs share, such as the studio's light, tells nobody apart. **Centring** subtracts it: the mean features of *other* people there, without their names. The centre is a **buffer**: kept with the network, moved by no optimiser.


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
centre = models.embed(base, orl.to_64(protocol.open_people().images), flip=False).mean(0)
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
# `transfer.adapt` does the same:

# %% tags=["nbval-check-output"]
frozen = transfer.adapt("synthetic faces", "frozen", train, seed=0)
torch.allclose(frozen.head.weight, model.head.weight, atol=1e-5)

# %% [markdown]
# ### Fine-tune
#
# To **fine-tune** is to let all layers learn, the base more slowly than the head. The optimiser takes two **parameter groups**. Batch norm stays in evaluation mode and keeps the source's statistics.

# %%
steps = pick(profile, smoke=2, quick=80, full=80)
tuned = copy.deepcopy(model).requires_grad_(True)
slow = {"params": tuned.base.parameters(), "lr": 1e-4}
fast = {"params": tuned.head.parameters(), "lr": 3e-3}
optimizer = torch.optim.AdamW([slow, fast], weight_decay=0.05)
for _ in range(steps):
    loss = cross_entropy(tuned(augment(train.images, generator)), train.person, label_smoothing=0.1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

for name, network in {"head": model, "all layers": tuned}.items():
    record(f"top-1, {name}", 100 * orl.top1(network, test), "%")

# %% [markdown]
# **Exercise 1.** Give `model` a new `head` for `people`; the old one's `in_features` says what comes in. Return an optimiser in which `model.base` learns at a tenth of `rate` and the head at `rate`.


# %% tags=["exercise", "nbval-check-output"]
def prepare(model, people, rate):
    return ____


exercises.prepare.check(prepare)

# %% [markdown]
# ## Two bugs without an error message
#
# **Other inputs than in training.** A network from elsewhere expects its own size, range and normalisation. Our helpers have divided by 255; here nobody does:

# %%
with torch.no_grad():
    known, asked = (torch.cat([lite(x.float()) for x in part.images.split(10)]) for part in large)
record("ImageNet: pixels 0 to 255", score(asked, known), "%")

# %% [markdown]
# **Batch norm in training mode.** `requires_grad_(False)` doesn't stop it. It takes mean and spread from the *batch*, so a face is judged by its neighbours. Here `eval()` is forgotten, and photographs come five at a time, as they lie on a disk:

# %%
careless = copy.deepcopy(base).train()
with torch.no_grad():
    known, asked = ([careless(five / 255) for five in x.images.split(5)] for x in (train, test))
record("training mode, one person a batch", score(torch.cat(asked), torch.cat(known)), "%")
figures.draw_bugs(stored["bugs"])

# %% [markdown]
# Wrong pixels bring 90 % down to 75 on average, the forgotten mode 88 % down to 9: with one person a batch, batch norm subtracts what the five photographs have in common, the person.
#
# **Exercise 2.** Freeze a base and return it. After a step of training every tensor must be what it was, buffers too.


# %% tags=["exercise", "nbval-check-output"]
def freeze(model):
    return ____


exercises.freeze.check(freeze)

# %% [markdown]
# ## Turn it
#
# How deep should learning reach? Choose the number of photographs, and how many thirds of the base learn, the last first.

# %% tags=["nbval-ignore-output"]
figures.depth_slider(stored["top-1"])

# %% [markdown]
# With one photograph all layers are better than any fewer; with five, every depth is near the ceiling. What does a source save?

# %% tags=["nbval-ignore-output"]
figures.photographs_slider(stored)

# %% [markdown]
# With one photograph, the start from nothing levels off below the line *new head*. But the source cost 3.07 million pictures, where fine-tuning sees 1,600.
#
# ## Measure it
#
# Differences within the same splits and people (stored):

# %%
figures.draw_leads(stored)

# %% [markdown]
# A source helps, with one photograph and with five. More steps from nothing do not make up for it, nor does a small network (lesson 01), which comes nearer. Freezing is not best for synthetic faces: layers that learn are a little better than as many steps of the head alone. For ImageNet, with half the steps, it is undecided, and so is which source is better.
#
# **Exercise 3.** Which protocol says fairly whether ImageNet is a better start than nothing?
#
# - **a** The same steps for both, and the rate usual for ImageNet.
# - **b** For each the rate with the highest top-1 on the test photographs.
# - **c** For each the rate and steps that are best on other people; the same pixels.
# - **d** As c, but ImageNet alone gets the photographs at full size.

# %% tags=["exercise", "nbval-check-output"]
fair = ____
exercises.fair.check(fair)

# %% [markdown]
# > 📌 **Claim.** "Transfer aims at a new function that resembles the old one, $f_{tar}\approx f_{src}$."
#
# The source's own function names nobody here. So $f_{src}$ is the frozen network with a new head, $f_{tar}$ the fine-tuned one:

# %%
live = experiment.compare_functions(model, tuned, test)
figures.say_functions(live, stored["functions"])

# %% [markdown]
# The two agree on most faces; paired, $f_{tar}$ is wrong on fewer. The claim is wrong: likeness can help as a brake ([L2-SP](https://arxiv.org/abs/1802.01483)), but the aim is the loss on the target.
#
# ## Your turn
#
# **Exercise 4.** Back to the family, and to a network as one finds it. `base` was taught no face, is in training mode, and wants RGB images of the size and normalisation on its `card`. Write `adopt(base, card, train)`: return a network, ready for use, that makes logits of grey images in [0, 1]. **Target:** it names 65 % of another family's photographs, within 15 seconds of computing time: embed the views once. `models.backbones.Backbone(base, side, mean, spread)` feeds `base` as its card says; `Recogniser` and the loops above do the rest. Centre by the family.

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
# Look first at frozen, centred features, fed as in training. Train a head, then all layers, the base more slowly. Judge by the target's loss, against tuned rivals.
#
# Next: [lesson 05](05_face_embeddings.ipynb).
#
# **Further reading.** [Pan & Yang 2010](https://doi.org/10.1109/TKDE.2009.191); [Yosinski et al. 2014](https://arxiv.org/abs/1411.1792); [Kumar et al. 2022](https://arxiv.org/abs/2202.10054); [He, Girshick & Dollár 2019](https://doi.org/10.1109/ICCV.2019.00502).
