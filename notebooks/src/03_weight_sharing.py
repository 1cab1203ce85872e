# %% [markdown]
# # 03 · Weight sharing: one weight, many jobs
#
# **You will learn** what a convolution computes, by doing it with a matrix product; why one small kernel can replace a million weights, and what that buys and doesn't buy; and two further things that go by the name of weight sharing: twin networks and codebooks.
# **You need** [lesson 02](02_how_a_network_learns.ipynb): layers, gradients, training. **Time:** 45 minutes to read, a minute to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
from facecourse.kit import Scoreboard, ____, charts, choose_profile, evidence, orl, pick, record
from facecourse.lesson03_sharing import exercises, experiment, figures
from facelib import data, measure

profile = choose_profile(profile)
stored = evidence.load("03")
faces = data.orl()

# %% [markdown]
# ## One name, three ideas
#
# Texts on compact face recognition praise *weight sharing* (权值共享, *quánzhí gòngxiǎng*) and often mean different things by it. In each of them one weight does the work of many, and its gradient is the *sum* over all its jobs. But they save different things:
#
# | sharing over | example | what it saves |
# |---|---|---|
# | **space** | a convolution: one kernel for all places of the image | weights to learn |
# | **branches and time** | a Siamese pair, a recurrent network: one module called again and again | weights to learn |
# | **values** | a codebook: a layer holds 16 different numbers | bytes to store |
#
# We take them in this order.
#
# ## Over space: what a convolution does
#
# Lay a small window on the image, multiply what you see with a *kernel* of the same size, add up, move on by a pixel. Here is a kernel named after Sobel:

# %% tags=["nbval-check-output"]
kernel = figures.kernel("vertical edges")
kernel.int().tolist()

# %% [markdown]
# It subtracts left from right. A 3 × 3 window fits into a face of 112 × 92 pixels at 110 × 90 = 9,900 places. `unfold` collects all these windows as columns:

# %% tags=["nbval-check-output"]
import torch
from torch import nn
from torch.nn import functional as F

face = faces.images[:1].float() / 255
windows = F.unfold(face, kernel_size=3)
face.shape, windows.shape

# %% [markdown]
# Multiplying and adding is then one matrix product, and that *is* the convolution. The library's gives the same:

# %% tags=["nbval-check-output"]
by_hand = (kernel.view(1, 9) @ windows).view(1, 1, 110, 90)
torch.allclose(by_hand, F.conv2d(face, kernel), atol=1e-5)

# %% tags=["real-faces"]
charts.draw_panels(
    {"face": 2 * face - 1, "kernel": kernel, "feature map": by_hand},
    "A face, a kernel that subtracts left from right, and the map of its vertical edges",
)

# %% [markdown]
# (Mathematicians would mirror the kernel first; networks don't, since they learn it anyway.) Try what other kernels see:

# %% tags=["nbval-ignore-output", "real-faces"]
figures.kernel_editor(orl.to_half(faces.images[:1]).float() / 255)

# %% [markdown]
# **Exercise 1.** Write a kernel for edges that run like a slash, / : not zero there, but zero on flat ground and on edges that run the other way. A list of three rows will do. The check draws what your kernel sees of a diamond.

# %% tags=["exercise", "nbval-check-output"]
edges = ____
exercises.edges.check(edges)

# %% [markdown]
# A layer has many kernels, each making a map of its own; a map is called a **channel**. A kernel of the next layer looks at *all* channels at once and adds up. An article gives the formula $y_{ij}=\sum_k x_{ik} w_{kj}+b_j$, where $i$ is a place, $k$ a channel that comes in, and $j$ one that goes out. It has no window: it is a convolution of a single pixel. (`einsum` multiplies and adds over `k`, the letter that is missing behind the arrow.)

# %% tags=["nbval-check-output"]
maps, one_pixel = torch.rand(1, 24, 28, 23), nn.Conv2d(24, 48, kernel_size=1)
formula = torch.einsum("nkhw,jk->njhw", maps, one_pixel.weight.flatten(1))
torch.allclose(formula + one_pixel.bias.view(-1, 1, 1), one_pixel(maps), atol=1e-5)

