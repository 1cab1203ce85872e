# %% [markdown]
# # 01 · Background: from pixels to networks
#
# **You will learn** what face recognition means (three tasks, not one), how it was done before deep networks, by running the classical steps and a small network of today on the same faces, how to measure it without fooling yourself, and whether the network is really better.
# **You need** [lesson 00](00_start_here.ipynb). **Time:** 40 minutes to read, less than a minute to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
from facecourse.kit import Scoreboard, ____, charts, choose_profile, evidence, orl, pick, record
from facecourse.lesson01_background import exercises, experiment
from facelib import data, measure

profile = choose_profile(profile)
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
# | unlock a phone | verification | a stranger reads your mail | you type the code | where is the template kept? |
# | pay with your face | verification | money | a queue | is there another way to pay? |
# | border gate | verification | a wrong entry | a manual check | which law allows it? |
# | attendance at school | identification | an absent pupil is marked present | a present pupil is marked absent | can a minor's consent be free? |
# | watch list in a crowd | open set | an innocent person is stopped | a wanted one passes | may it be used at all? (EU: Regulation 2024/1689, Art. 5) |
# | patient identity in medicine | verification | a wrong treatment | delay | who may read health data? |
# | photo album | clustering | a photo in the wrong heap | a photo not found | who asked the others in the picture? |
# | counting a crowd | *detection*, no identity at all | a wrong count | a wrong count | why identify where counting is enough? |
#
# (Laws differ and change; this table names the question, not the answer. Clustering and detection are neighbours of recognition, not a fourth and fifth task.)
#
# **Exercise 1.** A gate at the office compares the face in front of it with the photo stored on the visitor's badge. Which task is it: `identification`, `verification` or `watch list`?

# %% tags=["exercise", "nbval-check-output"]
task = ____
exercises.task.check(task)

# %% [markdown]
# ## From 1980 to deep networks
#
# Some tutorials put LBP faces in the 1980s, VGGFace and FaceNet in the early years of this century, and weight sharing in a stage after them. The sources say otherwise:
#
# | year | step | source |
# |---|---|---|
# | 1980, 1989 | shared convolution kernels: Neocognitron, then a network trained by backpropagation | [Fukushima](https://doi.org/10.1007/BF00344251), [LeCun et al.](https://doi.org/10.1162/neco.1989.1.4.541) |
# | 1987, 1991 | faces as points in a space of few dimensions; **eigenfaces** | [Sirovich & Kirby](https://doi.org/10.1364/JOSAA.4.000519), [Turk & Pentland](https://doi.org/10.1162/jocn.1991.3.1.71) |
# | 1993, 2002 | **Gabor** filters: on a graph, then with a classifier | [Lades et al.](https://doi.org/10.1109/12.210173), [Liu & Wechsler](https://doi.org/10.1109/TIP.2002.999679) |
# | 1997 | **Fisherfaces** | [Belhumeur et al.](https://doi.org/10.1109/34.598228) |
# | 1997 | a convolutional network on ORL, five photographs a person | [Lawrence et al.](https://doi.org/10.1109/72.554195) |
# | 1996, 2004–06 | **LBP**, first for textures, then for faces | [Ojala et al.](https://doi.org/10.1016/0031-3203(95)00067-4), [Ahonen et al.](https://doi.org/10.1109/TPAMI.2006.244) |
# | 2005 | **HOG**, made for pedestrians; twin (Siamese) networks for faces | [Dalal & Triggs](https://doi.org/10.1109/CVPR.2005.177), [Chopra et al.](https://doi.org/10.1109/CVPR.2005.202) |
# | 2014, 2015 | *deep* networks: DeepFace, then **FaceNet** and **VGGFace** | [Taigman et al.](https://doi.org/10.1109/CVPR.2014.220), [Schroff et al.](https://doi.org/10.1109/CVPR.2015.7298682), [Parkhi et al.](https://doi.org/10.5244/C.29.41) |
#
# FaceNet and VGGFace are convolutional networks, so *both* share weights, as every convolution does. They differ in what they are trained for: VGGFace first names 2,622 people, FaceNet learns distances directly (lesson 05).
#
# Each of the classical steps is a few lines of scikit-learn and scikit-image. **Eigenfaces** looks for the directions in which the training faces differ most (principal component analysis, PCA):

# %%
from facelib.models import classical

split = faces.split_images(train=5, seed=0)
eigenfaces = classical.eigenfaces().fit(split.train.images, split.train.person)
directions = eigenfaces["pca"].components_
len(directions)

# %% tags=["real-faces"]
charts.draw_images(
    directions[:10].reshape(10, 112, 92), "The first ten eigenfaces: grey means no change"
)

