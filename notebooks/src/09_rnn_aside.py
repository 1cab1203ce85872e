# %% [markdown]
# # 09 · An RNN aside: the same weights at every step
#
# **You will learn** how a recurrent network remembers, why it forgets, and what helps; which questions about faces have an order in them, and which don't; and whether a network that reads a face row by row finds better features than one that looks at it.
# **You need** [lesson 03](03_weight_sharing.ipynb) for shared weights, [lesson 05](05_face_embeddings.ipynb) for embeddings. **Time:** 35 minutes to read, a minute to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
import math

import torch

from facecourse.kit import ____, charts, choose_profile, evidence, orl, pick, record
from facecourse.kit.compare import decide, top1_intervals
from facecourse.lesson09_recurrent import clips, exercises, figures, memory
from facelib import data
from facelib.models.recurrent import Elman

profile = choose_profile(profile)
stored, rows = evidence.load("09"), evidence.load("rows")["rows"]

# %% [markdown]
# ## One line, used again and again
#
# A **recurrent** network (RNN, 循环神经网络, *xúnhuán shénjīng wǎngluò*) reads a sequence $x_1, x_2, \dots$ step by step, and carries a **state** $h$ from each step to the next:
#
# $$h_t = \tanh(W_{hh} h_{t-1} + W_{xh} x_t + b_h), \qquad o_t = W_{ho} h_t + b_o, \qquad y_t = \mathrm{softmax}(o_t)$$
#
# **Exercise 1.** Write the first formula, for several sequences at once: `x` is (N, inputs), `h` (N, hidden), `w_xh` (hidden, inputs), `w_hh` (hidden, hidden) and `b` (hidden,).


# %% tags=["exercise", "nbval-check-output"]
def step(x, h, w_xh, w_hh, b):
    return ____


exercises.step.check(step)

# %% [markdown]
# `Elman` is that line in a loop (Elman, 1990), and `torch.nn.RNN` is the library's. With the same weights they must say the same:

# %%
torch.manual_seed(0)
ours = Elman(inputs=5, hidden=16, outputs=2)
library, inputs = memory.copy_to_library(ours), torch.randn(4, 12, 5)
states, theirs = ours(inputs)[1], library(inputs)[0]
record("states, largest difference from nn.RNN", (states - theirs).abs().max().item())

# %%
(shared,) = torch.autograd.grad(states[:, -1].sum(), ours.remember.weight)
(its,) = torch.autograd.grad(theirs[:, -1].sum(), library.weight_hh_l0)
record("gradient, largest difference from nn.RNN", (shared - its).abs().max().item())

# %% [markdown]
# ### Weight sharing over time
#
# Lesson 03's kernel was used at many places; $W_{hh}$ is used at many *steps*. Its gradient is a sum again. To see the terms, give each of the twelve steps a copy of its own and ask each copy, going back from the last state through all steps before (**back-propagation through time**):

# %%
each = memory.split_gradient(ours, inputs)
record("sum over steps, from the shared gradient", (each.sum(0) - shared).abs().max().item())
figures.draw_uses(each)

# %% [markdown]
# **Exercise 2.** By hand, with one number for a state: $h_t = w\,h_{t-1}$, $w = 0.5$, $h_0 = 2$. What is the gradient of $h_3$ with respect to $w$?

# %% tags=["exercise", "nbval-check-output"]
gradient = ____
exercises.through_time.check(gradient)

# %% [markdown]
# ## Why it forgets
#
# The bars shrink to the left: on the way back, each step multiplies by $W_{hh}$ and by the slope of tanh, which is at most 1. (The first is zero, for there was no state before it to multiply.) If each step multiplies by 0.8, so many of them halve a gradient:

# %%
math.log(0.5) / math.log(0.8)

# %% [markdown]
# **Exercise 3.** After how many steps is it below a thousandth?

# %% tags=["exercise", "nbval-check-output"]
steps = ____
exercises.vanish.check(steps)

# %% [markdown]
# Measured on untrained networks with 32 numbers of state, mean of ten seeds (stored):

# %%
figures.draw_gradients(stored["gradients"])

# %% [markdown]
# As PyTorch begins it, a plain RNN sends back less than $10^{-13}$ of a gradient through 64 steps: it **vanishes**. An *orthogonal* $W_{hh}$ turns the state and neither shrinks nor stretches it (Saxe et al., 2014); only the slope of tanh still shrinks, and 1 % is left. Times 1.5 it stretches: the gradient grows seventyfold on average and can **explode**.
#
# **Clipping** shortens a gradient that has become too long, and keeps its direction.
#
# **Exercise 4.** Return `gradient` as it is if its length is at most `most`, else shortened to that length.


# %% tags=["exercise", "nbval-check-output"]
def clip(gradient, most):
    return ____


exercises.clip.check(clip)

