# %% [markdown]
# # 09 · An RNN aside: the same weights at every step
#
# **Which way did this head turn first?** Build a network that reads frame after frame, and test whether it needs the order.
#
# **You need** [lesson 03](03_weight_sharing.ipynb) and [lesson 05](05_face_embeddings.ipynb). **Time:** an hour. It is optional.

# %% tags=["parameters"]
profile = None

# %%
import torch
from torch import nn

from facecourse.kit import ____, choose_profile, evidence, pick, record
from facecourse.lesson09_recurrent import exercises, experiment, figures, nods

profile = choose_profile(profile)
stored = evidence.load("09")
people, steps = pick(profile, smoke=(33, 20), quick=(100, 300), full=(400, 300))
seen = experiment.render_clips(people, experiment.LEARN, spoilt=0.0)  # clips to learn from
new = experiment.render_clips(50, experiment.TRY, spoilt=0.0)  # of other people

# %% [markdown]
# Eight frames of somebody who doesn't exist, and the same frames backwards. In one clip the head turns right first, in the other left; the mean of the frames is the same.

# %%
figures.draw_unrolled(new.images[3])

# %% [markdown]
# A **recurrent network** (RNN, 循环神经网络; 递归 means *recursive*) reads one frame at a time and hands a **state** $h$ on to the next step. The rule for a step is its **cell**.
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


frames = torch.randn(4, 12, 5)  # (N, T, D): four sequences of twelve steps
state, states = torch.zeros(4, 16), []
for frame in frames.unbind(1):
    state = step(frame, state)
    states.append(state)
torch.allclose(torch.stack(states, 1), library(frames)[0], atol=1e-5)  # all states

# %% [markdown]
# Lesson 03's kernel served all places; $W_{hh}$ serves all *steps*. Its gradient is a sum over its uses (**back-propagation through time**, [Werbos 1990](https://doi.org/10.1109/5.58337)).
#
# **Exercise 1.** By hand, for a state of one number: $h_t = w\,h_{t-1}$, $w = 0.5$, $h_0 = 2$. What is the gradient of $h_3$ with respect to $w$?

# %% tags=["exercise", "nbval-check-output"]
gradient = ____
exercises.through_time.check(gradient)

# %% [markdown]
# ## Why it forgets
#
# On the way back each step multiplies a gradient by $W_{hh}$ and by the slope of tanh. How much of it comes to each input, compared with the last one?


# %%
def send_back(cell):
    inputs = torch.randn(8, 64, cell.input_size, requires_grad=True)  # gradients of inputs
    last = cell(inputs)[0][:, -1]
    last.backward(torch.randn_like(last))  # as if a loss had this gradient here
    norms = inputs.grad.norm(dim=(0, 2)).flip(0)
    return norms / norms[0]


send_back(nn.RNN(5, 32, batch_first=True))[[1, 10, 20]]  # steps back


# %% [markdown]
# Little is left after ten steps: the gradient **vanishes**. A **GRU** (*gated recurrent unit*, [Cho et al. 2014](https://arxiv.org/abs/1406.1078)) can keep. Two **gates**, numbers from 0 to 1, say how much of the old state stays ($z$) and how much of it the new part $n$ sees ($r$). A gate is a `torch.sigmoid`, $\sigma(a) = 1/(1+e^{-a})$. Each of $r$, $z$ and $n$ has a part made of $x$ and one made of $h$. PyTorch's form:
#
# $$r = \sigma(r_x + r_h) \quad z = \sigma(z_x + z_h) \quad n = \tanh(n_x + r\, n_h) \quad h_t = (1 - z)\, n + z\, h_{t-1}$$
#
# **Exercise 2.** Write it. `x @ w_x.T + b_x` has $r_x$, $z_x$, $n_x$ side by side (`.chunk(3, dim=1)` parts them); the same with $h$.


# %% tags=["exercise", "nbval-check-output"]
def gru(x, h, w_x, w_h, b_x, b_h):
    return ____


exercises.gru.check(gru)

# %% [markdown]
# A gate is **open** when $z$ is near 1: nearly all is kept, little comes in. With bias $b$ a share of $1-\sigma(b) = 1/(1+e^b)$ is lost at each step, so a third is left after some $1 + e^b$ steps ([Tallec & Ollivier 2018](https://arxiv.org/abs/1804.11188)). PyTorch begins near $b = 0$, half open. Which bias keeps half of the gradient for 20 steps? Guess, then turn:

# %% tags=["nbval-ignore-output"]
figures.gate_slider(send_back)

# %% [markdown]
# In fresh cells a half-open gate hardly helps; an open one follows the rule. An *orthogonal* $W_{hh}$ turns the state without shrinking it; only tanh still shrinks. An **LSTM** (*long short-term memory*) has a second state, its memory, and a *forget gate* ([Gers et al. 2000](https://doi.org/10.1162/089976600300015015)) that says how much of it stays.
#
# Does an open gate decide what is learnt? The first step shows one of four symbols, noise follows, and at the end the network must name it. An open gate begins with 3 added to its bias:

# %%
figures.draw_recall(stored["recall"])

