# %% [markdown]
# # 01 · Background: what recognition is, and how to measure it
#
# **You will** be the recogniser, build the classical ones, and tell a real difference from luck.
# **You need** [lesson 00](00_start_here.ipynb). **Time:** an hour, or a little more.

# %% tags=["parameters"]
profile = None

# %%
import numpy as np
import torch
from skimage import feature, filters
from sklearn.decomposition import PCA

from facecourse.kit import ____, charts, choose_profile, compare, evidence, orl, pick, record
from facecourse.kit.faces import load_faces
from facecourse.lesson01_background import exercises, experiment, figures
from facelib import data, measure
from facelib.models import FaceCNN, classical, embed, predict
from facelib.synth import synth
from facelib.training import fit

profile = choose_profile(profile)
stored, one = evidence.load("01"), evidence.load("one_photo")["top-1"]

# %% [markdown]
# ## Are you better than a machine?
#
# Twenty pairs of people who don't exist; ten show one person twice. Decide.

# %% tags=["nbval-ignore-output"]
pairs, same = experiment.deal_pairs(seed=11)
figures.play_pairs(pairs, same, machine=experiment.judge_by_gabor(pairs, seed=12))

# %% [markdown]
# A **genuine** pair shows one person, an **impostor** pair two. The **false accept rate** (FAR) is the share of impostor pairs you took for one person, the **false reject rate** (FRR) the share of genuine pairs you took for two. Brackets hold the range in which *your* true rate may lie.
#
# ## What a recogniser does

# %%
nobody = synth(40, images=5, seed=7, size=112)
codes = torch.from_numpy(classical.gabor_magnitudes(nobody.images[:2]))
figures.draw_pipeline(nobody.images[0], codes)

# %% [markdown]
# A recogniser **detects** the face, **aligns** it, **embeds** it (as a row of numbers, the bars), **compares** two such rows (orange: another photograph) by a **score**, and **decides** by a **threshold**. **Verification** (1:1): is this the person they claim to be? **Identification** (1:N): who is this **probe**, of all enrolled in the **gallery**? A **watch list** (open set): one of these few, or nobody we know?
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
# **Eigenfaces** keep the directions in which faces differ most (principal components, PCA). **LBP** (local binary patterns) notes which neighbours of a pixel are brighter, **HOG** (histograms of oriented gradients) which way edges run, a **Gabor** filter where the picture has stripes of its width and direction.

# %%
face = nobody.images[0, 0].numpy()
flat = nobody.images.flatten(1).numpy() / 255
pca = PCA(40).fit(flat)
rebuilt = pca.inverse_transform(pca.transform(flat[:1])).reshape(face.shape)

# %%
patterns = feature.local_binary_pattern(face, 8, 2, method="uniform")
_, edges = feature.hog(face, pixels_per_cell=(14, 14), cells_per_block=(1, 1), visualize=True)
edges = edges.clip(max=np.quantile(edges, 0.99))
waves = abs(filters.gabor(face / 255, frequency=1 / 16)[0])

# %%
steps = {"pixels": face, "40 eigenfaces": rebuilt, "LBP": patterns, "HOG": edges, "Gabor": waves}
steps = {name: torch.tensor(picture - picture.mean()) for name, picture in steps.items()}
charts.draw_panels(steps, "One face as pixels, eigenfaces, LBP codes, edges and waves.")

# %% [markdown]
# The last three are counted or averaged in cells of a grid, so that a small shift matters little. **Fisherfaces** (linear discriminant analysis) ask what differs *between* people and not within one.
#
# All are compared by the **cosine**, a dot product at unit length: by hand, for pixels less their mean, as by the library.

# %%
faces = load_faces()
train, _, test = faces.split_images(train=5, seed=0)

# %% tags=["nbval-check-output"]
known, new = train.images.flatten(1).float(), test.images.flatten(1).float()
unit = [torch.nn.functional.normalize(some - known.mean(0)) for some in (known, new)]
nearest = train.person[(unit[1] @ unit[0].T).argmax(1)]
library = classical.pixels().fit(train.images, train.person).predict(test.images)
(nearest == torch.from_numpy(library)).all().item()

# %% [markdown]
# ## Measure it
#
# All methods and lesson 00's network name real photographs, five enrolled and five asked. Dots are stored means of 20 such deals, called **splits**, with a **95 % interval**: of 100 such measurements, about 95 bars cover the true mean.

# %%
methods = ("pixels", "eigenfaces", "Fisherfaces", "LBP", "HOG", "Gabor")
fitted = {name: classical.BASELINES[name]().fit(train.images, train.person) for name in methods}
live = {name: method.score(test.images, test.person) for name, method in fitted.items()}

# %%
torch.manual_seed(0)
model = FaceCNN(width=24, embedding=128, people=faces.people)
fit(model, train.map(orl.to_half), epochs=pick(profile, smoke=2, quick=60, full=60))
named = predict(model, orl.to_half(test.images)).cpu()
live["CNN"] = (named == test.person).double().mean().item()
record("top-1 of the CNN, 5 photographs each", 100 * live["CNN"], "%")