# %% [markdown]
# PCA keeps what *varies*, light and hair included, whoever causes it. **Fisherfaces** (linear discriminant analysis) asks what varies *between* people and not within one. The other three learn nothing: **LBP** (local binary patterns) counts which neighbours of a pixel are brighter, **HOG** (histograms of oriented gradients) which way edges run, **Gabor** filters how strongly small waves answer.

# %% [markdown]
# Now all of them on the same splits: five photographs of each person are enrolled, five are probes, and the probe gets the name of its *nearest neighbour*, the most similar enrolled picture (one row uses a support vector machine, SVM, instead). `score` is scikit-learn's word for the share that is right.

# %%
splits = pick(profile, smoke=1, quick=2, full=20)
halves = [faces.split_images(train=5, seed=seed) for seed in range(splits)]
live = {}
for name, recogniser in classical.BASELINES.items():
    runs = [
        recogniser().fit(train.images, train.person).score(test.images, test.person)
        for train, _, test in halves
    ]
    live[name] = sum(runs) / splits

# %% [markdown]
# And a network, trained from nothing on the same five photographs each, at half the size:

# %%
import torch

from facelib.models import FaceCNN, embed, predict
from facelib.training import fit

train, _, test = faces.map(orl.to_half).split_images(train=5, seed=0)
torch.manual_seed(0)
model = FaceCNN(width=24, embedding=128, people=faces.people)
history = fit(model, train, epochs=pick(profile, smoke=2, quick=60, full=60))

# %%
named = predict(model, test.images).cpu()
live["CNN"] = (named == test.person).double().mean().item()
record("top-1 of the CNN, 5 photographs each", 100 * live["CNN"], "%")
record("training time of the CNN", history.seconds, "s")

# %% [markdown]
# One split is an anecdote (we come back to that), so `python -m facecourse.lesson01_background.evidence` did the same on 20 splits. Dots are those stored means with a *95 % interval*, a range made by a rule that catches the true mean in 95 of 100 such experiments. Crosses are the first of these splits on *your* machine.

# %%
five = stored["top-1"]["5"]
charts.compare(charts.mean_intervals(five), live)

# %% [markdown]
# The network comes first, with 99.3 % of the pictures named rightly; Gabor filters follow with 97.8 %. By how much is it really ahead? Two methods measured on the same splits can be compared *within* each split, which cancels easy and hard ones. When the 95 % interval of that paired difference excludes zero, this course says "better", and not before.

# %%
measure.paired_interval(five["CNN"], five["Gabor"], "splits")

# %% [markdown]
# ## Test the folklore: "a network needs many images"
#
# With five photographs each almost everything works. Surely, with *one* photograph of each person, rules made by hand must win over a network that starts from nothing?

# %%
one = stored["top-1"]["1"]
charts.compare(charts.mean_intervals(one))

# %%
measure.paired_interval(one["CNN"], one["Gabor"], "splits")

# %% [markdown]
# They don't: everybody loses, and the network loses least. It had an advantage: each step shifts, turns, scales, mirrors and relights the forty photographs, while the hand-made rules saw each as it is. Lesson 02 measures how much that is worth. (Fisherfaces are missing: one photograph cannot show how a person's pictures differ.) What helps a network with little data is the subject of lessons 02 to 04.

# %% [markdown]
# ## Why one split lies
#
# Every dot is an honest experiment: learn from five photographs a person, test on the other five. They differ only in *which* five.

# %%
charts.draw_spread({name: five[name] for name in ("eigenfaces", "LBP", "Gabor", "CNN")})

# %% [markdown]
# Whoever runs one split reports one of these dots, and two people with one split each may disagree about which method is better. So: many splits, a mean with its interval, differences within splits.
#
# Even that has a limit. All 20 splits deal out the *same 400 photographs of the same 40 people*. So the interval says how well 20 splits stand for all splits of these photographs, and nothing about new photographs or new people; "better" means *better on this set*. The settings of each method, the network's too, were chosen on other splits of the same photographs, which may favour all of them a little. To speak about people we have not met, we must resample people; we do so below.

# %% [markdown]
# ## Preprocessing: what does each step buy?
#
# Recipes begin with "grey, resize, denoise, normalise". Let us damage the probes on purpose and see. Here is one person as photographed, with noise, and lit from the side:

# %% tags=["real-faces"]
from IPython.display import display

person = faces.of_people([0])
for damage in (lambda images: images, experiment.add_noise, experiment.light_from_left):
    display(data.contact_sheet(person.map(damage)))

# %%
steps = {
    "half size": orl.to_half,
    "19 x 15 pixels": lambda images: data.resize(images, 19, 15),
    "median filter": data.denoise,
    "equalised histogram": data.normalise_light,
}
experiment.compare_preparations(faces, steps)