# %% [markdown]
# A larger window needs a sum over its pixels as well: $y_{j}(p)=\sum_k\sum_{d} x_k(p+d)\,w_{kj}(d)+b_j$, with $d$ running over the window and $p$ over all places. Note what has *no* index $p$: the weight. That is the sharing.
#
# **Exercise 2.** A layer `nn.Conv2d(24, 48, kernel_size=3, bias=False)` looks at maps of 28 × 23 pixels. How many weights does it have?

# %% tags=["exercise", "nbval-check-output"]
weights = ____
exercises.count.check(weights)

# %% [markdown]
# ### Pooling
#
# **Max pooling** keeps the largest number of each window, **average pooling** the mean, so maps become smaller and the exact place matters less. First a question:

# %%
exercises.pooling

# %% tags=["nbval-check-output"]
fours = F.unfold(face, kernel_size=2, stride=2)
largest = fours.amax(1).view(1, 1, 56, 46)
torch.equal(largest, F.max_pool2d(face, 2)), measure.parameters(nn.MaxPool2d(2))

# %% [markdown]
# **Exercise 3.** Now the mean, for any batch of images (N, C, H, W) with even height and width. (`F.avg_pool2d` would do it; try it without. `unfold` mixes the channels into one column, so take another way: `images[..., ::2, ::2]` is the upper left pixel of each window.)


# %% tags=["exercise", "nbval-check-output"]
def average_pool(images):
    return ____


exercises.average_pool.check(average_pool)

# %% [markdown]
# ## What does sharing over space buy?
#
# The **fully connected** layer gives every output a weight of its own for every input, z = Wx + b. The articles call this *weight allocation* (权值分配, *quánzhí fēnpèi*). A convolution differs from it in two ways: its outputs see only a window (it is *local*), and all places use one kernel (it is *shared*). To tell these apart we put a third layer between them, local but unshared: **locally connected**. (Faces have seen it: [DeepFace](https://doi.org/10.1109/CVPR.2014.220) left its upper layers unshared, since in aligned faces each place looks different.)
#
# All three turn a face of 28 × 23 = 644 pixels into 16 maps of 12 × 10 places, 1,920 numbers. The windows have 5 × 5 pixels and lie two pixels apart (a **stride** of 2).

# %%
exercises.work

# %%
columns = {
    "parameters": lambda layer: f"{measure.parameters(layer):,}",
    "multiplications (MACs) a face": lambda layer: (
        f"{measure.macs(layer, (1, *experiment.SIZE)):,}"
    ),
}
charts.tabulate({name: make() for name, make in experiment.LAYERS.items()}, "layer", columns)

# %% [markdown]
# Locality saves weights and multiplications, some 25 times. Sharing saves weights, another 120 times, and not a single multiplication.
#
# ### One gradient is the sum of many
#
# A locally connected layer with the same kernel copied to all 120 places computes what the convolution does. Let both learn from the same faces. The unshared layer has a gradient of 16 kernels × 25 weights at each place. Added up, they are the gradient of the shared kernels:

# %% tags=["nbval-check-output"]
from facelib.models.local import LocallyConnected2d

conv = experiment.LAYERS["Conv2d"]()
local = LocallyConnected2d.from_conv(conv, experiment.SIZE)
small = experiment.to_quarter(faces.images[:40]).float() / 255
for layer in (conv, local):
    layer(small).square().mean().backward()
added = local.weight.grad.sum(0)
local.weight.grad.shape, torch.allclose(added, conv.weight.grad.flatten(1), atol=1e-5)

# %% [markdown]
# **Exercise 4.** A kernel of three weights is used at four places; `per_place` holds the gradient at each. By how much does one step of gradient descent, with the rate 0.1, move each weight?

# %% tags=["exercise", "nbval-check-output"]
per_place = torch.tensor([[0.5, -1, 0], [1.5, 0, 2], [-1, 0.5, 0.5], [0, 1.5, 0.5]])
step = ____
exercises.gradient.check(step)

# %% [markdown]
# So from one face a shared weight gets 120 lessons, where an unshared one gets one. That *should* make it need fewer faces. Does it?
#
# ### Test the folklore: "sharing always raises accuracy"
#
# Behind each layer we put the same end: ReLU, max pooling, one linear layer for the 40 names. We train on one photograph a person, as it is, without augmentation. Each layer has the learning rate that suits it best (chosen on other splits):

