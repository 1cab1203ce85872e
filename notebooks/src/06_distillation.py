# %% [markdown]
# # 06 · Distillation: a small network asks a large one
#
# **You will learn** what a teacher says of a face beyond a name; what a temperature does to it; how a small network, the student, learns from that, with names and without; and when it would have done as well alone.
# **You need** [lesson 05](05_face_embeddings.ipynb). **Time:** 40 minutes to read, a minute to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
import math

import torch

from facecourse.kit import (
    Scoreboard,
    ____,
    charts,
    choose_profile,
    compare,
    evidence,
    orl,
    pick,
    protocol,
    record,
    transfer,
)
from facecourse.ladder import rungs
from facecourse.lesson06_distillation import exercises, experiment, figures
from facelib import data

profile = choose_profile(profile)
stored, shown = evidence.load("06"), evidence.load("unlabelled")["pictures"]

# %% [markdown]
# ## What a name leaves out
#
# Twenty people, two photographs of each to learn from, five others to be tested on: lesson 04's task. Our **teacher** is the face embedding, frozen, with a new layer that has learnt the twenty names.

# %%
train, test = orl.split_photos(photos=2, seed=0)
teacher = experiment.train_teacher(train)
said = experiment.predict_logits(teacher, test.images)
record("teacher, two photographs", 100 * orl.top1(teacher, test), "%")

# %% [markdown]
# A label names one person. The teacher says twenty numbers, its logits, and softmax makes probabilities of them. The five largest for the first test face that it names rightly:

# %%
face = int((said.argmax(1) == test.person).nonzero()[0])
probability, person = torch.softmax(said[face], 0).topk(5)
charts.Table(
    ["person", "probability"],
    [[int(who), f"{p:.4f}"] for who, p in zip(person, probability, strict=True)],
)

# %% [markdown]
# The first is right; the others say whom this face resembles, and how much. Hinton called that *dark knowledge* (in a talk of 2014). To see it, divide the logits by a **temperature** before the softmax:
#
# $$p_i = \frac{e^{z_i/T}}{\sum_j e^{z_j/T}}$$
#
# **Exercise 1.** Write it. `logits` has a row for each face.


# %% tags=["exercise", "nbval-check-output"]
def soften(logits, temperature):
    return ____


exercises.soften.check(soften)

# %% tags=["nbval-ignore-output"]
figures.temperature_slider(said, test.person, start=face)

# %% [markdown]
# Below 1 the right person drowns out the others; at the slider's other end all are nearly equal. In between one can read who comes second. Such probabilities are called **soft labels** or soft targets.
#
# Is being second a fact about two faces, or noise of this network? Ask three teachers: ours; ours after it was shown *other* photographs; and one on the network from ImageNet, which was not trained to tell faces apart. For each person we average the logits over the test faces and rank the other nineteen:

# %%
other = experiment.train_teacher(experiment.take_other_photographs(photos=2, seed=0))
imagenet = transfer.adapt("ImageNet", "frozen", train, seed=0)
asked = {"ours": teacher, "other photographs": other, "ImageNet": imagenet}
thoughts = {
    name: experiment.measure_resemblance(experiment.predict_logits(model, test.images), test.person)
    for name, model in asked.items()
}
figures.tabulate_agreement(thoughts)

# %% [markdown]
# Chance would give a correlation of 0 and the same runner-up for one person. Two layers on the same frozen network agree most (about 0.7), but the one from ImageNet agrees with both, too (0.3): part of it is in the faces. Who exactly comes second is less certain. These are the pairs that ours finds most alike, one above the other:

# %% tags=["real-faces"]
data.contact_sheet(figures.take_most_alike(thoughts["ours"], test), columns=5)

# %% [markdown]
# ## What the student minimises
#
# The **student** shall say the same: its probabilities $q$ at that temperature should be the teacher's $p$. How far they are apart is measured by the **KL divergence**, $\sum_i p_i \ln(p_i/q_i)$.
#
# **Exercise 2.** Of three people the teacher says 0.7, 0.2, 0.1 and the student 0.5, 0.25, 0.25. How large is the divergence?

# %% tags=["exercise", "nbval-check-output"]
nats = ____
exercises.divergence.check(nats)