# %% [markdown]
# The first row is top-1 with no preparation (pixels, nearest neighbour, 20 splits); the others are the *change* each step brings. Fewer pixels cost nothing here. Strong noise hardly hurts, so the median filter has little to repair and gains half a point. Equalising is the expensive one: it *loses* more than a point on clean probes and five under noise; but under side light it turns a recogniser that is right 8 times in 100 (chance: 2.5) into one that is right 71 times. No step is good in itself: it is good against something.
#
# **BGR against RGB.** OpenCV hands over colours as blue, green, red; most networks expect red first. Nothing crashes, and to a program it still looks like a face:

# %% tags=["nbval-check-output"]
skin = torch.tensor([224, 172, 105], dtype=torch.uint8).view(1, 3, 1, 1)
data.to_grey(skin).item(), data.to_grey(data.swap_red_blue(skin)).item()

# %% [markdown]
# What that costs on real colour photographs is stored: 6,000 pairs of Labeled Faces in the Wild (LFW), which this course uses as a measuring stick and never to train a network. The pairs are dealt into ten parts (*folds*); each is judged with a threshold set on the other nine.

# %%
charts.Table(
    ["how a pair is read", "accuracy [95 % CI]"],
    charts.mean_intervals(stored["bgr"], "folds").items(),
)

# %% [markdown]
# The folds are the same, so the difference is again taken within each, in colour and then in grey:

# %%
bgr = stored["bgr"]
measure.paired_interval(bgr["colour, one as BGR"], bgr["colour, both RGB"], "folds")

# %%
measure.paired_interval(bgr["grey, one as BGR"], bgr["grey, both RGB"], "folds")

# %% [markdown]
# In colour it costs two points. In grey it costs nothing; it even *gains* half a point (we did not test why). A wrong pipeline can pass a test, which is how such mistakes live long.

# %% [markdown]
# ## Who pays? Precision, recall and imbalance
#
# A person's **recall**: of *their* pictures, how many were recognised? Their **precision**: of the pictures given their name, how many are theirs? **F1** is the harmonic mean of the two.

# %%
measure.identification_report(test.person, named, faces.names)

# %% [markdown]
# **Imbalance.** Let every other person enrol one photograph and the rest five (pixels, 20 splits). The mean looks like one system; there are two.

# %%
experiment.compare_recall(faces)

# %% [markdown]
# ## Verification and its threshold
#
# Now two faces and one score. A *genuine* pair shows one person twice, an *impostor* pair two people. We take the 20 people who stay *unseen* through the whole course (ORL s21 to s40), describe them by LBP, which learns nothing, and compare all pairs.

# %%
from facecourse.kit import protocol

unseen = protocol.unseen_people()
codes = torch.from_numpy(classical.lbp_histograms(unseen.images))
left, right, same = data.all_pairs(unseen.person)
scores = measure.similarity(codes, codes)[left, right]
pairs = measure.Verification(scores, same)

# %% tags=["nbval-check-output"]
pairs.genuine, pairs.impostor

# %% [markdown]
# Two errors compete. The **false accept rate** (FAR) is the share of impostor pairs at or above the threshold, the **false reject rate** (FRR) the share of genuine pairs below it. TAR is 1 − FRR, and the **ROC** curve shows TAR against FAR for every threshold.

# %%
charts.draw_scores(pairs, pairs.threshold_at(0.01))

# %% [markdown]
# Beware of the last column: a door that never opens would decide 95 % of these pairs rightly, because 19,000 of the 19,900 are impostors. That is what imbalance does to accuracy.
#
# Move the threshold. Where would you set it for a phone, where for a payment?

# %% tags=["nbval-ignore-output"]
slider = charts.threshold_slider(pairs, pairs.threshold_at(0.01))
slider

# %% [markdown]
# The **equal error rate** (EER) is where FAR and FRR meet. The **AUC** is the chance that a genuine pair outscores an impostor pair. Neither is a place where anybody runs a system, so what counts is **TAR at a given FAR**; here with intervals over *people*:

# %%
rates = {"AUC": lambda p: p.auc, "EER": lambda p: p.eer, "TAR at 1 % FAR": lambda p: p.tar_at(0.01)}
people = unseen.person[left], unseen.person[right]
rows = {
    name: measure.bootstrap_pairs(rate, scores, *people, resamples=300)
    for name, rate in rates.items()
}
charts.Table(["LBP, unseen people", "[95 % CI]"], rows.items())

# %%
record("EER of LBP on unseen people", rows["EER"].value)
record("TAR of LBP at 1 % FAR on unseen people", rows["TAR at 1 % FAR"].value)

