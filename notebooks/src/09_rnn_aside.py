# %% [markdown]
# # 09 · An RNN aside: the same weights at every step
#
# **Which way did this head turn first?** Build a network that reads frame after frame, see why it forgets, and test whether it needs the order.
#
# **You need** [lesson 03](03_weight_sharing.ipynb) and [lesson 05](05_face_embeddings.ipynb). **Time:** an hour. No later lesson needs this one.

# %% tags=["parameters"]
profile = None

# %%
import torch
from torch import nn
from torch.nn import functional as F

from facecourse.kit import ____, choose_profile, evidence, orl, pick, record
from facecourse.lesson09_recurrent import exercises, experiment, figures, nods

profile = choose_profile(profile)
stored = evidence.load("09")
people, steps = pick(profile, smoke=(33, 20), quick=(100, 300), full=(400, 300))
seen = experiment.render_clips(people, experiment.LEARN, spoilt=0.0)
new = experiment.render_clips(50, experiment.TRY, spoilt=0.0)

# %% [markdown]
# Eight frames of somebody who doesn't exist, and the same frames backwards: one head turned to the right first, the other to the left, yet the mean of the frames is the same.

# %%
figures.draw_unrolled(new.images[3])

# %% [markdown]
# The answer lies in the *order*. A **recurrent network** (RNN, 循环神经网络; 递归, in some articles, means *recursive*) reads one frame at a time and hands a **state** $h$ on to the next step. The rule for a step is its **cell**.
#
# ## Build it: one step, used again and again
#
# [Elman's cell](https://doi.org/10.1207/s15516709cog1402_1) begins with $h_0 = 0$. **tanh** squeezes any number between −1 and 1; its slope is 1 at zero and falls to 0 on both sides.
#
# $$h_t = \tanh(W_{xh}\, x_t + b_x + W_{hh}\, h_{t-1} + b_h)$$

# %% tags=["nbval-check-output"]
library = nn.RNN(input_size=5, hidden_size=16, batch_first=True)
w_x, w_h, b_x, b_h = (weight.detach() for weight in library.parameters())


def step(x, h):
    return torch.tanh(x @ w_x.T + b_x + h @ w_h.T + b_h)


def read(frames, state):
    states = []
    for frame in frames.unbind(1):
        state = step(frame, state)
        states.append(state)
    return torch.stack(states, 1)


frames = torch.randn(4, 12, 5)  # four sequences of twelve steps
torch.allclose(read(frames, torch.zeros(4, 16)), library(frames)[0], atol=1e-5)

# %% [markdown]
# Lesson 03's kernel served all places; $W_{hh}$ serves all *steps*. Its gradient is again a sum over its uses (**back-propagation through time**, [Werbos 1990](https://doi.org/10.1109/5.58337)).
#
# **Exercise 1.** By hand, with one number for a state: $h_t = w\,h_{t-1}$, $w = 0.5$, $h_0 = 2$. What is the gradient of $h_3$ with respect to $w$?

# %% tags=["exercise", "nbval-check-output"]
gradient = ____
exercises.through_time.check(gradient)

# %% [markdown]
# ## Why it forgets
#
# On the way back each step multiplies a gradient by $W_{hh}$ and by the slope of tanh. How much of it comes to each input, relative to the last one?


# %%
def send_back(cell):
    inputs = torch.randn(8, 64, cell.input_size, requires_grad=True)  # gradients of inputs
    last = cell(inputs)[0][:, -1]
    last.backward(torch.randn_like(last))  # as if a loss had this gradient here
    norms = inputs.grad.norm(dim=(0, 2)).flip(0)
    return norms / norms[0]


send_back(nn.RNN(5, 32, batch_first=True))[[1, 10, 20]]  # steps back


# %% [markdown]
# Little is left after ten steps. A **GRU** (*gated recurrent unit*, [Cho et al. 2014](https://arxiv.org/abs/1406.1078)) can keep. Two **gates**, numbers from 0 to 1, say how much of the old state stays ($z$) and how much of it the new part $n$ sees ($r$). $\sigma(a) = 1/(1+e^{-a})$, `torch.sigmoid`, makes a gate of any number. Each of $r$, $z$ and $n$ has a part made of $x$ and one made of $h$; this is PyTorch's form:
#
# $$r = \sigma(r_x + r_h) \quad z = \sigma(z_x + z_h) \quad n = \tanh(n_x + r\, n_h) \quad h_t = (1 - z)\, n + z\, h_{t-1}$$
#
# **Exercise 2.** Write it. As in PyTorch, `w_x` holds the matrices of $r$, $z$ and $n$ below each other, so `x @ w_x.T + b_x` has $r_x$, $z_x$, $n_x$ side by side (`.chunk(3, dim=1)` parts them); the same with $h$.


