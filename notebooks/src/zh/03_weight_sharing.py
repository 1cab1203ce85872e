# %% [markdown]
# # 03 · 权值共享：一个权值，身兼数职
#
# **一个只有 416 个数的层，怎么能顶替一个有 1.2 M（M 是百万）个数的层？** 这一课先搭一个卷积，再用它找嘴，最后让一个网络每层只剩四种不同的权值。
#
# **准备**：[第 02 课](../02_how_a_network_learns.ipynb)：层、梯度、批归一化。**时间**：一小时。

# %% tags=["parameters"]
profile = None

# %%
from statistics import fmean

import torch
from torch import nn
from torch.nn import functional as F

from facecourse.kit import ____, choose_profile, evidence, orl, pick, record
from facecourse.kit.faces import load_faces
from facecourse.lesson03_sharing import exercises, experiment, figures
from facelib import synth

profile = choose_profile(profile)
stored = evidence.load("03")
face = synth.synth(1, 1, seed=9, **synth.FRONTAL).images.float() / 255

# %% [markdown]
# ## 九次相乘，一次求和
#
# 按一下菜单下面的 ▶：一个窗口在人脸上滑过。每到一处，九个像素分别乘以同样的九个权值，再加起来；这九个权值合称**卷积核**（kernel），得到的和排成一张**特征图**（feature map）。

# %% tags=["nbval-ignore-output"]
figures.kernel_slider(F.avg_pool2d(face, 4)[0, 0])

# %% [markdown]
# 权值共享（weight sharing）有三种意思：一个卷积核用于所有位置（**空间上的共享**），一个网络读两张图（**分支间的共享**），一层里只有几种不同的权值（**用码本共享**）。每个权值的梯度，都是它在各处所得梯度的*总和*。LBP、HOG 和 Gabor 滤波器也在空间上共享，只是不学习。
#
# ### 动手搭
#
# `unfold` 把每个窗口写成一列。一次矩阵乘法，就得到所有的和：这就是卷积。

# %% tags=["nbval-check-output"]
kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
windows = F.unfold(face, kernel_size=3)
by_hand = (kernel.view(1, 9) @ windows).view(1, 1, 62, 62)
windows.shape, torch.allclose(by_hand, F.conv2d(face, kernel.view(1, 1, 3, 3)), atol=1e-5)

# %% [markdown]
# 九行，一行对应一个像素；3,844 列，一列对应一个位置。
#
# **练习 1.** 写三行权值，每行三个，用来找走向像斜杠 / 的边缘：遇到这样的边缘，结果不为零；在平坦的地方，以及走向相反的边缘上，结果为零。

# %% tags=["exercise", "nbval-check-output"]
edges = ____
exercises.edges.check(edges)

# %% [markdown]
# 一层有许多卷积核，每个都有自己的一张特征图，叫作一个**通道**（channel）。下一层的卷积核会对所有通道求和。
#
# **练习 2.** 由 `images` (N, C, H, W) 和 `kernels` (K, C, 3, 3) 算出特征图 (N, K, H − 2, W − 2)，用 `F.unfold` 和 `@`，不用 `conv2d`。`F.unfold(images, 3)` 的形状是 (N, 9 C, 位置数)。


# %% tags=["exercise", "nbval-check-output"]
def convolve(images, kernels):
    return ____


exercises.convolve.check(convolve)

# %% [markdown]
# ## 共享换来了什么？
#
# 全连接层（一些文章称之为*权值分配*，weight allocation）什么也不共享。**局部连接**层（locally connected，[DeepFace](https://doi.org/10.1109/CVPR.2014.220) 用过）也有窗口，但每个位置各有一个卷积核。图中的用时，都是与 `Conv2d` 相比。

# %%
from facelib.models.local import LocallyConnected2d

layers = {
    "Linear": nn.Sequential(nn.Flatten(), nn.Linear(28 * 23, 16 * 12 * 10)),
    "locally connected": LocallyConnected2d(1, 16, (28, 23), kernel=5, stride=2),
    "Conv2d": nn.Conv2d(1, 16, kernel_size=5, stride=2),
}
figures.draw_layers(layers, pairs=pick(profile, smoke=6, quick=30, full=30))

# %% [markdown]
# 有了窗口，权值和乘法都减到原来的约 25 分之一。有了共享，权值再减到 120 分之一，乘法却*一次也没有*省下。
#
# 如果不共享的那一层在所有位置都放上同一个卷积核，那么各处的梯度加起来，正好是共享卷积核的梯度：

