# %% [markdown]
# # 01 · Background: what recognition is, and how to measure it
#
# **You will** be the recogniser, build the classical ones, and tell a real difference from luck.
# **You need** [lesson 00](00_start_here.ipynb). **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import torch
from skimage import feature, filters
from sklearn.decomposition import PCA

from facecourse.kit import ____, charts, choose_profile, evidence, orl, pick, record
from facecourse.kit.faces import load_faces
from facecourse.lesson01_background import exercises, experiment, figures
from facelib.measure import bootstrap_pairs
from facelib.models import FaceCNN, classical, embed
from facelib.synth import synth
from facelib.training import fit

profile = choose_profile(profile)
stored = evidence.load("01")

# %% [markdown]
# ## Are you better than a machine?
#
# Twenty pairs of people who don't exist; ten show one person twice.

# %% tags=["nbval-ignore-output"]
pairs, same = experiment.deal_pairs(seed=11)
figures.play_pairs(pairs, same, machine=experiment.judge_by_gabor(pairs, seed=12))

# %% [markdown]
# A **genuine** pair shows one person, an **impostor** pair two. The **false accept rate** (FAR) is the share of impostor pairs you took for one person, the **false reject rate** (FRR) the share of genuine pairs you took for two. Brackets say where *your* true rate may lie.
#
# ## What a recogniser does

# %%
nobody = synth(40, images=5, seed=7, size=112)
codes = torch.from_numpy(classical.gabor_magnitudes(nobody.images[:2]))
figures.draw_pipeline(nobody.images[0], codes)

# %% [markdown]
# A recogniser **detects** the face, **aligns** it, **embeds** it as a row of numbers (the bars), **compares** two such rows by a **score**, and **decides** by a **threshold**.
#
# **Verification** (1:1): is this the person they claim to be? **Identification** (1:N): who is this **probe**, of all in the **gallery**? **Open set** (a door, a **watch list**): one of these, or nobody we know?
#
# | use | task | a false accept costs | a false reject costs |
# |---|---|---|---|
# | phone, payment, border gate | verification | money, a wrong entry | a code, a queue |
# | **members' door** | identification, open set | a stranger inside | a member outside |
# | patients' identity | verification | a wrong treatment | delay |
# | intrusion, surveillance | watch list (lawful? EU Regulation 2024/1689, Art. 5) | an innocent person stopped | a wanted one passes |
# | advertising, counting crowds | detection alone | a wrong count | a wrong count |
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
local = feature.local_binary_pattern(face, 8, 2, method="uniform")
_, edges = feature.hog(face, pixels_per_cell=(14, 14), cells_per_block=(1, 1), visualize=True)
waves = abs(filters.gabor(face / 255, frequency=1 / 16)[0])

# %%
maps = {"pixels": face, "40 eigenfaces": rebuilt, "LBP": local, "HOG": edges**0.5, "Gabor": waves}
maps = {name: torch.tensor(picture - picture.mean()) for name, picture in maps.items()}
charts.draw_panels(maps, "One face as pixels, eigenfaces, LBP codes, edges and waves.")

# %% [markdown]
# The last three are counted or averaged in the cells of a grid, so that small shifts matter little. All five are compared by the **cosine**, a dot product at unit length. For pixels less the mean face, by hand and by the library:

# %% tags=["nbval-check-output"]
faces = load_faces()
train, _, test = faces.split_images(train=5, seed=0)
known, new = train.images.flatten(1).float(), test.images.flatten(1).float()
unit = [torch.nn.functional.normalize(some - known.mean(0)) for some in (known, new)]
nearest = train.person[(unit[1] @ unit[0].T).argmax(1)]
library = classical.pixels().fit(train.images, train.person).predict(test.images)
(nearest == torch.from_numpy(library)).all().item()

# %% [markdown]
# ## Measure it
#
# All five name real photographs, five enrolled and five asked (crosses). Dots are stored means of 20 such deals, called **splits**. Bars are **95 % intervals**: of 100 such bars, about 95 cover the true mean.

# %%
methods = ("pixels", "eigenfaces", "LBP", "HOG", "Gabor")
fitted = {name: classical.BASELINES[name]().fit(train.images, train.person) for name in methods}
live = {name: method.score(test.images, test.person) for name, method in fitted.items()}

