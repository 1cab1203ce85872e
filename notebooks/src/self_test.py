# %% [markdown]
# # Self-test: are you ready?
#
# Ten questions on what the lessons take for granted. **Time:** half an hour. Replace each gap, `____`, run the cell (**Shift+Enter**) and read what `check` says. Stuck? `self_test.shares.hint()`, again for more, then `self_test.shares.solution()`. Nothing is sent anywhere; what you solve is kept on this computer, and the last cell says what to look up before which lesson.

# %%
import torch

from facecourse.classroom import self_test
from facecourse.kit import ____

# %% [markdown]
# ## Python
#
# **Question 1.** `counts` is a dict such as `{"Ada": 3, "Ben": 1}`. Return a list with each one's share of all, in the same order. (To read: [lists and loops](https://docs.python.org/3/tutorial/datastructures.html).)


# %% tags=["exercise"]
def share_out(counts):
    return ____


self_test.shares.check(share_out)

# %% [markdown]
# **Question 2.** Rows 0 and 1 show one person, rows 2 and 3 the next, and so on. Return everybody's second row. (To read: [slices](https://numpy.org/doc/stable/user/basics.indexing.html).)


# %%
rows = torch.arange(12).view(6, 2)  # to try your answer on
rows


# %% tags=["exercise"]
def take_second(rows):
    return ____


self_test.second.check(take_second)

# %% [markdown]
# ## Arrays
#
# PyTorch's tensors behave like NumPy's arrays.
#
# **Question 3.** `images` has the shape (200, 1, 56, 46). What is the shape of `images.flatten(1)`, which makes one row of each image? Answer with a list. (To read: [the basics of arrays](https://numpy.org/doc/stable/user/absolute_beginners.html).)

# %% tags=["exercise"]
flat = ____
self_test.shape.check(flat)

# %% [markdown]
# **Question 4.** `x` has the shape (N, D). Take from each row its own mean, without a loop; `x.mean(1)` has a mean for each row. (To read: [broadcasting](https://numpy.org/doc/stable/user/basics.broadcasting.html).)


# %% tags=["exercise"]
def centre_rows(x):
    return ____


self_test.broadcasting.check(centre_rows)

# %% [markdown]
# ## Mathematics
#
# **Question 5.** Five runs gave 90, 92, 94, 96 and 98 %. Answer `[mean, standard deviation]`, the latter with n − 1 in place of n. (To read: [standard deviation](https://openstax.org/books/introductory-statistics-2e/pages/2-7-measures-of-the-spread-of-the-data).)

# %% tags=["exercise"]
summary = ____
self_test.spread.check(summary)

# %% [markdown]
# **Question 6.** The loss is (3w − 1)². What is its derivative with respect to w, at w = 2? (To read: [the chain rule](https://openstax.org/books/calculus-volume-1/pages/3-6-the-chain-rule).)

# %% tags=["exercise"]
slope = ____
self_test.chain_rule.check(slope)

# %% [markdown]
# **Question 7.** W has the rows [1, 2] and [3, −1], and x is [2, 1]. What is W times x? Answer with a list. (To read: [matrices](https://openstax.org/books/college-algebra-2e/pages/7-5-matrices-and-matrix-operations).)

# %% tags=["exercise"]
product = ____
self_test.matrix.check(product)

# %% [markdown]
# **Question 8.** A door takes a stranger for one enrolled person with probability 1 %. Fifty are enrolled, and the comparisons are independent. With which probability does it take the stranger for at least one of them? (To read: [independent events](https://openstax.org/books/introductory-statistics-2e/pages/3-2-independent-and-mutually-exclusive-events).)

# %% tags=["exercise"]
risk = ____
self_test.probability.check(risk)

# %% [markdown]
# **Question 9.** A network gives the right person of two photographs the probabilities 1/2 and 1/8. What is the mean of −ln p? `math.log` is the natural logarithm. (To read: [logarithms](https://openstax.org/books/college-algebra-2e/pages/6-3-logarithmic-functions).)

# %%
import math

print(f"-ln(1/2) is {-math.log(1 / 2):.3f}")

# %% tags=["exercise"]
loss = ____
self_test.logarithm.check(loss)

# %% [markdown]
# ## A figure
#
# **Question 10.** Which share of the genuine pairs is accepted at a false accept rate of 1 %? Answer with a share between 0 and 1.

# %%
self_test.draw_roc()

# %% tags=["exercise"]
accepted = ____
self_test.plot.check(accepted)

# %% [markdown]
# ## What to prepare for

# %%
print(self_test.advise())