# %% [markdown]
# A high temperature makes both rows flat and their difference small; so the gradient shrinks. One factor $1/T$ comes from the derivative of $z/T$; the two rows come closer by about another one. Here is its length for our teacher and an untrained student:

# %%
student = experiment.build_student(train.people)
guess = experiment.predict_logits(student, test.images)
figures.tabulate_gradients(guess, said, temperatures=(1, 2, 4, 8, 16))

# %% [markdown]
# **Exercise 3.** By which number must the soft part be multiplied at T = 4 to make up for both factors?

# %% tags=["exercise", "nbval-check-output"]
times = ____
exercises.shrunk.check(times)

# %% [markdown]
# With $T^2$ in front, the gradient changes by a factor of two from T = 1 to 16, instead of five hundred, and a weight chosen once stays about right. The whole loss adds the names, at temperature 1:
#
# $$L = (1-\alpha)\,\mathrm{CE}(y, q^{(1)}) + \alpha\,T^2\,\mathrm{KL}\big(p^{(T)}\,\|\,q^{(T)}\big)$$
#
# **Exercise 4.** Finish it. `weight` is $\alpha$, `person` is $y$. PyTorch's `kl_div` takes the student first, as logarithms, and "batchmean" averages over faces.


# %% tags=["exercise", "nbval-check-output"]
def distil(logits, taught, person, temperature, weight):
    hard = torch.nn.functional.cross_entropy(logits, person)
    student = torch.log_softmax(logits / temperature, dim=1)
    teacher = torch.softmax(taught / temperature, dim=1)
    soft = torch.nn.functional.kl_div(student, teacher, reduction="batchmean")
    return ____


exercises.distil.check(distil)

# %% [markdown]
# From here on we import it: `facelib.compress.SoftTargets`. When $T$ grows, it becomes the squared difference of the *logits* (`MatchLogits`), which is older and has no temperature to choose.
#
# ## Does it help?
#
# The student is a `FaceCNN` of 12,000 weights beside the teacher's 1.16 million. It learns twice from the same start and the same two photographs of each person, in the same order and equally long: once from the names, and once half from the names, half from the teacher at temperature 8 ($\alpha$ = 0.5; both chosen on other people, s1 to s20).

# %%
steps = pick(profile, smoke=2, quick=experiment.STEPS, full=experiment.STEPS)
alone = experiment.train_student(experiment.TAUGHT_BY["names alone"](), train, steps=steps)
taught = experiment.train_student(
    experiment.TAUGHT_BY["soft targets"](), train, teacher, steps=steps
)
live = {"names alone": orl.top1(alone, test), "soft targets": orl.top1(taught, test)}
record("student, names alone", 100 * live["names alone"], "%")
record("student, soft targets", 100 * live["soft targets"], "%")

# %% [markdown]
# One split proves nothing. Ten are stored, each with a student of its own; intervals are over the twenty people. *Smoothed names* is the rival that soft labels must beat: names at 0.9, and the rest shared by all equally, without any teacher.

# %%
two = stored["names"]["2"]
charts.compare(compare.top1_intervals(two), live, "top-1, two photographs")

# %%
claims = {
    f"soft targets than {rival}, photos: {photos}": (runs["soft targets"], runs[rival])
    for photos, runs in stored["names"].items()
    for rival in ("names alone", "smoothed names")
}
for how in ("logits", "probabilities, squared error"):
    claims[f"{how} than names alone, photos: 2"] = (two[how], two["names alone"])
compare.decide(claims)

# %% [markdown]
# Nothing beats names here. With one photograph, soft targets are ahead by a point, and the interval holds zero; with two and five not even that. The squared differences, which are told no names, do worse.
#
# Why? The teacher has seen the same photographs. From one of each it names 83 % rightly, and so does the small student without it: there is nothing to hand on.
#
# ## Without names
#
# Look at the loss again: with $\alpha = 1$ no name is left in it. So the student can learn from pictures that nobody has labelled, and the teacher need not have seen them either. Let it have *one* photograph of each person. What may the student be shown? (All students learn three times as long now, for there is more to see. That helps smoothed names most.)

# %%
named_five = {"all five, with names": stored["names"]["5"]["names alone"]}
charts.compare(
    compare.top1_intervals(shown | named_five), what="top-1, the teacher had one photograph"
)