# %% [markdown]
# ### Gates
#
# The **LSTM** (long short-term memory; Hochreiter & Schmidhuber, 1997, with the gate of Gers et al., 2000) and the **GRU** (gated recurrent unit; Cho et al., 2014) are other *cells*, that is, other rules for one step. In outline: new state = $g$ · old state + something new. The **gate** $g$, numbers between 0 and 1 from a sigmoid, says how much to keep. Near 1 it is *open*, and each step passes state and gradient on nearly whole.

# %%
exercises.kept

# %% [markdown]
# Does it help? The first of some steps shows one of four symbols, noise follows, and the network is asked for the symbol at the end. After 400 batches, chance 25 %; mean, and lowest to highest of five seeds:

# %%
figures.tabulate_recall(stored["recall"])

# %% [markdown]
# "LSTMs remember": here it depends on how their gates begin. As PyTorch makes them, half open, both cells still guess at 20 steps after so many batches, where plain RNNs reach 84 %. With nearly open gates (3 added to one bias) the GRU recalls 80 steps each time, and the LSTM 40. The orthogonal RNN needs no gate for 40, nor, in four of five, for 80. The gradient at the start is not the whole story: over 64 steps the open LSTM has a larger one than the open GRU, which recalls more.

# %%
figures.compare_clipping(stored["clipped"])

# %% [markdown]
# (Ten seeds, 40 steps.) Gradients as long as 789 do come. Some runs were rescued by clipping, but each interval holds zero, and they are wide: no proof. Adam, which divides by the size of recent gradients, may soften the blow; clipping was proposed for plain gradient descent (Pascanu et al., 2013). It takes one line, so many keep it.
#
# **Exercise 5.** Gates cost weights. How many does a GRU learn that reads 128 numbers and has a state of 64? (It has three of everything an RNN has, and PyTorch gives each two biases of 64 numbers.)

# %% tags=["exercise", "nbval-check-output"]
learnt = ____
exercises.weights.check(learnt)

# %%
exercises.longer

# %% [markdown]
# ## Letters
#
# Articles feed the letters a, b, c to an RNN. As they are, they can't be multiplied:

# %%
try:
    torch.tensor(["a", "b", "a", "c"])
except ValueError as refusal:
    print("refused:", refusal)

# %% [markdown]
# **Exercise 6.** Encode `text`, "abacabac": a row for each letter, with a 1 in the column of a, b or c and 0 elsewhere (**one-hot**).

# %% tags=["exercise", "nbval-check-output"]
text = exercises.text
letters = ____
exercises.one_hot.check(letters)

# %% [markdown]
# Now it can learn what comes next. After an a comes b or c: the last letter alone doesn't tell, the state must. (It is asked about the text that it learnt; below each letter stands what it expects next.)

# %%
encoded, alphabet = memory.encode_letters(exercises.text * 3)
said = memory.train_speller(exercises.text * 3)(encoded[:, :-1])[0][0].argmax(1)
print("after", exercises.text * 3)
print("says  " + "".join(alphabet[place] for place in said))

# %% [markdown]
# ## Faces in motion
#
# Where is a sequence, with faces? In a video. Here a head turns to one side, to the other, and back, of people who don't exist, with three quarters of the frames blurred or hidden in part:

# %%
some = clips.render_clips(3, clips.TRY)
data.contact_sheet(clips.take_frames(some, 3), columns=clips.FRAMES)

# %% [markdown]
# How many such frames a second can this machine embed, one at a time on one thread? And a cell, how many embeddings?

# %% tags=["this-machine"]
figures.time_frames(repeats=pick(profile, smoke=5, quick=30, full=100))

# %% [markdown]
# **Who is it?** Two clips of each of 300 people; what is compared is one embedding for each clip (TAR at 1 % FAR). The *last frame* may be a bad one. The *mean of the frames* needs no training. The others have learnt from 400 other people which clips belong together: a *weighted mean*, whose weights depend on each frame alone (a simple form of the first attention block of Yang et al., 2017), and three cells, which add to the mean what they make of the sequence. Ten seeds. The last two columns are real: four photographs of each of ORL's s21 to s40 as a *set*, which has no order, named by one other photograph of each:

# %%
figures.compare_readers(stored["people"])

# %% [markdown]
# (Intervals are over ten trainings, of the same people; for ORL each draws other photographs, too.) On clips like those they learnt from, all learnt readers beat the mean, and the weighted mean most. Order could not help: our heads turn by chance, whoever they are. (How real people move can tell who they are; that is another task.) Nor did the cells come to depend on it: shuffling costs 0.6 points at most. What they gain must come from the frames themselves, perhaps from trusting the good ones; we did not look. On ORL's photographs, none of which is blurred or hidden, nothing beats the plain mean, and GRU and LSTM are four points behind it, less than one person of twenty.
#
# **Which way did it turn first?** Now the label *is* the order: both ways show the same poses. Small networks learn it from 400 clips of 200 people without bad frames, from their pixels or their embeddings, and are tried on 300 clips of others; five seeds. *backwards* plays the tried clips from the end:

# %%
charts.tabulate(charts.flatten(stored["orders"]), ["read from", "by"], "{:.1%}")

# %% [markdown]
# From pixels, all three cells tell it nearly always; shuffled, they guess; played backwards, they say the contrary. That is the **shuffle test**: who claims that a network uses order must show that it suffers without it, and, where it makes sense, what it says of the reverse. (A mean can't tell: whoever always said the commoner label would be right for 53 %.) From *embeddings* they can hardly tell: the RNN is right for 54 %, backwards for 46, the others guess. A likely reason: the shipped network learnt that a face and its mirror image are one person, so left and right look alike to it. An embedding need not keep what it was trained to ignore.
#
# Train one yourself and move through a clip that it hasn't seen; the colours are its state.

# %%
count, steps_of_training = (
    pick(profile, smoke=20, quick=100, full=400),
    pick(profile, smoke=20, quick=300, full=300),
)
seen = clips.render_clips(count, clips.LEARN, spoilt=0.0)
new = clips.render_clips(count // 2, clips.TRY, spoilt=0.0)
teller = clips.train_clip_classifier(
    "GRU", clips.flatten_frames(seen.images), seen.right_first, steps=steps_of_training
)
frames = clips.flatten_frames(new.images)
record("order told by a GRU", 100 * clips.score_labels(teller, frames, new.right_first), "%")
mixed = clips.score_labels(teller, clips.shuffle_frames(frames), new.right_first)
record("order told when frames are shuffled", 100 * mixed, "%")

# %% tags=["nbval-ignore-output"]
figures.scrubber(new, teller)

# %%
exercises.order

# %% [markdown]
# ## Test the folklore: "an RNN extracts better face features than a CNN"
#
# A picture can be read as a sequence: 64 rows of 64 pixels, one at each step. Four networks with 151,000 weights each name twenty real people that they have learnt (not strangers). The cells begin as this lesson advises, with open gates or orthogonal weights; their rates were chosen on s1 to s20. The table is about s21 to s40, ten splits, intervals over people:

# %%
claims = {
    f"FaceCNN or {name}, {photos} of each?": (runs["FaceCNN"], runs[name])
    for photos, runs in rows.items()
    for name in ("RNN", "GRU", "LSTM")
}
decide(claims)

# %%
photos = 2
train, test = orl.split_photos(photos, seed=0)
epochs = pick(profile, smoke=2, quick=60, full=60)
live = {
    name: orl.top1(clips.train_row_classifier(name, train, 0, epochs), test)
    for name in ("FaceCNN", "GRU")
}
record("FaceCNN, two photographs", 100 * live["FaceCNN"], "%")
record("GRU over rows, two photographs", 100 * live["GRU"], "%")
charts.compare(top1_intervals(rows[str(photos)]), live)

# %% [markdown]
# The convolutional network is ahead of each recurrent one with one, two and five photographs, by less the more there are. A likely reason: its kernel knows an edge wherever it comes; a reader of rows must learn it anew for each column, and carry the forehead's down to the chin. (Mind the rival: an earlier GRU of ours, with half-open gates and half the rate, was further behind.) A better reader of rows may exist; nobody here has seen one that is ahead.

# %%
exercises.features

# %% [markdown]
# ## What you have learnt
#
# - A recurrent network uses the same weights at each step; their gradient is a sum over steps.
# - Through many steps gradients vanish or explode. In our test orthogonal weights helped, and gates that began open; gates that began half open did not.
# - Use order where the answer is in the order, and prove it by shuffling and reversing. For who is seen, a mean of embeddings is the thing to beat; a weighted one did on frames of the kind it had learnt from.
# - With as many weights, our CNN named twenty people better than our readers of rows.
#
# **Further reading.** J. Elman, *Finding structure in time*, 1990, [doi:10.1207/s15516709cog1402_1](https://doi.org/10.1207/s15516709cog1402_1). S. Hochreiter & J. Schmidhuber, *Long short-term memory*, 1997, [doi:10.1162/neco.1997.9.8.1735](https://doi.org/10.1162/neco.1997.9.8.1735). F. Gers, J. Schmidhuber & F. Cummins, *Learning to forget*, 2000, [doi:10.1162/089976600300015015](https://doi.org/10.1162/089976600300015015). A. Saxe, J. McClelland & S. Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks*, 2014, [arXiv:1312.6120](https://arxiv.org/abs/1312.6120). R. Pascanu, T. Mikolov & Y. Bengio, *On the difficulty of training recurrent neural networks*, 2013, [arXiv:1211.5063](https://arxiv.org/abs/1211.5063). K. Cho et al., *Learning phrase representations using RNN encoder-decoder for statistical machine translation*, 2014, [arXiv:1406.1078](https://arxiv.org/abs/1406.1078). J. Yang et al., *Neural aggregation network for video face recognition*, 2017, [doi:10.1109/CVPR.2017.554](https://doi.org/10.1109/CVPR.2017.554).