# %%
small_faces, live, first = faces.map(experiment.to_quarter), {}, {}
steps = pick(profile, smoke=10, quick=200, full=200)
for kind in experiment.LAYERS:
    model, _, test = experiment.train_kind(kind, small_faces, photos=1, seed=0, steps=steps)
    live[kind], first[kind] = orl.top1(model, test), model[1:4]
    record(f"top-1 of {kind}, 1 photograph", 100 * live[kind], "%")

# %% [markdown]
# One seed is an anecdote. `python -m facecourse.lesson03_sharing.evidence` trained each on 20 splits:

# %%
runs = stored["top-1"]["as they are"]
charts.compare(
    charts.mean_intervals({kind: runs["1"][kind]["0"] for kind in experiment.LAYERS}), live
)

# %% [markdown]
# And with more photographs, as they are or augmented. The last three columns are differences within each split, with their intervals: what locality does, what sharing does, and both together.

# %%
figures.compare_layers(stored["top-1"])

# %% [markdown]
# Locality alone *cost* three to five points in every row, and sharing alone won back as much or a little more. So against its unshared twin the shared layer was better each time. Against full connection it is a draw on photographs as they are, and ahead by half a point to two with augmentation: with 3,000 times fewer weights in that layer. "Always" is too large a word all the same; sharing by codebook, below, will cost accuracy. (As before, "better" is about these 400 photographs.)
#
# The 16 kernels after training on forty photographs, which moved them little from the random numbers they began as:

# %%
charts.draw_images(
    first["Conv2d"][0].weight.detach()[:, 0].numpy(),
    "Sixteen trained kernels of 5 x 5 pixels, still much like the noise they began as",
)

# %% [markdown]
# ### A face moves
#
# Here is what sharing gives for certain. If the face moves, the map of a convolution moves along and is otherwise the same: it is **equivariant** to shifts. Nothing forces the other two to be. These are the three layers just trained; the table says how far a layer's maps are, at worst, from its own maps moved along (1 is one standard deviation). Try all shifts from 0 to 8. (The left edge is repeated into the gap.)

# %% tags=["nbval-ignore-output", "real-faces"]
figures.shift_slider(small_faces.images[:1].float(), first)

# %% [markdown]
# The convolution is exact, but only for whole steps of its window, every second pixel; after pooling by two more, only for every fourth. Between them it sees other pixels ([Zhang 2019](https://arxiv.org/abs/1904.11486)). The others are never exact.
#
# Does that make the *recogniser* indifferent to shifts? We trained on five photographs each and moved only the test faces, by up to 3 of 23 pixels. `FaceCNN` joins, convolutions all the way, with an average over all places at the end; and, to see what that average does, a `FaceCNN` that keeps the places apart.

# %%
figures.compare_shifts(runs["5"])

# %%
figures.compare_shifts(stored["top-1"]["augmented"]["5"])

# %% [markdown]
# It doesn't. Moved by three pixels, half of the faces get a wrong name, from `Conv2d` no less than from `Linear`: a map that moves along helps little if the layer behind it expects each eye at its place. **Equivariant** (the map moves along) is not yet **invariant** (the answer stays). The deep network is 23 points ahead of `Linear` there, and 16 of them it has without the average over places (it also has more layers, pooling and batch norm; which of these does it we did not measure). The average adds seven points, and augmentation, which shows moved faces, helps everybody: 95 of 100 for `FaceCNN`.
#
# ## Over branches and time
#
# To compare two faces, a **Siamese pair** sends both through *one* network. It is drawn as two branches and built as one object that is called twice:

# %% tags=["nbval-check-output"]
from facelib.models import FaceCNN

torch.manual_seed(0)
twin = FaceCNN(width=24, embedding=128, people=40).double().eval()
branches = nn.ModuleList([twin, twin])
branches[0] is branches[1], measure.parameters(branches) == measure.parameters(twin)

# %% [markdown]
# Its gradient is again a sum, over the branches. `detach` lets no gradient through, so we can ask each branch alone about the first kernel of the network (`retain_graph` lets us ask three times):

# %%
a, b = (orl.to_half(faces.images[:2]).double() / 255).split(1)
left, right, first_kernel = twin.embed(a), twin.embed(b), twin.features[0][0].weight


def gradient(left, right):
    distance = (left - right).square().mean()
    return torch.autograd.grad(distance, first_kernel, retain_graph=True)[0]


