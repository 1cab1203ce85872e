# %% [markdown]
# # 05 · Face embeddings: people as directions
#
# **You will learn** how a network places faces on a sphere, what triplet and margin losses do there, and how to build a door that knows a newcomer.
# **You need** [lesson 04](04_transfer_learning.ipynb), and from [lesson 01](01_background.ipynb) thresholds, FAR and FRR. **Time:** an hour and a quarter, a minute or so of it to run.

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
stored, networks = evidence.load("05"), evidence.load("zero_shot")

# %% [markdown]
# A new colleague stands before a door whose network was trained years ago. One photograph may be enough, as here for six people who don't exist.

# %%
model = face_embedding()
six = synth(6, images=2, seed=8)
codes = embed(model, six.images).cpu()
figures.draw_cosines(six.images[1::2], six.images[::2], codes[1::2] @ codes[::2].T)

# %% [markdown]
# Each photograph became 128 numbers, an **embedding**; the picture says how alike two of them are, on the diagonal everybody's own. How does a network learn this, and when may a door trust it?
#
# ## From names to directions
#
# A classifier ends in one logit a person. A door cannot use that: those who come were never in the training. The embedding is what goes *into* the last layer. A tiny network, whose embedding is two numbers, learns to name six people:

# %%
steps = pick(profile, smoke=20, quick=200, full=200)
torch.manual_seed(1)
rays = experiment.train_points(experiment.SoftmaxLoss(6, 2), steps)
figures.draw_circles({"softmax": rays})

# %% [markdown]
# **Softmax**, as papers on faces call its cross-entropy, makes rays: who it is lies in the direction. So we drop the length, which puts every face on the circle (with 128 numbers, on a sphere), and compare directions by the **cosine** of their angle: 1 for the same, 0 for a right angle, −1 for opposite.
#
# **Exercise 1.** Write it: the dot product divided by both lengths. `probes` and `faces` have a row a photograph; the answer has a row a probe and a column a face.


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
# **Exercise 2.** Write the mean loss over the semi-hard negatives of one anchor. `anchor` and `positive` have the shape (D,), `negatives` (N, D).


# %% tags=["exercise", "nbval-check-output"]
def triplet(anchor, positive, negatives, margin):
    return ____


exercises.triplet.check(triplet)

# %% [markdown]
# A training does this for every pair of a batch. On the sphere $d$ is 2 − 2 cosine:


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


# %% tags=["nbval-check-output"]
from facelib.training.losses import MarginLoss, TripletLoss

batch, person = torch.randn(60, 8), torch.arange(60) % 6
torch.allclose(Triplet()(batch, person), TripletLoss(0.2)(batch, person), atol=1e-5)

# %% [markdown]
# ### Margins
#
# The other way learns one direction a person; the logits are cosines times a fixed **scale**, for a cosine is at most 1, too little to make softmax sure. To make it harder, [ArcFace](https://doi.org/10.1109/CVPR.2019.00482) adds a margin (in radians; 0.5 is 29°) to the angle of the right person.


# %%
class ArcFace(nn.Module):
    def __init__(self, people, width, margin, scale):
        super().__init__()
        self.weight = nn.Parameter(0.01 * torch.randn(people, width))
        self.margin, self.scale = margin, scale

    def harden(self, cosine):
        turned = (cosine.clamp(-0.99999, 0.99999).acos() + self.margin).cos()
        beyond = cosine < -math.cos(self.margin)  # here `turned` rises again
        return torch.where(beyond, cosine - self.margin * math.sin(self.margin), turned)

    def forward(self, embeddings, person):
        cosine = F.normalize(embeddings) @ F.normalize(self.weight).T
        right = F.one_hot(person, len(self.weight)).bool()
        logits = self.scale * torch.where(right, self.harden(cosine), cosine)
        return F.cross_entropy(logits, person)


# %% [markdown]
# **Exercise 3.** [CosFace](https://doi.org/10.1109/CVPR.2018.00552) subtracts its margin from the right person's cosine; then all are multiplied by `scale`. Return these logits; `cosine` is (N, people), `person` says who is right.


# %% tags=["exercise", "nbval-check-output"]
def cosface(cosine, person, margin, scale):
    return ____


exercises.cosface.check(cosface)

# %% [markdown]
# In our class one line changes. Both agree with the library's:


# %%
class CosFace(ArcFace):
    def harden(self, cosine):
        return cosine - self.margin