# %%
five = charts.mean_intervals(stored["top-1"]["5"])
label = "top-1 (axis not from 0): mean of 20 splits, stored, 95 % interval, x = this run"
alt = "The CNN is ahead, Gabor filters follow, pixels and eigenfaces come last."
charts.draw_intervals({name: five[name] for name in live}, label, alt, live, shares=True)

# %% [markdown]
# The network leads with 99.2 %, before Gabor filters with 97.8 %; the network had help, from changed pictures and mirror images. Most crosses lie outside their bars, and nothing is broken: a bar is about the *mean* of many splits, a cross is one.
#
# ## Turn it: how sure is a mean?
#
# Light dots are the splits drawn of 400, below them their mean and interval; orange marks the mean of all. Go through the twenty draws of 5: about one bar in twenty should miss the orange mark. Then take more splits: the bar shrinks, the spread of the dots doesn't. The right side pairs two methods *within* each split: what makes a split easy or hard cancels.

# %% tags=["nbval-ignore-output"]
splits = pick(profile, smoke=160, quick=400, full=400)
codes = (classical.features(fitted[name], faces.images) for name in ("LBP", "HOG"))
lbp, hog = (experiment.run_splits(some, faces, splits) for some in codes)
figures.interval_slider(lbp, hog, ("LBP", "HOG"))

# %% [markdown]
# > **The rule.** Where the interval of the *paired* difference excludes zero, this course says **better** (by luck once in twenty, where nothing differs). Else it says **undecided**, which is not *equal*.
#
# These intervals are *over* splits of 400 photographs, not over new people. Splits share photographs: the bars are too narrow even for new ones ([Nadeau & Bengio 2003](https://doi.org/10.1023/A:1024068626366)).
#
# ## One photograph a person
#
# > 📌 **Claim.** "A network needs many images; with one photograph, rules made by hand win."
#
# Networks are trained with **augmentation**: pictures shifted, turned, scaled, mirrored, relit. Gabor filters get the same help here, twenty such views enrolled beside each photograph. **Weight decay** pulls a network's numbers towards zero (lesson 02). Differences of top-1 on six splits, stored:

# %%
asked = {
    "CNN less Gabor, neither augmented": ("CNN", "Gabor"),
    "the same, CNN with weight decay": ("CNN, strong weight decay", "Gabor"),
    "CNN less Gabor, both augmented": ("CNN, augmented", "Gabor, augmented"),
    "augmentation, CNN": ("CNN, augmented", "CNN"),
    "augmentation, Gabor": ("Gabor, augmented", "Gabor"),
}
found = {what: compare.subtract_points(one[a], one[b], "splits") for what, (a, b) in asked.items()}
charts.draw_differences({"": found}, "points, 95 % CI over splits")

# %% [markdown]
# The claim is half right. With no help the network is 13 points behind. With weight decay (its strength chosen on other splits), or with augmentation for both, the two are undecided. Augmentation gives the network 22 points, Gabor filters 8: an augmented network against plain filters measures the help.
#
# ## Prepare the pictures
#
# **Equalising** spreads a picture's grey values evenly. Titles: top-1 of pixels on such probes of ORL, and its change:

# %%
found = experiment.compare_preparation(faces, data.normalise_light)
figures.draw_preparation(nobody.images[:1], data.normalise_light, found)

# %% [markdown]
# Equalising lifts probes in side light from 8 % (chance: 2.5) to 71 %. In even light it *loses* a point.
#
# ## Accuracy, recall, precision
#
# **Accuracy** is the share of all pictures named rightly. A person's **recall** is the share of *their* pictures that were given their name; their **precision**, of the pictures given their name, the share that is theirs.
#
# **Exercise 1.** Ten pictures each of Anna, Ben and Chen (rows), and the names they were given (columns). Answer Anna's `[precision, recall]`.

# %% tags=["exercise", "nbval-check-output"]
table = torch.tensor([[8, 1, 1], [4, 6, 0], [0, 0, 10]])
anna = ____
exercises.confusion.check(anna)

# %% [markdown]
# ## Verification: two histograms and a line
#
# ORL's s21 to s40 stay **unseen** through the course: nothing is trained on them. (Lesson 05 tells of one look.) LBP compares all their pairs. Move the line: the share of impostors to its right is the FAR, and **TAR** = 1 − FRR that of the genuine pairs. Each place of the line is a point of the **ROC** curve (its FAR axis is logarithmic from 0.1 % on).

# %% tags=["nbval-ignore-output"]
from facecourse.kit import protocol, verify

unseen = protocol.unseen_people()
codes = torch.from_numpy(classical.lbp_histograms(unseen.images))
pairs = verify.verify_pairs(codes, unseen)
charts.threshold_slider(pairs, pairs.threshold_at(0.01))

