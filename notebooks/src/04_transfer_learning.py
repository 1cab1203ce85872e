# %% [markdown]
# # 04 · Transfer learning: start from what others have learnt
#
# **You will learn** what a source and a target domain are and which of two formulas is the aim; how to put a new layer on a network that was trained elsewhere, and what to train when; what goes wrong on the way (batch norm, a wrong source); and whether it beats starting from nothing when there is one photograph of each person.
# **You need** [lesson 03](03_weight_sharing.ipynb). **Time:** 50 minutes to read, a minute to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
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
    record,
    transfer,
)
from facecourse.lesson04_transfer import exercises, experiment, figures
from facelib import data

profile = choose_profile(profile)
stored = evidence.load("04")
one = figures.take_unshifted(stored["top-1"]["1"])

# %% [markdown]
# ## Two domains
#
# A **domain** is what the pictures are like, $P(x)$; a **task** is what is asked about them, $P(y\mid x)$. Together they are $P(x,y)$. Read $P(y\mid x)$ as "which name, given this picture", and below $\mathbb{E}\,\ell$ as "the mean loss over pictures of the target"; $f$ is the recogniser, picture in, name out.
#
# | term | in this lesson |
# |---|---|
# | **source domain** (源域, *yuányù*), $P_{src}(x,y)$ | ImageNet: things and animals; or faces of people who don't exist |
# | **target domain** (目标域, *mùbiāoyù*), $P_{tar}(x,y)$ | ORL: photographs of 20 real people, one to five of each to learn from |
# | **shared feature space** (共享特征空间, *gòngxiǎng tèzhēng kōngjiān*) | what the network computes before its last layer |
# | **adaptation layer** (适应层, *shìyìngcéng*) | the new last layer, which names the target's people |
#
# Carrying weights over is called **weight transfer** (权值迁移, *quánzhí qiānyí*), and the whole **transfer learning** (迁移学习, *qiānyí xuéxí*). Here is one source, six people with four photographs each:

# %%
from facelib.synth import synth

data.contact_sheet(synth(6, 4, seed=3), columns=8)

# %% [markdown]
# And the target, two photographs of each. ORL's s1 to s20 served to choose every setting; the numbers below are about s21 to s40, 20 people told apart from one another. (The networks trained on them here are thrown away. Nothing on the scoreboard has learnt from them.)

# %% tags=["real-faces"]
data.contact_sheet(orl.split_photos(photos=2, seed=0)[0])

# %% tags=["nbval-check-output"]
train, test = orl.split_photos(photos=1, seed=0)
train, test

# %% [markdown]
# ## What is the aim?
#
# Articles name two aims in one breath: that the new function be like the old one, $f_{tar}\approx f_{src}$, and that it have little loss on the target, $L(f_{tar})=\mathbb{E}_{(x,y)\sim P_{tar}}\,\ell(y,f_{tar}(x))$.

# %%
exercises.aim

# %% [markdown]
# A small case shows that they differ. Our $f$ accepts a pair of faces if its similarity reaches a threshold, and its loss is the mean of false accepts and false rejects. The source is pairs of synthetic people. The target is a door with a poor camera: pairs of real people, one photograph as it is, the other as if taken with 16 × 16 pixels. $f_{src}$ has the best threshold for the source, $f_{tar}$ the best for such pairs of s1 to s20. Both are judged on such pairs of s21 to s40:

# %%
from facelib.models import face_embedding

source = face_embedding()
aims, saved = experiment.choose_aims(
    source, experiment.SHIFTS["blurred"], people=pick(profile, smoke=5, quick=100, full=100)
)
charts.Table(
    ["", "threshold", "decides as f_src does", "loss on the target"],
    [[name, *aim] for name, aim in aims.items()],
)

# %%
record("loss saved by departing from the source's function", saved.value)
saved

# %% [markdown]
# $f_{src}$ decides like itself in every pair and loses more; $f_{tar}$ departs from it and loses less, by the difference that stands alone above (paired over people). Likeness to the old function was no aim: the target's loss is, and the old function is where we start.
#
# ## Choose → adapt → train the new layer → fine-tune
#
# **Choose.** Five networks, without their last layer. Two are on your disk. The other three need the internet for their weights (`backbones.resnet18(pretrained=True)`); untrained, they can still be counted and timed, on one thread:

# %%
figures.time_backbones(repeats=pick(profile, smoke=2, quick=5, full=20))

