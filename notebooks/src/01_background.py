# %% [markdown]
# # 01 · Background: what recognition is, and how to measure it
#
# **You will** be the recogniser, build the classical ones, and tell a real difference from luck.
# **You need** [lesson 00](00_start_here.ipynb). **Time:** an hour, less than a minute of it to run.

# %% tags=["parameters"]
profile = None

# %%
import numpy as np
import torch

from facecourse.kit import ____, charts, choose_profile, evidence, orl, pick, record
from facecourse.lesson01_background import exercises, experiment, figures
from facelib import data, measure
from facelib.models import FaceCNN, classical, embed, predict
from facelib.synth import synth
from facelib.training import fit

profile = choose_profile(profile)
stored, helped = evidence.load("01"), evidence.load("one_photo")

# %% [markdown]
# ## Are you better than a machine?
#
# Twenty pairs of people who don't exist; ten show one person twice. Decide.

# %% tags=["nbval-ignore-output"]
pairs, same = experiment.deal_pairs(seed=11)
figures.play_pairs(pairs, same, machine=experiment.judge_by_gabor(pairs, seed=12))

# %% [markdown]
# A **genuine** pair shows one person, an **impostor** pair two. The **false accept rate** (FAR) is the share of impostor pairs you took for one person, the **false reject rate** (FRR) the share of genuine pairs you took for two. (ISO calls those of single comparisons FMR and FNMR.) Brackets hold the range in which *your* true rate may lie; Gabor filters come below.
#
# ## What a recogniser does

# %%
nobody = synth(40, images=5, seed=7, size=112)
codes = torch.from_numpy(classical.gabor_magnitudes(nobody.images[:2]))
figures.draw_pipeline(nobody.images[0], codes)

# %% [markdown]
# A recogniser **detects** the face, **aligns** it, **embeds** it (makes a row of numbers of it, the bars), **compares** two such rows (orange: another photograph) by a **score**, and **decides** by a **threshold**. Methods differ in how they embed, uses in who is compared with whom. **Verification** (1:1): is this the person they claim to be? **Identification** (1:N): who is this **probe**, of all enrolled in the **gallery**? A **watch list** (open set): one of these few, or nobody we know?
#
# | use | task | a false accept costs | a false reject costs |
# |---|---|---|---|
# | phone, payment, border gate | verification | mail, money, a wrong entry | a code, a queue |
# | **members' door**, attendance | identification | a stranger inside | a member outside |
# | patient identity in medicine | verification | a wrong treatment | delay |
# | intrusion, surveillance | watch list; lawful? (EU: Regulation 2024/1689, Art. 5) | an innocent person stopped | a wanted one passes |
# | advertising, counting a crowd | detection alone | a wrong count | a wrong count |
#
# ## Build it: five ways to describe a face
#
# **Eigenfaces** keep the directions in which faces differ most (principal component analysis, PCA); 40 of them rebuild the picture. **LBP** (local binary patterns) notes which neighbours of a pixel are brighter, **HOG** (histograms of oriented gradients) which way edges run, a **Gabor** filter is a small patch of stripes and answers where the picture has stripes of that width and direction.

# %%
from skimage import feature, filters
from sklearn.decomposition import PCA

face = nobody.images[0, 0].numpy()
flat = nobody.images.flatten(1).numpy() / 255
pca = PCA(40).fit(flat)
rebuilt = pca.inverse_transform(pca.transform(flat[:1])).reshape(face.shape)
patterns = feature.local_binary_pattern(face, 8, 2, method="uniform")
_, edges = feature.hog(face, pixels_per_cell=(14, 14), cells_per_block=(1, 1), visualize=True)
edges = edges.clip(max=np.quantile(edges, 0.99))
waves = abs(filters.gabor(face / 255, frequency=1 / 16)[0])
steps = {"pixels": face, "40 eigenfaces": rebuilt, "LBP": patterns, "HOG": edges, "Gabor": waves}
steps = {name: torch.tensor(picture - picture.mean()) for name, picture in steps.items()}
charts.draw_panels(steps, "One face as pixels, eigenfaces, LBP codes, edges and waves.")

# %% [markdown]
# The last three are counted or averaged in cells of a grid, so that a small shift matters little. **Fisherfaces** (linear discriminant analysis) ask what differs *between* people and not within one.
#
# All are compared by the **cosine**, a dot product at unit length. By hand, for pixels less their mean, and by the library:

