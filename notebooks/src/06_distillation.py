# %% [markdown]
# # 06 · Distillation: a small network asks a large one
#
# **Can a network learn who is who without hearing one name?** Lesson 05's embedding spends 106 million multiplications on a face. Our student will take a sixth, and nobody has named the pictures it learns from.
#
# **You will** write the loop in which a large network, the **teacher**, teaches a small one, the **student**, and see when that pays. **You need** [lesson 05](05_face_embeddings.ipynb). **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import torch
from torch import nn
from torch.nn import functional as F

from facecourse.kit import Scoreboard, ____, choose_profile, evidence, orl, pick, record
from facecourse.ladder import rungs
from facecourse.lesson06_distillation import exercises, experiment, figures
from facelib.models import FaceResNet, embed, face_embedding, face_student
from facelib.synth import synth

profile = choose_profile(profile)
torch.set_num_threads(1)  # networks this small gain nothing from a second one
stored, ladder = evidence.load("06"), evidence.load("ladder")
teacher, twelve = face_embedding(), synth(12, images=2, seed=8)
figures.draw_idea(twelve.images[0, 0])

# %% [markdown]
# It pays where the teacher **knows more** than the names at hand can say, and most where there are also **pictures without names**.
#
# ## What a name leaves out
#
# Twelve people who don't exist, one photograph enrolled of each. A logit is the cosine times a fixed scale, as in lesson 05; we take 30. Find a face whose second name is nearly as likely as the right one. Which temperature shows it?

# %% tags=["nbval-ignore-output"]
codes = embed(teacher, twelve.images, flip=False)
logits = 30 * codes[1::2] @ codes[::2].T
figures.temperature_slider(logits, twelve.images[::2], twelve.images[1::2])

# %% [markdown]
# A name says who it is. The teacher also says whom this face resembles: *dark knowledge*, as Hinton called it. Softmax hides it, unless logits are divided by a **temperature** $T$, which gives **soft labels**:
#
# $$p_i = \frac{e^{z_i/T}}{\sum_j e^{z_j/T}}$$
#
# **Exercise 1.** Write it. `logits` has a row for each face.


# %% tags=["exercise", "nbval-check-output"]
def soften(logits, temperature):
    return ____


exercises.soften.check(soften)

# %% [markdown]
# ## The loss
#
# At that temperature the student's probabilities $q$ should be the teacher's $p$. The **KL divergence**, $\sum_i p_i \ln(p_i/q_i)$, says how far they are apart; it is 0 if both agree. But the higher $T$, the smaller its gradient, here for a student whose logits are all 0:

# %% tags=["nbval-ignore-output"]
for T in (1, 4, 16):
    guess = torch.zeros_like(logits).requires_grad_()
    log_q, p = (guess / T).log_softmax(1), (logits / T).softmax(1)
    F.kl_div(log_q, p, reduction="batchmean").backward()
    print(f"T = {T:2}: gradient {guess.grad.norm():.5f}, times T²: {T**2 * guess.grad.norm():.2f}")

# %% [markdown]
# The slope of $z/T$ brings one factor $1/T$. And once $T$ is large enough that neither softmax is sure, here from 4 on, $q - p$ shrinks by about a second one. So $T^2$ stands in front.
#
# Names may join in, at temperature 1:
#
# $$L = (1-\alpha)\,\mathrm{CE}(y, q^{(1)}) + \alpha\,T^2\,\mathrm{KL}\big(p^{(T)}\,\|\,q^{(T)}\big)$$
#
# **Exercise 2.** Write this loss ([Hinton, Vinyals & Dean 2015](https://arxiv.org/abs/1503.02531)). `weight` is $\alpha$, `person` is $y$, `taught` are the teacher's logits. `F.kl_div` wants the logarithm of $q$ first, then $p$; `reduction="batchmean"` averages over faces.


# %% tags=["exercise", "nbval-check-output"]
def distil_loss(logits, taught, person, temperature, weight):
    return ____


exercises.distil_loss.check(distil_loss)

# %% [markdown]
# The library's class keeps $T$ and $\alpha$ and takes a pair: `SoftTargets(4, 1.0)(logits, (taught, person))`.
#
# ## The loop
#
# Now real people: twenty of ORL, *one* named photograph of each. The teacher is `namer`, the embedding fine-tuned on these as in lesson 04, but without smoothed names, which spoil what a teacher says ([Müller et al. 2019](https://arxiv.org/abs/1906.02629)); the student is a `FaceCNN` of 12,000 weights. With $\alpha = 1$ no name is left in the loss, so it may also look at four photographs of each that nobody has named.

# %%
from facelib.training.batches import DrawnFaces

