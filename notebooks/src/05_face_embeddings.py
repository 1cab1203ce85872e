# %% [markdown]
# # 05 · Face embeddings: people as directions
#
# **You will learn** how a network comes to place faces on a sphere so that angles tell people apart; what triplets and margins do there; and what one can build on it: a door with a threshold, a gallery that knows a newcomer from one photograph, sends strangers away, and searches a million faces in less than a millisecond.
# **You need** [lesson 04](04_transfer_learning.ipynb): a network that was trained elsewhere. **Time:** 50 minutes to read, a minute to run on two cores.

# %% tags=["parameters"]
profile = None

# %%
import math

import torch

from facecourse.kit import ____, charts, choose_profile, evidence, pick, record, verify
from facecourse.lesson05_embeddings import crowd, exercises, sphere
from facelib import data

profile = choose_profile(profile)
stored, million = evidence.load("05"), evidence.load("gallery")

# %% [markdown]
# ## From a classifier to a sphere
#
# A classifier ends in one logit a person. A door cannot use that: the people who come were never in the training. So we cut the classifier before its last layer and keep what goes into it, the **embedding**. Lesson 01 did that at its end. Now we look inside.
#
# An embedding has some hundred numbers, ours 128. To draw it we let a tiny network make only *two*, of six people from ORL's s1 to s20, five photographs each. Each loss below trains it for 200 steps:

# %%
from facecourse.lesson05_embeddings import figures, widgets

steps = pick(profile, smoke=20, quick=200, full=200)
live = {
    name: sphere.train_points(sphere.build_loss(name, seed=1), steps=steps, seed=1)
    for name in sphere.LOSSES
}
figures.draw_circles(live)

# %% [markdown]
# These are the five *other* photographs of each, as the network puts them out, lengths included; look at the direction from the cross. **Softmax**, the classifier's loss, makes rays: who it is lies in the direction, while the length only says how sure the network is. So we drop the length and compare directions, by the cosine of the angle between them. The **normalised softmax** does so while training, too: all embeddings and all rows of the last layer have length one.
#
# In three dimensions there is more room, and six people need not stand in line:

# %%
globes = {
    name: sphere.train_points(sphere.build_loss(name, 3), 3, steps)
    for name in ("softmax", "CosFace")
}
figures.draw_globes(globes)

# %% [markdown]
# **Exercise 1.** Write the comparison that everything below rests on. The cosine of two vectors is their dot product divided by both lengths; `probes` and `faces` have a row for each photograph, the answer a row for each probe and a column for each face. The check draws your cosines beside the right ones.


# %% tags=["exercise", "nbval-check-output"]
def cosines(probes, faces):
    return ____


exercises.cosines.check(cosines)

# %% [markdown]
# ### Triplets, and which of them teach
#
# [FaceNet](https://doi.org/10.1109/CVPR.2015.7298682) (2015) has no list of people. It takes an **anchor**, a **positive** of the same person and a **negative** of somebody else, and asks that the negative be farther than the positive by a margin, in squared distance. Most negatives already are: they teach nothing. The *hardest*, nearer than the positive, pull untrained networks into one point, where all distances are zero. FaceNet takes the **semi-hard** ones between. This network has trained for ten steps; star and plus are two photographs of one person:

# %%
young = sphere.train_points(sphere.build_loss("triplet"), steps=10)

# %% tags=["nbval-ignore-output"]
widgets.triplet_slider(young)

# %% [markdown]
# The larger the margin, the more negatives are mined. Later in training nearly all become easy, and finding the few that aren't is most of the work.
#
# **Exercise 2.** Mark the semi-hard ones among seven negatives, farther than the positive but by less than the margin (all distances are squared already): 1 for each of them, 0 for the others.

# %% tags=["exercise", "nbval-check-output"]
positive, margin = 0.5, 0.2
distances = torch.tensor([0.30, 0.45, 0.58, 0.61, 0.75, 0.85, 1.20])
mined = ____
exercises.semi_hard.check(mined)

