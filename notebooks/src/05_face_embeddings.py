# %% [markdown]
# # 05 · Face embeddings: people as directions
#
# **You will learn** how a network places faces on a sphere, what triplet and margin losses do there, and how to build a door that knows a newcomer.
# **You need** [lesson 04](04_transfer_learning.ipynb), and from [lesson 01](01_background.ipynb) thresholds, FAR and FRR. **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import math

import torch
from torch import nn
from torch.nn import functional as F

from facecourse.kit import ____, choose_profile, evidence, pick, protocol, record, verify
from facecourse.lesson05_embeddings import crowd, exercises, experiment, figures, widgets
from facelib import data
from facelib.models import embed, face_embedding
from facelib.synth import synth

profile = choose_profile(profile)

# %% [markdown]
# A new colleague stands before a door whose network was trained years ago. One photograph may be enough, as here for six people who don't exist.

# %%
model = face_embedding()
six = synth(6, images=2, seed=8)
codes = embed(model, six.images).cpu()
figures.draw_cosines(six.images[1::2], six.images[::2], codes[1::2] @ codes[::2].T)

# %% [markdown]
# Each photograph became 128 numbers, an **embedding**; the picture says how alike two of them are. How does a network learn this, and when may a door trust it?
#
# ## From names to directions
#
# A classifier ends in one logit a person. A door cannot use that: those who come were never in the training. It keeps the embedding, which goes *into* the last layer. Its length mostly stretches all logits alike; without it every face lies on a sphere, and two are compared by the **cosine** of their angle: 1 for the same direction, 0 for a right angle, −1 for opposite.
#
# **Exercise 1.** Write it: the dot product divided by both lengths. `probes` are (N, D) and `faces` (M, D), the answer is (N, M).


# %% tags=["exercise", "nbval-check-output"]
def cosines(probes, faces):
    return ____


exercises.cosines.check(cosines)

# %% [markdown]
# ## Two ways to ask for good directions

# %%
figures.draw_ideas()

# %% [markdown]
# ### Triplets
#
# [FaceNet](https://doi.org/10.1109/CVPR.2015.7298682) (2015) takes an **anchor** $a$, a **positive** $p$ of the same person and a **negative** $n$ of somebody else, and asks that the negative be farther by a margin $m$. With squared distances $d$ the loss is $\max(0,\; d(a,p) - d(a,n) + m)$. *Easy* negatives, farther by the margin already, teach nothing. *Hard* ones, nearer than the positive, can pull an untrained network into a single point. FaceNet takes one of the **semi-hard** ones between, we their mean.
#
# **Exercise 2.** Write the mean loss over the semi-hard negatives of one anchor. `anchor` and `positive` are (D,), `negatives` (N, D).


# %% tags=["exercise", "nbval-check-output"]
def triplet(anchor, positive, negatives, margin):
    return ____


exercises.triplet.check(triplet)

# %% [markdown]
# A training takes every pair of a batch; on the sphere $d$ is 2 − 2 cosine:


# %%
class Triplet(nn.Module):
    def forward(self, embeddings, person, margin=0.2):
        unit = F.normalize(embeddings)
        distance = 2 - 2 * unit @ unit.T
        same = person[:, None] == person
        pairs = same & ~torch.eye(len(person), dtype=torch.bool)
        anchor, positive = pairs.nonzero(as_tuple=True)  # the places of all such pairs
        gap = distance[anchor] - distance[anchor, positive][:, None]  # a row for each pair
        mined = ~same[anchor] & (gap > 0) & (gap < margin)
        return (margin - gap)[mined].mean() if mined.any() else 0 * distance.sum()


# %% [markdown]
# ### Margins
#
# The other way learns one direction a person. The logits are cosines times a fixed **scale**, for a cosine alone is too small to make softmax sure. A margin makes it harder for the right person:


# %%
class Margin(nn.Module):
    def __init__(self, harden):
        super().__init__()
        self.weight = nn.Parameter(0.01 * torch.randn(6, 2))  # six people, on a circle
        self.harden = harden

    def forward(self, embeddings, person):
        cosine = F.normalize(embeddings) @ F.normalize(self.weight).T
        right = F.one_hot(person, 6).bool()
        logits = 10 * torch.where(right, self.harden(cosine), cosine)  # the scale is 10
        return F.cross_entropy(logits, person)


# %% [markdown]
# [ArcFace](https://doi.org/10.1109/CVPR.2019.00482) adds its margin (in radians; 0.5 is 29°) to the angle:


# %%
def arcface(cosine, margin=0.5):
    angle = cosine.clamp(-0.99999, 0.99999).acos() + margin
    # Beyond half a turn the cosine would rise again: there it goes on falling.
    return torch.where(angle < math.pi, angle.cos(), cosine - margin * math.sin(margin))


# %% [markdown]
# **Exercise 3.** [CosFace](https://doi.org/10.1109/CVPR.2018.00552) subtracts its margin from the right person's cosine; then all are multiplied by `scale`. Return these logits; `cosine` is (N, people), `person` says who is right.


# %% tags=["exercise", "nbval-check-output"]
def cosface(cosine, person, margin, scale):
    return ____


exercises.cosface.check(cosface)

# %% [markdown]
# Do all three agree with the library's?

# %% tags=["nbval-check-output"]
from facelib.training.losses import MarginLoss, TripletLoss

torch.manual_seed(0)
ours = Triplet(), Margin(lambda cosine: cosine - 0.35), Margin(arcface)
library = TripletLoss(0.2), MarginLoss(6, 2, 0.35, scale=10), MarginLoss(6, 2, 0.5, "arcface", 10)
batch, person = torch.randn(60, 2), torch.arange(60) % 6
for mine, theirs in zip(ours, library, strict=True):
    theirs.load_state_dict(mine.state_dict())
    print(torch.allclose(mine(batch, person), theirs(batch, person), atol=1e-5))

# %% [markdown]
# A tiny network, whose embedding is two numbers, now learns six people by each of them, and by **softmax**, as papers call plain cross-entropy:

# %%
steps = pick(profile, smoke=20, quick=200, full=200)
losses = experiment.SoftmaxLoss(6, 2), *ours
points = [experiment.train_points(loss, steps) for loss in losses]
figures.draw_circles(dict(zip(("softmax", "triplet", "CosFace", "ArcFace"), points, strict=True)))

# %% [markdown]
# Softmax, drawn with its lengths, parts people by direction, too. The others keep the direction alone. The slider trains anew. Some starts and margins leave two people stuck, for a circle is cramped.

# %% tags=["nbval-ignore-output"]
widgets.margin_slider(steps)

# %% [markdown]
# > 📌 **Claim** "Margin losses make better embeddings." On millions of photographs their papers measure it. With twenty *people*?
#
# A `FaceCNN` learns s1 to s20 by each loss and is tested on s21 to s40. Rate and scale were chosen *within* s1 to s20; margins are the papers'. *Normalised softmax* has the margin 0. The cross is trained now, against softmax of its seed:

# %%
stored = evidence.load("05")
rate, scale, _ = stored["settings"]["CosFace"].values()
known, unseen = protocol.open_people(), protocol.unseen_people()
trained = experiment.train_by_loss("CosFace", known, rate, scale, steps=min(steps, 150))
now = experiment.score_unseen(trained)["TAR at 1 % FAR"]
record("TAR at 1 % FAR of CosFace, 20 people", 100 * now, "%")
figures.draw_loss_differences(stored["losses"], {"CosFace": now}, rival="softmax")

