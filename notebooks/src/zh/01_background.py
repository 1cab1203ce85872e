# %% [markdown]
# # 01 · 背景：什么是识别，怎样衡量识别
#
# **目标**：自己当一回识别器，动手做几个经典的识别器，学会分清真实的差别和运气。
# **准备**：[第 00 课](00_start_here.ipynb)。**时间**：一小时。

# %% tags=["parameters"]
profile = None

# %%
import torch
from skimage import feature, filters
from sklearn.decomposition import PCA

from facecourse.kit import ____, charts, choose_profile, evidence, orl, pick, record
from facecourse.kit.faces import load_faces
from facecourse.lesson01_background import exercises, experiment, figures
from facelib.measure import bootstrap_pairs
from facelib.models import FaceCNN, classical, embed
from facelib.synth import synth
from facelib.training import fit

profile = choose_profile(profile)
stored = evidence.load("01")

# %% [markdown]
# ## 你比机器强吗？
#
# 二十对图像，画的都是不存在的人；其中十对，两张是同一个人。请你来判断。

# %% tags=["nbval-ignore-output"]
pairs, same = experiment.deal_pairs(seed=11)
figures.play_pairs(pairs, same, machine=experiment.judge_by_gabor(pairs, seed=12))

# %% [markdown]
# **同人对**（genuine）的两张图是同一个人，**异人对**（impostor，字面意思是“冒充者”）是两个人。**误识率**（FAR）是异人对当中被你当成同一个人的比例，**拒识率**（FRR）是同人对当中被你当成两个人的比例。方括号里说的是：*你*真正的错误率可能在哪个范围。
#
# ## 识别器做些什么

# %%
nobody = synth(40, images=5, seed=7, size=112)
codes = torch.from_numpy(classical.gabor_magnitudes(nobody.images[:2]))
figures.draw_pipeline(nobody.images[0], codes)

# %% [markdown]
# 识别器先**检测**人脸，把它**对齐**，再把它**嵌入**成一行数（图中的横条），然后**比对**两行这样的数，得到一个**得分**，最后根据**阈值**作出**判定**。
#
# **验证**（1:1）：这个人是不是他自称的那个人？**辨识**（1:N）：这张**查询图**（probe）是**注册库**（gallery）里的哪一位？**开集**（门禁、**监视名单**）：他是这几个人中的一个，还是我们不认识的人？
#
# | 用途 | 任务 | 误识的代价 | 拒识的代价 |
# |---|---|---|---|
# | 手机、支付、边检闸机 | 验证 | 钱财损失、放错人 | 改输密码、排队 |
# | **会员门禁** | 辨识，开集 | 外人进了门 | 会员进不了门 |
# | 核对患者身份 | 验证 | 治错了人 | 耽误时间 |
# | 入侵检测、监控 | 监视名单（合法吗？欧盟第 2024/1689 号条例第 5 条） | 无辜者被拦下 | 要找的人走掉 |
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
local = feature.local_binary_pattern(face, 8, 2, method="uniform")
_, edges = feature.hog(face, pixels_per_cell=(14, 14), cells_per_block=(1, 1), visualize=True)
waves = abs(filters.gabor(face / 255, frequency=1 / 16)[0])

# %%
maps = {"pixels": face, "40 eigenfaces": rebuilt, "LBP": local, "HOG": edges**0.5, "Gabor": waves}
maps = {name: torch.tensor(picture - picture.mean()) for name, picture in maps.items()}
charts.draw_panels(maps, "One face as pixels, eigenfaces, LBP codes, edges and waves.")

# %% [markdown]
# 后三种都在网格的小格里计数或取平均，所以小小的平移影响不大。五种描述都用**余弦**来比对，也就是单位长度向量的点积。下面对减去平均脸的像素，先手算一遍，再由库来算一遍：

# %% tags=["nbval-check-output"]
faces = load_faces()
train, _, test = faces.split_images(train=5, seed=0)
known, new = train.images.flatten(1).float(), test.images.flatten(1).float()
unit = [torch.nn.functional.normalize(some - known.mean(0)) for some in (known, new)]
nearest = train.person[(unit[1] @ unit[0].T).argmax(1)]
library = classical.pixels().fit(train.images, train.person).predict(test.images)
(nearest == torch.from_numpy(library)).all().item()