# %% [markdown]
# ### Margins
#
# The other way keeps the list of people and makes the task harder. [CosFace](https://doi.org/10.1109/CVPR.2018.00552) takes a margin from the right person's cosine, [ArcFace](https://doi.org/10.1109/CVPR.2019.00482) adds one to the angle. To be right nevertheless, a face must come closer to its person's direction. Each move of this slider trains a network anew; coloured is where a face satisfies the loss:

# %% tags=["nbval-ignore-output"]
widgets.margin_slider(steps)

# %% [markdown]
# One training is an anecdote, and two dimensions are cramped: some seeds leave two people stuck on one side. Over ten seeds, as changes against margin 0 with the same seed (stored):

# %%
figures.tabulate_margins(stored["drawn"]["margins"])

# %% [markdown]
# Read the intervals, not the means. CosFace from 0.2 to 0.5 moves the two nearest people some twenty degrees apart, and 0.35 and 0.5 press each person together by a degree. ArcFace shows a gain only at 0.75, and only within people. The largest margins move nobody apart.
#
# Cosines lie between −1 and 1, too close together for softmax to be sure of anybody, so they are multiplied by a fixed `scale`, say 30.
#
# **Exercise 3.** CosFace by hand, from cosines to as many logits: `cosine` (N, people) holds each face's cosine with each person, `person` (N,) who is right.


# %% tags=["exercise", "nbval-check-output"]
def cosface(cosine, person, margin, scale):
    return ____


exercises.cosface.check(cosface)

# %% [markdown]
# **Exercise 4.** And ArcFace: the right person's cosine is 0.6, the margin 0.5 radians. Which cosine goes into the softmax? (`math.acos` makes an angle of a cosine.)

# %% tags=["exercise", "nbval-check-output"]
cosine = ____
exercises.arcface.check(cosine)

# %%
exercises.lists

# %% [markdown]
# **Contrastive** loss needs no list either: each photograph of a batch must pick out its own person's other photographs among all others, by a softmax over cosines. The network that comes with this course learnt by it.
#
# ### VGGFace against FaceNet
#
# | | [VGGFace](https://doi.org/10.5244/C.29.41) (2015) | FaceNet (2015) |
# |---|---|---|
# | is trained to | name 2,622 people; then, by triplets, to map its 4,096 numbers to fewer | keep triplets apart, from the start |
# | photographs | 2.6 million | 100 to 200 million |
# | after training keeps | a network; the list of 2,622 is thrown away | a network |
# | stores of each enrolled person | an embedding | an embedding, 128 numbers |
# | when somebody is added | embeds a photograph | embeds a photograph |
#
# Some articles set the two apart by depth and augmentation. Both are deep convolutional networks; above all their *losses* and the size of their data differ. Used as an embedding, they are used alike.

# %%
exercises.newcomer

# %% [markdown]
# ## Test the folklore: "margin losses make better embeddings"
#
# On millions of photographs they do (the papers above measure it). On ours? The same `FaceCNN`, the same 150 batches of s1 to s20, margins as in the papers; tested on s21 to s40, whom no network here has met. Six seeds are stored, and one is trained now:

# %%
steps = pick(profile, smoke=3, quick=150, full=150)
now = sphere.score_unseen(sphere.train_by_loss("CosFace", steps=steps))["TAR at 1 % FAR"]
record("TAR at 1 % FAR of CosFace, 20 people", 100 * now, "%")

# %%
tar = {name: runs["TAR at 1 % FAR"] for name, runs in stored["losses"].items()}
charts.compare(
    charts.mean_intervals(tar, "seeds"), {"CosFace": now}, "TAR at 1 % FAR, unseen people"
)

# %%
figures.compare_to_rival(stored["losses"], "softmax")

# %% [markdown]
# Differences to softmax, paired by seed. With twenty people nothing beats the plain classifier: in AUC all others are behind it, in TAR the two margins and contrast are a draw. (Rates, margins and scale were not tuned for each loss, and the intervals are about seeds: they are the same twenty people each time.)
#
# ## Hundreds of thousands of people who don't exist
#
# What if there were more people than anybody could photograph? The network that comes with this course, `face_embedding()`, learnt from people our generator drew (`facelib.synth`) and from no photograph of anybody. On the people of our scoreboard:

# %%
from facecourse.kit import protocol
from facelib.models import embed, face_embedding

model = face_embedding()
known, unseen = protocol.open_people(), protocol.unseen_people()
codes_known, codes = (verify.embed_at_64(model, faces.images) for faces in (known, unseen))
pairs = verify.verify_pairs(codes, unseen)
record("AUC of the shipped embedding", pairs.auc)

# %%
charts.tabulate(stored["zero-shot"]["metrics"], "", "{:.3f}")

# %%
charts.tabulate(stored["zero-shot"]["lead"], "ahead of", "{:.3f}")

# %% [markdown]
# The second table is the lead of the shipped embedding, with the same people drawn for both; where an interval holds zero we call it a draw. Most rivals were fitted on s1 to s20, photographs from the same studio; ours has never seen a real face, though how its people are lit and framed was chosen by s1 to s20. It leads the classical methods in AUC, and all of them but Gabor with one photograph; in TAR at 1 % FAR it leads pixels and eigenfaces only. Against the ImageNet network of lesson 04, here at 224 pixels, and the small network of twenty real people everything is a draw, and the means in TAR and with one photograph are theirs.
#
# Twenty people can't decide more, and one studio isn't the world. `facecourse/lesson05_embeddings/zero_shot.py` asks the same networks about 6,000 pairs of LFW, press photographs of people from everywhere. There ours decides 79.6 % [78.6, 80.6] rightly, the ImageNet network 71.5 [69.7, 73.4], the network of twenty people 63.5 [62.5, 64.5], no more than pixels (64.2 [62.4, 66.1]): what it had learnt was a studio.
#
# What does it look at? Here every number that makes a face is known, so we can turn one at a time. Before you do: will glasses or the length of the nose move the embedding farther?

# %% tags=["nbval-ignore-output"]
from facelib.synth import identities

people = identities(2, seed=8)
widgets.morph_slider(model, people[:1])

# %% [markdown]
# And from one person to another:

# %% tags=["nbval-ignore-output"]
widgets.blend_slider(model, people[:1], people[1:])

# %% [markdown]
# Somewhere between lies a face that resembles both more than they resemble each other. Passport photographs blended like that were accepted as either person by commercial systems ([Ferrara et al. 2014](https://doi.org/10.1109/BTAS.2014.6996240)).
#
# A network is best known by its errors. Among a hundred such people, here are the faces it finds most alike although they are of two people, one below the other:

# %%
crowded = crowd.render_crowd(pick(profile, smoke=12, quick=100, full=100), each=6)
codes_crowded = embed(model, crowded.images).cpu()
data.contact_sheet(crowd.find_lookalikes(crowded, codes_crowded, count=6), columns=6)

# %% [markdown]
# Such **hard negatives** decide what a door is worth, and a training improves by meeting them.
#
# ## A threshold, and whether it keeps its promise
#
# "FAR 1 %" is a promise about *other* people. So the threshold is chosen on s1 to s20 and applied to s21 to s40:

# %% tags=["nbval-check-output"]
chosen_on = verify.verify_pairs(codes_known, known)
chosen_on.genuine, chosen_on.impostor

# %%
threshold = chosen_on.threshold_at(0.01)
charts.draw_scores(chosen_on, threshold)

# %% [markdown]
# Genuine and impostor pairs of s1 to s20, and the threshold between. Choose another FAR, and see what the threshold does to the others:

# %% tags=["nbval-ignore-output"]
widgets.far_slider(chosen_on, codes, unseen)

# %%
far = pairs.far_at(threshold)
record("FAR on s21 to s40 at the threshold of 1 % on s1 to s20", 100 * far, "%")

# %% [markdown]
# It doesn't: 1 % was promised, and three times as many impostor pairs of s21 to s40 come in. Look at the width of the interval, too: twenty people make 19,000 impostor pairs, but only twenty people. A FAR of one in a thousand is a guess with them, and a promise of one in a million needs millions of pairs of *many* people.
#
# ### Test the folklore: "accuracy is enough"
#
# The strictest and the mildest threshold with the same accuracy, and a door that never opens:

# %%
verify.compare_doors(pairs, pairs.accuracy_at(math.inf) + 0.005)

# %% [markdown]
# Equally accurate, the strict door turns nearly everybody away and the mild one lets impostors in; and a door that never opens is hardly less accurate than both. Accuracy depends on how many impostors were tried. Name a FAR and report the TAR.
#
# ## Enrol somebody, train nothing
#
# A **gallery** holds an embedding for each photograph. We enrol nineteen of the unseen people by one photograph each; the last one is not among them. Who are their other nine photographs taken for?

# %%
from facelib.measure.gallery import Gallery

gallery = Gallery(codes[:190:10], torch.arange(19))
newcomer, later = codes[190:191], codes[191:]
gallery.search(later).people.flatten().tolist()

# %% [markdown]
# For anybody but themselves. Now one photograph, one line, no gradient:

# %% tags=["nbval-check-output"]
gallery.enrol(newcomer, torch.tensor([19]))
len(gallery), gallery.people

# %%
gallery.search(later).people.flatten().tolist()

# %% [markdown]
# Most of the nine now find their owner, and none of them did before. (Over all people and choices of the photograph this is the column *one photo* above.) Whoever is missed enrols a second photograph.
#
# A photograph that failed gives an embedding of NaN, and such a row would poison the search in silence. The gallery refuses it:

# %%
try:
    gallery.enrol(newcomer * torch.nan, torch.tensor([20]))
except ValueError as refusal:
    print("refused:", refusal)

# %% [markdown]
# ### Strangers at the door
#
# In the **open set** most who come aren't enrolled, and the best match always has *some* name. Only a threshold keeps strangers out, and it turns known people away, too. Some of the twenty are enrolled by one photograph each, the others are strangers, and 1 % of their photographs may pass (means over random choices of who is enrolled):

# %%
halves = pick(profile, smoke=2, quick=20, full=40)
verify.compare_enrolments(codes, unseen, sizes=(2, 5, 10), halves=halves)

# %% [markdown]
# Even two enrolled people are found far less often once strangers must stay outside. What looks good in a closed set says little about a door. (And this flatters the door: its threshold is read off the very strangers it is tried on, and the intervals are about who of the same twenty is enrolled.)
#
# **Exercise 5.** Six photographs of known people, with their best score and whether it named them rightly, and five strangers' best scores. The threshold is as low as it may be: at most *one* stranger of five may enter (a score above the threshold enters). Which share of the six is found: named rightly and let in?

# %% tags=["exercise", "nbval-check-output"]
enrolled = [(0.91, True), (0.55, True), (0.72, True), (0.83, False), (0.78, True), (0.64, True)]
best_scores_of_strangers = [0.81, 0.70, 0.42, 0.35, 0.20]
rate = ____
exercises.detection.check(rate)

# %%
exercises.strangers

# %% [markdown]
# ## Where are the eyes?
#
# A face is cropped by where a detector sees the eyes. Detectors err. Take a good crop and spoil it; the threshold stays where s1 to s20 put it:

# %% tags=["nbval-ignore-output"]
widgets.misplaced_slider(model, people[:1], threshold)

# %% [markdown]
# One face is an anecdote. All pairs of s21 to s40, one photograph of each pair moved in a direction of its own (stored):

# %%
figures.draw_misplaced(stored["misplaced"], "shifted, % of the width")

# %%
figures.draw_misplaced(stored["misplaced"], "turned, degrees")

# %% [markdown]
# The changes are paired over people. Up to 4 % of the width or 4 degrees none can be told from nothing; at 6 % and at 8 degrees TAR has lost four points and more, and then it falls fast. (It starts higher than in the table above, as this threshold lets in three impostors of a hundred.) FAR does not rise: bad crops turn people away rather than let strangers in. Before you train a better network, look at your crops.

# %%
exercises.crops