# %% [markdown]
# Intervals are over seeds, of the same twenty people. No margin loss is shown to be better than softmax; by AUC ArcFace is worse. For twenty people the claim is not confirmed.
#
# ## Hundreds of thousands of people who don't exist
#
# Our network, `face_embedding()`, learnt from people whom a generator drew. Its loss is [contrastive](https://arxiv.org/abs/2004.11362): each picture of a batch picks out its own person's others.
#
# Was nothing chosen by s21 to s40? Nearly nothing. A first network missed a goal on them, so another was made: lesson 02's leak, through the author's eyes.
#
# [dlib's network](http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html) learnt three million photographs, most of them scraped from the web. On the same crops of LFW it is right on 98.6 % of the pairs, ours on 83.6. To scrape nobody costs a part of these 15.0 points [14.2, 15.7]; networks and trainings differ, too. Better rendered people and a larger network reach 96.2 % ([DigiFace-1M](https://arxiv.org/abs/2210.02579)).
#
# ## A threshold is a promise about others
#
# "FAR 1 %" is a promise about *other* people. Choose the threshold on s1 to s20, see what s21 to s40 make of it, then exchange the halves.

# %% tags=["nbval-ignore-output"]
codes_known, codes = (verify.embed_at_64(model, faces.images) for faces in (known, unseen))
widgets.far_slider(codes_known, codes)

# %% [markdown]
# A promise of 1 % lets 2.6 % [0.4, 6.0] in or, with the halves exchanged, 0.2 % [0.0, 0.7]; only the second interval excludes 1 %. Twenty people make 19,000 impostor pairs and stay twenty: they cannot promise 1 %.
#
# ## Enrol yourself
#
# Set `own` to a folder of photographs, with a sub-folder for you, first in the alphabet, and one for somebody else; nothing leaves this machine. Until then you don't exist.

# %%
own = None  # or "my_photos", with my_photos/Ada/1.jpg, my_photos/Ben/1.jpg, ...
faces = data.folder(own, 64, detect=True).map(data.to_grey) if own else synth(2, 6, seed=5)
me = verify.embed_at_64(model, faces.of_people([0]).images)

# %% [markdown]
# A `Gallery` holds s21 to s40 by one photograph each and searches with [faiss](https://arxiv.org/abs/2401.08281). Whoever comes is compared with all twenty, so the threshold for 1 % of *pairs* is too low. The visitors s1 to s20 set a higher one: 1 % of their *best of twenty* scores may pass. Below it a face is −1, nobody.

# %%
from facelib.measure.gallery import Gallery

gallery = Gallery(codes[::10], torch.arange(20))
limit = gallery.search(codes_known).scores.quantile(0.99).item()

# %% [markdown]
# Your later photographs come before and after the first is enrolled, as number 20: no training, a row is added.

# %%
before = gallery.search(me[1:], threshold=limit).people.flatten().tolist()
gallery.enrol(me[:1], torch.tensor([20]))
before, gallery.search(me[1:], threshold=limit).people.flatten().tolist()

# %% [markdown]
# ### People who are not enrolled
#
# In the **open set** most who come are not enrolled. The threshold that keeps them out turns known people away, too. Of the other photographs of s21 to s40 this share is found without it and with it:

# %%
[experiment.measure_found(gallery, codes, threshold) for threshold in (-1, limit)]

# %% [markdown]
# To keep out all but 1 % of the visitors that chose the threshold, the door misses nearly half of the photographs of those it knows.
#
# ## Your turn: a door
#
# **Exercise 4.** Build a door. Nobody here exists: `photos` (5, 128) are embeddings of its owner, `probes` (N, 128) of whoever comes, `practice` (50, 8, 128) eight of each of fifty others; all have length one. Return for each probe, judged by itself, whether it may enter.
#
# The checker lets new people own it: at most 0.3 % of the others' photographs may come in, at most 1 % of the owners' be turned away. `crowd.try_door(door, crowd.embed_crowd(9), practice)` gives both rates.

# %%
practice = crowd.embed_crowd()


# %% tags=["exercise", "nbval-check-output"]
def door(photos, probes, practice):
    return ____


exercises.door.check(door)

# %% [markdown]
# ## What you know now
#
# An embedding puts who somebody is into a direction. A threshold is a promise about others: choose it on some people, report it on different ones. Only a threshold keeps others out. Next: [lesson 06](06_distillation.ipynb), a small network that learns from a large one.