# %%
one, five = shown["that photograph, better teacher"], shown["it and four more, better teacher"]
names, smoothed = shown["names alone"], shown["smoothed names"]
compare.decide({
    "four more, than that photograph": (shown[experiment.MORE], shown["that photograph"]),
    "better teacher, than names": (one, names),
    "better teacher, than smoothed names": (one, smoothed),
    "better teacher and four more, than without these": (five, one),
    "better teacher and four more, than names": (five, names),
    "better teacher and four more, than smoothed names": (five, smoothed),
})  # fmt: skip

# %% [markdown]
# The frozen teacher's student learns the same from one photograph as from five: four more faces are four more questions to somebody who knows no more than before.
#
# A *better teacher* changes that. The face embedding, fine-tuned on the one photograph of each, names 89 % rightly. What it says of that photograph alone is 5 points better than the names, and no better, as far as we can see, than smoothed names, which need no teacher. With four more photographs, which nobody has labelled, its student is 7 points ahead of names and 4 of smoothed names, and these intervals exclude zero. Here distillation helps, and you can say why: the teacher knows more than one photograph tells, and new pictures *of these people* carry it over. Had somebody named them, though, it would be 99 %, without any teacher.
#
# Pictures of others don't do. Shown twenty other people of the same studio, a student comes to name 27 % of people it was never shown (chance is 5 %); shown people who don't exist, 15 %. Ask about what will come.

# %%
exercises.gone

# %% [markdown]
# ## Distilling an embedding
#
# A recogniser for a door has no list of names at all (lesson 05). Its student copies the **embedding**: for any face, the same direction. Then whatever is built on the teacher (a gallery, a threshold) can be tried with the student.
#
# **Exercise 5.** Write that loss: 1 minus the cosine of what student and teacher say of a face, on average over faces. Both are (N, 128).


# %% tags=["exercise", "nbval-check-output"]
def follow(student, teacher):
    return ____


exercises.follow.check(follow)

# %% [markdown]
# The pictures are people who don't exist, rendered anew at every step. The rival sees the same pictures and is told who is who, which is how the teacher itself once learnt. It is a `FaceResNet` with a quarter of the teacher's channels. A few steps of both, here and now:

# %%
from facecourse.kit import verify

few = pick(profile, smoke=1, quick=25, full=150)
unseen = protocol.unseen_people()
for name in ("taught", "names"):
    model = experiment.train_embedder(name == "taught", steps=few)
    pairs = verify.verify_pairs(verify.embed_at_64(model, unseen.images), unseen)
    record(f"AUC of an embedding student, {name}", pairs.auc)

# %%
students = {steps: charts.transpose(runs) for steps, runs in stored["embedders"].items()}
columns = {
    "taught": "{taught.value:.3f}",
    "by names": "{names.value:.3f}",
    "taught - names [95 % CI]": charts.subtract("taught", "names", "+.3f"),
}
charts.tabulate(charts.flatten(students), ["steps", ""], columns)

# %% [markdown]
# After 50 steps the student that was told who is who is ahead with one photograph and on people who don't exist. After 150 it still is on the latter, and the copy leads in AUC by a hundredth: one of eight intervals, at one rate that was tuned for neither. So neither is *the* better way. What speaks for the copy is that it needs no names, and that it says the teacher's numbers.

# %%
exercises.needs

# %% [markdown]
# ## Test the folklore
#
# **"The higher the temperature, the better."** Two photographs, everything else equal:

# %%
by_temperature = compare.top1_intervals(stored["temperatures"])
charts.draw_lines(
    [math.log2(float(t)) for t in by_temperature], {"student": list(by_temperature.values())},
    "log2 of the temperature", "top-1",
)  # fmt: skip
runs = stored["temperatures"]
compare.decide({f"T = {t} or T = 1?": (runs[t], runs["1"]) for t in runs if t != "1"})

# %% [markdown]
# From 1 to 16 nothing is decided: no temperature is better than 1 by more than its interval. (8 was the best on the people we chose by. On these it isn't: that happens, and is why one chooses on others.)
#
# **"The better or bigger the teacher, the better the student."** Five teachers of the same student, all shown the same two photographs (six of the ten splits):

# %%
rival = two["names alone"]
columns = {
    "parameters": "{parameters:,}",
    "its top-1": lambda row: compare.top1_interval(row["teacher"]).value,
    "its student's": lambda row: compare.top1_interval(row["student"]).value,
    "student - names, points": lambda row: (
        f"{compare.paired_points(row['student'], rival)[0]:+.1f}"
    ),
}
charts.tabulate(stored["teachers"], "teacher", columns)

