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
# **Threat model**: a thief has a table of embeddings and can run the recogniser on pictures of his own; he knows neither victims nor weights. His generator of faces is the one that made the victims: his best case. He renders people, embeds them, and fits a *linear* map from 128 numbers to the generator's (`Ridge`: least squares with small weights).

# %%
count = pick(profile, smoke=20, quick=60, full=400)
people, (enrolled, other, _) = experiment.render_victims(count)
images, who = experiment.render_attackers(pick(profile, smoke=100, quick=750, full=4000))
attack = Ridge(0.1).fit(embed(model, images, flip=False), who.values)

stolen = embed(model, enrolled, flip=False)
made = experiment.render_portraits(experiment.limit_numbers(attack.predict(stolen)))
figures.draw_reconstructions(enrolled, made, people)

# %% [markdown]
# Compare the middle row with the lowest, the best it could be: hair and its length, wrinkles, a moustache come back.
#
# Does the door believe it (stored, a thousand victims, FAR 0.1 % on other people)? First row: the victim in person; then the portrait, *drawn*, against the stolen row, *another photograph* (harder), or *somebody else's*, which must fail. The judge on the right, an ImageNet network with a classifier of 1,000 people, shares only the generator with the door.

# %%
figures.draw_doors(stored["doors"], stored["judge"])

# %% [markdown]
# The claim is wrong. Against the stolen row both doors take the portrait nearly as often as the victim; against another photograph *compact*, small as it is, still takes more than half of them. The judge names few, yet far more than by chance (one in a thousand). On real faces (LFW, FAR 0.1 %) [Mai et al. (2019)](https://doi.org/10.1109/TPAMI.2018.2827389) reached 95 % against the template, 58 % against another photograph.
#
# ## A secret key
#
# Stored templates should be (ISO/IEC 24745) **irreversible** (no way back), **unlinkable** (no two tables can be joined) and **renewable** (a stolen one can be replaced). A secret **rotation** ($QQ^\top = I$: no cosine changes) can be renewed, and *seems* unlinkable, even where two doors hold the very same photographs:

# %% tags=["nbval-check-output"]
secret, renewed = (
    torch.from_numpy(special_ortho_group.rvs(128, random_state=seed)).float() for seed in (0, 1)
)
templates, elsewhere = stolen @ secret, stolen @ renewed
nearest = (templates @ elsewhere.T).argmax(1)
within = [(table @ table.T).sort(1).values for table in (templates, elsewhere)]
joined = torch.cdist(*within).argmin(1)
for how, row in {"cosines across the tables": nearest, "cosines within each": joined}.items():
    right = (row == torch.arange(len(row))).double().mean()
    print(f"most rows joined by {how}: {bool(right > 0.5)}")

# %% [markdown]
# Cosines *within* a table are kept, a fingerprint of each row: only *renewable* is left.
#
# **Exercise 1.** The thief enrols himself and some friends, so he knows rows both with the key, `known_rotated`, and, from *other* photographs, roughly without, `known`. Which rotation brings rows $A$ nearest to rows $B$? With the SVD $A^\top B = USV^\top$ it is $UV^\top$ (orthogonal **Procrustes**), without the stretching $S$. Turn all templates back.


# %% tags=["exercise", "nbval-check-output"]
def turn_back(templates, known_rotated, known):
    return ____


exercises.turn_back.check(turn_back)

# %% [markdown]
# How many friends does he need, with the photographs they enrolled?

# %% tags=["nbval-ignore-output"]
figures.key_slider(model, attack, stolen, secret)

# %% [markdown]
# Leaked pairs give away a key that serves everybody. The field has cancelable biometrics and homomorphic encryption; at the least encrypt each template on its owner's device.
#
# ## Was this photograph in the training?
#
# A network learns five photographs each of twenty people of ORL by heart; the guess (Yeom et al. 2018) is that a low loss means a *member*. AUC is the chance that a member has a lower loss than another photograph.

# %%
learnt, others = orl.split_at_32(5, seed=0)
epochs = pick(profile, smoke=3, quick=60, full=60)
network = experiment.train_by_heart(False, learnt, seed=0, epochs=epochs)
losses = []
for faces in (learnt, others):
    logits = network(faces.images.float() / 255).detach().double()
    losses.append(F.cross_entropy(logits, faces.person, reduction="none"))
member = [True] * len(learnt) + [False] * len(others)
auc = roc_auc_score(member, -torch.cat(losses))
record("AUC of the membership attack", auc)

# %% [markdown]
# Augmentation is said to hide members. An attacker who suspects it takes the mean loss over 64 such random changes:

# %%
hidden = experiment.train_by_heart(True, learnt, seed=0, epochs=epochs)
live = {
    "as they are, one look": auc,
    "augmented, one look": experiment.attack_members(hidden, learnt, others),
    "augmented, 64 augmented looks": experiment.attack_members(hidden, learnt, others, looks=64),
}
figures.draw_members(stored["members"], live)