# %% [markdown]
# **Adapt.** An article takes VGG16 without its last, fully connected layers (its "top"). What remains makes 512 maps, and the mean of each map is one number, so 512 numbers. On them it puts a layer of 1,024 units, and on those one of 40 names, all of ORL, with softmax.
#
# **Exercise 1.** How many weights and biases are new?

# %% tags=["exercise", "nbval-check-output"]
learnt = ____
exercises.new_layers.check(learnt)

# %% [markdown]
# We leave the middle layer out: one new layer, straight on the features. But first, what are the features worth *without any training*? Enrol one photograph of each person and name the others by their nearest neighbour. Every network gets the same 64 × 64 grey pixels:

# %%
live = {"pixels": orl.nearest_top1(None, train, test)}
for name in ("ImageNet", "synthetic faces"):
    live[name] = orl.nearest_top1(transfer.SOURCES[name](), train, test)
    record(f"nearest neighbour, {name}", 100 * live[name], "%")
charts.compare(compare.top1_intervals({name: one[name, "nearest"] for name in live}), live)

# %% [markdown]
# A network that has never been asked about a face tells faces apart better than pixels do: edges, textures and shapes are common property. That is what the shared feature space means. (Part of it is the architecture: below, an untrained network beats pixels, too.)
#
# **Train the new layer.** Everything below is **frozen**: training leaves these weights as they are (PyTorch: `requires_grad = False`). So each view of a photograph needs to be embedded only once:

# %%
model = transfer.build_recogniser("synthetic faces", people=20)
transfer.train_new_layer(model, train, seed=0)
orl.top1(model, test)

# %% [markdown]
# In this split that is less than the nearest neighbour found without any training; over the stored splits they are about equal. Its use is what comes next: it is a start from which all layers can learn.
#
# **Fine-tune.** Now all of it learns, at a third of the rate that suits a network from nothing. And its rival, the same architecture *from nothing*: same photographs, same augmentation, as many steps:

# %%
steps = pick(profile, smoke=2, quick=transfer.STEPS, full=transfer.STEPS)
tuned = transfer.adapt_further(model, "all", train, seed=0, steps=steps)
scratch = transfer.adapt("nothing", "at once", train, seed=0, steps=steps)

# %%
live = {"from nothing": orl.top1(scratch, test), "fine-tuned": orl.top1(tuned, test)}
for name, hits in live.items():
    record(f"top-1 {name}, 1 photograph", 100 * hits, "%")

# %%
arms = {
    "from nothing": one["nothing", "at once"],
    "from nothing, FaceCNN": one["nothing", "FaceCNN"],
    "frozen": one["synthetic faces", "frozen"],
    "at once": one["synthetic faces", "at once"],
    "fine-tuned": one["synthetic faces", "all"],
    "ImageNet, frozen": one["ImageNet", "frozen"],
}
charts.compare(compare.top1_intervals(arms), live)

# %% [markdown]
# The dots are stored (`python -m facecourse.lesson04_transfer.evidence`): means over eight splits, with intervals over the twenty people. All else equal, is the start from synthetic faces better than a start from nothing? *At once* is the fairest rival: everything learns from the first step, exactly as from nothing. *All* is fine-tuned after the new layer, whose training comes on top. Each row is a difference for the same people and splits, and the last column says what its interval allows us to say: *yes*, the first is better; *no*, the second is; or undecided.

# %%
scratch_arm, tuned_arm = ("nothing", "at once"), ("synthetic faces", "all")
once_arm = "synthetic faces", "at once"
figures.compare_arms(stored["top-1"], (once_arm, scratch_arm), (tuned_arm, scratch_arm))

# %% [markdown]
# It is, and no real face is in the source. The lead shrinks from twelve points with one photograph to one with five, where both are nearly perfect. (The intervals are about these twenty people; another twenty could differ.)
#
# But is 80 steps a fair budget for a network that starts from nothing? Give it more, and let `FaceCNN` compete, smaller and better suited to so few photographs:

# %%
claims = {
    f"at once, 80 steps; or nothing, {steps} steps?": (one[once_arm], shares)
    for steps, shares in ({"80": one[scratch_arm]} | stored["budgets"]).items()
}
for name, arm in {"at once": once_arm, "fine-tuned": tuned_arm}.items():
    claims[f"{name}; or FaceCNN from nothing?"] = one[arm], one["nothing", "FaceCNN"]
compare.decide(claims)