# %% [markdown]
# The GRU whose gate begins open recalls after 80 steps in every run, the half-open one in none. An open gate helps the LSTM, too.
#
# ## Does it need the order?
#
# A GRU reads clips, 16 × 16 pixels a frame; a linear layer answers from the last state.


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
loss, learnt, asked = nn.CrossEntropyLoss(), seen.right_first.long(), new.right_first.long()
frames, mix = new.flatten(), experiment.shuffle_frames
reader, rival = Reader(256), Reader(256)
experiment.train_reader(reader, seen.flatten(), learnt, loss, steps=steps)
experiment.train_reader(rival, mix(seen.flatten()), learnt, loss, steps=steps)
ways = {"in order": frames, "backwards": frames.flip(1), "shuffled": mix(frames)}
for name, some in ways.items():
    share = experiment.score_labels(reader, some, asked)
    record(f"which way first, {name}", 100 * share, "%")
share = experiment.score_labels(rival, ways["shuffled"], asked)
record("which way first, trained and tried shuffled", 100 * share, "%")

# %% [markdown]
# Backwards the reader says the contrary; shuffled it guesses. This **shuffle test** shows that a network *uses* order. That the question *needs* it, the rival shows: taught by shuffled clips, it can only guess. The reader's state, as colours:

# %% tags=["nbval-ignore-output"]
figures.state_slider(new, reader, row=3)

# %% [markdown]
# Faces have an order where something *happens*: the pulse in the skin's colour, or a nod on request (**liveness**: is a living person there?).
#
# ## Who is it? A question without order
#
# Now many frames are blurred or hidden in part. The *mean* of a clip's embeddings is the thing to beat. **Attention** learns a query $q$, scores each frame $f_t$ by $q \cdot f_t$, makes weights of the scores by softmax, and adds up: $\sum_t w_t f_t$.
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


# %% [markdown]
# A sum has no order, so attention ([Yang et al. 2017](https://doi.org/10.1109/CVPR.2017.554)) sees none. Nor does a **transformer**, which has a query for each frame, unless each frame's position is added. Our one query learns from pairs of clips of one person:

# %%
from facelib.training.losses import ContrastiveLoss

clips = experiment.render_clips(people, experiment.LEARN)
tried = experiment.render_clips(50, experiment.TRY)
attention, who = Attention(128), torch.arange(2 * people) // 2
rate = stored["rates"]["people"]["attention"]
experiment.train_reader(attention, clips.embed(), who, ContrastiveLoss(), rate, steps)
weights = attention.weigh(tried.embed()).detach()
print(f"clear {weights[~tried.spoilt].mean():.2f}, spoilt {weights[tried.spoilt].mean():.2f}")

# %% [markdown]
# Nobody told it which frames are spoilt, yet a clear one weighs more than twice as much. A thousand new people who don't exist, three frames in four spoilt: beside each name stands its TAR at FAR 0.1 %. An embedding's *length*, before it is normalised, is greater where the face is clear. *Weights by a GRU* come from its states, and may use order:

# %%
figures.draw_gains(stored["people"])

# %% [markdown]
# The best single frame, the one of the longest embedding, gains little on the mean. Attention gains about as much as the mean of the clear frames. Weights by a GRU gain no more; shuffled frames change them by −0.1 points [−1.2, 1.0]. Our heads turn by chance, so order says nothing of them.
#
# ## Rows of a face
#
# > 📌 **Claim:** "A recurrent network extracts better features of a face than a convolutional one."
#
# A picture is a sequence, too: 64 rows of 64 pixels. Networks of 150,000 to 151,000 weights learn the names of s21 to s40 from one photograph or five of each, at rates chosen on s1 to s20. *Learnt* is the share of these photographs that they know:

# %%
figures.draw_rows(stored["rows"], stored["rows_learnt"])

# %% [markdown]
# With one photograph of each, both readers of rows are behind: the claim is false here. With five the RNN is still behind, the GRU undecided. A likely reason: a kernel knows an edge wherever it comes; a reader of rows learns it anew for each column.
#
# ## Your turn: did it nod twice?
#
# A nod on request keeps out a photograph held still; one or two, asked by chance, hinder a film. A clip has twelve frames of 8 × 8 pixels, less their mean. The head is down for two to five of them, in one go or in two:

# %%
nods.take_nods(people=4, seed=experiment.LEARN, draw=0)[0].shape

# %% [markdown]
# **Exercise 4.** Build a network, frames (N, 12, `width`) → two logits (N, 2), of **at most 1,000 weights**. The checker trains it on 100 people and wants 85 % of the clips of others. `nods.train(model)` gives the shares of its own clips and of others'.


# %% tags=["exercise", "nbval-check-output"]
def build_reader(width):
    return ____


exercises.nods.check(build_reader)

# %% [markdown]
# ## What you know now
#
# A recurrent network uses the same weights at each step. Over many steps gradients vanish; open gates or an orthogonal matrix help. Use order where the answer lies in it, and prove it by shuffling. For who is seen, weigh the frames. Next: [lesson 10](10_robustness_and_fairness.ipynb).