# %% tags=["nbval-check-output"]
faces = data.orl()
train, _, test = faces.split_images(train=5, seed=0)
known, new = train.images.flatten(1).float(), test.images.flatten(1).float()
unit = [torch.nn.functional.normalize(some - known.mean(0)) for some in (known, new)]
nearest = train.person[(unit[1] @ unit[0].T).argmax(1)]
library = classical.pixels().fit(train.images, train.person).predict(test.images)
(nearest == torch.from_numpy(library)).all().item()

# %% [markdown]
# ## Measure it
#
# All methods and lesson 00's network name real photographs, five enrolled and five asked. Dots are stored means of 20 such deals, called **splits**, with a **95 % interval**: repeat the measurement 100 times, and about 95 of the bars cover the true mean (if splits were independent). Crosses are this run.

# %%
methods = ("pixels", "eigenfaces", "Fisherfaces", "LBP", "HOG", "Gabor")
live = {}
for name in methods:
    recogniser = classical.BASELINES[name]().fit(train.images, train.person)
    live[name] = recogniser.score(test.images, test.person)

# %%
torch.manual_seed(0)
model = FaceCNN(width=24, embedding=128, people=faces.people)
fit(model, train.map(orl.to_half), epochs=pick(profile, smoke=2, quick=60, full=60))
named = predict(model, orl.to_half(test.images)).cpu()
live["CNN"] = (named == test.person).double().mean().item()
record("top-1 of the CNN, 5 photographs each", 100 * live["CNN"], "%")

# %%
five = charts.mean_intervals(stored["top-1"]["5"])
charts.draw_intervals(
    {name: five[name] for name in (*methods, "CNN")},
    "top-1 (axis not from 0): mean of 20 splits, stored, 95 % interval, x = this run",
    "The CNN is ahead, Gabor filters follow, pixels and eigenfaces come last.",
    live,
    shares=True,
)

# %% [markdown]
# The network leads with 99.2 % (trained on changed pictures, it also sees each probe's mirror image; Gabor filters had neither help), before Gabor filters with 97.8 %. Most crosses lie outside their bars, and nothing is broken: a bar is about the *mean* of many splits, a cross is one.
#
# ## Turn it: how sure is a mean?
#
# Here are 400 splits of two methods. Light dots are those you draw, below them are their mean and interval; orange marks the mean of all 400. Go through the twenty draws of 5 splits: how many bars miss the orange mark? About one in twenty should. Then take more splits. The right side pairs the two *within* each split, which cancels easy and hard ones.

# %% tags=["nbval-ignore-output"]
splits = pick(profile, smoke=160, quick=400, full=400)
lbp, hog = (
    experiment.run_splits(torch.from_numpy(describe(faces.images)), faces, splits)
    for describe in (classical.lbp_histograms, classical.hog_histograms)
)
figures.interval_slider(lbp, hog, ("LBP", "HOG"))

# %% [markdown]
# More splits shrink the bar, not the spread of the dots.
#
# > **The rule.** When the interval of the *paired* difference excludes zero, this course says **better** (where nothing differs, by luck once in twenty). Else it is **undecided**, which is not *equal*.
#
# An interval is *over* something: these are over splits of 400 photographs, not over new people. Splits overlap, so they are too narrow even for new photographs ([Nadeau & Bengio 2003](https://doi.org/10.1023/A:1024068626366)). All settings were chosen on other splits of the same pictures, which may favour every method a little.
#
# ## One photograph a person
#
# > 📌 **Claim.** "A network needs many images; with one photograph, rules made by hand win."
#
# Networks are trained with **augmentation**: pictures shifted, turned, scaled, mirrored, relit. Gabor filters get the same help here, twenty such views enrolled beside each photograph. **Weight decay** pulls a network's numbers towards zero (lesson 02). Neither method sees the probe's mirror image:

# %%
one = helped["top-1"]
charts.draw_intervals(
    charts.mean_intervals(one),
    "top-1, one photograph a person: mean of 6 splits, stored, 95 % interval",
    "Gabor filters and the CNN, with help and without.",
    shares=True,
)

# %%
from facecourse.kit import compare

asked = {
    "CNN minus Gabor, neither augmented": ("CNN", "Gabor"),
    "the same, CNN with strong weight decay": ("CNN, strong weight decay", "Gabor"),
    "CNN minus Gabor, both augmented": ("CNN, augmented", "Gabor, augmented"),
    "augmentation, CNN": ("CNN, augmented", "CNN"),
    "augmentation, Gabor": ("Gabor, augmented", "Gabor"),
}
found = {what: compare.subtract_points(one[a], one[b], "splits") for what, (a, b) in asked.items()}
charts.tabulate(found, "difference within each split", {"points [95 % CI]": "{:+.1f}"})