# %%
five = {name: stored["top-1"]["5"][name] for name in (*methods, "CNN")}
label = "top-1 (axis not from 0): mean of 20 splits, stored, 95 % interval, x = this run"
alt = "The CNN is ahead, Gabor filters follow, pixels and eigenfaces come last."
charts.draw_intervals(charts.mean_intervals(five), label, alt, live, shares=True)

# %% [markdown]
# Lesson 00's network leads with 99.2 %, helped by changed and mirrored pictures, before Gabor filters with 97.8 %. Three of five crosses lie outside their bars: a bar is about the *mean* of many splits, a cross is one.
#
# ## Turn it: how sure is a mean?
#
# Light dots are splits drawn from 400, below them their mean and interval; orange marks the mean of all. Go through the twenty draws of 5: about one bar in twenty should miss the orange mark. Then take more splits: the bar shrinks, the spread of the dots doesn't. The right side pairs two methods *within* each split: what makes a split easy or hard cancels.

# %% tags=["nbval-ignore-output"]
codes = (classical.features(fitted[name], faces.images) for name in ("LBP", "HOG"))
lbp, hog = (experiment.run_splits(some, faces, 400) for some in codes)
figures.interval_slider(lbp, hog, ("LBP", "HOG"))

# %% [markdown]
# > **The rule.** Where the interval of the *paired* difference excludes zero, this course says **better** (by luck once in twenty, where nothing differs). Else it says **undecided**, which is not *equal*.
#
# These intervals are *over* splits of 400 photographs, not over new people. Even for new photographs they are too narrow: splits share photographs ([Nadeau & Bengio 2003](https://doi.org/10.1023/A:1024068626366)).
#
# <details><summary>The rule at work: "With one photograph a person, rules made by hand beat a network."</summary>
#
# Half right. Networks are trained with **augmentation**: pictures shifted, turned, scaled, mirrored, relit. Without it the network is 13 points behind Gabor filters, over six splits. With it for both (the filters enrol changed views, too) they are undecided. Helping one side alone measures the help: 22 points for the network, 8 for the filters.
#
# </details>
#
# ## Accuracy, recall, precision
#
# **Accuracy** is the share of all pictures named rightly. A person's **recall** is the share of *their* pictures that got their name, their **precision** the share of the pictures with their name that are theirs.
#
# **Exercise 1.** Ten pictures each of Anna, Ben and Chen (rows), and the names they got (columns). Answer Anna's `[precision, recall]`.

# %% tags=["exercise", "nbval-check-output"]
table = torch.tensor([[8, 1, 1], [4, 6, 0], [0, 0, 10]])
anna = ____
exercises.confusion.check(anna)

# %% [markdown]
# ## Verification: two histograms and a line
#
# What is tested on strangers learns nothing from ORL's s21 to s40: they are **unseen**. LBP compares all their pairs. Move the line: the share of impostors to its right is the FAR, that of genuine pairs the true accept rate, **TAR** = 1 − FRR. Each place of the line is a point of the **ROC** curve.

# %% tags=["nbval-ignore-output"]
from facecourse.kit import protocol, verify

unseen = protocol.unseen_people()
codes = torch.from_numpy(classical.lbp_histograms(unseen.images))
pairs = verify.verify_pairs(codes, unseen)
charts.threshold_slider(pairs, pairs.threshold_at(0.01))

# %% [markdown]
# A door that never opens decides 95 % of these pairs rightly, for 19,000 of the 19,900 are impostors: accuracy says nothing here.
#
# **Exercise 2.** Return the *largest* TAR for which at most the share `far` of impostors is accepted.


# %% tags=["exercise", "nbval-check-output"]
def tar_at(scores, same, far):
    impostors = scores[~same].sort(descending=True).values
    return ____


exercises.tar.check(tar_at)

# %%
record("EER of LBP on unseen people", 100 * pairs.eer, "%")
record("AUC of LBP on unseen people", 100 * pairs.auc, "%")

# %% [markdown]
# The **AUC** is the chance that a genuine pair outscores an impostor pair, the **equal error rate** (EER) is where FAR and FRR meet. No door runs at either, so this course reports **TAR at a given FAR**: at 1 %, four of ten genuine pairs are turned away.
#
# **Exercise 3.** One wanted person is among 10,000 who pass. The system has TAR 90 % at FAR 1 %; "99 % accurate", says the seller. Which share of the expected alarms is true?

