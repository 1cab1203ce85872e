# %% [markdown]
# # 11 · Privacy and security: what leaks, and who gets in
#
# **"We store no faces, only numbers."** Turn the numbers back into faces, find out who was in the training, walk through a door as somebody else.
#
# **You need** [lesson 05](05_face_embeddings.ipynb) for doors, [lesson 10](10_robustness_and_fairness.ipynb) for the names of errors. **Time:** an hour.

# %% tags=["parameters"]
profile = None

# %%
import torch
from scipy.stats import special_ortho_group
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from torch.nn import functional as F

from facecourse.kit import ____, choose_profile, evidence, orl, pick, record, stages
from facecourse.lesson11_privacy import exercises, experiment, figures
from facelib.models import embed, face_embedding
from facelib.synth import synth

profile = choose_profile(profile)
stored = evidence.load("11")
model = face_embedding().eval().requires_grad_(False)

# %%
stages.draw_stages({
    "camera": "a print, a screen,\na changed picture", "network": "whom it met",
    "comparison": "stored templates,\nturned back", "door": "who agreed\nto all this?",
})  # fmt: skip

# %% [markdown]
# ## Numbers turned back
#
# > 📌 **Claim:** "An embedding is like a hash: nobody can turn it back into a face."
#
# **Threat model**: a thief has a table of embeddings and can run the recogniser on pictures of his own; he knows neither victims nor weights. His generator of faces is the one that made the victims, his best case. He embeds many people, and fits a *linear* map from 128 numbers to the generator's (`Ridge`: least squares with small weights).

# %%
count = pick(profile, smoke=20, quick=60, full=400)
people, (enrolled, other, _) = experiment.render_victims(count)
images, who = experiment.render_attackers(pick(profile, smoke=100, quick=750, full=4000))
attack = Ridge(0.1).fit(embed(model, images, flip=False), who.values)

stolen = embed(model, enrolled, flip=False)
made = experiment.render_portraits(experiment.limit_numbers(attack.predict(stolen)))
figures.draw_reconstructions(enrolled, made, people)

# %% [markdown]
# Compare the middle row with the lowest, the best it could be: hair and its length, wrinkles, a moustache come back; glasses come and go.
#
# Does the door believe it? It compares what was *drawn* with the stolen row, its *template*; with *another photograph*, which is harder; and with *somebody else's* row, which must fail (stored: a thousand victims, FAR 0.1 % on other people).

# %%
figures.draw_doors(stored["doors"])

# %% [markdown]
# The claim is wrong. Against the stolen row both doors take the portrait nearly as often as the victim; against another photograph they still take more than half. On real faces (LFW, FAR 0.1 %) [Mai et al. (2019)](https://doi.org/10.1109/TPAMI.2018.2827389) reached 95 % against the template, 58 % against another photograph.
#
# ## A secret key
#
# Stored templates should be (ISO/IEC 24745) **irreversible** (no way back), **unlinkable** (no two tables can be joined) and **renewable** (a stolen one can be replaced). A secret **rotation** ($QQ^\top = I$) can be renewed, and the door works on, for all cosines within a table stay:

# %% tags=["nbval-check-output"]
secret = torch.from_numpy(special_ortho_group.rvs(128, random_state=0)).float()
templates = stolen @ secret
torch.allclose(templates @ templates.T, stolen @ stolen.T, atol=1e-5)

# %% [markdown]
# They stay for a thief, too: a row's cosines to all others are its fingerprint, by which two tables of the same photographs can be joined: not *unlinkable*.
#
# **Exercise 1.** The thief enrols himself and some friends, so he knows rows both with the key, `known_rotated`, and, from *other* photographs, roughly without, `known`. Which rotation brings rows $A$ nearest to rows $B$? With the SVD $A^\top B = USV^\top$ it is $UV^\top$ (orthogonal **Procrustes**), without the stretching $S$. Turn all templates back.


# %% tags=["exercise", "nbval-check-output"]
def turn_back(templates, known_rotated, known):
    return ____


exercises.turn_back.check(turn_back)

# %% [markdown]
# How many friends does he need, with the very photographs they enrolled?

# %% tags=["nbval-ignore-output"]
figures.key_slider(model, attack, stolen, secret)

# %% [markdown]
# Leaked pairs give away a key that serves everybody: not *irreversible* either. Only *renewable* is left. At the least give each template a key of its own, on its owner's device.
#
# ## Was this photograph in the training?
#
# A network learns five photographs each of twenty people of ORL by heart, without any remedy: the attacker's best case. He guesses that a low loss means a *member* ([Yeom et al. 2018](https://doi.org/10.1109/CSF.2018.00027)). The AUC is the chance that a member has a lower loss than another photograph; 0.5 is a coin.

# %%
learnt, others = orl.split_at_32(5, seed=0)
network = experiment.train_by_heart(learnt, epochs=pick(profile, smoke=3, quick=60, full=60))
losses = []
for faces in (learnt, others):
    logits = network(faces.images.float() / 255).detach().double()
    losses.append(F.cross_entropy(logits, faces.person, reduction="none"))
member = [True] * len(learnt) + [False] * len(others)
record("AUC of the membership attack", roc_auc_score(member, -torch.cat(losses)))

