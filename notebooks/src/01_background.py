# %% [markdown]
# # 01 · Background: from pixels to networks
#
# **You will learn** what face recognition means (three tasks, not one), how it was done from 1991 to today by running every step on the same faces, how to measure it without fooling yourself, and whether a neural network is really better.
# **You need** [lesson 00](00_start_here.ipynb). **Time:** 40 minutes to read, about a minute and a half to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
import torch

from facelib import data, measure
from facelib.lessons import ____, charts, evidence, pick
from facelib.lessons import lesson01 as exercises

stored = evidence.load("01")
faces = data.orl()

# %% [markdown]
# ## Three tasks
#
# - **Identification (1:N).** *Who is this?* A **probe** image is compared with everybody enrolled in a **gallery**; the most similar one wins.
# - **Verification (1:1).** *Is this the person they claim to be?* Two images, one **score**, one **threshold**: accept or reject.
# - **Watch list (open set).** *Is this one of these few, or nobody we know?* Most people who pass are nobody on the list, and that changes everything, as you will compute below.
#
# | use | task | a false accept costs | a false reject costs | legal concern |
# |---|---|---|---|---|
# | unlock a phone | verification | a stranger reads your mail | you type the code | template must stay on the device |
# | pay with your face | verification | money | a queue | explicit consent, another way to pay |
# | border gate | verification | a wrong entry | a manual check | public law decides |
# | attendance at school | identification | a wrong record | a wrong record | minors; consent is hardly free |
# | watch list in a crowd | open set | an innocent person is stopped | a wanted one passes | banned or restricted in many places |
# | patient identity in medicine | verification | a wrong treatment | delay | health data |
# | photo album | clustering | a photo in the wrong heap | a photo not found | photos of others |
# | counting a crowd | *detection*, no identity at all | a wrong count | a wrong count | don't recognise where counting is enough |
#
# (Laws differ and change; this table names the question, not the answer.)
#
# **Exercise 1.** A gate at the office compares the face in front of it with the photo stored on the visitor's badge. Which task is it: `identification`, `verification` or `watch list`?

# %% tags=["exercise"]
task = ____
exercises.task.check(task)

# %% [markdown]
# ## Thirty-five years on one set of faces
#
# Texts about "weight sharing" often date deep face networks to the "early 2000s" and FaceNet's weight sharing to a stage after them. The sources say otherwise:
#
# | year | step | source |
# |---|---|---|
# | 1980, 1989 | shared convolution kernels: Neocognitron, then a network trained by backpropagation | [Fukushima](https://doi.org/10.1007/BF00344251), [LeCun et al.](https://doi.org/10.1162/neco.1989.1.4.541) |
# | 1987, 1991 | faces as points in a space of few dimensions; **eigenfaces** | [Sirovich & Kirby](https://doi.org/10.1364/JOSAA.4.000519), [Turk & Pentland](https://doi.org/10.1162/jocn.1991.3.1.71) |
# | 1997 | **Fisherfaces** | [Belhumeur et al.](https://doi.org/10.1109/34.598228) |
# | 2002 | **Gabor** filters with a classifier | [Liu & Wechsler](https://doi.org/10.1109/TIP.2002.999679) |
# | 2004–06 | **LBP** for faces (the operator itself is from 1996) | [Ahonen et al.](https://doi.org/10.1109/TPAMI.2006.244) |
# | 2005 | **HOG**, made for pedestrians | [Dalal & Triggs](https://doi.org/10.1109/CVPR.2005.177) |
# | 2014, 2015 | deep networks for faces: DeepFace, then **FaceNet** and **VGGFace** | [Taigman et al.](https://doi.org/10.1109/CVPR.2014.220), [Schroff et al.](https://doi.org/10.1109/CVPR.2015.7298682), [Parkhi et al.](https://doi.org/10.5244/C.29.41) |
#
# FaceNet and VGGFace are both convolutional networks, so *both* share weights; so does every CNN since 1980. They differ in what they are trained for: VGGFace names 2,622 people and is tuned afterwards, FaceNet learns distances directly (lesson 05).
#
# Each of the older steps is a few lines of scikit-learn and scikit-image. Here is what eigenfaces looks for: the directions in which the training faces differ most.

# %%
from facelib.models import classical

split = faces.split_images(train=5, seed=0)
eigenfaces = classical.eigenfaces().fit(split.train.images, split.train.person)
directions = eigenfaces["pca"].components_
len(directions)

# %% tags=["real-faces"]
charts.images(
    directions[:10].reshape(10, 112, 92), "The first ten eigenfaces: grey means no change"
)

# %% [markdown]
# The first ones are mostly light and hair, not identity: PCA keeps what *varies*, whoever causes it. Fisherfaces (LDA) asks what varies *between* people and not within one. LBP, HOG and Gabor learn nothing at all; they describe small patches by hand-made rules.
#
# Now all of them on the same split: five photographs of each person are enrolled, five are probes, the nearest neighbour names the probe.

# %%
splits = pick(profile, smoke=1, quick=2, full=20)
halves = [faces.split_images(train=5, seed=seed) for seed in range(splits)]
live = {
    name: measure.mean(classical.accuracy(make(), train, test) for train, _, test in halves)
    for name, make in classical.BASELINES.items()
}

# %% [markdown]
# A network, trained from nothing on the same five photographs each, on images of half the size:

# %%
from facelib.models import FaceCNN, predict
from facelib.training import fit

small = faces.map(lambda images: data.resize(images, 56, 46))
train, _, test = small.split_images(train=5, seed=0)
torch.manual_seed(0)
model = FaceCNN(width=24, embedding=128, people=faces.people)
history = fit(model, train, epochs=pick(profile, smoke=2, quick=60, full=60))

# %%
named = predict(model, test.images).cpu()
live["CNN"] = (named == test.person).double().mean().item()
measure.record("top-1 of the CNN, 5 photos each", 100 * live["CNN"], "%")
measure.record("training time of the CNN", history.seconds, "s")

# %%
five = {name: measure.mean_interval(runs, "splits") for name, runs in stored["top-1"]["5"].items()}
charts.compare(five, live)