# %% tags=["nbval-check-output"]
conv = layers["Conv2d"]
local = LocallyConnected2d.from_conv(conv, (28, 23))
pixels = torch.rand(4, 1, 28, 23)
for layer in (conv, local):
    layer(pixels).square().mean().backward()  # any number will do
added = local.weight.grad.sum(0)
local.weight.grad.shape, torch.allclose(added, conv.weight.grad.flatten(1), atol=1e-5)

# %% [markdown]
# ## 它认人认得更准吗？
#
# 每种层后面都接上 ReLU、最大池化，以及一个对应 ORL 的 40 个人的线性层；训练时每人只用一张照片，学习率是在其他划分上选的。作为对照，还让第一层停在随机的初始值上，即**冻结**（frozen）。

# %%
faces = load_faces().map(experiment.to_quarter)
steps = pick(profile, smoke=10, quick=200, full=200)
for kind in layers:
    for ending, frozen in ((", frozen", True), ("", False)):
        model, train, test = experiment.train_kind(kind, faces, 1, 0, steps, frozen=frozen)
        record(f"top-1 of {kind}{ending}", 100 * orl.top1(model, test), "%")
record("top-1 of Conv2d on what it learnt", 100 * orl.top1(model, train), "%")

# %%
figures.draw_rivals(stored["top-1"])

# %% [markdown]
# 每人一张照片时，共享的层比不共享的高 3.7 个百分点；与全连接相比则是未定，但权值只有后者的 3,000 分之一。可是，*冻结*时它也领先 3.8：这份领先不是学来的。既冻结，又不做最大池化时，看不出领先：−1.5 个百分点，未定。领先似乎来自池化：被池化的相邻位置用的是同一个卷积核。
#
# > 📌 **说法**：“权值共享需要大量数据，而且会过拟合，所以要做正则化。”
#
# 权值共享并不需要大量数据：用一张照片也好，用五张也好，领先都在。它会过拟合：`Conv2d` 把学过的认对 100%，其余的认对 66%；`Linear` 的权值多达其 3,000 倍，与它相比则是未定。
#
# ### 不学就不行的一层
#
# 每张脸画两遍，一遍张嘴，一遍闭嘴：两张图不一样的地方就是嘴。48 × 48 个位置就是类别，卷积核的输出就是 logit。

# %% tags=["nbval-ignore-output"]
mouths, places = experiment.render_mouths(pick(profile, smoke=20, quick=60, full=100), seed=1)
finder, start = experiment.train_finder("Conv2d", mouths, places, seed=0)
kernels = {"at random": start, "learnt here": finder[1].weight.detach()}
figures.draw_finders(stored["mouths"], stored["mouths without learning"], kernels, mouths, places)

# %% [markdown]
# 卷积核变成了一道暗条，上下各有较亮的几行。学过十张脸，它就能在新的脸上找到 64% 的嘴；它的对手，也就是每个位置各有一个卷积核的那一层，只找到 11%，不比随机的卷积核（12%）多，也不比总是指着同一个位置（8%）多多少。多数位置从来没有遇到过嘴；学过一百张脸，对手能找到 39%。
#
# ## 脸会移动
#
# 图像一移动，卷积的特征图也跟着移动：卷积是**等变**的（equivariant），这里说的是按它的步幅移动。

# %% tags=["nbval-check-output"]
for kind in ("Conv2d", "locally connected"):
    still, now = layers[kind](pixels), layers[kind](pixels.roll(2, dims=3))
    print(kind, torch.allclose(now[..., 1:], still[..., :-1], atol=1e-5))

# %% [markdown]
# 那么整个*识别器*是不是**不变**的（invariant），也就是说答案不变（[Azulay & Weiss](https://arxiv.org/abs/1805.12177)）？测试人脸认对的比例，原样的，以及移动三个像素之后的：

# %%
for kind, named in stored["shifted"].items():
    print(f"{kind}: {fmean(named['0']):.0%}, moved {fmean(named['3']):.0%}")

# %% [markdown]
# 没有一个是不变的：与第 00 课的网络不同，它们没有见过移动了的图像。`Conv2d` 降到 46%，`Linear` 降到 52%，未定：后面的层总指望每只眼睛都在老地方。`FaceCNN` 对所有位置取平均，保住 75%；不取平均（“places kept”）则是 68%。
#
# ## 分支间的共享
#
# **孪生网络**（Siamese pair）比对两张脸，靠的是把*同一个*网络调用两次。
#
# > 📌 **说法**：“给两层用同样的初始化方法，它们就共享权值了。”