# %% [markdown]
# ## 测一测
#
# 五种方法都来认真实的照片：每人注册五张，测试五张（叉号）。圆点是存好的结果，即 20 次这样的分配（每一次叫作一个**划分**，split）的平均值。误差棒是 **95% 置信区间**：100 根这样的误差棒，大约有 95 根盖住真正的均值。

# %%
methods = ("pixels", "eigenfaces", "LBP", "HOG", "Gabor")
fitted = {name: classical.BASELINES[name]().fit(train.images, train.person) for name in methods}
live = {name: method.score(test.images, test.person) for name, method in fitted.items()}

# %%
five = {name: stored["top-1"]["5"][name] for name in (*methods, "CNN")}
label = "top-1 (axis not from 0): mean of 20 splits, stored, 95 % interval, x = this run"
alt = "The CNN is ahead, Gabor filters follow, pixels and eigenfaces come last."
charts.draw_intervals(charts.mean_intervals(five), label, alt, live, shares=True)

# %% [markdown]
# 第 00 课的网络以 99.2% 领先，其次是 Gabor 滤波器，97.8%；不过网络另有帮手：变化过的图像，还有镜像。五个叉号里有三个落在误差棒之外，这并没有什么不对：误差棒说的是许多划分的*均值*，叉号只是其中的一次。
#
# ## 动手调：均值有多可靠？
#
# 浅色圆点是从 400 个划分里抽出来的，下面是它们的均值和区间；橙色标出全部划分的均值。每次抽 5 个，把二十次抽样逐一看过去：二十根误差棒里，应该有一根左右碰不到橙色标记。再多抽一些划分：误差棒变短了，圆点的散布却没有变窄。右边把两种方法放在*同一个*划分里配对比较：划分本身的难易就抵消了。

# %% tags=["nbval-ignore-output"]
codes = (classical.features(fitted[name], faces.images) for name in ("LBP", "HOG"))
lbp, hog = (experiment.run_splits(some, faces, 400) for some in codes)
figures.interval_slider(lbp, hog, ("LBP", "HOG"))

# %% [markdown]
# > **规矩**：如果*配对*差的区间不含零，本课程就说**更好**（倘若本来毫无差别，二十次里也会有一次碰巧如此）。否则就说**未定**；未定并不是*相等*。
#
# 这些区间*针对*的是 400 张照片的各种划分，而不是新的人。哪怕只是换成新的照片，误差棒也已经嫌短：各种划分共用同一批照片（[Nadeau & Bengio 2003](https://doi.org/10.1023/A:1024068626366)）。
#
# <details><summary>规矩用起来：“每人只有一张照片时，手工设计的规则胜过网络。”</summary>
#
# 对了一半。训练网络要用**数据增强**：把图像平移、旋转、缩放、镜像，或改变光照。没有数据增强时，网络落后 Gabor 滤波器 13 个百分点（六个划分）。双方都做数据增强（滤波器也注册变化过的图像），两者就分不出高下：未定。只帮一方，量到的就是那份帮助：网络多得 22 个百分点，滤波器多得 8 个。
#
# </details>
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
# 凡是拿来测生人的，都没有学过 ORL 的 s21 到 s40：他们是**未见过的人**。这里用 LBP 比对他们的所有图像对。移动那条线：线右边异人对的比例就是 FAR，同人对的比例就是**正确接受率**（TAR），**TAR** = 1 − FRR。线的每个位置，对应 **ROC** 曲线上的一个点。

# %% tags=["nbval-ignore-output"]
from facecourse.kit import protocol, verify

unseen = protocol.unseen_people()
codes = torch.from_numpy(classical.lbp_histograms(unseen.images))
pairs = verify.verify_pairs(codes, unseen)
charts.threshold_slider(pairs, pairs.threshold_at(0.01))

