# %% [markdown]
# # 10 · Robustness and fairness: what breaks, and for whom
#
# **It works at noon. Does it work at night, behind a mask, and for everybody?** Break a recogniser, cure one, and count errors group by group.
#
# **You need** [lesson 05](05_face_embeddings.ipynb) for thresholds, [lesson 08](08_quantization_and_low_rank.ipynb) for the rungs. **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import torch

from facecourse.kit import ____, choose_profile, evidence, pick, record, stages
from facecourse.lesson10_robustness import exercises, experiment, figures
from facelib.models import face_embedding, face_student

profile = choose_profile(profile)
stored = evidence.load("10")
model = face_embedding()

# %% [markdown]
# ## Break it
#
# A generator can turn one factor and leave the rest alone. Above are good photographs of six people who don't exist, below others of them with so much of one factor. The threshold accepts 0.1 % of the impostor pairs of *other* people's good photographs. Name a folder of your own, and you stand there.

# %% tags=["nbval-ignore-output"]
own = None  # or "my_photos", with my_photos/Ada/1.jpg, my_photos/Ada/2.jpg, ...
if own:
    from facelib import data

    me = data.folder(own, size=64, detect=True, skip_bad=True).of_people([0])
    own = data.to_grey(me.images)
at = experiment.choose_good_threshold(model, people=pick(profile, smoke=40, quick=200, full=1000))
figures.break_slider(model, at, own)

# %% [markdown]
# ### The dark is noise
#
# Half the light is one **stop** less. Dividing pixels by two shows no darkness: our network standardises each face. A camera *counts photons*, which come by chance: where $n$ are expected, the noise is $\sqrt n$. Brightening brings back the grey, and the noise with it.
#
# **Exercise 1.** Write it. `images` are light, 0 to 1; white counts 1,000 photons in full light. (A camera adds noise of its own, left out here.)


# %% tags=["exercise", "nbval-check-output"]
def darken(images, stops):
    return ____


exercises.darken.check(darken)

# %% [markdown]
# ### Which rung breaks first?
#
# Five hundred people, the rungs as they ship, each at its own threshold (stored; the crosses are run now). Below, real faces: what can be done to any picture was done to one of each pair of ORL's s21 to s40.

# %%
factor = "mask, up to the nose"
rungs = {"student": face_student()}
thresholds = {"student": experiment.choose_good_threshold(rungs["student"], 200)}
people = pick(profile, smoke=10, quick=100, full=500)
live = experiment.sweep_factors(rungs, thresholds, people, [factor])
figures.draw_sweeps(stored["sweeps"], stored["ORL"], live)

# %% [markdown]
# <!-- reading: which panels stay flat, which rung leaves first, whether the order of rungs is the same in all panels, crosses inside the band -->
# What training showed (yaw, side light) costs little; what hides the face, or what training never had, costs most. ORL's curves begin lower, for its pairs already differ in pose and glasses: limits of good synthetic pairs do not carry over. Below them stands the FAR that was kept: twenty people choose no threshold well.
#
# > 📌 **Claim:** "Augmentation makes a recogniser robust."
#
# A small network learns the names of ORL's s21 to s40 from two photographs each, seen as they are, *moved and relit*, after *accidents* (curves, shade, coarseness, grey blocks), or both. One training now, five stored:

# %%
cured = experiment.train_cure("accidents", seed=0, epochs=pick(profile, smoke=2, quick=60, full=60))
record("top-1 on blurred faces, learnt from accidents", 100 * cured["blurred"], "%")
figures.draw_cures(stored["cures"])

# %% [markdown]
# <!-- reading: which cells are better, worse, undecided; what accidents cost on clean and moved faces -->
# The claim needs an object: robust *against what was shown*. A cure for blur is none for a moved face, and may cost clean photographs.
#
# ## For whom? The names of errors
#
# Errors begin before the network. A camera or a detector that gives no usable face is a **failure to acquire** (FTA), and no threshold repairs it.

# %%
stages.draw_stages({
    "camera": "dark, masked:\nno usable face",
    "detector": "FTA: finds\nno face",
    "network": "whom it learnt from",
    "comparison": "FMR, FNMR",
    "door": "FAR, FRR:\nall of it together",
})  # fmt: skip

# %% [markdown]
# | rate | share of | that |
# |---|---|---|
# | **FMR** | impostor comparisons | match |
# | **FNMR** | genuine comparisons | do not match |
# | **FTA** | attempts | give no usable face |
# | **FAR**, **FRR** | impostors, owners | are let in, turned away, FTA counted |
# | **APCER**, **BPCER** | attacks, live faces | pass, are refused (lesson 11) |
#
# A **group** is a quarter of the range of one number the generator was given, `skin`. Nobody was looked at and sorted, and nothing here says anything about groups of real people. Pairs are taken *within* a group.
#
# **Exercise 2.** Count FMR and FNMR of each group. `scores`, `same` (true where both show one person) and `group` (0 to 3) have an entry for each pair; a score *at* the threshold is accepted.