# %% tags=["nbval-check-output"]
a, b = nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3)  # PyTorch draws both in one way
print("same initialiser, equal:", torch.equal(a.weight, b.weight))
for layer in (a, b):
    nn.init.xavier_uniform_(layer.weight, generator=torch.Generator().manual_seed(0))
print("same seed, equal:", torch.equal(a.weight, b.weight))
nn.Sequential(a, b)(torch.rand(4, 8, 9, 9)).square().mean().backward()
torch.optim.SGD([a.weight, b.weight], lr=0.1).step()
print("after a step, equal:", torch.equal(a.weight, b.weight))

# %% [markdown]
# 这个说法是错的。同样的随机种子，能让两层相等，但只到开始学习为止：两个对象，就有两份梯度。
#
# ## 用码本共享
#
# [Deep Compression](https://arxiv.org/abs/1510.00149) 在训练*之后*才共享。**K 均值**（k-means）把一层的权值分成四个簇；每个权值都换成所在簇的均值，也就是它的**码字**（code word）。文件里存的是由四个码字组成的**码本**（codebook），以及每个权值两比特的**编码**（code）。


# %%
def k_means(weights, codebook):
    while True:
        codes = (weights[:, None] - codebook).abs().argmin(1)
        means = codebook.clone()
        for k in codes.unique():  # an empty cluster keeps its code word
            means[k] = weights[codes == k].mean()
        if torch.equal(means, codebook):
            return codes, codebook
        codebook = means


# %% [markdown]
# 一个网络从每人两张照片学起：

# %%
from facelib.compress import share

dense, train, test = experiment.train_dense(load_faces(), seed=0, steps=3 * steps // 2)
record("top-1 with 32 bits a weight", 100 * orl.top1(dense, test), "%")
coarse, _ = share(dense, values=4)
record("top-1 with 4 values a layer", 100 * orl.top1(coarse, test), "%")

# %% tags=["nbval-check-output"]
weights = dense.features[3][0].weight.detach().flatten()  # a convolution in the middle
_, codebook = k_means(weights, torch.linspace(weights.min(), weights.max(), 4))
theirs = coarse.features[3][0].parametrizations.weight.original.detach()  # its codebook
torch.allclose(codebook, theirs, atol=1e-3)  # scikit-learn stops a little earlier

# %% [markdown]
# **批归一化**（见第 02 课）用训练时留下的均值和方差，去缩放每个通道。它们现在还合适吗？让网络把那 80 张训练照片再看一遍：不用标签，也不算梯度。

# %%
for layer in coarse.modules():
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        layer.momentum = 1.0  # only what it sees now
with torch.no_grad():
    coarse.train()(train.images / 255)
record("top-1 with 4 values, new statistics", 100 * orl.top1(coarse.eval(), test), "%")

# %% [markdown]
# **练习 3.** 码字也能学习。对码本写一步梯度下降，学习率为 0.1，返回新的权值。`gradient` 是每个权值自己的梯度，就当它不受约束。


# %% tags=["exercise", "nbval-check-output"]
def tune(weight, codes, codebook, gradient):
    return ____


exercises.tune.check(tune)

# %% tags=["nbval-ignore-output"]
figures.codebook_slider(dense, train, test, "features.3.0", stored["codebook"])

# %% [markdown]
# 修复几乎全靠新的*统计量*。按存好的划分，只留四个值时剩 16%；换上新的统计量回到 92%，继续训练（图中的 *fine-tuned*）也一样。32 比特时是 93%，换上新的统计量则是 94%。文件缩小到 13 分之一；速度一点也没有变快。
#
# ## 轮到你了
#
# **练习 4.** 亲手写一个卷积核来找嘴：元素是从 −3 到 3 的整数，高和宽都是奇数，最大 9 × 9；对 100 个新的人，要有 60 个人的最大输出落在离嘴 3 个像素以内。圆圈是嘴，叉号是你的答案。

# %% tags=["nbval-ignore-output"]
attempt = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
figures.draw_answers(attempt, mouths, places)

# %% tags=["exercise", "nbval-check-output"]
mouth_kernel = ____
exercises.find_mouths.check(mouth_kernel)

# %% [markdown]
# ## 现在你知道了
#
# 共享省的是权值，不是乘法；在不学就不行的地方，每个位置都在教其他所有的位置。
#
# 测的是未见过的人：共享取值之后的 AUC，减去同一网络不共享时的 AUC；两者训练得一样久，并在每个人身上配对。

# %%
for values, found in stored["unseen people"].items():
    print(f"{values} values: {found['AUC']:+.3f}")

# %% [markdown]
# 两个区间（针对人）都含零：未定。下一课：[第 04 课](../04_transfer_learning.ipynb)（英文）。
