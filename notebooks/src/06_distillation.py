# %% [markdown]
# # 06 · Distillation: a small network asks a large one
#
# **Can a network learn who is who without hearing one name?** Lesson 05's embedding spends 106 million multiplications on a face. Our student will take a sixth, and nobody has named the pictures it learns from.
#
# **You will** write the loop in which a large network, the **teacher**, teaches a small one, the **student**. It pays where the teacher *knows more* than the names can say, and most where there are also *pictures without names*. **You need** [lesson 05](05_face_embeddings.ipynb). **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import torch
from torch import nn

from facecourse.kit import Scoreboard, ____, choose_profile, evidence, orl, pick, record
from facecourse.ladder import rungs
from facecourse.ladder.student import taught_people
from facecourse.lesson06_distillation import exercises, experiment, figures
from facelib.models import FaceResNet, embed, face_embedding, face_student
from facelib.synth import synth

profile = choose_profile(profile)
torch.set_num_threads(1)  # networks this small gain nothing from a second one
stored, ladder = evidence.load("06"), evidence.load("ladder")
teacher, twelve = face_embedding(), synth(12, images=2, seed=8)
figures.draw_idea(twelve.images[0, 0])

# %% [markdown]
# ## What a name leaves out
#
# Twelve people who don't exist are enrolled with one photograph each. Which face has the likeliest second name? Which temperature shows it?

# %% tags=["nbval-ignore-output"]
codes = embed(teacher, twelve.images, flip=False)
logits = 30 * codes[1::2] @ codes[::2].T  # cosines times a fixed scale, as in lesson 05
figures.temperature_slider(logits, twelve.images[::2], twelve.images[1::2])

# %% [markdown]
# A name says who it is. The teacher also says whom this face resembles, its *dark knowledge*. Softmax hides it, unless logits are divided by a **temperature** $T$, which gives **soft labels**:
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
# At that temperature the student's probabilities $q$ should be the teacher's $p$. The **KL divergence**, $\sum_i p_i \ln(p_i/q_i)$, says how far they are apart; it is 0 if both agree. The higher $T$, the smaller its gradient: the slope of $z/T$ brings one factor $1/T$ and, where $T$ is large, $q - p$ shrinks by about a second one. So $T^2$ stands in front. Names may join in, at $T = 1$:
#
# $$L = (1-\alpha)\,\mathrm{CE}(y, q^{(1)}) + \alpha\,T^2\,\mathrm{KL}\big(p^{(T)}\,\|\,q^{(T)}\big)$$
#
# **Exercise 2.** Write this loss ([Hinton, Vinyals & Dean 2015](https://arxiv.org/abs/1503.02531)). `weight` is $\alpha$, `person` is $y$, `taught` are the teacher's logits. `nn.functional.kl_div` wants the logarithm of $q$ first, then $p$; `reduction="batchmean"` averages over faces.


# %% tags=["exercise", "nbval-check-output"]
def distil_loss(logits, taught, person, temperature, weight):
    return ____


exercises.distil_loss.check(distil_loss)

# %% [markdown]
# ## The loop
#
# Now real people: twenty of ORL, *one* named photograph of each. The teacher, `namer`, is the embedding fine-tuned on these as in lesson 04; the student is a `FaceCNN` of 12,000 weights. With $\alpha = 1$ no name is left in the loss, so the student may also look at four more photographs of each, without names:

# %%
from facelib.training.batches import DrawnFaces

named, test = orl.split_photos(photos=1, seed=0)
unnamed = DrawnFaces(experiment.list_pictures(seed=0)["four more"], images_each=1)
namer = experiment.train_teacher(named, steps=pick(profile, smoke=4, quick=80, full=80))


def ask(n, generator, device):
    pictures, person = unnamed(n, generator, device)  # n of them, augmented
    with torch.no_grad():  # the teacher stays as it is
        return pictures, (namer(pictures), person)


# %% [markdown]
# The loop is lesson 02's. Where names stood, it takes what `ask` says:


# %%
def distil(student, faces, loss, steps, batch=20, rate=4e-3):
    optimiser = torch.optim.AdamW(student.parameters(), rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    student.train()
    for step in range(steps):
        images, said = faces(batch, torch.Generator().manual_seed(step), torch.device("cpu"))
        value = loss(student(images), said)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        schedule.step()
    return student.eval()


# %%
from facelib.compress import MatchEmbedding, SoftTargets

soft = SoftTargets(temperature=4.0, weight=1.0)  # as in Exercise 2
steps = pick(profile, smoke=10, quick=300, full=300)
rate = stored["rates"]["best"]["asked, four more"]  # of seven, tried on s1 to s20
student = distil(experiment.build_student(), ask, soft, steps, rate=rate)
live = {"teacher": orl.top1(namer, test), "asked, four more": orl.top1(student, test)}
record("student, asked, four more", 100 * live["asked, four more"], "%")

# %% [markdown]
# ## When does it pay?
#
# > 📌 **Claim** "Asking a teacher always helps."
#
# Five splits are stored. Some students learnt names, some *smoothed names*: the name gets 0.9, all share the rest, and no teacher is needed ([Szegedy et al. 2016](https://arxiv.org/abs/1512.00567)). Others asked about the same photographs, four more of each, or *other* people.

# %%
figures.draw_students(stored["names"], live)
figures.draw_by_names(stored["names"])

# %% [markdown]
# The claim is refuted. Asked about four more photographs, the student gains a lot. Asked about the same ones it gains a little over names, and over smoothed names no gain is shown. Asked about other people it falls far behind, and names of all five are worth more than `namer`'s answers. So ask where names are scarce, about faces like those to come.
#
# ## Without any list of names
#
# A door has an embedding, and no list of people. Now the embedding itself is the teacher, and its student is to give any face the same *direction* (the library's `MatchEmbedding`):


# %% tags=["nbval-check-output"]
def follow(student, said):
    return (1 - nn.functional.cosine_similarity(student, said[0])).mean()


a, b = torch.randn(2, 5, 128, generator=torch.Generator().manual_seed(0))
torch.allclose(follow(a, (b, None)), MatchEmbedding()(a, (b, None)))  # None: nobody is named

# %% [markdown]
# `embed` reads a face *and its mirror image* and adds both up: two passes. The student is taught that sum, to say in **one pass** what the teacher says in two. It learns from 500 people who don't exist. It is a narrow `FaceResNet`: lesson 02's CNN with `blocks` of two convolutions whose output is *added* to what they were given (**residual**):

# %%
judges = experiment.render_judges()
asked = taught_people(pick(profile, smoke=16, quick=500, full=500))  # the teacher is asked once
torch.manual_seed(0)
small = FaceResNet(width=8, blocks=(0, 1, 1))  # a quarter of the teacher's channels, 3 blocks fewer
untrained = embed(small, judges.images, flip=False)
small = distil(small, asked, follow, steps, batch=64, rate=0.02)

# %% [markdown]
# Each dot is a pair of photographs of people it did not learn from; on the line a network says what the teacher says. Choose a network, move the threshold:

# %% tags=["nbval-ignore-output"]
told = embed(teacher, judges.images)
after, best = (embed(model, judges.images, flip=False) for model in (small, face_student()))
record("mean cosine to the teacher after seconds", (after * told).sum(1).mean())
networks = {"untrained": untrained, "after seconds, here": after, "face_student()": best}
figures.agreement_slider(networks, told, judges.person)

# %% [markdown]
# Without one name, in seconds, the dots came nearer to the line. `face_student()` is wider and learnt longer, from 128 times the people.
#
# A dot's distance from the line can be a loss, too: **relational distillation** compares pairs of faces ([Park et al. 2019](https://arxiv.org/abs/1904.05068), [Tung & Mori 2019](https://arxiv.org/abs/1907.09682)).
#
# **Exercise 3.** Return the mean squared difference of two tables of cosines, of all faces of a batch with each other and themselves: the student's and the teacher's. Their embeddings may have different numbers of columns.


# %% tags=["exercise", "nbval-check-output"]
def relate(student, teacher):
    return ____


exercises.relate.check(relate)

# %% [markdown]
# ## The first rung
#
# From here on we build a **ladder**: ever smaller networks, each a **rung**, compared with the teacher in one pass a face, on 5,000 people who don't exist. `face_student()` is the first. *What the teacher says* compares it with its **rival**, the same network trained as long on the same people by names. *Size* compares the teacher with the student after 7,500 further steps:

# %%
rungs.draw_steps(ladder, ["what the teacher says", "size"])

# %% [markdown]
# The teacher's answers gained many points over names, and the smaller size lost some; at the stricter FAR both more than double. The teacher had seen many more people than these 64,000, and only the student's rate was searched for: either may be a reason.
#
# ## Your turn
#
# **Exercise 4.** Build a student under 20 kB. `build()` returns a network from faces (N, 1, 32, 32), each of mean 0 and spread 1, to embeddings (N, 128). Its whole `state_dict()`, with batch norm's statistics, may take 20,000 bytes. The checker teaches it for 400 steps beside a *linear* rival: `nn.AvgPool2d(2)`, `nn.Linear(256, 12)`, batch norm, `nn.Linear(12, 128)`. Target: on new people, a mean cosine to the teacher that is 0.01 higher.


# %% tags=["exercise", "nbval-check-output"]
def build():
    return ____


exercises.student.check(build)

# %% [markdown]
# ## What you know now
#
# A student learns from answers, so its pictures need no names. Ask about pictures like those to come. The ladder's first rows stand on the scoreboard, mirror images included; multiplications (MACs) and latency are of one pass, *worst group* is the FRR of the group served worst (lesson 10). On ORL's twenty people no gain by the teacher's answers is shown:

# %%
board = Scoreboard.load(evidence.BOARD).upto("06")
board.rows = [row for row in board.rows if row.method.startswith("face ")]
board

# %% [markdown]
# Next: [lesson 07](07_pruning.ipynb) cuts channels out of the student.