(named, test), more = orl.split_photos(photos=1, seed=0), orl.split_photos(photos=5, seed=0)[0]
unnamed = experiment.hide_names(more)
namer = experiment.train_teacher(named, steps=pick(profile, smoke=4, quick=80, full=80))
record("teacher, one photograph", 100 * orl.top1(namer, test), "%")


class Asked:
    images_each = 1

    def __init__(self, pictures, teacher):
        self.pictures, self.teacher = pictures, teacher

    def __call__(self, n, generator, device):
        images, person = self.pictures(n, generator, device)
        with torch.no_grad():  # the teacher stays as it is
            return images, (self.teacher(images), person)


# %% [markdown]
# `DrawnFaces` draws `n` augmented pictures; `Asked` asks the teacher about each (in the library: `Taught`). The loop is lesson 02's (`fit_embedding`):

# %%
from facelib.training.loop import generator


def distil(student, faces, loss, steps, batch=20, rate=4e-3):
    student.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(student.parameters(), rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    for step in range(steps):
        images, said = faces(batch, generator(0, "faces", step, 0), torch.device("cpu"))
        value = loss(student(images), said)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        schedule.step()
    return student.eval()


# %% tags=["nbval-check-output"]
from facelib.compress import MatchEmbedding, SoftTargets
from facelib.training.embedding import fit_embedding

asked, soft = Asked(DrawnFaces(unnamed, 1), namer), SoftTargets(experiment.TEMPERATURE, weight=1.0)
mine, theirs = (experiment.build_student() for _ in range(2))
distil(mine, asked, soft, steps=10)
fit_embedding(theirs, asked, soft, steps=10, batch=20, lr=4e-3, bf16=False, progress=False)
both = zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True)
all(torch.allclose(a, b, atol=1e-5) for a, b in both)

# %% [markdown]
# All weights are equal. Now longer, beside a student of the twenty names. They differ in pictures *and* loss; the next figure separates these:

# %%
steps, rates = pick(profile, smoke=10, quick=300, full=300), stored["rates"]["best"]
sources = {
    "names": (DrawnFaces(named, 1), nn.CrossEntropyLoss()),
    "asked, four more": (asked, soft),
}
live = {}
for name, (faces, loss) in sources.items():
    student = distil(experiment.build_student(), faces, loss, steps, rate=rates[name])
    live[name] = orl.top1(student, test)
    record(f"student, {name}", 100 * live[name], "%")

# %% [markdown]
# ## When does it pay?
#
# Five splits are stored. Some students learnt names, *smoothed* where the name gets 0.9 and all share the rest, which needs no teacher ([Szegedy et al. 2016](https://arxiv.org/abs/1512.00567)). Others *asked* the teacher about the same photographs, about four more of each, or about five each of twenty other people, at temperature 4. Each learnt at the best of five rates, tried on s1 to s20.

# %%
figures.draw_students(stored["names"], live)
figures.draw_by_names(stored["names"])

# %% [markdown]
# Asked about the same photographs, the student gains a little over names; over smoothed names no gain is shown. Asked about four more, it gains a lot: what the teacher knows is learnt from pictures *of these people*, much less from those of others. Names of all five are worth more than `namer`. So ask about faces like those to come.
#
# > 📌 **Claim** "The higher the temperature, the better the student learns."

# %%
figures.draw_temperatures(stored["temperatures"])

# %% [markdown]
# The claim is not confirmed: no higher temperature is shown to be better than $T = 1$ (all else is equal but the rate, chosen for each). And the higher $T$, the less a further rise can change. For small $z/T$, $e^{z/T} \approx 1 + z/T$, and the loss is nearly half the mean squared difference of *logits* (each row less its mean).
#
# ## Without any list of names
#
# A door has an embedding, and no list of people. From here on the embedding itself is the teacher, and its student is to give any face the same *direction*. That loss is one line. For vectors of length 1 it equals half of their squared distance:


# %% tags=["nbval-check-output"]
def follow(student, said):
    return (1 - F.cosine_similarity(student, said[0])).mean()


a, b = torch.randn(2, 5, 128, generator=torch.Generator().manual_seed(0))
mine, theirs = follow(a, (b, None)), MatchEmbedding()(a, (b, None))  # None: nobody is named
half = (F.normalize(a) - F.normalize(b)).square().sum(1).mean() / 2
torch.allclose(mine, theirs, atol=1e-5), torch.allclose(mine, half, atol=1e-5)

# %% [markdown]
# `embed` reads a face *and its mirror image* and adds both up: two passes. The student is taught that sum, `said`, whichever of the two it sees, so it says in **one pass** what the teacher says in two. We ask once, about two photographs each of 500 people who don't exist. The student is a narrow `FaceResNet`: lesson 02's CNN with `blocks` of two convolutions whose output is *added* to what they were given (**residual**):