# %% [markdown]
# An AUC of 0.89 sounds fine. Yet at a threshold that lets in one impostor of a hundred, four of ten rightful attempts are turned away.
#
# **Exercise 2.** Ten impostor pairs score as below. Which is the *smallest* of these scores that, as a threshold, keeps the FAR at 20 % or less? (A score equal to the threshold is accepted.)

# %% tags=["exercise", "nbval-check-output"]
impostors = [0.11, 0.15, 0.20, 0.22, 0.31, 0.35, 0.41, 0.48, 0.52, 0.67]
threshold = ____
exercises.threshold.check(threshold)

# %% [markdown]
# **Exercise 3.** One wanted person, the only one on the list, is among 10,000 who pass. The system has TAR 90 % at FAR 1 %; "99 % accurate", says the seller. When it raises an alarm, how likely is it the wanted person? (Expected true alarms divided by all expected alarms.)

# %% tags=["exercise", "nbval-check-output"]
precision = ____
exercises.watch_list.check(precision)

# %% [markdown]
# **Exercise 4.** Two methods on the same six splits. Is `a` better, in this course's sense of the word? Compute it; answer `True` or `False`.

# %% tags=["exercise", "nbval-check-output"]
a = [0.970, 0.940, 0.985, 0.955, 0.925, 0.975]
b = [0.960, 0.935, 0.970, 0.945, 0.920, 0.965]
better = ____
exercises.paired.check(better)

# %% [markdown]
# ## Test the folklore: "99 % on the test set, so it is ready for the door"
#
# The network above knows 40 people and nobody else. So we train one on s1 to s20 and ask it about s21 to s40 by comparing its **embeddings**, the 128 numbers before the names.

# %%
torch.manual_seed(0)
door = FaceCNN(width=24, embedding=128, people=20)
history = fit(
    door,
    protocol.open_people().map(orl.to_half),
    epochs=pick(profile, smoke=2, quick=60, full=60),
)
metrics = protocol.unseen_metrics(embed(door, orl.to_half(unseen.images)))
record("TAR of the CNN at 1 % FAR on unseen people", metrics["TAR at 1 % FAR"].value)
charts.Table(["CNN trained on s1 to s20", "[95 % CI]"], metrics.items())

# %% [markdown]
# To compare like with like, here is the same measure for the first network, on new pictures of the people it *knows*:

# %%
codes = embed(model, test.images).cpu()
left, right, same = data.all_pairs(test.person)
known = measure.Verification(measure.similarity(codes, codes)[left, right], same)
record("TAR of the CNN at 1 % FAR on known people", known.tar_at(0.01))

# %% [markdown]
# The same measure, the same FAR: nearly every rightful attempt by *known* people is accepted, and about three of ten by *strangers* are turned away. Naming people one was trained on and telling strangers apart are two different skills. The board shows it from the other side: Gabor filters, which never learnt anybody, are not behind the network there.
#
# ## The scoreboard
#
# One protocol for every row of the course: s21 to s40, on whom nothing is ever trained. (The settings of these first rows were chosen on splits of all 40 people, as said above; every later choice uses s1 to s20 only.) They are stored. You have just measured *CNN trained on 20 people* again; yours may differ a little, because rounding differs between machines. *MACs* are the multiplications one image needs, *latency* is its time on one core, and the error of the *worst group* joins in a later lesson.

# %%
board = Scoreboard.load(evidence.BOARD).upto("01")
board

# %%
charts.draw_pareto(board, "latency_ms", "TAR at 1 % FAR")

# %% [markdown]
# Up is better, left is cheaper; a dashed line joins the rows that no other row beats in both. The vertical lines are intervals over 20 people. That they overlap settles nothing either way: all rows show the same people, so close rivals must be compared within each person, as we did within each split.
#
# ## What you have learnt
#
# There are three tasks, not one. On ORL a small network makes fewer mistakes than each classical method, with five photographs a person and with one. One split, one accuracy and one threshold mislead; paired differences, intervals over people and TAR at a FAR don't. And naming people one was trained on is a different thing from telling strangers apart: closing that gap is what lessons 04 and 05 are about. Next: how a network learns at all.
#
# **Further reading.** A. K. Jain, A. Ross & S. Prabhakar, *An introduction to biometric recognition*, 2004, [doi:10.1109/TCSVT.2003.818349](https://doi.org/10.1109/TCSVT.2003.818349). P. J. Phillips et al., *The FERET evaluation methodology for face-recognition algorithms*, 2000, [doi:10.1109/34.879790](https://doi.org/10.1109/34.879790). D. J. Hand, *Classifier technology and the illusion of progress*, 2006, [doi:10.1214/088342306000000060](https://doi.org/10.1214/088342306000000060).