# %% [markdown]
# Twice the steps bring the start from nothing half way, four times no farther, and the lead that remains excludes zero. But the small network is, from nothing, as good as the large one from synthetic faces. What a transfer is worth depends on its rival.
#
# How deep should training reach? Move the sliders: how many photographs, and how many thirds of the layers, the last ones first, learn along with the new one.

# %% tags=["nbval-ignore-output"]
figures.depth_slider(stored["top-1"])

# %% [markdown]
# With one photograph the last third of the layers brings most of it; whether the first third learns along makes no difference one could see. With five, everything but the frozen network is near the ceiling.
#
# ### One rate for all?
#
# Early layers see edges and are needed as they are; late ones were made for the source's task. So **discriminative rates** let early layers learn more slowly.
#
# **Exercise 2.** Write the rates for any number of layers: the last one learns at `last`, each earlier one at a third of the next. The check draws them.


# %% tags=["exercise", "nbval-check-output"]
def rates(last, layers):
    return ____


exercises.rates.check(rates)

# %% [markdown]
# An **adapter** goes further: keep the network, learn a few numbers beside it. The smallest one is in it already. A **batch norm** layer takes a mean from each channel and divides it by a standard deviation, then multiplies by a learnt *scale* and adds a learnt *shift*; only these two learn. How many numbers does each way move?

# %% tags=["nbval-check-output"]
{method: transfer.count_moved(model, method) for method in transfer.METHODS}

# %%
ways = ("all, rates rising with depth", "batch norm")
pairs = [(("synthetic faces", way), tuned_arm) for way in ways]
frozen_arm = "synthetic faces", "frozen"
figures.compare_arms(stored["top-1"], *pairs, (("synthetic faces", "batch norm"), frozen_arm))

# %% [markdown]
# (Three rates, one for each third of the layers; every way at its best rate on s1 to s20.) Rates that rise with depth make no difference that we could see. Batch norm alone is too little: six points below all weights, and a draw with nothing but a new layer.
#
# Another adapter is **LoRA**: a matrix $W$ stays, and $BA$ is added to it. With rank 4, $A$ has 4 rows and a column for each input, $B$ a row for each output and 4 columns, so that $BA$ has the shape of $W$; only $A$ and $B$ learn.
#
# **Exercise 3.** The embedding layer maps 1,536 numbers to 128. How many numbers does LoRA of rank 4 learn for it?

# %% tags=["exercise", "nbval-check-output"]
adapter = ____
exercises.low_rank.check(adapter)

# %% [markdown]
# ## Traps
#
# ### "Frozen" in training mode
#
# In training mode (`model.train()`) batch norm takes mean and deviation from the batch, and keeps a *running* mean and variance of what it saw, which `model.eval()` uses instead. They are not parameters. `requires_grad = False` doesn't hold them, and in training mode they aren't even used: a face is then judged by the others in its batch.

# %%
exercises.mode

# %% [markdown]
# No weight moves below. We only forget `eval()`, and ask for five faces at a time:

# %%
modes = experiment.forget_mode(source, train, test)
charts.compare(charts.mean_intervals(stored["training mode"]), modes)

# %% [markdown]
# With mixed people in a batch it costs a good part of the hits. With *one* person a batch, the order in which test photographs usually lie on a disk, batch norm subtracts what the five have in common: the person. The running means drift meanwhile; here, where they are faces again, that does no harm. (Intervals over splits.)
#
# **Exercise 4.** `stored_mean` is what batch norm has kept of four channels, `batch` what three new faces give. What does it keep after this one batch, with momentum 0.1? (Here this word means the share of the new batch: a tenth new, nine tenths kept. It has nothing to do with lesson 02's momentum.)

# %% tags=["exercise", "nbval-check-output"]
stored_mean = torch.tensor([0.0, 1.0, 2.0, -1.0])
batch = torch.tensor([[2.0, 1.0, 0.0, 3.0], [4.0, 1.0, 2.0, 1.0], [3.0, 4.0, 1.0, -1.0]])
running_mean = ____
exercises.drift.check(running_mean)

# %%
exercises.forgetting

# %% [markdown]
# ### "Train the new layer first", and code that doesn't
#
# The article says to train the new layer first. Its code never freezes the base, so from the first step the gradients of a random layer run through everything. What did that cost?

# %%
pairs = [((source, "all"), (source, "at once")) for source in ("synthetic faces", "ImageNet")]
figures.compare_arms(stored["top-1"], *pairs)