# %% [markdown]
# The claim is half right. With no help the network is 13 points behind. With strong weight decay alone (its strength chosen on other splits of the same photographs), or when both have augmentation, the two are undecided on these six splits. Augmentation gives the network 22 points and Gabor filters 8: anyone who compares an augmented network with plain filters measures the help.
#
# ## Prepare the pictures
#
# **Equalising** spreads a picture's grey values evenly. Probes named by their pixels: top-1 in %, then its change in points.

# %%
experiment.compare_preparations(faces, {"equalised": data.normalise_light})

# %% [markdown]
# Under side light equalising turns a recogniser that is right 8 times in 100 (chance: 2.5) into one that is right 71 times; on clean probes it *loses* a point. For pixels, no step is good in itself.
#
# One fault is silent: networks want red first, OpenCV gives blue first (BGR). One skin colour, made grey as RGB and as BGR:

# %% tags=["nbval-check-output"]
skin = torch.tensor([224, 172, 105], dtype=torch.uint8).view(1, 3, 1, 1)
data.to_grey(skin).item(), data.to_grey(data.swap_red_blue(skin)).item()

# %% [markdown]
# In the wrong order, skin is an eighth darker.
#
# ## Accuracy, recall, precision
#
# **Accuracy** is the share of all pictures named rightly. A person's **recall**: of *their* pictures, how many were named so? Their **precision**: of the pictures given their name, how many are theirs?
#
# **Exercise 1.** Ten pictures each of Anna, Ben and Chen (the rows), and the names they were given (the columns, in the same order). What are Anna's precision and recall? Answer `[precision, recall]`.

# %% tags=["exercise", "nbval-check-output"]
table = torch.tensor([[8, 1, 1], [4, 6, 0], [0, 0, 10]])
anna = ____
exercises.confusion.check(anna)

# %% [markdown]
# ## Verification: two histograms and a line
#
# ORL's s21 to s40 stay **unseen** through the course: nothing is trained on them. (Once, in lesson 05, they decided that a network was made anew; we say so there.) LBP compares all their pairs. Move the line: the share of impostors to its right is the FAR, and **TAR** = 1 − FRR is that of the genuine pairs. Each place of the line is a point of the **ROC** curve, whose FAR axis is logarithmic from 0.1 % on.

# %% tags=["nbval-ignore-output"]
from facecourse.kit import protocol

unseen = protocol.unseen_people()
codes = torch.from_numpy(classical.lbp_histograms(unseen.images))
left, right, same = data.all_pairs(unseen.person)
scores = measure.similarity(codes, codes)[left, right]
pairs = measure.Verification(scores, same)
charts.threshold_slider(pairs, pairs.threshold_at(0.01))

# %% [markdown]
# A door that never opens decides 95 % of these pairs rightly, for 19,000 of the 19,900 are impostors. Accuracy says nothing here.
#
# **Exercise 2.** Return the *largest* TAR for which at most the share `far` of the impostors is accepted. Any number may be the threshold, not only one of the scores. (No two scores are equal.)


# %% tags=["exercise", "nbval-check-output"]
def tar_at(scores, same, far):
    impostors = scores[~same].sort(descending=True).values
    return ____


exercises.tar.check(tar_at)

# %%
record("TAR of LBP at 1 % FAR on unseen people", 100 * pairs.tar_at(0.01), "%")
record("EER of LBP on unseen people", 100 * pairs.eer, "%")
record("AUC of LBP on unseen people", 100 * pairs.auc, "%")

# %% [markdown]
# The **AUC** is the chance that a genuine pair outscores an impostor pair, the **equal error rate** (EER) is where FAR and FRR meet. Nobody runs a system at either. At a FAR of 1 % four of ten genuine pairs are turned away: this course reports **TAR at a given FAR**.
#
# **Exercise 3.** One wanted person is among 10,000 who pass. The system has TAR 90 % at FAR 1 %; "99 % accurate", says the seller. When it raises an alarm, how likely is it the wanted person? (Expected true alarms divided by all expected alarms, a share.)

# %% tags=["exercise", "nbval-check-output"]
precision = ____
exercises.watch_list.check(precision)

# %% [markdown]
# ## Known people and strangers
#
# > 📌 **Claim.** "99 % on the test set, so it is ready for the door."
#
# A second network learns five photographs each of s1 to s20, and is asked about their other five (known) and about s21 to s40 (strangers), by its **embedding**, the 128 numbers before the names. Are the strangers harder? Gabor filters, which learn nobody, are the control.
#
# How sure is *one* TAR of twenty people? The **bootstrap** draws twenty of them with repetition, 200 times, measures each time, and keeps the middle 95 %: an interval over people.