# %% tags=["exercise", "nbval-check-output"]
def gru(x, h, w_x, w_h, b_x, b_h):
    return ____


exercises.gru.check(gru)

# %% [markdown]
# A gate is **open** when $z$ is near 1: nearly all is kept, and a GRU then takes in little that is new. With bias $b$ it loses a share of $1-\sigma(b) = 1/(1+e^b)$ at each step, so a third is left after some $1 + e^b$ steps ([Tallec & Ollivier 2018](https://arxiv.org/abs/1804.11188)). PyTorch begins near $b = 0$, half open. Which bias keeps half of the gradient for 20 steps? Guess, then turn:

# %% tags=["nbval-ignore-output"]
figures.gate_slider(send_back)

# %% [markdown]
# In fresh cells the plain RNN's gradient **vanishes**, a half-open GRU's hardly more slowly; an open one follows the rule. An *orthogonal* $W_{hh}$ turns the state without shrinking it; only the slope of tanh remains.
#
# Does it decide what is learnt? The first step shows one of four symbols, noise follows, and at the end the network must name it. Each kind trains at the rate that did best with other seeds:

# %%
figures.draw_recall(stored["recall"])

# %% [markdown]
# An **LSTM** (*long short-term memory*) has a second state, its memory. It was kept with weight 1 in [1997](https://doi.org/10.1162/neco.1997.9.8.1735); since [Gers et al. 2000](https://doi.org/10.1162/089976600300015015) a *forget gate* multiplies it. PyTorch's begins half open. To open it, or a GRU's $z$, add 3 to its bias: `cell.bias_hh_l0.data[hidden : 2 * hidden] += 3`.
# <!-- reading: recall: which starts know it after 20, 40, 80 steps; LSTM and GRU half open against open -->
#
# ## Does it need the order?
#
# A GRU reads clips, 16 × 16 pixels a frame; a linear layer answers from its last state.


# %%
class Reader(nn.Module):
    def __init__(self, width, hidden=64):
        super().__init__()
        self.cell = nn.GRU(width, hidden, batch_first=True)
        self.say = nn.Linear(hidden, 2)

    def forward(self, frames):
        states, _ = self.cell(frames)
        return self.say(states[:, -1])


# %%
torch.manual_seed(0)
reader, answers = Reader(256), seen.right_first.long()
experiment.train_reader(reader, seen.flatten(), answers, nn.CrossEntropyLoss(), steps=steps)
frames = new.flatten()
mixed = experiment.shuffle_frames(frames)
shown = {"in order": frames, "backwards": frames.flip(1), "shuffled": mixed}
for name, some in shown.items():
    share = experiment.score_labels(reader, some, new.right_first.long())
    record(f"which way first, {name}", 100 * share, "%")

# %% [markdown]
# In order the reader knows. Backwards it says the contrary, as it should: that head did turn to the other side first. Shuffled it guesses. This is the **shuffle test**: anyone who claims that a network uses order must show that it suffers without. A layer that reads all eight frames at once would see their order as well; a recurrent one takes any length. The colours are its state:

# %% tags=["nbval-ignore-output"]
figures.state_slider(new, reader, row=3)

# %% [markdown]
# Faces have an order where something *happens*: a blink or a nod on request (**liveness**: is a living person there?), the pulse in the skin's colour, an expression.
#
# ## Who is it? A question without order
#
# Many frames of a clip are blurred or hidden in part, and one embedding is wanted. The *mean* of the frames' embeddings is the thing to beat. **Attention** learns a query $q$, scores each frame $f_t$ by $q \cdot f_t$, makes weights of the scores by softmax, and adds up: $\sum_t w_t f_t$.
#
# **Exercise 3.** Write it for given scores, multiplied by `sharpness` before the softmax. `frames` are (N, T, D), `scores` (N, T).


# %% tags=["exercise", "nbval-check-output"]
def pool(frames, scores, sharpness):
    return ____


exercises.pool.check(pool)


# %%
class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.query = nn.Parameter(torch.zeros(width))  # begins as the plain mean

    def weigh(self, frames):
        return torch.softmax(frames @ self.query, dim=1)

    def forward(self, frames):
        return (self.weigh(frames)[..., None] * frames).sum(dim=1)


