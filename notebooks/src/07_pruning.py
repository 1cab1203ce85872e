# %% [markdown]
# # 07 · Pruning: what can be taken out
#
# **You will learn** to take single weights, channels and whole layers out of a network, what each of them saves and what it costs; why a network of zeros is not faster; what training on brings back; and four ways in which an article went wrong about it.
# **You need** [lesson 06](06_distillation.ipynb), whose student we prune. **Time:** 45 minutes to read, a minute to run on two cores.

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
)
from facecourse.ladder.student import PEOPLE, STEPS, prune_student, tar_drop, train_further
from facecourse.lesson07_pruning import exercises, experiment, figures
from facelib import data, measure
from facelib.compress import sparsify
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE

profile = choose_profile(profile)
stored = evidence.load("07")
people = pick(profile, smoke=20, quick=100, full=PEOPLE)

# %% [markdown]
# ## Single weights
#
# A network has many weights near zero. Set the smallest ones to zero, and see what it still can do. Our network is the student of lesson 06, judged as there: by the points of TAR at 1 % FAR that it has lost of its teacher's, on people who don't exist.
#
# **Exercise 1.** *Magnitude pruning*: return a copy of the weights in which a share of them, the smallest, is zero. `smallest` holds their places in the flattened weights. The check compares it with PyTorch's own, `torch.nn.utils.prune`.


# %% tags=["exercise", "nbval-check-output"]
def magnitude(weight, share):
    count = round(share * weight.numel())
    smallest = ____
    pruned = weight.flatten().clone()
    pruned[smallest] = 0
    return pruned.view_as(weight)


exercises.magnitude.check(magnitude)

# %% [markdown]
# PyTorch's own keeps the weights, and lays a mask of zeros and ones over them:

# %%
layer = torch.nn.Linear(8, 3)
torch.nn.utils.prune.l1_unstructured(layer, "weight", amount=0.5)
layer.weight_mask.int()

# %% [markdown]
# `facelib.compress.sparsify` does so to all layers together: a layer with many small weights loses more of them. Zeros stay zero when the network is trained on. How far can you go before the student forgets?

# %% tags=["nbval-ignore-output"]
figures.sparsity_slider(people=people)

# %% [markdown]
# A third of the weights goes unnoticed at 1 % FAR (move the slider); at half, the student stumbles; at 70 % it is lost.
#
# ### Zeros are not speed, and not yet a smaller file
#
# The table's last columns: a zero takes four bytes like any number. Only a *compressed* file is shorter, or one that lists the weights that are left, with their places.
#
# **Exercise 2.** A list needs 4 bytes for each remaining weight and 2 for its place. From which share of zeros on is it shorter than 4 bytes for every weight?

# %% tags=["exercise", "nbval-check-output"]
share = ____
exercises.index.check(share)

# %%
exercises.zeros

# %% [markdown]
# Measured in onnxruntime, one face at a time, in turns with the whole student:

# %%
zeros = {f"{float(share):.0%}": faster for share, faster in stored["zeros"].items()}
charts.tabulate(zeros, "zeros", {"times faster [95 % CI]": "{:.3f}"})

# %%
exercises.file

# %% [markdown]
# ### Training on
#
# The article that this lesson answers (its other faults follow below) stops here: it never trains again. Han et al. (2015) did, in rounds: prune a little, train what is left, prune more. The teacher of lesson 06 is still there to be asked. Here, once:

# %%
steps = pick(profile, smoke=2, quick=STEPS, full=STEPS)
sparse, _ = sparsify(face_student(), 0.8)
after = train_further(sparse, steps=steps)
record("points lost, 80 % zeros", tar_drop(sparse, people).value, "points")
record("points lost, 80 % zeros, trained on", tar_drop(after, people).value, "points")

# %% [markdown]
# And with five seeds, which are five orders of the same pictures. The first row is the control, the whole student after as many steps:

# %%
shares = {"0%": {"trained on": stored["control"]}}
shares |= {f"{float(share):.0%}": runs for share, runs in stored["weights"].items()}
columns = {
    "at once [over people]": "{at once:+.1f}",
    "trained on [over seeds]": "{trained on:+.1f}",
    "in rounds": "{in rounds:+.1f}",
    "trained on - in rounds": charts.subtract("trained on", "in rounds"),
}
charts.tabulate(shares, "zeros", columns)

# %% [markdown]
# From 50 to 80 % zeros nearly all that was lost comes back: at 80 %, 90 points were lost at once and 5 after a hundred steps. At 90 % it doesn't. The control, whole, loses half a point: training on at this rate costs by itself more than the tenth that is left at 50 %. The untouched student remains the one to beat.
#
# In *rounds* it went worse, not better: four of twenty-five steps, each after a new break. With more steps rounds may well pay, as in the paper; at this budget they don't.
#
# ## Whole channels
#
# A network is smaller and faster when a *channel* goes: one output of a convolution, with its batch norm, and what the next layers read of it. Which layers hang together is bookkeeping, worst where a residual block adds two paths. The library [torch-pruning](https://doi.org/10.1109/CVPR52729.2023.01544) follows it through the **dependency graph**. The student's groups (dots: layers that lose outputs; open squares: layers that lose inputs):

