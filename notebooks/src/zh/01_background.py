# %% [markdown]
# # 01 · 背景：什么是识别，怎样衡量识别
#
# **目标**：自己当一回识别器，动手做几个经典的识别器，学会分清真实的差别和运气。
# **准备**：[第 00 课](00_start_here.ipynb)。**时间**：一小时，或者再多一点。

# %% tags=["parameters"]
profile = None

# %%
import numpy as np
import torch
from skimage import feature, filters
from sklearn.decomposition import PCA

from facecourse.kit import ____, charts, choose_profile, compare, evidence, orl, pick, record
from facecourse.kit.faces import load_faces
from facecourse.lesson01_background import exercises, experiment, figures
from facelib import data, measure
from facelib.models import FaceCNN, classical, embed, predict
from facelib.synth import synth
from facelib.training import fit

profile = choose_profile(profile)
stored, one = evidence.load("01"), evidence.load("one_photo")["top-1"]

# %% [markdown]
# ## 你比机器强吗？
#
# 二十对图像，画的都是不存在的人；其中十对，两张是同一个人。请你来判断。

# %% tags=["nbval-ignore-output"]
pairs, same = experiment.deal_pairs(seed=11)
figures.play_pairs(pairs, same, machine=experiment.judge_by_gabor(pairs, seed=12))

# %% [markdown]
# **同人对**（genuine）的两张图是同一个人，**异人对**（impostor，字面意思是“冒充者”）是两个人。**误识率**（FAR）是异人对当中被你当成同一个人的比例，**拒识率**（FRR）是同人对当中被你当成两个人的比例。方括号给出一个范围，*你*真正的错误率可能就落在里面。
#
# ## 识别器做些什么

# %%
nobody = synth(40, images=5, seed=7, size=112)
codes = torch.from_numpy(classical.gabor_magnitudes(nobody.images[:2]))
figures.draw_pipeline(nobody.images[0], codes)

# %% [markdown]
# 识别器先**检测**人脸，把它**对齐**，再把它**嵌入**成一行数（图中的竖条），然后**比对**两行这样的数（橙色的是另一张照片），得到一个**得分**，最后根据**阈值**作出**判定**。**验证**（1:1）：这个人是不是他自称的那个人？**辨识**（1:N）：这张**查询图**（probe）是**注册库**（gallery）里的哪一位？**监视名单**（开集）：他是名单上这几个人中的一个，还是我们不认识的人？
#
# | 用途 | 任务 | 误识的代价 | 拒识的代价 |
# |---|---|---|---|
# | 手机、支付、边检闸机 | 验证 | 邮件泄露、钱财损失、放错人 | 改输密码、排队 |
# | **会员门禁**、考勤 | 辨识 | 外人进了门 | 会员进不了门 |
# | 医院核对患者身份 | 验证 | 治错了人 | 耽误时间 |
# | 入侵检测、监控 | 监视名单；合法吗？（欧盟：第 2024/1689 号条例第 5 条） | 无辜者被拦下 | 要找的人走掉 |
# | 广告、人流统计 | 只做检测 | 数错 | 数错 |
#
# ## 动手做：描述一张脸的五种办法
#
# **特征脸**（eigenfaces）保留人脸差异最大的几个方向（主成分，PCA）。**LBP**（局部二值模式）记下一个像素的邻居里有哪些比它亮，**HOG**（方向梯度直方图）记下边缘朝哪个方向走，**Gabor** 滤波器看的是图中哪里有与它同宽、同向的条纹。

# %%
face = nobody.images[0, 0].numpy()
flat = nobody.images.flatten(1).numpy() / 255
pca = PCA(40).fit(flat)
rebuilt = pca.inverse_transform(pca.transform(flat[:1])).reshape(face.shape)

# %%
patterns = feature.local_binary_pattern(face, 8, 2, method="uniform")
_, edges = feature.hog(face, pixels_per_cell=(14, 14), cells_per_block=(1, 1), visualize=True)
edges = edges.clip(max=np.quantile(edges, 0.99))
waves = abs(filters.gabor(face / 255, frequency=1 / 16)[0])

# %%
steps = {"pixels": face, "40 eigenfaces": rebuilt, "LBP": patterns, "HOG": edges, "Gabor": waves}
steps = {name: torch.tensor(picture - picture.mean()) for name, picture in steps.items()}
charts.draw_panels(steps, "One face as pixels, eigenfaces, LBP codes, edges and waves.")