# %% tags=["exercise", "nbval-check-output"]
def group_rates(scores, same, group, threshold):
    return ____


exercises.group_rates.check(group_rates)

# %% [markdown]
# The library fairlearn counts the same; here of people who choose thresholds, none of whom is reported:

# %%
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate

from facelib.measure import verify_all

others = experiment.take_choosers(pick(profile, smoke=60, quick=300, full=1000))
codes = experiment.read_faces(model, others.images)
threshold = verify_all(codes, others.person).threshold_at(experiment.FAR)
scores, same, group = experiment.pair_up(codes, others)
frame = MetricFrame(
    metrics={"FMR": false_positive_rate, "FNMR": false_negative_rate},
    y_true=same, y_pred=scores >= threshold, sensitive_features=group,
)  # fmt: skip
figures.tabulate_rates(frame.by_group.to_numpy().tolist())

# %% tags=["nbval-check-output"]
from facelib.measure.groups import group_errors

ours = [errors.fmr.value for errors in group_errors(codes, others, threshold).values()]
torch.allclose(
    torch.tensor(ours).double(), torch.tensor(frame.by_group["FMR"].to_numpy()), atol=1e-5
)

# %% [markdown]
# `group_errors`, used below, adds intervals over people. The threshold accepts 0.1 % of *all* impostor pairs. Within a group more are accepted: two people of one group are more alike than any two.
#
# ### Turn the threshold
#
# A **DET curve** draws FNMR against FMR on log axes. One threshold is one dot on each curve:

# %% tags=["nbval-ignore-output"]
figures.group_slider(scores, same, group, threshold)

# %% [markdown]
# **Exercise 3.** What would it cost to give each group its own threshold, so that all have the FMR `far`? Return the four FNMRs.


# %% tags=["exercise", "nbval-check-output"]
def equal_fmr(scores, same, group, far):
    return ____


exercises.equal_fmr.check(equal_fmr)

# %% [markdown]
# Such a door must know, or guess, everybody's group, and treats people unequally by a trait that law protects. A pair from two groups would need a rule of its own.
#
# ### Does compression pay with one group?
#
# Two thousand other people, one threshold a network (stored). Where nobody was rejected, the interval still ends above zero: of $n$ people, none seen is compatible with some $3/n$.

# %%
figures.draw_groups(stored["groups"], stored["changes"])

# %% [markdown]
# <!-- reading: which group has the highest FMR by every network; whether changes of FNMR differ between groups (intervals), for which rung -->
# A group whose scores are all higher has a high FMR, a low FNMR, and more room before it loses at *one* threshold: a small change is no proof of fairness. [Hooker et al. (2020)](https://arxiv.org/abs/2010.03058) found groups that pruning hurt far more than others.
#
# ### People, or pictures of them?
#
# One group is accepted too often. Are its people more alike? Here we can ask as nobody can with real ones: *the same six hundred people in the same photographs*, and only the number `skin` set anew for all of them.

# %%
figures.draw_skins(stored["skin"], stored["detected"])

# %% [markdown]
# <!-- reading: is the FMR of the darkest rendering higher with people held fixed; by how much does the drawing of hair and eyes add; FTA by group -->
# The people did not change, so whatever the solid line shows is made by the renderer, and by what the network learnt of it. The dashed line lets the generator draw hair, eyes and shape for each skin, more varied ones for light skin. So our gap says nothing about people; that it resembles the audits below is a coincidence. On the right a detector made from photographs finds dark renderings less often: an audit that begins at the scores never sees those people.
#
# *Real* groups are known from audits. NIST tested 189 algorithms on 18 million photographs ([Grother et al. 2019](https://doi.org/10.6028/NIST.IR.8280)): false matches varied between groups by factors of 10 to 100, false non-matches far less. Algorithms made in East Asia had no such gap for East Asian faces, and the best had gaps too small to measure. A gap is no law of nature.
#
# ## Your turn: a threshold for everybody
#
# **Exercise 4.** One door, one threshold. `codes` are embeddings of people who practise (N, 128; unit length), with `person` and `group`. Return a threshold. The checker brings people nobody has met: in *every* group the FMR must stay at 2 % or below, and at most 20 points more genuine pairs may be rejected than by the best threshold there is.


# %% tags=["exercise", "nbval-check-output"]
def door_threshold(codes, person, group):
    return ____


exercises.door_threshold.check(door_threshold)

# %% [markdown]
# ## What you know now
#
# Turn one factor at a time, say the FAR, and look at real faces too. A cure works against what it shows. One threshold is not the same for every group, and before you explain a gap by people, hold the people fixed. The lesson adds no row to the board: its worst-group column is the FNMR you have counted here. Next: [lesson 11](11_privacy_and_security.ipynb), what an embedding gives away, and who gets in.