# %% tags=["exercise", "nbval-check-output"]
precision = ____
exercises.watch_list.check(precision)

# %% [markdown]
# ## Known people and strangers
#
# > 📌 **Claim.** "99 % on the test set, so it is ready for the door."
#
# A network learns five photographs each of s1 to s20. Its **embedding**, the 128 numbers before the names, compares their other five, and all ten of strangers, s21 to s40. Gabor filters, which learn nobody, show whether strangers are harder.

# %%
learnt, _, known = protocol.open_people().split_images(train=5, seed=0)
torch.manual_seed(0)
door = FaceCNN(width=24, embedding=128, people=20)
fit(door, learnt.map(orl.to_half), epochs=pick(profile, smoke=2, quick=120, full=120))

for who, people in (("known", known), ("strangers", unseen)):
    fixed = torch.from_numpy(classical.gabor_magnitudes(people.images))
    embedded = embed(door, orl.to_half(people.images), flip=False).cpu()
    for name, codes in {"Gabor": fixed, "the CNN": embedded}.items():
        tar = verify.verify_pairs(codes, people).tar_at(0.01)
        record(f"TAR of {name} at 1 % FAR, {who}", 100 * tar, "%")

# %% [markdown]
# The claim is wrong. The network accepts nearly all genuine pairs of people it knows, and turns away more than a third of those of strangers. Strangers seem no harder: Gabor filters accept 73.5 % of the known, 72.6 of the strangers. Telling strangers apart is a skill of its own (lessons 04 and 05).
#
# The **bootstrap** draws these twenty strangers anew, with repetition, 200 times, and keeps the middle 95 % of what it measures: an interval over people.

# %%
bootstrap_pairs(lambda pairs: pairs.tar_at(0.01), *verify.score_pairs(embedded, unseen), 200)

# %% [markdown]
# ## Your turn: a threshold for the members' door
#
# **Exercise 4.** From the scores of all pairs of *ten* people choose a threshold whose FAR on ten *other* people is at most 1 %. The check deals s1 to s20 into two tens, a hundred times: the FAR must hold in 70 deals, and on average 54 % of the others' genuine pairs must pass. Scores are rescaled at each check.


# %% tags=["exercise", "nbval-check-output"]
def set_threshold(scores, same):
    return ____


exercises.door.check(set_threshold)

# %% [markdown]
# ## Where it came from
#
# Articles put LBP in the 1980s, deep networks in the early 2000s, and weight sharing after them. The papers say:

# %%
figures.draw_timeline()

# %% [markdown]
# Every convolution shares weights, FaceNet's too (lesson 03).
#
# <details><summary>The papers</summary>
#
# Eigenfaces [1987](https://doi.org/10.1364/JOSAA.4.000519), [1991](https://doi.org/10.1162/jocn.1991.3.1.71); Fisherfaces [1997](https://doi.org/10.1109/34.598228); Gabor [1993](https://doi.org/10.1109/12.210173); LBP [1996](https://doi.org/10.1016/0031-3203(95)00067-4), of faces 2004, at length [2006](https://doi.org/10.1109/TPAMI.2006.244); HOG [2005](https://doi.org/10.1109/CVPR.2005.177); Neocognitron [1980](https://doi.org/10.1007/BF00344251); first trained CNN [1989](https://doi.org/10.1162/neco.1989.1.4.541); CNN on ORL [1997](https://doi.org/10.1109/72.554195); twin networks of faces [2005](https://doi.org/10.1109/CVPR.2005.202); DeepFace [2014](https://doi.org/10.1109/CVPR.2014.220); FaceNet [2015](https://doi.org/10.1109/CVPR.2015.7298682); VGGFace [2015](https://doi.org/10.5244/C.29.41); measuring [2000](https://doi.org/10.1109/34.879790).
#
# </details>
#
# ## What you know now
#
# Three tasks, two errors, one threshold. The course's **scoreboard** says of each method how well it tells strangers apart. Next: [How a network learns](02_how_a_network_learns.ipynb).