# %% [markdown]
# 后三种都在网格的小格里计数或取平均，所以小小的平移影响不大。**Fisher 脸**（Fisherfaces，线性判别分析）找的是这样的差别：人与人*之间*有，同一个人身上没有。
#
# 所有方法都用**余弦**来比对，也就是单位长度向量的点积：下面对减去均值的像素手算一遍，再与库的结果对照。

# %%
faces = load_faces()
train, _, test = faces.split_images(train=5, seed=0)

# %% tags=["nbval-check-output"]
known, new = train.images.flatten(1).float(), test.images.flatten(1).float()
unit = [torch.nn.functional.normalize(some - known.mean(0)) for some in (known, new)]
nearest = train.person[(unit[1] @ unit[0].T).argmax(1)]
library = classical.pixels().fit(train.images, train.person).predict(test.images)
(nearest == torch.from_numpy(library)).all().item()

# %% [markdown]
# ## 测一测
#
# 所有方法，连同第 00 课的网络，都来认真实的照片：每人注册五张，测试五张。圆点是存好的结果，即 20 次这样的分配（每一次叫作一个**划分**，split）的平均值，附有 **95% 置信区间**：这样的测量做 100 次，大约有 95 次，区间会盖住真正的均值。

# %%
methods = ("pixels", "eigenfaces", "Fisherfaces", "LBP", "HOG", "Gabor")
fitted = {name: classical.BASELINES[name]().fit(train.images, train.person) for name in methods}
live = {name: method.score(test.images, test.person) for name, method in fitted.items()}

# %%
torch.manual_seed(0)
model = FaceCNN(width=24, embedding=128, people=faces.people)
fit(model, train.map(orl.to_half), epochs=pick(profile, smoke=2, quick=60, full=60))
named = predict(model, orl.to_half(test.images)).cpu()
live["CNN"] = (named == test.person).double().mean().item()
record("top-1 of the CNN, 5 photographs each", 100 * live["CNN"], "%")

# %%
five = charts.mean_intervals(stored["top-1"]["5"])
label = "top-1 (axis not from 0): mean of 20 splits, stored, 95 % interval, x = this run"
alt = "The CNN is ahead, Gabor filters follow, pixels and eigenfaces come last."
charts.draw_intervals({name: five[name] for name in live}, label, alt, live, shares=True)

# %% [markdown]
# 网络以 99.2% 领先，其次是 Gabor 滤波器，97.8%；不过网络另有帮手：变化过的图像，还有镜像。多数叉号落在误差棒之外，这并没有什么不对：误差棒说的是许多划分的*均值*，叉号只是其中的一次。
#
# ## 动手调：均值有多可靠？
#
# 浅色圆点是从 400 个划分里抽出来的，下面是它们的均值和区间；橙色标出全部划分的均值。每次抽 5 个，把二十次抽样逐一看过去：二十根误差棒里，应该有一根左右碰不到橙色标记。再多抽一些划分：误差棒变短了，圆点的散布却没有变窄。右边把两种方法放在*同一个*划分里配对比较：划分本身的难易就抵消了。

# %% tags=["nbval-ignore-output"]
splits = pick(profile, smoke=160, quick=400, full=400)
codes = (classical.features(fitted[name], faces.images) for name in ("LBP", "HOG"))
lbp, hog = (experiment.run_splits(some, faces, splits) for some in codes)
figures.interval_slider(lbp, hog, ("LBP", "HOG"))

# %% [markdown]
# > **规矩**：如果*配对*差的区间不含零，本课程就说**更好**（倘若本来毫无差别，二十次里也会有一次碰巧如此）。否则就说**未定**；未定并不是*相等*。
#
# 这些区间*针对*的是 400 张照片的各种划分，而不是新的人。各种划分共用同一批照片：哪怕只是换成新的照片，误差棒也已经嫌短（[Nadeau & Bengio 2003](https://doi.org/10.1023/A:1024068626366)）。
#
# ## 每人只有一张照片
#
# > 📌 **说法**：“网络需要大量图像；只有一张照片时，手工设计的规则更强。”
#
# 训练网络要用**数据增强**：把图像平移、旋转、缩放、镜像，或改变光照。这里让 Gabor 滤波器得到同样的帮助：在每张照片之外，再注册二十张这样变化出来的图像。**权重衰减**把网络里的数往零拉（见第 02 课）。下面是六个划分上 top-1 的差（存好的结果）：

# %%
asked = {
    "CNN less Gabor, neither augmented": ("CNN", "Gabor"),
    "the same, CNN with weight decay": ("CNN, strong weight decay", "Gabor"),
    "CNN less Gabor, both augmented": ("CNN, augmented", "Gabor, augmented"),
    "augmentation, CNN": ("CNN, augmented", "CNN"),
    "augmentation, Gabor": ("Gabor, augmented", "Gabor"),
}
found = {what: compare.subtract_points(one[a], one[b], "splits") for what, (a, b) in asked.items()}
charts.draw_differences({"": found}, "points, 95 % CI over splits")