# %% tags=["nbval-check-output"]
attention, some = Attention(5), torch.randn(4, 12, 5)
query = nn.init.normal_(attention.query).expand(4, 1, 5)
theirs = F.scaled_dot_product_attention(query, some, some, scale=1.0)
torch.allclose(attention(some), theirs[:, 0], atol=1e-5)

# %% [markdown]
# This is the first block of [Yang et al. 2017](https://doi.org/10.1109/CVPR.2017.554). A **transformer** has a query for each frame: it sees all at once, at a cost that grows with the square of the length, and knows their order only because each frame's position is added. Our one query learns which two clips show one person:

# %%
from facelib.training.losses import ContrastiveLoss

clips = experiment.render_clips(people, experiment.LEARN)
tried = experiment.render_clips(3, experiment.TRY)
attention, who = Attention(128), torch.arange(2 * people) // 2
rate = stored["rates"]["people"]["attention"]
experiment.train_reader(attention, clips.embed(), who, ContrastiveLoss(), rate, steps)
figures.draw_weights(tried, attention.weigh(tried.embed()).detach(), row=3)

# %% [markdown]
# Nobody told it which frames are spoilt (orange). Stored, of a thousand new people who don't exist, three frames in four spoilt: TAR at FAR 0.1 % beside the names, and points more than the mean's (intervals over people and trainings). The *oracle* knows the spoilt frames; the GRU adds to the mean what it makes of the sequence.

# %%
figures.draw_gains(stored["people"]["gains"], stored["people"]["TAR"], "mean of the frames")

# %% [markdown]
# *Sharpest* is fooled by the edges of what hides a face.
# <!-- reading: gains: one frame alone, attention, oracle and GRU against the mean; what shuffling costs the GRU -->
# Our heads turn by chance: order tells nothing of who it is. On real video an LSTM that *weighs* frames did beat weights by quality ([Gong et al. 2019](https://arxiv.org/abs/1904.12019)); that order mattered is not shown.
#
# ## Rows of a face
#
# > 📌 **Claim:** "A recurrent network extracts better features of a face than a convolutional one."
#
# A picture is a sequence, too: 64 rows of 64 pixels. Networks of 150,000 to 151,000 weights, not of equal work, learn twenty real people by name. The cells begin as this lesson advises; each rate, `FaceCNN`'s too, was chosen on s1 to s20. One split of s21 to s40 is trained now, four are stored.

# %%
train, test = orl.split_photos(2, seed=0)
epochs = pick(profile, smoke=2, quick=60, full=60)
for name in ("FaceCNN", "GRU"):
    rate = stored["rates"]["rows"][name]
    model = experiment.train_row_classifier(name, train, 0, rate, epochs)
    record(f"{name}, two photographs", 100 * orl.top1(model, test), "%")
figures.draw_rows(stored["rows"])

# %% [markdown]
# <!-- reading: rows: is FaceCNN ahead of RNN and GRU with 1, 2 and 5 photographs -->
# The convolutional network leads this reader of rows; [ReNet](https://arxiv.org/abs/1505.00393), which sweeps in four directions, is a stronger one. A likely reason: its kernel knows an edge wherever it comes; a reader of rows learns it anew for each column, and must carry the forehead down to the chin.
#
# ## Your turn: did it nod twice?
#
# A door asks for nods, so that a photograph that is only held still fails; one that is tilted, or a film, may pass. A clip, put together from four pictures of a person, has twelve frames of 8 × 8 pixels, less their mean. The head is down for two to five of them, in one go or in two:

# %%
nodding, twice = nods.take_nods(4, experiment.LEARN, draw=0)
figures.draw_nods(nodding, twice)

# %% [markdown]
# **Exercise 4.** Build a network, frames (N, 12, `width`) → two logits (N, 2), of **at most 1,000 weights**. The checker trains it on 100 people (Adam, rate 0.02, 300 steps) and wants 85 % of the clips of others. Each check deals new clips.


# %% tags=["exercise", "nbval-check-output"]
def build_reader(width):
    return ____


exercises.nods.check(build_reader)

# %% [markdown]
# ## What you know now
#
# A recurrent network uses the same weights at each step; over many steps gradients vanish or explode. Open gates or an orthogonal matrix help against the first, clipping against the second. Use order where the answer is in the order, and prove it by shuffling. For who is seen, the mean of embeddings is the thing to beat.
#
# The scoreboard gets no row. Next: [lesson 10](10_robustness_and_fairness.ipynb), what breaks a recogniser.