# %% [markdown]
# Augmentation hides members in part. The second attack, nearly blind where training was not augmented, finds more of them where it was: a defence tried against one attack has not been tried. An AUC near 0.5, a coin, may hide a few members found for certain ([Carlini et al. 2022](https://arxiv.org/abs/2112.03570)).
#
# **Differential privacy** limits every attack: training clips each photograph's gradient and adds noise ([Abadi et al. 2016](https://doi.org/10.1145/2976749.2978318)), so that one photograph changes the chance of any result by a factor $e^\varepsilon$ at most (but for a tiny $\delta$). At $\varepsilon = 1$ an attack that suspects 1 % of the others finds at most 2.7 % of the members. Accuracy pays for it.
#
# ## Who gets in
#
# ### A photograph of a photograph
#
# A print or screen before the camera is a **presentation attack** (ISO/IEC 30107-3). Ours are *simulated*: the rates say nothing about real ones. The share of one kind that the door accepts is its **IAPAR** (impostor attack presentation accept rate), here of ORL's s21 to s40, at FAR 1 % on s1 to s20 (stored).

# %%
presented = stored["presentation"]
figures.draw_recaptures(synth(6, 1, seed=12), presented["accepted"], presented["FAR"])

# %% [markdown]
# A detector (PAD) asks whether somebody is there. **APCER** is the share of one kind of attack that it takes for live, **BPCER** of live faces (*bona fide*) that it takes for attacks; detectors are compared at *one* APCER.
#
# **Exercise 2.** Of scores, higher for attacks, return the smallest BPCER for which at most the share `apcer` of the attacks passes. Any number may be the threshold; whoever scores it or more is refused.


# %% tags=["exercise", "nbval-check-output"]
def bpcer(live, attacks, apcer):
    return ____


exercises.bpcer.check(bpcer)

# %% [markdown]
# Ours is one neuron on local binary patterns. Follow the blue curve: it learnt ORL's live faces, and prints taken by one camera. In the middle live faces come by that camera, too; the attack on the right it never saw.

# %%
figures.draw_detection(presented["DET"])

# %% [markdown]
# The detector looks good on the left; in the middle, at the same APCER, about half of the live faces or more are refused: it had learnt to tell cameras. Learning live faces of that camera (green) is not shown to help. Unseen screens cost it much; once learnt, little. Ask what else differs between your two classes.
#
# ### A small change
#
# Now he has the weights too (a **white box**), and makes an **adversarial example**. Every pixel takes the same small step the way its gradient, by its *sign*, says the cosine grows; `clamp` brings back what went too far. One step is FGSM, many are projected gradient descent, **PGD** ([Madry et al. 2018](https://arxiv.org/abs/1706.06083)). An **adversarial patch** changes few pixels by as much as it likes: it can be printed and worn, on glasses for example ([Sharif et al. 2016](https://doi.org/10.1145/2976749.2978392)).

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
# A door may blur, compress or randomly move a picture before it looks. Dashed is an attacker who does not know of it, solid one who attacks *through* it (stored):

# %%
figures.draw_fooled(stored["fooled"])

# %% [markdown]
# All three hinder small changes, even if the attacker knows; at the largest only JPEG holds, in part. Judge a defence by the solid line, and by what it costs owners. The line is the *least* such an attacker reaches; stronger ones broke many defences ([Tramèr et al. 2020](https://arxiv.org/abs/2002.08347)).
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
print(exercises.CARD)

# %% [markdown]
# **Exercise 4.** One line, if true, makes the errors of line 5 too small. Which?

# %% tags=["exercise", "nbval-check-output"]
line = ____
exercises.leak.check(line)

# %% [markdown]
# A checklist, as of November 2026; *not legal advice*:
#
# - **Purpose.** Write down one. Is it 1:1 (one's own telephone) or 1:N (a crowd)?
# - **Consent.** Is it freely given (hardly so at work or in school)? Is there another way in?
# - **Assessment before use.** GDPR, article 35; China's measures for face recognition (since June 2025).
# - **Law.** A template that serves to identify somebody uniquely is a special category of data (GDPR, article 9). The EU's AI Act, article 5, forbids untargeted scraping of faces, guessing race from them and, with exceptions, live identification in public by police. Illinois asks for written consent (BIPA).
# - **Deletion.** On which day, with backups, logs, and networks that learnt from it?
# - **Files.** A pickle is a program: load weights with `weights_only=True`, or as safetensors.
# - **Data.** MS-Celeb-1M and MegaFace were withdrawn; copies circulate. LFW's people were not asked either.
#
# ## What you know now
#
# An embedding is personal data: it can be drawn, linked and stolen. Try a defence against somebody who knows it. Next: [lesson 12](12_capstone.ipynb), your own door.
