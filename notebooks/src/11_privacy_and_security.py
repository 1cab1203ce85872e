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
    "network": "whom it met",
    "comparison": "stored templates,\nturned back",
    "door": "who agreed\nto all this?",
})  # fmt: skip

# %% [markdown]
# ## Numbers turned back
#
# > 📌 **Claim:** "An embedding is like a hash: nobody can turn it back into a face."
#
# **Threat model**: a thief has a table of embeddings and can run the recogniser on pictures of his own; he knows neither victims nor weights. His generator of faces is the very one that made the victims: his best case. He renders people, embeds them, and fits a *linear* map from 128 numbers to the generator's (`Ridge`: least squares that keeps weights small). `limit_numbers` moves what is out of range to its end.

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
# Compare the middle row with the lowest, the best it could be: hair and its length, wrinkles, a moustache come back. Glasses are lost on one face and invented on another.
#
# Does the door believe it (stored, a thousand victims; the threshold accepts 0.1 % of impostor pairs of other people)? First row: the victim in person; then the portrait, *drawn*, against the stolen row, *another photograph* (harder), or *somebody else's*, which must fail. The judge on the right, an ImageNet network with a classifier of 1,000 other people, shares only the generator with the door.

# %%
figures.draw_doors(stored["doors"], stored["judge"])

# %% [markdown]
# Against the stolen row both doors take the portrait nearly as often as the victim; against another photograph less often, *compact* still more than half of them. The judge names few, yet far more than by chance (one in a thousand). So the claim is wrong: here for people of the attacker's own generator, on real faces (LFW, FAR 0.1 %) by [Mai et al. (2019)](https://doi.org/10.1109/TPAMI.2018.2827389) with 95 % against the template and 58 % against another photograph. A small network is no shield.
#
# ## A secret key
#
# The standard for stored templates, ISO/IEC 24745, asks for three things: **irreversible** (no way back), **unlinkable** (no two tables can be joined), **renewable** (a stolen one can be replaced). A secret **rotation** ($QQ^\top = I$, so that no cosine changes) can be renewed, and *seems* to give the second, even where two doors hold the very same photographs:

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
# Cosines *within* a table are kept, a fingerprint of each row, and no key is needed. With other photographs it is harder, not safe. Only *renewable* is left.
#
# **Exercise 1.** The thief enrols himself and some friends, so he knows rows both with the key, `known_rotated`, and, from *other* photographs, roughly without, `known`. Which rotation brings rows $A$ nearest to rows $B$? With the SVD $A^\top B = USV^\top$ it is $UV^\top$ (orthogonal **Procrustes**): the stretching, $S$, is left out. Turn all templates back.


# %% tags=["exercise", "nbval-check-output"]
def turn_back(templates, known_rotated, known):
    return ____


exercises.turn_back.check(turn_back)

# %% [markdown]
# How many friends does he need, holding the very photographs they enrolled?

# %% tags=["nbval-ignore-output"]
figures.key_slider(model, attack, stolen, secret)

# %% [markdown]
# One key serves everybody, so leaked pairs give it away. The field has cancelable biometrics and homomorphic encryption. At the least encrypt each template on its owner's device, the key in its secure element.
#
# ## Was this photograph in the training?
#
# A network is surer of what it learnt by heart. It learns five photographs each of twenty people of ORL; the guess (Yeom et al. 2018) is that a low loss means a *member*. AUC is the chance that a member has a lower loss than another photograph; 0.5 is a coin.

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
# Augmentation is said to hide members. An attacker who suspects it changes photographs as training did, and takes the mean loss over 64 random changes:

# %%
hidden = experiment.train_by_heart(True, learnt, seed=0, epochs=epochs)
live = {
    "as they are, one look": auc,
    "augmented, one look": experiment.attack_members(hidden, learnt, others),
    "augmented, 64 augmented looks": experiment.attack_members(hidden, learnt, others, looks=64),
}
figures.draw_members(stored["members"], live)

# %% [markdown]
# Augmentation hides members in part. The second attack, nearly blind where training was not augmented, finds more of them where it was: a defence that was tried against one attack has not been tried. An AUC near 0.5 may hide a few members found for certain ([Carlini et al. 2022](https://arxiv.org/abs/2112.03570)). All these *people* were in the training; for faces the question is whether a person was.
#
# ## Who gets in
#
# ### A photograph of a photograph
#
# A print or screen before the camera is a **presentation attack** (ISO/IEC 30107-3). Ours are *simulated*: the rates say nothing about a real attack or detector. The share of one kind that the door accepts is the impostor attack presentation accept rate, **IAPAR** (until 2023 IAPMR). Percentages are of ORL's s21 to s40, at FAR 1 % on s1 to s20 (stored).

