# %% [markdown]
# # 11 · Privacy and security: what leaks, and who gets in
#
# **"We store no faces, only numbers."** Turn the numbers back into faces, find out who was in the training, and walk through a door as somebody else.
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
    "camera": "a print, a screen,\na changed picture",
    "network": "whom it met;\na file that runs",
    "comparison": "stored templates,\nturned back",
    "door": "who agreed\nto all this?",
})  # fmt: skip

# %% [markdown]
# ## Numbers turned back
#
# > 📌 **Claim:** "An embedding is like a hash: nobody can turn it back into a face."
#
# **Threat model**: a thief has got a table of embeddings and can run the recogniser on pictures of his own; he knows neither the victims nor the weights. He has a generator of faces, here the very one that made the victims: his best case. He renders people, embeds them, and fits a *linear* map from 128 numbers to the generator's:

# %%
people, (enrolled, other, _) = experiment.render_victims(
    pick(profile, smoke=20, quick=60, full=400)
)
images, who = experiment.render_attackers(pick(profile, smoke=100, quick=750, full=4000))
attack = Ridge(0.1).fit(embed(model, images, flip=False), who.values)

stolen = embed(model, enrolled, flip=False)
made = experiment.render_portraits(experiment.limit_numbers(attack.predict(stolen)))
figures.draw_reconstructions(enrolled, made, people)

# %% [markdown]
# <!-- reading: what comes back (hair, skin, beard?), what is lost or INVENTED (glasses) -->
# One `fit` is the whole attack. Compare the middle row with the lowest, the best it could be, and look for glasses that nobody wears: what is drawn need not have been there.
#
# Does the door believe it (stored, a thousand victims; the threshold accepts 0.1 % of the owner's impostors)? *Drawn* are portraits from embeddings; the harder test is against *another photograph*. An ImageNet network that has never seen ours judges who it is.

# %%
figures.draw_doors(stored["doors"], stored["judge"])

# %% [markdown]
# <!-- reading: share accepted by type, teacher against compact; judge's rank 1 against 0.1 % by chance and against the ceiling (true numbers) -->
# The claim is wrong for people of the attacker's own generator. On real faces and another network, [Mai et al. (2019)](https://doi.org/10.1109/TPAMI.2018.2827389) reached 95 % against the template and 58 % against another photograph. A small network is no shield: it was taught to say the same.
#
# ## A secret key
#
# The standard for stored templates, ISO/IEC 24745, asks for three things: **irreversible** (no way back to a face), **unlinkable** (two doors' tables can't be joined), **renewable** (a stolen one can be replaced). A **rotation** is a matrix $Q$ with $QQ^\top = I$, so $(xQ)\cdot(yQ) = x\cdot y$: no cosine changes. A secret one can be renewed, and it *seems* to give the second, even if two doors hold the very same photographs:

# %% tags=["nbval-check-output"]
secret, renewed = (
    torch.from_numpy(special_ortho_group.rvs(128, random_state=seed)).float() for seed in (0, 1)
)
templates, elsewhere = stolen @ secret, stolen @ renewed
print("no decision changes:", torch.allclose(templates @ templates.T, stolen @ stolen.T, atol=1e-5))
nearest = (templates @ elsewhere.T).argmax(1)
within = [(table @ table.T).sort(1).values for table in (templates, elsewhere)]
joined = torch.cdist(*within).argmin(1)
for how, row in {"cosines across the tables": nearest, "cosines within each": joined}.items():
    right = (row == torch.arange(len(row))).double().mean()
    print(f"most rows joined by {how}: {bool(right > 0.5)}")

# %% [markdown]
# A rotation keeps all cosines *within* a table, and they are a fingerprint of each row: no key is needed. (With other photographs it is harder, not safe.) Only *renewable* is left.
#
# **Exercise 1.** The thief enrols himself and some friends, so he knows rows both with the key, `known_rotated`, and, from *other* photographs, roughly without, `known`. Which rotation brings rows $A$ nearest to rows $B$? With the SVD $A^\top B = USV^\top$ it is $UV^\top$ (orthogonal **Procrustes**): the stretching, $S$, is left out. Turn all templates back.


# %% tags=["exercise", "nbval-check-output"]
def turn_back(templates, known_rotated, known):
    return ____


exercises.turn_back.check(turn_back)

# %% [markdown]
# How many friends does he need? Here he holds the very photographs they enrolled.