# %% [markdown]
# Members rank before nearly all others. **Differential privacy** bounds such attacks: training limits each photograph's gradient and adds noise ([Abadi et al. 2016](https://doi.org/10.1145/2976749.2978318)), so that one photograph changes any chance by a factor $e^\varepsilon$ at most (but for a tiny $\delta$). At $\varepsilon = 1$ an attack that suspects 1 % of the others finds at most 2.7 % of the members. Accuracy pays for it.
#
# ## Who gets in
#
# ### A photograph of a photograph
#
# A print or screen before the camera is a **presentation attack** (ISO/IEC 30107-3). Ours are *simulated*: the rates say nothing about real ones. The share of one kind that the door accepts is its **IAPAR** (impostor attack presentation accept rate), here of ORL's s21 to s40, at FAR 1 % on s1 to s20, 2.6 % here (stored).

# %%
presented = stored["presentation"]
figures.draw_recaptures(synth(6, 1, seed=12), presented["accepted"], presented["FAR"])

# %% [markdown]
# PAD (presentation attack detection) asks whether somebody is there. **APCER** is the share of one kind of attack that it takes for live, **BPCER** of live faces (*bona fide*) that it takes for attacks; detectors are compared at *one* APCER.
#
# **Exercise 2.** Of scores, higher for attacks, return the smallest BPCER for which at most the share `apcer` of the attacks passes. Any number may be the threshold; whoever scores it or more is refused.


# %% tags=["exercise", "nbval-check-output"]
def bpcer(live, attacks, apcer):
    return ____


exercises.bpcer.check(bpcer)

# %% [markdown]
# Ours is one neuron on local binary patterns. It learnt ORL's live faces, and prints taken by one camera. At an APCER of 5 % so many live faces are refused (stored, intervals over people):

# %%
for tried, refused in presented["BPCER"].items():
    print(f"{refused:.0%} refused; {tried}")

# %% [markdown]
# The detector looks good at first. With live faces by that camera, too, it refuses about half or more: much of what it learnt was the camera. Unseen screens cost it much. Ask what else differs between your two classes.
#
# ### A small change
#
# Now the thief has the weights too (a **white box**), and makes an **adversarial example**. Every pixel takes small steps by the *sign* of its gradient, towards a higher cosine; `clamp` brings back what went too far. This is projected gradient descent, **PGD** ([Madry et al. 2018](https://arxiv.org/abs/1706.06083)).

# %%
at = experiment.choose_door_threshold(lambda images: embed(model, images, flip=False), 200)
face, target, limit = other[:1].float() / 255, stolen[3:4], 4 / 255  # 0 wants the place of 3
changed = face.clone()
for _ in range(20):
    changed.requires_grad_()
    score = (F.normalize(model.embed(changed)) * target).sum()
    score.backward()
    step = limit / 8 * changed.grad.sign()
    changed = (changed.detach() + step).clamp(face - limit, face + limit).clamp(0, 1)
seen = embed(model, (changed * 255).round().byte(), flip=False)
print(f"cosine with the victim {float(seen[0] @ target[0]):.2f}; threshold {at:.2f}")

# %% tags=["nbval-ignore-output"]
figures.change_slider(model, face, target, at)

# %% [markdown]
# A door may blur, compress or randomly move a picture before it looks. An attacker who is aware of it attacks *through* it (stored):

# %%
figures.draw_fooled(stored["fooled"])

# %% [markdown]
# All three hinder small changes, even if the attacker knows; at the largest only JPEG holds, in part. Judge a defence by the attacker who is aware of it, and by what it costs owners. Stronger attackers than ours broke many defences ([Tramèr et al. 2020](https://arxiv.org/abs/2002.08347)).
#
# ## Your turn: fool the door
#
# **Exercise 3.** `see` gives unit embeddings of faces (N, 1, 64, 64; 0 to 1), `targets` are the victims' templates. Change no pixel by more than `limit`, 8 grey values, and return the faces. The checker brings twelve impostors and victims; nine must get in.


# %% tags=["exercise", "nbval-check-output"]
def fool(see, faces, targets, limit):
    return ____


exercises.fool.check(fool)

# %% [markdown]
# ## Before you deploy
#
# A **model card** ([Mitchell et al. 2019](https://doi.org/10.1145/3287560.3287596)) says what a network is for and how it was measured.

# %%
print(experiment.CARD)

# %% [markdown]
# **Exercise 4.** One line, if true, makes the errors of line 5 too small. Which?

# %% tags=["exercise", "nbval-check-output"]
line = ____
exercises.leak.check(line)

# %% [markdown]
# A checklist, as of November 2026; *not legal advice*:
#
# - **Purpose.** Write down one. Is it 1:1 (one's own telephone) or 1:N (a crowd)?
# - **Consent.** Is it freely given, at work or in school? Is there another way in?
# - **Deletion.** On which day, with backups, logs, and networks that learnt from it?
# - **Files.** A pickle is a program: load weights with `weights_only=True`, or as safetensors.
# - **Data.** MS-Celeb-1M and MegaFace were withdrawn. LFW's people were not asked either.
#
# <details><summary>What does the law say?</summary>
#
# A template that serves to identify somebody uniquely is a special category of data (GDPR, article 9). Where the risk is high, an assessment comes before use (GDPR, article 35; China's measures for face recognition, since June 2025). The EU's AI Act, article 5, forbids untargeted scraping of faces, guessing race from them and, with exceptions, live identification in public by police.
#
# </details>
#
# ## What you know now
#
# An embedding is personal data: it can be drawn, linked and stolen. Try a defence against somebody who knows it. Next: [lesson 12](12_capstone.ipynb).