# %%
learnt, _, known = protocol.open_people().split_images(train=5, seed=0)
torch.manual_seed(0)
door = FaceCNN(width=24, embedding=128, people=20)
fit(door, learnt.map(orl.to_half), epochs=pick(profile, smoke=2, quick=120, full=120))


def measure_tar(codes, person):
    left, right, _ = data.all_pairs(person)
    scores = measure.similarity(codes, codes)[left, right]
    people = person[left], person[right]
    return measure.bootstrap_pairs(lambda pairs: pairs.tar_at(0.01), scores, *people, 200)


# %%
tars = {}
for who, people in (("known", known), ("strangers", unseen)):
    codes = embed(door, orl.to_half(people.images), flip=False).cpu()
    tars[f"CNN, {who}"] = measure_tar(codes, people.person)
    gabor = torch.from_numpy(classical.gabor_magnitudes(people.images))
    tars[f"Gabor, {who}"] = measure_tar(gabor, people.person)
    record(f"TAR of the CNN at 1 % FAR, {who}", 100 * tars[f"CNN, {who}"].value, "%")
label = "TAR at 1 % FAR, this run: 95 % interval over people"
alt = "The CNN on people it knows and on strangers, beside Gabor."
charts.draw_intervals(tars, label, alt, shares=True)

# %% [markdown]
# The claim is wrong. The network accepts nearly all genuine pairs of people it knows, and turns away more than a third of those of strangers. The strangers are no harder: Gabor filters do about as well on both. (The board below shows another network: it learnt ten photographs each, and sees mirror images.) Naming known people and telling strangers apart are two skills; lessons 04 and 05 learn the second.
#
# ## Your turn: a threshold for the members' door
#
# **Exercise 4.** (Fifteen minutes.) From the scores of all pairs of *ten* people (`same` marks the genuine ones) choose a threshold whose FAR on ten *other* people is at most 1 %. The check deals s1 to s20 into two tens, a hundred times: this must hold in 70 deals, and at least 54 % of the others' genuine pairs must still be accepted. The scores are LBP's, on another scale at each check. (`impostors[k]`, as in Exercise 2, is a start.)


# %% tags=["exercise", "nbval-check-output"]
def set_threshold(scores, same):
    return ____


exercises.door.check(set_threshold)

# %% [markdown]
# ## Where it came from
#
# Articles put LBP in the 1980s, deep networks in the early 2000s, weight sharing after them. The papers:

# %%
figures.draw_timeline()

# %% [markdown]
# Every convolution shares weights (lesson 03), those of FaceNet and VGGFace, too. VGGFace learns to name 2,622 people, FaceNet learns distances (lesson 05).
#
# ## What you know now
#
# Three tasks, two errors, one threshold. The course's **scoreboard** asks how well strangers are told apart. Its first rows:

# %%
from facecourse.kit import Scoreboard

board = Scoreboard.load(evidence.BOARD).upto("01")
charts.draw_intervals(
    {row.method: row["TAR at 1 % FAR"] for row in board.rows},
    "TAR at 1 % FAR on s21 to s40: stored, 95 % interval over 20 people",
    "The scoreboard's first rows: TAR at a FAR of 1 % of seven methods on unseen people.",
    shares=True,
)

# %% [markdown]
# Next: [How a network learns](02_how_a_network_learns.ipynb).
#
# **Further reading.** Eigenfaces [1987](https://doi.org/10.1364/JOSAA.4.000519), [1991](https://doi.org/10.1162/jocn.1991.3.1.71); Fisherfaces [1997](https://doi.org/10.1109/34.598228); Gabor [1993](https://doi.org/10.1109/12.210173); LBP [1996](https://doi.org/10.1016/0031-3203(95)00067-4), of faces [2006](https://doi.org/10.1109/TPAMI.2006.244); HOG [2005](https://doi.org/10.1109/CVPR.2005.177); Neocognitron [1980](https://doi.org/10.1007/BF00344251); first trained CNN [1989](https://doi.org/10.1162/neco.1989.1.4.541); CNN on ORL [1997](https://doi.org/10.1109/72.554195); twin networks of faces [2005](https://doi.org/10.1109/CVPR.2005.202); DeepFace [2014](https://doi.org/10.1109/CVPR.2014.220); FaceNet [2015](https://doi.org/10.1109/CVPR.2015.7298682); VGGFace [2015](https://doi.org/10.5244/C.29.41); measuring [2000](https://doi.org/10.1109/34.879790).