# %% [markdown]
# Nothing that we could see on faces like those it learnt from. (For the ImageNet network, in three splits of 40 steps, even the mean speaks for all at once.) Wait for the faces that are not like them, two sections down.
#
# ### A wrong source
#
# Transfer can also harm, which is called **negative transfer**. One small network learnt from 1,600 synthetic pictures *who* is in them, one *how* they are taken (pose and light), one names dealt by *chance*. Same pictures, same steps. Then they met the target:

# %%
figures.compare_tasks(stored["wrong tasks"], one["pixels", "nearest"])

# %% [markdown]
# Every split has sources of its own, and in brackets stands how much of their own task they have learnt. Same pictures, so the domain is not to blame: to learn *how*, for which identity is a nuisance, makes features twenty points worse than those of the same network untrained. Fine-tuning mends that and gains nothing. Names dealt by chance, of which a tenth were learnt, did no harm, rather the opposite: to tell pictures apart takes features of pictures (Maennel et al. 2020, below). And a part of every lead over pixels is the architecture alone, the first row.
#
# ### Tests in the domain, and beside it
#
# Does fine-tuning make a network fit *these* photographs only? Here are the same test faces, as they are, taken with 16 × 16 pixels, with a third of the light, and turned by 25 degrees:

# %%
arms = {
    "from nothing": ("nothing", "at once"),
    "synthetic faces, frozen": ("synthetic faces", "frozen"),
    "synthetic faces, at once": once_arm,
    "synthetic faces, fine-tuned": tuned_arm,
    "ImageNet, frozen": ("ImageNet", "frozen"),
}
figures.tabulate_shifts(stored["top-1"]["1"], arms)

# %%
figures.compare_under_shifts(
    stored["top-1"]["1"],
    {
        "fine-tuned, to frozen": (tuned_arm, arms["synthetic faces, frozen"]),
        "fine-tuned, to at once": (tuned_arm, once_arm),
        "ImageNet frozen, to synthetic frozen": (
            arms["ImageNet, frozen"],
            arms["synthetic faces, frozen"],
        ),
    },
)

# %% [markdown]
# No: fine-tuned, the mean stays ahead of frozen under every change, beyond chance but for blurred faces. But here the order counts: training everything *at once* costs ten points on blurred faces against training the new layer first, as Kumar et al. (2022, below) found with other pictures. And each source is blind in a way of its own: the ImageNet network loses more than half of its hits where faces are blurred, and is best where they are turned; less light hardly matters to networks that standardise each face before they look. One accuracy doesn't say what a network will do tomorrow.
#
# ## The feature space, before and after
#
# Eight of the people, five test photographs each, before fine-tuning and after. t-SNE keeps neighbours and nothing else, so don't read distances or sizes in its maps; the table measures in all dimensions, for all 20.

# %%
spaces = {
    name: orl.embed_or_flatten(network, test.images)
    for name, network in {"before": model, "after": tuned}.items()
}
figures.draw_maps(spaces, test.person)

# %% [markdown]
# The smaller the ratio, the closer one person's photographs lie together, compared with those of others. Look where the gain comes from: one person's photographs did not move together, other people moved apart.
#
# ## Three things that are not the same
#
# **One-shot**: a new person has *one* example. That was the nearest neighbour above. **Verification of unseen people**: there are no classes at all, two faces are compared:

# %%
from facecourse.kit import protocol
from facelib.models import embed

metrics = protocol.unseen_metrics(embed(source, orl.to_64(protocol.unseen_people().images)))
record("AUC of the face embedding on unseen people", metrics["AUC"].value)
charts.Table(["face embedding, unseen people", "[95 % CI]"], metrics.items())

# %% [markdown]
# **Zero-shot**: no picture of the person at all, only a *description*. A linear layer learns from other people to read eight attributes off an embedding (synthetic people again, whose attributes are known exactly):

# %%
from facelib.synth import identities

known = identities(pick(profile, smoke=20, quick=200, full=300), seed=10)
told = experiment.describe_people(known).repeat_interleave(2, 0)
pictures = experiment.render_people(known, images=2, seed=11)
reader = experiment.AttributeReader(orl.embed_or_flatten(source, pictures), told)
", ".join(experiment.ATTRIBUTES)

# %%
new = identities(20, seed=1000)
described = experiment.describe_people(new)
read = reader(orl.embed_or_flatten(source, experiment.render_people(new, images=5, seed=2000)))

# %% [markdown]
# **Exercise 5.** `read` has a row for each picture, `described` one for each person nobody has seen. Whose description lies nearest to each picture?


# %% tags=["exercise", "nbval-check-output"]
def witness(read, described):
    return ____