# %% [markdown]
# Neither a teacher's size nor its own score decides anything here: no student is better than names alone by more than its interval, and the second-best one had the second-worst teacher. Cho & Hariharan found on ImageNet that a large teacher can even be worse; Yuan et al. that a poor one can still help, as smoothed names do.
#
# ## What articles ask
#
# One of the articles this course grew from calls all this *knowledge representation learning* (知识表示学习, *zhīshi biǎoshì xuéxí*).

# %%
exercises.named

# %% [markdown]
# It lists questions, too; here are short answers.
#
# | asked | answered |
# |---|---|
# | Does the student reach its teacher? | At naming it does, with two photographs and with five (that it passes it is undecided); as an embedding at the usual FAR, and not at a strict one (the table below) |
# | How does it differ from compression? | It *is* one: the only one that is free to choose another architecture. Pruning and quantization (lessons 07 and 08) change a given network, and can be applied to the student afterwards |
# | Which loss? | Not the article's two. Binary cross-entropy belongs to questions with two answers; the squared error of probabilities leaves out temperature and names, and lost in the first chart |
# | Homes, surveillance, crowds? | What a student changes is the price of a face (below). Whether faces should be read there is a question of law and consent: lesson 10 |
# | Imbalance, diversity? | A teacher that serves a group badly teaches that, too: the quiz above, and lesson 10 |
#
# ## The rung
#
# From here on we build a **ladder**: smaller and smaller networks, each a *rung*, all measured against the teacher. The first, `face_student()`, comes with this course: half the teacher's channels, two blocks fewer, taught for 8,000 steps. It learnt in one pass what the teacher says in two, of a face and of its mirror image. Its rival is the same network, trained equally long on who is who, with the same people dealt anew for every batch. What they have lost in percentage points (`facecourse/ladder/evidence.py`): of the teacher's TAR, on 5,000 people who don't exist, at FARs at which even the teacher rejects some; of its accuracy on LFW; and of its top-1 on ORL's s21 to s40, one photo enrolled. One pass a face, for accuracy as for time:

# %%
ladder = evidence.load("ladder")
rungs.compare_rungs(ladder, ("teacher", "student", "rival"))

# %% [markdown]
# What did each of the two changes cost? Paired over people, the mean of three trainings of each, which are as long; below zero it gained. (*longer* is the student taught for 12,000 steps more.)

# %%
rungs.compare_steps(ladder, ["size", "what the teacher says"])

# %%
exercises.fewer

# %%
board = Scoreboard.load(evidence.BOARD).upto("06")
board

# %% [markdown]
# ## What you have learnt
#
# - A teacher says of a face whom it resembles, too. A temperature makes that visible, and $T^2$ keeps its weight in the loss.
# - With the same photographs and their names, soft targets were no better than names; smoothed names, without any teacher, did as much.
# - They won, by 4 points over smoothed names, where the teacher knew more *and* there were pictures without names. These must be like those to come; five named ones are worth more.
# - An embedding can be copied without any name. The copy of this course does a sixth of the work.
# - No temperature was shown to be better than 1, and no size of a teacher decided anything.
#
# **Further reading.** G. Hinton, O. Vinyals & J. Dean, *Distilling the knowledge in a neural network*, 2015, [arXiv:1503.02531](https://arxiv.org/abs/1503.02531). J. Ba & R. Caruana, *Do deep nets really need to be deep?*, 2014, [arXiv:1312.6184](https://arxiv.org/abs/1312.6184). L. Yuan et al., *Revisiting knowledge distillation via label smoothing regularization*, 2020, [doi:10.1109/CVPR42600.2020.00396](https://doi.org/10.1109/CVPR42600.2020.00396). J. H. Cho & B. Hariharan, *On the efficacy of knowledge distillation*, 2019, [doi:10.1109/ICCV.2019.00489](https://doi.org/10.1109/ICCV.2019.00489). L. Beyer et al., *Knowledge distillation: a good teacher is patient and consistent*, 2022, [doi:10.1109/CVPR52688.2022.01065](https://doi.org/10.1109/CVPR52688.2022.01065).