# %%
figures.draw_layer_groups(face_student())

# %%
exercises.together

# %% [markdown]
# Which channel matters least? The size of its absolute weights is one answer (**L1**; torch-pruning takes the mean over all weights that would go with the channel, relative to its layer's others), the scale of its batch norm another, and a third how much the loss would change if it went, to first order: the size of weight times gradient, added up over the channel (**Taylor**).
#
# **Exercise 3.** The L1 importance of four channels:

# %% tags=["exercise", "nbval-check-output"]
kernels = exercises.kernels.clone()  # (outputs, inputs, 3, 3)
importance = ____
exercises.norms.check(importance)

# %% [markdown]
# **Exercise 4.** Half of the channels of every layer go. Which share of a convolution's MACs stays?

# %% tags=["exercise", "nbval-check-output"]
left = ____
exercises.quarter.check(left)

# %%
small = prune_student(0.5)
after = train_further(small, steps=steps)
record("points lost, half of the MACs", tar_drop(small, people).value, "points")
record("points lost, half of the MACs, trained on", tar_drop(after, people).value, "points")

# %% [markdown]
# Five seeds again, after a hundred steps, and beside them the rival of all pruning: *the same narrow network from nothing*, which was taught as long.

# %%
figures.tabulate_channels(stored["channels"])

# %% [markdown]
# A quarter of the MACs costs a point, half of them ten, three quarters too much for a hundred steps; longer training stands in the rung below. How the channels are chosen matters less than training on: with half of the work gone, Taylor loses 2 points less than L1, and batch norm is no better than that. (Its authors first train with a penalty that pulls these scales to zero; we don't.) In the other rows widths are rounded to unequal work, so they decide nothing.
#
# The rival from nothing is far behind, at 67 points and more. Liu et al. (2019) found that training a pruned architecture from nothing, *as long as the large network was trained in all*, often catches up. A hundred steps are not that; the rung below comes nearer.
#
# ### Which layer bears it?
#
# Take 80 % of the weights of *one* layer, and leave the others:

# %%
figures.draw_sensitivity(stored["sensitivity"])

# %% [markdown]
# The first layer has 144 weights, and everything passes through it: 84 points. The last two have 126,000, and at 1 % FAR nobody misses four fifths of them: 0.1. Ranking all weights together, as `sparsify` does, finds part of that by itself, for the large layers have the small weights.
#
# ### Widths that hardware likes
#
# A processor's routines work on 8 or 16 numbers at a time. Half of the MACs gone, with widths rounded to multiples of 1, 4, 8 and 16:

# %%
columns = {
    "channels left": lambda row: " ".join(map(str, row["widths"])),
    "MACs": charts.in_millions("macs", 2),
    "times faster [95 % CI]": "{times faster:.3f}",
}
charts.tabulate(stored["widths"], "multiples of", columns)

# %% [markdown]
# All four do half the work. With ragged widths the network is *slower* than the whole one; with multiples of 16 it is 1.8 times as fast. MACs are what a network asks for, time is what the routines make of it.
#
# ### Whole blocks
#
# A residual block adds something to what passes by. Without it, that still passes by:

# %%
columns = {
    "MACs": charts.in_millions("macs"),
    "at once [over people]": "{at once:+.1f}",
    "trained on [over seeds]": "{trained on:+.1f}",
}
charts.tabulate(stored["blocks"], "without", columns)

# %% [markdown]
# Each block does a quarter of all MACs. The first is missed most, the last least. None of them comes back to the student's level in a hundred steps: taking a quarter of the MACs as channels cost one point, as a block four to seven.
#
# ## Four faults of an article
#
# It is called "how to raise accuracy by pruning", and its code (1) freezes every layer and calls that pruning; (2) reads the labels where the images should be; (3) cuts its validation set out of the test set; (4) never trains again. The fourth we have measured: the column *at once* above. The others:
#
# **Freezing is not pruning.**

# %%
frozen = face_student().requires_grad_(False)
rows = {"as it was": face_student(), "frozen": frozen, "half pruned": small}
charts.Table(
    ["", "parameters", "MACs", "that still learn"],
    [[name, measure.parameters(model), measure.macs(model, SHAPE),
      sum(p.numel() for p in model.parameters() if p.requires_grad)] for name, model in rows.items()],
)  # fmt: skip

# %%
exercises.frozen

# %% [markdown]
# **Labels for images.** We do as it does: in place of each picture stands the person's number, as bars for its five bits.

# %%
train, test = orl.split_photos(photos=2, seed=0)
bars = experiment.replace_by_labels(train)
data.contact_sheet(bars.of_people(range(5)), columns=10)

# %% [markdown]
# A network learns from these, and is tried on such bars and on photographs:

# %%
epochs = pick(profile, smoke=1, quick=40, full=40)
misled = experiment.train_classifier(bars, seed=0, epochs=epochs)
record(
    "labels for images, tried on labels",
    100 * orl.top1(misled, experiment.replace_by_labels(test)),
    "%",
)
record("labels for images, tried on photographs", 100 * orl.top1(misled, test), "%")

# %% [markdown]
# On bars it is perfect: the answer *is* the picture. On photographs it is near chance, 5 %. Loss and accuracy looked excellent all the time, and nobody looked at an image.
#
# **Validation cut from the test.** Who tries several networks on the test faces and reports the best has chosen by what is reported.
#
# **Exercise 5.** Five pruned networks, and their scores on two halves of the faces left over. Choose by the first half; what do you report?

# %% tags=["exercise", "nbval-check-output"]
first_half, second_half = exercises.first_half.clone(), exercises.second_half.clone()
reported = ____
exercises.optimism.check(reported)

# %% [markdown]
# With the networks of the next section, over ten splits:

# %%
optimism = stored["optimism"]
charts.compare(charts.mean_intervals(optimism), what="top-1 that is reported")

# %% [markdown]
# The dishonest number can't be lower, for it is the best of its split. It was higher on 2 of 10 splits, by a third of a point on average: these networks are too much alike for luck to choose among. With more candidates, or fewer faces, the gap opens (lesson 02 found several points). What is wrong is wrong also where it happens to be cheap.
#
# ## "Pruning raises accuracy"
#
# That is its title. Ten splits of ORL, two photographs of each person: a `FaceCNN` learns the names, loses weights, and trains on half as long again. The rival, "0", *trains on just as long* and loses nothing:

# %%
named = {share: runs for share, runs in stored["names"].items() if "," not in share}
charts.compare(compare.top1_intervals(named), what="top-1, by the share of weights that went")

# %%
claims = {
    f"{share} of the weights gone": (runs, named["0"])
    for share, runs in named.items()
    if share not in ("0", "before")
}
compare.decide(claims | {"trained on, nothing gone, or before": (named["0"], named["before"])})

# %% [markdown]
# Nobody could show it here. With any share gone from 20 to 90 %, the score is that of the rival within a point, and every interval holds zero; a gain of little more than a point could hide in them. Without nine of ten weights it may have lost two points, and hardly more: that is the finding, and a useful one. An article can still read a gain into such numbers, by one lucky seed, or by a rival that was not trained on where training on helps.
#
# ## The article's case, done rightly
#
# VGG16 on 30,000 faces, trained, pruned, trained on, tested on photographs that nobody chose by, with the whole network trained on as long for a rival: that wants a GPU. `python -m benchmarks.gpu` does all of it, with people who don't exist. We have not run it on a GPU yet.
#
# ## The rung
#
# A hundred steps are what a lesson can wait for. For the ladder, two networks were pruned and taught at length (`facecourse/ladder/students.py`), with batch norm's statistics renewed after the cut. *half* is the teacher with half of its MACs, its widths multiples of 16, after 500 batches of 512. *pruned* is the student with half of its MACs and a linear layer of low rank (lesson 08), after 7,500. It has a rival of its own shape with new weights, *anew*, taught as long as student and *pruned* took together.

# %%
from facecourse.ladder import rungs

ladder = evidence.load("ladder")
rungs.compare_rungs(ladder, ("teacher", "half", "student", "pruned", "anew"))

# %%
rungs.compare_steps(ladder, ["channels and rank", "weights to start from"])

# %%
board = Scoreboard.load(evidence.BOARD).upto("07")
board

# %% [markdown]
# ## What you have learnt
#
# - Of single weights, nearly all that half of them cost comes back by training on, and most of what four fifths cost. Zeros save nothing but a compressed file.
# - Channels save work, and time if widths suit the kernels. The dependency graph says what must go together.
# - Training on matters more than how channels are chosen. The same shape from nothing comes close if it is trained as long in all.
# - Layers are not alike: look before you cut.
# - Nobody could show that pruning raises accuracy, once its rival was trained as long.
# - Look at your images, and choose on other faces than you report on.
#
# **Further reading.** S. Han et al., *Learning both weights and connections for efficient neural networks*, 2015, [arXiv:1506.02626](https://arxiv.org/abs/1506.02626). H. Li et al., *Pruning filters for efficient ConvNets*, 2017, [arXiv:1608.08710](https://arxiv.org/abs/1608.08710). Z. Liu et al., *Rethinking the value of network pruning*, 2019, [arXiv:1810.05270](https://arxiv.org/abs/1810.05270). P. Molchanov et al., *Importance estimation for neural network pruning*, 2019, [arXiv:1906.10771](https://arxiv.org/abs/1906.10771). G. Fang et al., *DepGraph: towards any structural pruning*, 2023, [doi:10.1109/CVPR52729.2023.01544](https://doi.org/10.1109/CVPR52729.2023.01544). D. Blalock et al., *What is the state of neural network pruning?*, 2020, [arXiv:2003.03033](https://arxiv.org/abs/2003.03033).