# %% tags=["nbval-check-output"]
for kind, build, margin in (("arcface", ArcFace, 0.5), ("cosface", CosFace, 0.35)):
    mine, theirs = build(6, 8, margin, 30.0), MarginLoss(6, 8, margin, kind, 30.0)
    theirs.load_state_dict(mine.state_dict())
    away = -mine.weight.detach()[person]  # faces that look away from their people
    faces = torch.cat([batch, away]), person.repeat(2)
    print(kind, torch.allclose(mine(*faces), theirs(*faces), atol=1e-5))

# %%
losses = {
    "triplet": Triplet,
    "CosFace": lambda: CosFace(6, 2, margin=0.35, scale=10.0),
    "ArcFace": lambda: ArcFace(6, 2, margin=0.5, scale=10.0),
}
drawn = {"softmax": rays}
for name, build in losses.items():
    torch.manual_seed(0)
    drawn[name] = experiment.train_points(build(), steps)
figures.draw_circles(drawn)

# %% [markdown]
# *Inside* is a new photograph's mean angle to its person's arrow, *apart* the smallest angle between two arrows. The three new losses spread the six around the circle; softmax leaves most on one side. This slider trains anew at each move; coloured is where a face is named rightly in spite of the margin. Some margins leave two people stuck side by side: a circle is cramped.

# %% tags=["nbval-ignore-output"]
widgets.margin_slider(steps)

# %% [markdown]
# > 📌 **Claim** "Margin losses make better embeddings." On millions of photographs they do; the papers measure it. With twenty *people*?
#
# A `FaceCNN` learns s1 to s20 by each loss and is tested on s21 to s40. Each has the rate and scale that did best *within* s1 to s20, ten to learn from and ten to judge by. Margins are the papers', not tuned to twenty; *normalised softmax* has the margin 0. The cross is trained now, with the first seed:

# %%
chosen = stored["settings"]["CosFace"]
trained = experiment.train_by_loss(
    "CosFace", protocol.open_people(), chosen["rate"], chosen["scale"],
    steps=pick(profile, smoke=3, quick=150, full=150),
)  # fmt: skip
now = experiment.score_unseen(trained)["TAR at 1 % FAR"]
record("TAR at 1 % FAR of CosFace, 20 people", 100 * now, "%")
figures.draw_loss_differences(stored["losses"], {"CosFace": now}, rival="softmax")

# %% [markdown]
# Differences to softmax with the same seed; intervals over seeds, always of the same twenty people. No margin loss is shown to be better than softmax here; by AUC most are worse. On twenty people the claim is not confirmed, and for millions not refuted. (The triplet loss took the lowest rate tried.)
#
# ## Hundreds of thousands of people who don't exist
#
# Our network, `face_embedding()`, learnt from people a generator drew and from no photograph of anybody. Its loss is [contrastive](https://arxiv.org/abs/2004.11362): each picture of a batch must pick out its own person's others, by a softmax over cosines.
#
# Centring (lesson 04) by s1 to s20 raises the AUC here, too, undecided over twenty people:

# %%
known, unseen = protocol.open_people(), protocol.unseen_people()
codes_known, codes = (verify.embed_at_64(model, faces.images) for faces in (known, unseen))
centred = F.normalize(codes - codes_known.mean(0))
record("AUC of the shipped embedding", verify.verify_pairs(codes, unseen).auc)
record("AUC of the shipped embedding, centred", verify.verify_pairs(centred, unseen).auc)

# %%
figures.draw_networks(
    networks, ("ours", "EfficientNet-Lite0", "CNN trained on 20 people", "LBP", "pixels")
)

# %% [markdown]
# Filled as they are, hollow centred (stored). On LFW, press photographs of public figures, most of them white men (half of the pairs show one person), ours leads all of them. On ORL most is undecided, and centring makes the ImageNet network the strongest rival. Against the CNN of twenty people ours is undecided there and far ahead on LFW: that CNN may have learnt a studio.
#
# Was nothing chosen by s21 to s40? Nearly. A first network missed a goal on them, so another was made (see the model card): lesson 02's leak, through the author's eyes. By LFW's test pairs no setting was chosen, but by its development pairs, of the same photographs, the second generator of faces was: trust that panel more, not wholly.
#
# Ours is far below the state of the art. [DigiFace-1M](https://arxiv.org/abs/2210.02579) (Bae et al. 2023), better rendered, reaches 96.2 % on LFW with a larger network. [dlib's network](http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html) learnt three million photographs, most of them scraped from the web: on the crops that ours sees it is measured here at 98.6 % on LFW against our 83.6 in one pass, and by one photograph it names 99.2 % of s21 to s40 against 89.0. The difference on LFW, +15.0 points [14.2, 15.7], is what it costs here to scrape nobody, though networks and trainings differ, too.
#
# ## A threshold is a promise about others
#
# "FAR 1 %" is a promise about *other* people. So choose the threshold on s1 to s20, and see what s21 to s40 make of it:

# %% tags=["nbval-ignore-output"]
chosen_on = verify.verify_pairs(codes_known, known)
widgets.far_slider(chosen_on, codes, unseen)

# %%
threshold = chosen_on.threshold_at(0.01)
far = verify.verify_pairs(codes, unseen).far_at(threshold)
record("FAR on s21 to s40 at the threshold of 1 % on s1 to s20", 100 * far, "%")
figures.draw_promises(networks["promises"], far=0.01)

# %% [markdown]
# The FAR that is kept lies above or below the promise, up to several times; most intervals hold 1 %. The bars know only the people it is *tried* on, not those it is chosen by. Twenty people make 19,000 impostor pairs and stay twenty: they cannot promise 1 %.
#
# ## Enrol yourself
#
# Put photographs into a folder, with a sub-folder for you (first in the alphabet) and one for somebody else, and name it here; nothing leaves this machine. Until then you don't exist, like the fifty enrolled.

# %%
own_photos = None  # or "my_photos", with my_photos/Ada/1.jpg, my_photos/Ben/1.jpg, ...
if own_photos:
    newcomers = data.folder(own_photos, size=64, detect=True, skip_bad=True).map(data.to_grey)
else:
    newcomers = synth(2, images=6, seed=5)
me = embed(model, newcomers.of_people([0]).images, flip=False).cpu()
first, later = me[:1], me[1:]

# %% [markdown]
# The search is one line, and always finds *some* name. Then one photograph is enrolled, as number 50: no gradient, no training, a row is added.

# %%
enrolled = crowd.embed_crowd()[:, 0]  # fifty people, unit length
grown = torch.cat([enrolled, first])
(later @ enrolled.T).argmax(1).tolist(), (later @ grown.T).argmax(1).tolist()

# %% [markdown]
# 1 % of *pairs* is no limit for a gallery: whoever comes is compared with all fifty. The *best of fifty* scores of unenrolled visitors decide (real people need real visitors). `Gallery` compares a visitor with every face and says −1, nobody, below a threshold.

# %%
visitors = crowd.embed_crowd(9).flatten(0, 1)  # fifty others
limit = (visitors @ enrolled.T).amax(1).quantile(0.99).item()

# %%
from facelib.measure.gallery import Gallery

gallery = Gallery(enrolled, torch.arange(50))
before = gallery.search(later, threshold=limit).people.flatten().tolist()
gallery.enrol(first, torch.tensor([50]))
before, gallery.search(later, threshold=limit).people.flatten().tolist()

# %% [markdown]
# ### People who are not enrolled
#
# In the **open set** most who come are not enrolled. Only a threshold keeps them out, and it turns known people away, too. Some of the twenty are enrolled by one photograph; 1 % of the others' may pass (intervals over choices of who is enrolled):

# %%
choices = pick(profile, smoke=2, quick=20, full=40)
verify.compare_enrolments(codes, unseen, sizes=(2, 5, 10), halves=choices)

# %% [markdown]
# Even two enrolled people are found far less often once others must stay outside, and that flatters: the threshold was chosen by the same others.
#
# ## Your turn: a door
#
# **Exercise 4.** Build a door for whoever owns it.
#
# Nobody here exists. `photos` (5, 128) are embeddings of its owner, `probes` (N, 128) those of whoever comes, `practice` (50, 8, 128) eight of each of fifty other people; all have length one. Return for each probe whether it may enter, whoever else comes. The checker tries it on new people, each in turn as the owner: at most 0.3 % of the others' photographs may come in, at most 1 % of the owners' be turned away. `crowd.try_door(door, crowd.embed_crowd(9), crowd.embed_crowd())` gives both rates of yours.


# %% tags=["exercise", "nbval-check-output"]
def door(photos, probes, practice):
    return ____


exercises.door.check(door)

# %% [markdown]
# ## What you know now
#
# An embedding puts who somebody is into a direction. A threshold is a promise about others: choose it on some people, report it on different ones. Enrolling takes photographs and no training; only a threshold keeps others out. Next: [lesson 06](06_distillation.ipynb), a small network that learns from a large one.