# %% tags=["nbval-check-output"]
from_left, from_right = gradient(left, right.detach()), gradient(left.detach(), right)
torch.allclose(gradient(left, right), from_left + from_right, rtol=1e-5, atol=0)

# %% [markdown]
# **"FaceNet is an alternative to weight sharing"**, says one article. [FaceNet](https://doi.org/10.1109/CVPR.2015.7298682) is a convolutional network trained on triplets of faces that all pass through the same weights: it shares over space *and* over branches. What is special about it is its loss (lesson 05).
#
# A **recurrent network** is the same idea in time: one module, called at each step, so its size doesn't depend on how long it looks. Here one reads a face row by row, all 112 rows or 56 of them, with the same 4,032 weights (32 × 92 for the row, 32 × 32 for what it remembers, twice 32 biases). Lesson 09 will ask whether it should.

# %% tags=["nbval-check-output"]
reader = nn.RNN(input_size=92, hidden_size=32, batch_first=True)
measure.parameters(reader), reader(face[0])[0].shape, reader(face[0, :, :56])[0].shape

# %% [markdown]
# ### Test the folklore: "the same initialiser shares the weights"
#
# The articles "share" weights by giving two layers the same initialiser (one of the two is a pooling layer, which has no weights). Let us do it to two layers that have some:

# %% tags=["nbval-check-output"]
layers = []
for _ in range(2):
    torch.manual_seed(0)
    layers.append(nn.Conv2d(16, 16, 3, padding=1))
torch.equal(layers[0].weight, layers[1].weight), layers[0].weight is layers[1].weight

# %% [markdown]
# They start equal, and they are two objects. Then comes one step of training:

# %% tags=["nbval-check-output"]
net = nn.Sequential(*layers)
net(torch.rand(4, 16, 8, 8)).square().mean().backward()
torch.optim.SGD(net.parameters(), lr=0.1).step()
a, b = (layer.weight for layer in layers)
torch.equal(a.grad, b.grad), torch.equal(a, b), measure.parameters(net)

# %% [markdown]
# Different gradients, so after one step different weights. And if one layer really *is* used twice?

# %% tags=["nbval-check-output"]
measure.parameters(nn.Sequential(layers[0], layers[0]))

# %% [markdown]
# Half as many parameters. Equal is not shared.

# %%
exercises.sharers

# %% [markdown]
# ## By codebook
#
# A convolution shares before training. [Deep Compression](https://arxiv.org/abs/1510.00149) shares *after* it: k-means sorts a trained layer's weights into, say, 16 heaps, so that each weight lies close to the mean of its heap, and puts that mean in its place. We store the 16 means, the **codebook**, and for each weight a *code* of 4 bits that says which. First a network, trained on two photographs of each person:

# %%
steps = pick(profile, smoke=10, quick=300, full=300)
dense, train, test = experiment.train_dense(faces, seed=0, steps=steps)
record("top-1 with 32 bits a weight", 100 * orl.top1(dense, test), "%")

# %%
from facelib.compress import share

coarse, report = share(dense, values=4)
record("top-1 with 4 values a layer", 100 * orl.top1(coarse, test), "%")

# %% [markdown]
# Four values a layer, and it hardly knows anybody. How many does it take? The slider gives each of the six layers a codebook; the picture shows the weights of one. *Bits a weight* includes the weight's part of the codebook (so 2.01 with four values); *with the best names* says what remains if frequent codes get short names and rare ones long names, as Huffman coding does. The file uses that wherever it is shorter.

# %% tags=["nbval-ignore-output"]
figures.codebook_slider(dense, test, "features.3.0")

# %% [markdown]
# ### Let the values learn
#
# The codes stay, but the values may move. A value stands in thousands of places, so, once more, its gradient is a sum. In `coarse` a layer makes its weight at each call from `codes`, which stay, and `original`, the codebook, which learns; `decode` makes an ordinary network of it. Is the gradient of value 0 the sum over all weights with code 0?

# %% tags=["nbval-check-output"]
from facelib.compress import decode

plain = decode(coarse)
for network in (coarse, plain):
    network(test.images[:20] / 255).square().mean().backward()
codebook = coarse.features[3][0].parametrizations.weight
added = plain.features[3][0].weight.grad[codebook[0].codes == 0].sum()
torch.allclose(added, codebook.original.grad[0], rtol=1e-4)

# %% [markdown]
# A codebook is an ordinary parameter, so the ordinary `fit` trains it:

# %%
tuned = experiment.fine_tune(coarse, train, seed=0, steps=steps // 3)
record("top-1 with 4 values, fine-tuned", 100 * orl.top1(tuned, test), "%")

# %% [markdown]
# From nearly nothing back to nearly everything, by training 848 numbers instead of 153,232: 24 values in six codebooks, 784 of batch norm, and 40 biases. (The running means and variances of batch norm, another 784 numbers, move along without being trained.) Did the *values* do that? In the third curve they stay as k-means left them, and only batch norm and biases learn (stored, 10 splits each):

# %%
figures.draw_codebooks(stored["codebook"])

# %% [markdown]
# The last three columns are top-1 less that of the network with 32 bits, which was trained on for just as long (steps and rates were fixed beforehand):

# %%
figures.tabulate_codebooks(stored["codebook"])

# %% [markdown]
# They hardly did. Nearly all of the repair comes from batch norm and biases; letting the values move adds 0.8 of a point with four values (0.008 [0.002, 0.013], paired) and nothing one could see with more. So "fine-tune the codebook" is true, and mostly about something else: whenever a repair seems miraculous, ask what a simpler one does.
#
# And the price? Tuned, 8 values cost nothing that 10 splits could show (a loss of more than 0.6 of a point is excluded), in a file of 67,671 bytes instead of 619,048: nine times smaller. With 4 values a loss of three points is not excluded, with 2 it is 27 points.
#
# **Exercise 5.** A layer has 82,944 weights. How many *bytes* do 16 shared values take: the codes (all of equal length) and a codebook of 32-bit numbers?

# %% tags=["exercise", "nbval-check-output"]
size = ____
exercises.codebook.check(size)

# %%
exercises.little

# %% [markdown]
# ## Test the folklore: "sharing makes the network faster"
#
# Measured in turns on this machine, 40 faces at a time:

# %%
figures.time_layers(dense, tuned, pairs=pick(profile, smoke=6, quick=30, full=30))

# %% [markdown]
# The convolution is several times as fast as the locally connected layer, although both multiply equally often. Most of that is workmanship: the library's convolution is tuned, while ours copies every window first, and a *convolution* computed that way is slow, too. Full connection multiplies 26 times as often, and doesn't take 26 times as long. So neither weights nor multiplications tell the time: measure it. And a codebook saves *bytes*, not time: the network multiplies as before, with weights that are read from the codebook first.

# %% [markdown]
# ## The scoreboard
#
# Two rows join: the network of lesson 01, trained on s1 to s20, with 16 and with 4 shared values a layer. (*Parameters* counts what training can still move; all 150,652 weights are still at work. *Latency* is that of the decoded network.)

# %%
board = Scoreboard.load(evidence.BOARD).upto("03")
board

# %% [markdown]
# The network with 16 values is 7 times smaller than the one it came from, with 4 values 13 times, and neither is faster. Their accuracies lie so close together, among only 20 people, that we call none of them worse. (The shared ones also had 100 steps more.)
#
# ## What you have learnt
#
# Three things are called weight sharing. Over *space*, a kernel does the work of all places: better than the same windows unshared, no multiplication saved, and maps that move with the face, though not yet answers that stay. Over *branches and time*, one module is called many times. Over *values*, a codebook makes the file nine times smaller and nothing faster, and most of the repair afterwards is done by batch norm. In all three one weight's gradient is the sum over its jobs, and in none does an initialiser share anything. Next: lesson 04, weights that were learnt elsewhere.
#
# **Further reading.** S. Nowlan & G. Hinton, *Simplifying neural networks by soft weight-sharing*, 1992, [doi:10.1162/neco.1992.4.4.473](https://doi.org/10.1162/neco.1992.4.4.473). S. Han, H. Mao & W. J. Dally, *Deep Compression*, 2016, [arXiv:1510.00149](https://arxiv.org/abs/1510.00149). S. Chopra, R. Hadsell & Y. LeCun, *Learning a similarity metric discriminatively, with application to face verification*, 2005, [doi:10.1109/CVPR.2005.202](https://doi.org/10.1109/CVPR.2005.202). A. Azulay & Y. Weiss, *Why do deep convolutional networks generalize so poorly to small image transformations?*, 2019, [arXiv:1805.12177](https://arxiv.org/abs/1805.12177).