exercises.witness.check(witness)

# %%
named = torch.cdist(read, described).argmin(1)
hits = (named == torch.arange(20).repeat_interleave(5)).double().mean()
record("zero-shot by description", 100 * hits, "%")
charts.compare(charts.mean_intervals(stored["by description"]), {"synthetic faces": hits.item()})

# %% [markdown]
# Chance is 5 %. This is an upper bound: the embedding learnt from the same generator, and its attributes are cleaner than what witnesses say.

# %%
exercises.kind

# %% [markdown]
# ## Test the folklore
#
# **"Migration learning is something else than transfer learning."** One article devotes a question to the difference. 迁移学习 is the Chinese name of transfer learning; 迁移 can be translated as *migration*, too. One word, two translations, no difference to measure.
#
# **"Freezing is best on little data"** and **"ImageNet always beats scratch":**

# %%
figures.compare_arms(
    stored["top-1"],
    (("synthetic faces", "frozen"), tuned_arm),
    (("ImageNet", "frozen"), ("ImageNet", "all")),
    (("ImageNet", "frozen"), scratch_arm),
    (("ImageNet", "frozen"), ("nothing", "FaceCNN")),
)

# %% [markdown]
# With the synthetic source freezing loses to fine-tuning, with one photograph and with five; with ImageNet's it wins, though at a rate that was chosen for the other network. So it is no law. And frozen ImageNet beats a large network from nothing, but not a small one. A claim with "always" or "best" needs a single *no* to fall.
#
# **"A better ImageNet model gives a better face model."** Offline we have a single ImageNet network, so the claim about models stays untested here. But the network has seven stages, and from the last one its classes are read. Is that the best place for faces, too?

# %%
stages = compare.top1_intervals(stored["stages"])
charts.draw_lines(range(1, 8), {"nearest neighbour": list(stages.values())}, "stage", "top-1")
last = stored["stages"]["7"]
compare.decide({f"stage {s}, or the last?": (stored["stages"][s], last) for s in "456"})

# %% [markdown]
# It is not: the sixth of the seven stages tells these faces apart better than the last. What serves to tell a sofa from a cat is not what tells two people apart.
#
# ## The scoreboard
#
# Two rows join, both frozen and neither trained on a real person's name: the ImageNet network up to its sixth stage and the face embedding. (Milliseconds are those of a face and its mirror image, as every row was measured; MACs are those of one of the two.)

# %%
board = Scoreboard.load(evidence.BOARD).upto("04")
board

# %% [markdown]
# ## What you have learnt
#
# Transfer means to start where another task has ended, and to be judged by the target's loss alone. Look at frozen features first: it takes seconds. Train the new layer before the rest, which helped where test faces differed, let batch norm rest in evaluation mode where the network is frozen, and compare with scratch at the same budget, within the same splits. A source whose task ignores identity can harm, and one photograph, no photograph but a description, and no class at all are three different problems. Next: lesson 05, features made for comparing faces.
#
# **Further reading.** S. J. Pan & Q. Yang, *A survey on transfer learning*, 2010, [doi:10.1109/TKDE.2009.191](https://doi.org/10.1109/TKDE.2009.191). J. Yosinski et al., *How transferable are features in deep neural networks?*, 2014, [arXiv:1411.1792](https://arxiv.org/abs/1411.1792). S. Kornblith, J. Shlens & Q. V. Le, *Do better ImageNet models transfer better?*, 2019, [doi:10.1109/CVPR.2019.00277](https://doi.org/10.1109/CVPR.2019.00277). C. H. Lampert, H. Nickisch & S. Harmeling, *Attribute-based classification for zero-shot visual object categorization*, 2014, [doi:10.1109/TPAMI.2013.140](https://doi.org/10.1109/TPAMI.2013.140). A. Kumar et al., *Fine-tuning can distort pretrained features and underperform out-of-distribution*, 2022, [arXiv:2202.10054](https://arxiv.org/abs/2202.10054). K. He, R. Girshick & P. Dollár, *Rethinking ImageNet pre-training*, 2019, [doi:10.1109/ICCV.2019.00502](https://doi.org/10.1109/ICCV.2019.00502). H. Maennel et al., *What do neural networks learn when trained with random labels?*, 2020, [arXiv:2006.10455](https://arxiv.org/abs/2006.10455). E. J. Hu et al., *LoRA*, 2021, [arXiv:2106.09685](https://arxiv.org/abs/2106.09685).