# %% [markdown]
# A door that never opens decides 95 % of these pairs rightly, for 19,000 of the 19,900 are impostors: accuracy says nothing here.
#
# **Exercise 2.** Return the *largest* TAR for which at most the share `far` of the impostors is accepted. Any number may be the threshold; no two scores are equal.


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
# The **AUC** is the chance that a genuine pair outscores an impostor pair, the **equal error rate** (EER) is where FAR and FRR meet. No door runs at either, so this course reports **TAR at a given FAR**: at 1 %, four of ten genuine pairs are turned away.
#
# **Exercise 3.** One wanted person is among 10,000 who pass. The system has TAR 90 % at FAR 1 %; "99 % accurate", says the seller. Of the alarms to be expected, which share is true?

# %% tags=["exercise", "nbval-check-output"]
precision = ____
exercises.watch_list.check(precision)

# %% [markdown]
# ## Known people and strangers
#
# > 📌 **Claim.** "99 % on the test set, so it is ready for the door."
#
# A second network learns five photographs each of s1 to s20, and compares their other five (known), and s21 to s40 (strangers), by its **embedding**, the 128 numbers before the names. Gabor filters, which learn nobody, show whether the strangers are harder.
#
# The **bootstrap** draws the twenty people anew, with repetition, 200 times, measures each time, and keeps the middle 95 %: an interval over people.

# %%
learnt, _, known = protocol.open_people().split_images(train=5, seed=0)
torch.manual_seed(0)
door = FaceCNN(width=24, embedding=128, people=20)
fit(door, learnt.map(orl.to_half), epochs=pick(profile, smoke=2, quick=120, full=120))
tars = {}

# %%
for who, people in (("known", known), ("strangers", unseen)):
    learnt = embed(door, orl.to_half(people.images), flip=False).cpu()
    fixed = torch.from_numpy(classical.gabor_magnitudes(people.images))
    for name, codes in {"CNN": learnt, "Gabor": fixed}.items():
        scored = verify.score_pairs(codes, people)
        tar = measure.bootstrap_pairs(lambda pairs: pairs.tar_at(0.01), *scored, 200)
        tars[f"{name}, {who}"] = tar
    record(f"TAR of the CNN at 1 % FAR, {who}", 100 * tars[f"CNN, {who}"].value, "%")

# %%
alt = "The CNN on people it knows and on strangers, beside Gabor."
label = "TAR at 1 % FAR, this run: 95 % interval over people"
charts.draw_intervals(tars, label, alt, shares=True)

# %% [markdown]
# The claim is wrong. The network accepts nearly all genuine pairs of people it knows, and turns away more than a third of those of strangers. The strangers are no harder: Gabor filters do about as well on both. Telling strangers apart is a skill of its own, for lessons 04 and 05.
#
# ## Your turn: a threshold for the members' door
#
# **Exercise 4.** From the scores of all pairs of *ten* people choose a threshold whose FAR on ten *other* people is at most 1 %. The check deals s1 to s20 into two tens, a hundred times: this must hold in 70 deals, and 54 % of the others' genuine pairs must still be accepted. The scores are LBP's, on another scale at each check.


# %% tags=["exercise", "nbval-check-output"]
def set_threshold(scores, same):
    return ____


exercises.door.check(set_threshold)

# %% [markdown]
# ## Where it came from
#
# Articles put LBP in the 1980s, deep networks in the early 2000s, weight sharing after them. The papers say:

# %%
figures.draw_timeline()

# %% [markdown]
# Every convolution, FaceNet's and VGGFace's too, shares weights (lesson 03).
#
# ## What you know now
#
# Three tasks, two errors, one threshold. The course's **scoreboard** asks how well strangers are told apart. Its first rows (its CNN learnt ten photographs each):

# %%
from facecourse.kit import Scoreboard

rows = Scoreboard.load(evidence.BOARD).upto("01").rows
found = {row.method: row["TAR at 1 % FAR"] for row in rows}
label = "TAR at 1 % FAR on s21 to s40: stored, 95 % interval over 20 people"
alt = "The scoreboard's first rows: TAR at a FAR of 1 % of seven methods on unseen people."
charts.draw_intervals(found, label, alt, shares=True)

# %% [markdown]
# Next: [How a network learns](02_how_a_network_learns.ipynb).
#
# **Further reading.** Eigenfaces [1987](https://doi.org/10.1364/JOSAA.4.000519), [1991](https://doi.org/10.1162/jocn.1991.3.1.71); Fisherfaces [1997](https://doi.org/10.1109/34.598228); Gabor [1993](https://doi.org/10.1109/12.210173); LBP [1996](https://doi.org/10.1016/0031-3203(95)00067-4), of faces [2006](https://doi.org/10.1109/TPAMI.2006.244); HOG [2005](https://doi.org/10.1109/CVPR.2005.177); Neocognitron [1980](https://doi.org/10.1007/BF00344251); first trained CNN [1989](https://doi.org/10.1162/neco.1989.1.4.541); CNN on ORL [1997](https://doi.org/10.1109/72.554195); twin networks of faces [2005](https://doi.org/10.1109/CVPR.2005.202); DeepFace [2014](https://doi.org/10.1109/CVPR.2014.220); FaceNet [2015](https://doi.org/10.1109/CVPR.2015.7298682); VGGFace [2015](https://doi.org/10.5244/C.29.41); measuring [2000](https://doi.org/10.1109/34.879790).