# %% [markdown]
# 这个说法对了一半。都没有帮助时，网络落后 13 个百分点。网络加上权重衰减（强度是在别的划分上选的），或者双方都做数据增强，两者就分不出高下：未定。数据增强让网络多得 22 个百分点，让 Gabor 滤波器多得 8 个：拿增强过的网络去比不加增强的滤波器，量到的是那份帮助。
#
# ## 图像的预处理
#
# **均衡化**把一张图的灰度值均匀地摊开。各图的标题，是在 ORL 的这类查询图上直接比像素的 top-1，以及它的变化：

# %%
found = experiment.compare_preparation(faces, data.normalise_light)
figures.draw_preparation(nobody.images[:1], data.normalise_light, found)

# %% [markdown]
# 侧光下的查询图，均衡化之后认对的比例从 8% 提高到 71%（瞎猜是 2.5%）。光照均匀时，它反而*损失*一个百分点。
#
# ## 准确率、召回率、精确率
#
# **准确率**是全部图像当中认对的比例。一个人的**召回率**，是*他的*图像当中被认成他的比例；他的**精确率**，是被认成他的图像当中真正属于他的比例。
#
# **练习 1.** Anna、Ben、Chen 每人有十张图（行），它们各被认成了谁（列）。请给出 Anna 的 `[precision, recall]`。

# %% tags=["exercise", "nbval-check-output"]
table = torch.tensor([[8, 1, 1], [4, 6, 0], [0, 0, 10]])
anna = ____
exercises.confusion.check(anna)

# %% [markdown]
# ## 验证：两个直方图和一条线
#
# ORL 的 s21 到 s40，在整个课程里都留作**未见过的人**：没有任何东西用他们训练。（有一次例外地看了一眼，第 05 课会交代。）这里用 LBP 比对他们的所有图像对。移动那条线：线右边异人对的比例就是 FAR，同人对的比例就是**正确接受率**（TAR），**TAR** = 1 − FRR。线的每个位置，对应 **ROC** 曲线上的一个点（FAR 轴从 0.1% 起用对数刻度）。

# %% tags=["nbval-ignore-output"]
from facecourse.kit import protocol, verify

unseen = protocol.unseen_people()
codes = torch.from_numpy(classical.lbp_histograms(unseen.images))
pairs = verify.verify_pairs(codes, unseen)
charts.threshold_slider(pairs, pairs.threshold_at(0.01))

# %% [markdown]
# 一扇永远不开的门，对这些图像对的判断有 95% 是对的，因为 19,900 对里有 19,000 对是异人对：准确率在这里什么也说明不了。
#
# **练习 2.** 在异人对被接受的比例不超过 `far` 的前提下，返回*最大*的 TAR。阈值可以是任何数；没有两个得分相等。


# %% tags=["exercise", "nbval-check-output"]
def tar_at(scores, same, far):
    impostors = scores[~same].sort(descending=True).values
    return ____


exercises.tar.check(tar_at)

# %%
record("TAR of LBP at 1 % FAR on unseen people", 100 * pairs.tar_at(0.01), "%")
record("EER of LBP on unseen people", 100 * pairs.eer, "%")
record("AUC of LBP on unseen people", 100 * pairs.auc, "%")

# %% [markdown]
# **AUC** 是一个同人对的得分高过一个异人对的概率；**等错误率**（EER）是 FAR 与 FRR 相等时的错误率。没有哪扇门会照这两个数来运行，所以本课程报告的是**给定 FAR 下的 TAR**：在 1% 处，十个同人对里有四个被拒之门外。
#
# **练习 3.** 10,000 个过路人里，有一个是要找的人。系统的 TAR 是 90%，FAR 是 1%；卖家说它“准确率 99%”。在预期会响起的警报当中，有多大比例是真的？

# %% tags=["exercise", "nbval-check-output"]
precision = ____
exercises.watch_list.check(precision)

# %% [markdown]
# ## 熟人和生人
#
# > 📌 **说法**：“测试集上 99%，可以装到门上用了。”
#
# 第二个网络学习 s1 到 s20 每人五张照片，然后去比对两批人：他们的另外五张（熟人），以及 s21 到 s40（生人）；比对用的是**嵌入**（embedding），即给出名字之前的那 128 个数。Gabor 滤波器谁也没学过，可以用来看生人是不是本来就更难认。
#
# **自助法**（bootstrap）从这二十个人里有放回地重抽二十人，共抽 200 次，每次都测一遍，保留中间的 95%：得到的就是针对人的区间。