# %% tags=["nbval-ignore-output"]
figures.key_slider(model, attack, stolen, secret)

# %% [markdown]
# One key serves everybody, so leaked pairs give it away. A thief who may query the door *through* the rotation needs no pair: he trains on rotated embeddings. Without either we did not try hard; that is no proof. So encrypt templates, keep each on its owner's device, and compare there.
#
# ## Was this photograph in the training?
#
# A network is surer of what it learnt by heart. It learns five photographs each of twenty people of ORL; the guess is that a low loss means a *member*:

# %%
learnt, others = orl.split_at_32(5, seed=0)
epochs = pick(profile, smoke=3, quick=60, full=60)
network = experiment.train_by_heart(False, learnt, seed=0, epochs=epochs)


def losses(faces):
    with torch.no_grad():
        logits = network(faces.images.float() / 255).double()
    return F.cross_entropy(logits, faces.person, reduction="none")


member = [True] * len(learnt) + [False] * len(others)
auc = roc_auc_score(member, -torch.cat([losses(learnt), losses(others)]))
record("AUC of the membership attack", auc)

# %% [markdown]
# Augmentation is said to hide it. An attacker who suspects it looks as the network did, and takes the mean loss over 64 random changes:

# %%
hidden = experiment.train_by_heart(True, learnt, seed=0, epochs=epochs)
live = {
    "as they are, one look": auc,
    "augmented, one look": experiment.attack_members(hidden, learnt, others),
    "augmented, 64 augmented looks": experiment.attack_members(hidden, learnt, others, looks=64),
}
figures.draw_members(stored["members"], live)

# %% [markdown]
# <!-- reading: AUC by attack; is the adaptive one better where training was augmented, and worse where it was not -->
# A defence that was tried against one attack has not been tried. Here everybody was in the training; whether a *person* was is the question that matters for faces.
#
# Anyone who needs a guarantee adds noise. **Differential privacy** promises that exchanging one person changes the *probability* of any outcome by a factor $e^\varepsilon$ at most (but for a small chance $\delta$). Lesson 05 subtracted the *mean* of other people. One person moves a mean of $n$ unit vectors by at most $2/n$; this much noise hides that. We add what $n$ people would need. (Seeded, so that you see our numbers; whoever knows the seed subtracts the noise.)

# %%
mean, chance = embed(model, images, flip=False).mean(0), torch.Generator().manual_seed(0)
for n in (100, 1000, 10_000):
    sigma = 2 / n * (2 * torch.tensor(1.25 / 1e-5).log()).sqrt()  # epsilon up to 1; delta 1e-5
    noisy = mean + sigma * torch.randn(128, generator=chance)
    print(f"as of {n:6,} people: cosine with the mean {F.cosine_similarity(mean, noisy, 0):.2f}")

# %% [markdown]
# With many people privacy costs little, with few it leaves noise. Training with noise in every step ([DP-SGD](https://doi.org/10.1145/2976749.2978318)) pays in accuracy.
#
# ## Who gets in
#
# ### A photograph of a photograph
#
# Our prints and screens are *simulated*: real ones leave other traces, so these rates say nothing about a real attack or detector. How many does the door accept? ISO/IEC 30107-3 calls that share of attacks **IAPMR** (since 2023 IAPAR); here of ORL's s21 to s40 (stored).

# %%
presented = stored["presentation"]
figures.draw_recaptures(synth(6, 1, seed=12), presented["accepted"], presented["FAR"])

# %% [markdown]
# A recogniser asks who it is, not whether somebody is there. That needs a detector, and detectors are compared at *one* APCER.
#
# **Exercise 2.** Of scores, higher for attacks, return the smallest BPCER for which at most the share `apcer` of the attacks passes. Any number may be the threshold; whoever scores it or more is refused.


# %% tags=["exercise", "nbval-check-output"]
def bpcer(live, attacks, apcer):
    return ____


exercises.bpcer.check(bpcer)

# %% [markdown]
# Ours is a logistic regression on local binary patterns; live faces and attacks weigh alike. Its prints were all taken by one camera:

# %%
figures.draw_detection(presented["DET"])