# %% [markdown]
# 一扇永远不开的门，对这些图像对的判断有 95% 是对的，因为 19,900 对里有 19,000 对是异人对：准确率在这里什么也说明不了。
#
# **练习 2.** 在异人对被接受的比例不超过 `far` 的前提下，返回*最大*的 TAR。


# %% tags=["exercise", "nbval-check-output"]
def tar_at(scores, same, far):
    impostors = scores[~same].sort(descending=True).values
    return ____


exercises.tar.check(tar_at)

# %%
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
# 一个网络学习 s1 到 s20 每人五张照片，然后用它的**嵌入**（embedding，即给出名字之前的那 128 个数）去比对他们的另外五张，以及生人 s21 到 s40 的全部十张。Gabor 滤波器谁也没学过，可以用来看生人是不是更难认。

# %%
learnt, _, known = protocol.open_people().split_images(train=5, seed=0)
torch.manual_seed(0)
door = FaceCNN(width=24, embedding=128, people=20)
fit(door, learnt.map(orl.to_half), epochs=pick(profile, smoke=2, quick=120, full=120))

for who, people in (("known", known), ("strangers", unseen)):
    fixed = torch.from_numpy(classical.gabor_magnitudes(people.images))
    embedded = embed(door, orl.to_half(people.images), flip=False).cpu()
    for name, codes in {"Gabor": fixed, "the CNN": embedded}.items():
        tar = verify.verify_pairs(codes, people).tar_at(0.01)
        record(f"TAR of {name} at 1 % FAR, {who}", 100 * tar, "%")

# %% [markdown]
# 这个说法是错的。对熟人，网络几乎接受了所有的同人对；对生人，却把三分之一以上的同人对拒之门外。生人看来并不更难认：Gabor 滤波器对熟人接受 73.5%，对生人 72.6%。分辨生人是另一种本领（第 04、05 课）。
#
# **自助法**（bootstrap）从这二十个生人里有放回地重抽二十人，共抽 200 次，保留所测结果中间的 95%：得到的就是针对人的区间。

# %%
bootstrap_pairs(lambda pairs: pairs.tar_at(0.01), *verify.score_pairs(embedded, unseen), 200)

# %% [markdown]
# ## 轮到你了：给会员门禁定一个阈值
#
# **练习 4.** 根据*十个*人的所有图像对的得分，选一个阈值，使它用在*另外*十个人身上时，FAR 不超过 1%。检查时会把 s1 到 s20 分成两个十人组，分一百次：须有 70 次做到这一点，同时另一组的同人对平均仍须有 54% 被接受。得分的尺度每次检查都会变。


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
# <details><summary>这些论文</summary>
#
# 特征脸 [1987](https://doi.org/10.1364/JOSAA.4.000519)、[1991](https://doi.org/10.1162/jocn.1991.3.1.71)；Fisher 脸 [1997](https://doi.org/10.1109/34.598228)；Gabor [1993](https://doi.org/10.1109/12.210173)；LBP [1996](https://doi.org/10.1016/0031-3203(95)00067-4)，用于人脸 2004，详见 [2006](https://doi.org/10.1109/TPAMI.2006.244)；HOG [2005](https://doi.org/10.1109/CVPR.2005.177)；Neocognitron [1980](https://doi.org/10.1007/BF00344251)；第一个训练出来的 CNN [1989](https://doi.org/10.1162/neco.1989.1.4.541)；CNN 用于 ORL [1997](https://doi.org/10.1109/72.554195)；孪生网络用于人脸 [2005](https://doi.org/10.1109/CVPR.2005.202)；DeepFace [2014](https://doi.org/10.1109/CVPR.2014.220)；FaceNet [2015](https://doi.org/10.1109/CVPR.2015.7298682)；VGGFace [2015](https://doi.org/10.5244/C.29.41)；测量方法 [2000](https://doi.org/10.1109/34.879790)。
#
# </details>
#
# ## 现在你知道了
#
# 三种任务，两类错误，一个阈值。本课程的**成绩榜**（scoreboard）说的是：每种方法分辨生人分辨得怎么样。下一课：[网络怎样学习](../02_how_a_network_learns.ipynb)（英文）。