# %%
learnt, _, known = protocol.open_people().split_images(train=5, seed=0)
torch.manual_seed(0)
door = FaceCNN(width=24, embedding=128, people=20)
fit(door, learnt.map(orl.to_half), epochs=pick(profile, smoke=2, quick=120, full=120))
tars = {}

# %%
for who, people in (("known", known), ("strangers", unseen)):
    learnt = embed(door, orl.to_half(people.images), flip=False).cpu()
    fixed = torch.from_numpy(classical.gabor_magnitudes(people.images))
    for name, codes in {"CNN": learnt, "Gabor": fixed}.items():
        scored = verify.score_pairs(codes, people)
        tar = measure.bootstrap_pairs(lambda pairs: pairs.tar_at(0.01), *scored, 200)
        tars[f"{name}, {who}"] = tar
    record(f"TAR of the CNN at 1 % FAR, {who}", 100 * tars[f"CNN, {who}"].value, "%")

# %%
alt = "The CNN on people it knows and on strangers, beside Gabor."
label = "TAR at 1 % FAR, this run: 95 % interval over people"
charts.draw_intervals(tars, label, alt, shares=True)

# %% [markdown]
# 这个说法是错的。对熟人，网络几乎接受了所有的同人对；对生人，却把三分之一以上的同人对拒之门外。生人并不更难认：Gabor 滤波器在两批人上差不多。分辨生人是另一种本领，留给第 04、05 课。
#
# ## 轮到你了：给会员门禁定一个阈值
#
# **练习 4.** 根据*十个*人的所有图像对的得分，选一个阈值，使它用在*另外*十个人身上时，FAR 不超过 1%。检查时会把 s1 到 s20 分成两个十人组，分一百次：须有 70 次做到这一点，同时另一组的同人对仍须有 54% 被接受。得分来自 LBP，但每次检查都会换一种尺度。


# %% tags=["exercise", "nbval-check-output"]
def set_threshold(scores, same):
    return ____


exercises.door.check(set_threshold)

# %% [markdown]
# ## 来龙去脉
#
# 各种文章说，LBP 出自 1980 年代，深度网络出自 2000 年代初，权值共享还在其后。论文的说法则是：

# %%
figures.draw_timeline()

# %% [markdown]
# 每一个卷积都共享权值，FaceNet 和 VGGFace 里的也不例外（见第 03 课）。
#
# ## 现在你知道了
#
# 三种任务，两类错误，一个阈值。本课程的**成绩榜**（scoreboard）只问一件事：生人分辨得怎么样。榜上最前面的几行如下（其中的 CNN 学过每人十张照片）：

# %%
from facecourse.kit import Scoreboard

rows = Scoreboard.load(evidence.BOARD).upto("01").rows
found = {row.method: row["TAR at 1 % FAR"] for row in rows}
label = "TAR at 1 % FAR on s21 to s40: stored, 95 % interval over 20 people"
alt = "The scoreboard's first rows: TAR at a FAR of 1 % of seven methods on unseen people."
charts.draw_intervals(found, label, alt, shares=True)

# %% [markdown]
# 下一课：[网络怎样学习](../02_how_a_network_learns.ipynb)（英文）。
#
# **延伸阅读**：特征脸 [1987](https://doi.org/10.1364/JOSAA.4.000519)、[1991](https://doi.org/10.1162/jocn.1991.3.1.71)；Fisher 脸 [1997](https://doi.org/10.1109/34.598228)；Gabor [1993](https://doi.org/10.1109/12.210173)；LBP [1996](https://doi.org/10.1016/0031-3203(95)00067-4)，用于人脸 [2006](https://doi.org/10.1109/TPAMI.2006.244)；HOG [2005](https://doi.org/10.1109/CVPR.2005.177)；Neocognitron [1980](https://doi.org/10.1007/BF00344251)；第一个训练出来的 CNN [1989](https://doi.org/10.1162/neco.1989.1.4.541)；CNN 用于 ORL [1997](https://doi.org/10.1109/72.554195)；孪生网络用于人脸 [2005](https://doi.org/10.1109/CVPR.2005.202)；DeepFace [2014](https://doi.org/10.1109/CVPR.2014.220)；FaceNet [2015](https://doi.org/10.1109/CVPR.2015.7298682)；VGGFace [2015](https://doi.org/10.5244/C.29.41)；测量方法 [2000](https://doi.org/10.1109/34.879790)。