# %% [markdown]
# <!-- reading: left against middle panel for "prints"; whether live faces by that camera in training help at the dotted line; unseen screens -->
# Left it looks good. In the middle *live* faces come by that camera too, and at the same APCER many are refused: it had learnt to tell cameras. Compare curves before you say that other data mended it, for data also move a fixed threshold along one curve. On the right two detectors meet an attack they never saw. Ask what else differs between your two classes.
#
# ### A small change
#
# Walk uphill on the cosine with the victim's template, and stay within a few grey values of the photograph ([Madry et al. 2018](https://arxiv.org/abs/1706.06083)):

# %%
at = experiment.choose_door_threshold(lambda images: embed(model, images, flip=False), 200)
face, target, limit = other[:1].float() / 255, stolen[1:2], 4 / 255  # 0 wants the place of 1
changed = face.clone()
for _ in range(20):
    changed.requires_grad_()
    score = (F.normalize(model.embed(changed)) * target).sum()
    score.backward()
    step = limit / 8 * changed.grad.sign()
    changed = (changed.detach() + step).clamp(face - limit, face + limit).clamp(0, 1)
before, after = (float(embed(model, (f * 255).round().byte(), flip=False)[0] @ target[0])
                 for f in (face, changed))  # fmt: skip
print(f"cosine with the victim {before:.2f}, after {after:.2f}; threshold {at:.2f}")

# %% tags=["nbval-ignore-output"]
figures.change_slider(model, face, target, at)

# %% [markdown]
# A door may blur, compress or shake a picture before it looks. Dashed is an attacker who does not know of it, solid one who does and attacks *through* it (stored; each door has its own threshold):

# %%
figures.draw_fooled(stored["fooled"])

# %% [markdown]
# <!-- reading: which defence survives an attacker who knows it; what each costs owners -->
# Judge a defence by the solid line, and by what it costs owners. Our changes must reach the network as pixels; patterns printed on glasses need not ([Sharif et al. 2016](https://doi.org/10.1145/2976749.2978392)).
#
# ### A file that runs
#
# `torch.save` writes a pickle, and a pickle is a program. Since version 2.6 `torch.load` refuses what could run, unless somebody writes `weights_only=False`. Our weights are safetensors: numbers and names.

# %% tags=["nbval-check-output"]
import io
import pickle


class Innocent:
    def __reduce__(self):
        return print, ("this line was run by loading the file",)


file = io.BytesIO(pickle.dumps({"weights": Innocent()}))
pickle.load(file)

# %% [markdown]
# ## Your turn: fool the door
#
# **Exercise 3.** `see` gives unit embeddings of faces (N, 1, 64, 64; 0 to 1), `targets` are the victims' templates. Change no pixel by more than `limit`, 8 grey values, and return the faces. The checker brings twelve impostors and victims nobody has met; nine must get in.


# %% tags=["exercise", "nbval-check-output"]
def fool(see, faces, targets, limit):
    return ____


exercises.fool.check(fool)

# %% [markdown]
# ## Before you deploy
#
# A **model card** ([Mitchell et al. 2019](https://doi.org/10.1145/3287560.3287596)) says what a network is for and how it was measured.

# %%
print(exercises.CARD)

# %% [markdown]
# **Exercise 4.** One line, if true, makes the errors of line 5 too small. Which?

# %% tags=["exercise", "nbval-check-output"]
line = ____
exercises.leak.check(line)

# %% [markdown]
# A checklist, as of November 2026; *not legal advice*:
#
# - **Purpose.** Unlocking one's own telephone is 1:1; searching a crowd is 1:N, with the same network.
# - **Consent** is free (hardly so at work or in school), and can be taken back. Offer another way in.
# - **Assessment before use.** GDPR, article 35. China's measures for face recognition (since June 2025) ask for one too, with separate consent, an alternative and local storage, on top of PIPL.
# - **Law.** A template is a special category of data (GDPR, article 9). The EU's AI Act, article 5, forbids untargeted scraping of faces and, with exceptions, live identification in public by police; much other biometrics is high-risk. Illinois asks for written consent (BIPA).
# - **Deletion.** On a named day, with backups and logs, and from networks that learnt from the face.
# - **Data.** MS-Celeb-1M, DukeMTMC, Brainwash and MegaFace were withdrawn; copies go on circulating. LFW's people were not asked either, ORL's were staff and students as far as we know. Our face networks learnt from people who don't exist.
#
# ## What you know now
#
# An embedding is personal data: it can be drawn, linked and stolen. Try a defence against somebody who knows it. Say at which APCER, which FAR, on whom. The board gets no row. Next, lesson 12: your own door.