# %%
presented = stored["presentation"]
figures.draw_recaptures(synth(6, 1, seed=12), presented["accepted"], presented["FAR"])

# %% [markdown]
# Whether somebody is there asks a detector (presentation attack detection, PAD). **APCER** is the share of one kind of attack that it takes for live, **BPCER** of live faces (*bona fide*) that it takes for attacks; detectors are compared at *one* APCER.
#
# **Exercise 2.** Of scores, higher for attacks, return the smallest BPCER for which at most the share `apcer` of the attacks passes. Any number may be the threshold; whoever scores it or more is refused.


# %% tags=["exercise", "nbval-check-output"]
def bpcer(live, attacks, apcer):
    return ____


exercises.bpcer.check(bpcer)

# %% [markdown]
# Ours is one neuron with a sigmoid on local binary patterns; live faces and attacks weigh alike. Follow the blue curve: it learnt ORL's live faces, and prints taken by one camera. In the middle live faces come by that camera, too; the attack on the right it never saw.

# %%
figures.draw_detection(presented["DET"])

# %% [markdown]
# The detector looks good on the left; in the middle, at the same APCER, about half of the live faces or more are refused: it had learnt to tell cameras. No help by live faces of that camera in the training (green) is shown at the dotted line: without the camera's traces little may tell a print, for so simple a detector. Screens it never saw cost it much; once learnt, little. The dotted line's thresholds are chosen on the tried attacks, which nobody can do for an unseen one. Ask what else differs between your two classes.
#
# ### A small change
#
# Now he has the weights too (a **white box**), and makes an **adversarial example**. Every pixel takes the same small step the way its gradient, by its *sign*, says the cosine grows; `clamp` brings back what went too far. One step is FGSM, many are projected gradient descent, **PGD** ([Madry et al. 2018](https://arxiv.org/abs/1706.06083)):

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
before, after = (float(embed(model, (f * 255).round().byte(), flip=False)[0] @ target[0])
                 for f in (face, changed))  # fmt: skip
print(f"cosine with the victim {before:.2f}, after {after:.2f}; threshold {at:.2f}")

# %% tags=["nbval-ignore-output"]
figures.change_slider(model, face, target, at)

# %% [markdown]
# A door may blur, compress or randomly move a picture before it looks. Dashed is an attacker who does not know of it, solid one who does and attacks *through* it (stored; each door has its own threshold):

# %%
figures.draw_fooled(stored["fooled"])

# %% [markdown]
# Small changes are hindered by all three, even if the attacker knows; at the largest only JPEG holds, and only in part. It lets fewer owners in, though the intervals overlap. Judge a defence by the solid line, and by what it costs owners. It is the *least* such an attacker reaches (twenty steps, JPEG's gradient guessed); stronger ones broke many defences ([Tramèr et al. 2020](https://arxiv.org/abs/2002.08347)).

# %% [markdown]
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
# - **Purpose.** Write down one. Is it 1:1 (one's own telephone) or 1:N (a crowd)? The network is the same, the risk is not.
# - **Consent.** Is it freely given (hardly so at work or in school), can it be withdrawn, is there another way in?
# - **Assessment before use.** GDPR, article 35; China's measures for face recognition (since June 2025).
# - **Law.** A template that serves to identify somebody uniquely is a special category of data (GDPR, article 9). The EU's AI Act, article 5, forbids untargeted scraping of faces, guessing race from them and, with exceptions, live identification in public by police; annex III lists what is high-risk (1:1 verification is not).
# - **Deletion.** On which day, with backups, logs, and networks that learnt from the face?
# - **Files.** A pickle is a program: load weights with `weights_only=True`, or as safetensors.
# - **Data.** MS-Celeb-1M, DukeMTMC, Brainwash and MegaFace were withdrawn; copies circulate. LFW's people were not asked either.
#
# ## What you know now
#
# An embedding is personal data: it can be drawn, linked and stolen. Try a defence against somebody who knows it. Say at which APCER, which FAR, on whom. Next: [lesson 12](12_capstone.ipynb), your own door.