# %%
people = pick(profile, smoke=16, quick=500, full=500)
images = experiment.render_faces(people).images.float() / 255
with torch.no_grad():
    said = torch.cat([teacher(x) + teacher(x.flip(3)) for x in images.split(64)])


def deal(n, generator, device):
    rows = torch.randint(len(images), (n,), generator=generator)
    mirrored = torch.rand(n, 1, 1, 1, generator=generator) < 0.5
    return torch.where(mirrored, images[rows].flip(3), images[rows]), (said[rows], None)


judges = experiment.render_judges()
torch.manual_seed(0)
small = FaceResNet(
    width=8, blocks=(0, 1, 1)
)  # a quarter of the teacher's channels, and three blocks fewer
untrained = embed(small, judges.images, flip=False)
steps = pick(profile, smoke=4, quick=300, full=300)
small = distil(small, deal, follow, steps, batch=64, rate=0.02)

# %% [markdown]
# Each dot is a pair of photographs of *other* people; on the line a network says what the teacher says. Choose a network, move the threshold:

# %% tags=["nbval-ignore-output"]
told = embed(teacher, judges.images)
networks = {"untrained": untrained, "after seconds, here": embed(small, judges.images, flip=False)}
networks["face_student()"] = embed(face_student(), judges.images, flip=False)
near = (networks["after seconds, here"] * told).sum(1).mean()
record("mean cosine to the teacher after seconds", near)
figures.agreement_slider(networks, told, judges.person)

# %% [markdown]
# Without one name, in seconds, the dots came nearer to the line. `face_student()` had 128 times the people, 5,000 steps of 512 pictures, twice the channels and a block more.
#
# How far a dot lies above or below the line could be a loss, too: **relational distillation** ([Park et al. 2019](https://arxiv.org/abs/1904.05068)) compares pairs instead of single answers, with cosines ([Tung & Mori 2019](https://arxiv.org/abs/1907.09682)).
#
# **Exercise 3.** Return the mean squared difference of two tables, the cosines of all faces of a batch with each other and themselves, by the student and by the teacher. Their embeddings may have different numbers of columns.


# %% tags=["exercise", "nbval-check-output"]
def relate(student, teacher):
    return ____


exercises.relate.check(relate)

# %% [markdown]
# ## The first rung
#
# From here on we build a **ladder**: ever smaller networks, each a **rung**, measured against the teacher. `face_student()` is the first. *What the teacher says* compares it with its **rival**, the same network trained as long on the same people by lesson 05's contrastive loss, at the teacher's rate (the student's was searched for). *Size* compares the teacher with the student after 7,500 further steps. All are judged in one pass a face, on 5,000 people who don't exist; in two, which the student has learnt, the teacher would lead by more. Right of zero is worse:

# %%
rungs.draw_steps(ladder, ["what the teacher says", "size"])

# %%
rung = rungs.take_rungs(ladder, ["student"])["student"]
print(f"{rung['times smaller']:.1f} times smaller, {rung['times faster'].value:.1f} times faster")
print(f"points lost: TAR at 0.1 % FAR {rung['0.1 %']:.1f}, accuracy on LFW {rung['LFW']:.1f}")

# %% [markdown]
# On people who don't exist the teacher's answers gained many points over names, the smaller size lost some; both are more than twice as much at the stricter FAR (one training each). One reason may be that the teacher saw many more people than these 64,000; the rate, searched for the student alone, may be another. The two lines are about the shipped student: smaller, faster, and not as good.
#
# ## Your turn
#
# **Exercise 4.** Build a student under 20 kB. `build()` returns a network from faces (N, 1, 32, 32), each of mean 0 and spread 1, to embeddings (N, 128). All of its `state_dict()`, batch norm's statistics, too, may take 20,000 bytes. The checker teaches it for 400 steps, and a *linear* rival, which sees few pixels and goes through few numbers: `nn.Linear(256, 12)`, `nn.Linear(12, 128)`. Target: on new people, a mean cosine to the teacher that is 0.01 higher.


# %% tags=["exercise", "nbval-check-output"]
def build():
    return ____


exercises.student.check(build)

# %% [markdown]
# ## What you know now
#
# A student learns from answers, so its pictures need no names. That pays where the teacher knows more than names can say, about pictures like those to come; its faults may be learnt, too. The ladder's first rows of the board, on ORL's s21 to s40, mirror images included (MACs are of one pass). On these twenty people no gain by the teacher's answers is shown:

# %%
board = Scoreboard.load(evidence.BOARD).upto("06")
board.rows = [row for row in board.rows if row.method.startswith("face ")]
board

# %% [markdown]
# Next: [lesson 07](07_pruning.ipynb) cuts channels out of the student.