# %% [markdown]
# ## Among a hundred thousand
#
# Comparing a probe with every face takes time in proportion. The fast gallery puts faces into heaps around centres found by k-means (lesson 03), and looks into the few heaps next to the probe. It may miss the nearest *vector*; what matters is whether it still finds the right *person*, who has five faces enrolled.
#
# Rendering so many faces takes minutes, so we draw embeddings like those of the hundred people above. A new person's middle lies near that of one of the hundred, moved a little at random; around it we lay the photographs of another of them, as far from their own middle as they were. How far a middle is moved was chosen so that a crowd of 2,000 errs as often as 2,000 people really rendered; others again were the check (`facecourse/lesson05_embeddings/gallery.py`):

# %%
columns = {"rank-1, exact search": "{rank-1:.3f}", "lost by fast search": "{lost:.3f}"}
charts.tabulate(million["check"]["100"], "2,000 people", columns)

# %% [markdown]
# Drawn crowds err as often as people really rendered, and fast search misses nobody of either (of 2,000 probes: less than 0.2 % with 95 % confidence).

# %%
size = pick(profile, smoke=400, quick=20_000, full=20_000)
drawn = crowd.draw_crowd(codes_crowded, 6, million["crowds"]["100"]["blur"], size)
probes, faces = drawn[:1000, 0], drawn[:, 1:].flatten(0, 1)
person = torch.arange(size).repeat_interleave(5)
exact, fast = Gallery(faces, person), Gallery(faces, person, fast=True)

# %%
who = torch.arange(len(probes))
crowd.time_searches({"exact": exact, "fast": fast}, probes, who)

# %%
lost = crowd.rank1(exact, probes, who) - crowd.rank1(fast, probes, who)
record("people lost by fast search", 100 * lost, "%")

# %% [markdown]
# And among a million, stored, five photographs of 200,000 people. (That crowd is made after 500 rendered people, ours after 100: compare stored rows with stored ones.)

# %%
searches = {"exact": "exact", "fast": str(million["looked at"])}
rows = {
    (f"{gallery['faces']:,}", name): gallery["search"][search]
    for gallery in million["galleries"]
    for name, search in searches.items()
}
columns = {
    "a query": "{ms alone[median_ms]:.2f} ms",
    "memory": lambda row: f"{row['bytes'] / 1e6:,.0f} MB",
    "rank-1": "{rank-1:.3f}",
    "lost against exact": "{lost:.2%}",
}
charts.tabulate(rows, ["faces", "search"], columns)

# %% [markdown]
# The search is not what fails in a large gallery: of 5,000 probes fast search lost nobody whom exact search found (below 0.07 %). The *embedding* is: in our crowd even exact search is right less often among a million than among a hundred thousand, because with every person enrolled the chance grows that somebody looks more like the probe than its own photographs do.
#
# ## What you have learnt
#
# An embedding puts who somebody is into a direction. Softmax, triplets and margins all get there; on a circle CosFace's margin pressed people together and moved them apart. With twenty people the plain classifier did no worse than any of them. Hundreds of thousands who don't exist were a draw with twenty real people in these people's own studio, and far ahead of them on photographs from elsewhere. A threshold is a promise about others: choose it on some people and test it on different ones, name a FAR, and never accuracy alone. Enrolling takes one photograph and no training; a stranger is kept out by the threshold alone, and the larger the gallery, the harder that is. Check where the eyes are. Next: lesson 06, a small network that learns from a large one.
#
# **Further reading.** F. Schroff, D. Kalenichenko & J. Philbin, *FaceNet*, 2015, [doi:10.1109/CVPR.2015.7298682](https://doi.org/10.1109/CVPR.2015.7298682). O. Parkhi, A. Vedaldi & A. Zisserman, *Deep face recognition*, 2015, [doi:10.5244/C.29.41](https://doi.org/10.5244/C.29.41). H. Wang et al., *CosFace*, 2018, [doi:10.1109/CVPR.2018.00552](https://doi.org/10.1109/CVPR.2018.00552). J. Deng et al., *ArcFace*, 2019, [doi:10.1109/CVPR.2019.00482](https://doi.org/10.1109/CVPR.2019.00482). P. Khosla et al., *Supervised contrastive learning*, 2020, [arXiv:2004.11362](https://arxiv.org/abs/2004.11362). M. Douze et al., *The Faiss library*, 2024, [arXiv:2401.08281](https://arxiv.org/abs/2401.08281).
