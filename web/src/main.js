// The page: two faces, one network, one answer.

import { Detector } from "./detect.js";
import { Face } from "./face.js";
import { readPicture } from "./picture.js";
import { Recogniser, cosine } from "./recogniser.js";

const EXAMPLES = { same: ["one", "one-again"], two: ["one", "another"] };
const PATIENCE = 400; // milliseconds without a change before a result is said aloud

const find = (selector) => document.querySelector(selector);
const say = (words) => { find(".said").textContent = words; };

try {
  await start();
} catch (error) {
  say(`The page could not be loaded whole (${error.message}). Load it again.`);
  throw error;
}

async function start() {
  const settings = await (await fetch("settings.json")).json();
  const recogniser = await Recogniser.load("model.onnx", settings.model);
  const rates = find(".rate select");
  let busy, score, time, waiting;

  settings.thresholds.forEach(({ far }, n) => {
    rates.add(new Option(`1 in ${Math.round(1 / far).toLocaleString("en-GB")}`, n));
  });
  rates.selectedIndex = 1;
  rates.onchange = show;
  const faces = [...document.querySelectorAll(".face")]
    .map((section) => new Face(section, settings.align, settings.detector && detect, compare));
  for (const button of document.querySelectorAll("[data-example]")) {
    button.onclick = () => showExample(button.dataset.example);
  }
  receive(faces);
  await showExample("same");
  const detector = settings.detector && Detector.load();

  async function detect(canvas) {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return (await detector).find(data);
  }

  async function showExample(name) {
    await Promise.all(EXAMPLES[name].map((file, n) => faces[n].take(async () => {
      const picture = await readPicture(await (await fetch(`examples/${file}.png`)).blob());
      return { ...picture, drawn: true, note: "Drawn by a computer; nobody’s face." };
    })));
  }

  async function compare() {
    if (busy || !faces.every((face) => face.input)) return;
    busy = true;
    try {
      time ??= await recogniser.time(faces[0].input);
      let face;
      while ((face = faces.find(({ input, embedded }) => input !== embedded))) {
        const { input } = face; // it may change meanwhile
        face.embedding = await recogniser.embed(input);
        face.embedded = input;
      }
    } finally {
      busy = false; // nothing is awaited after the last look: no change is passed over
    }
    score = cosine(...faces.map(({ embedding }) => embedding));
    show();
  }

  function show() {
    const { threshold, false_accepts: accepts, false_rejects: rejects } = settings.thresholds[rates.value];
    const same = score >= threshold;
    document.body.dataset.verdict = same ? "same" : "different";
    find(".sign").textContent = same ? "=" : "≠";
    say(same ? "One person, says the network." : "Two people, says the network.");
    const numbers = {
      score: score.toFixed(3),
      threshold: threshold.toFixed(3),
      time: `${time.toFixed(1)} ms`,
      size: `${Math.round(recogniser.bytes / 1000)} kB`,
    };
    for (const [name, words] of Object.entries(numbers)) find(`[data-number=${name}]`).textContent = words;
    find(".bar").style.width = percent(score);
    find(".tick").style.left = percent(threshold);
    find(".meaning").textContent = `Of ${accepts.n.toLocaleString("en-GB")} pairs of two people on LFW `
      + `${share(accepts)} pass, of as many of one person ${share(rejects)} fail.`;
    document.querySelectorAll(".verdict [hidden]").forEach((part) => { part.hidden = false; });
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      find("[data-aloud]").textContent = `${find(".said").textContent} Score ${numbers.score}, `
        + `threshold ${numbers.threshold}.`;
    }, PATIENCE);
  }
}

/** Take what is dropped on a face, or pasted: into the face with the focus, else into the second. */
function receive(faces) {
  const files = (data) => [...(data?.files ?? [])];
  const over = (event) => faces.findIndex(({ section }) => section.contains(event.target));
  const give = (given, first) => given.slice(0, 2).forEach((file, n) => {
    const face = given.length > 1 ? faces[n] : faces[first];
    face.take(() => readPicture(file));
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault(); // or the browser leaves this page for the picture
    const given = files(event.dataTransfer), first = over(event);
    if (given.length) give(given, first < 0 ? 1 : first);
    else faces[first < 0 ? 1 : first].say("That was not a file: save the picture, then drop it.", true);
  });
  addEventListener("paste", (event) => {
    const given = files(event.clipboardData), first = over(event);
    if (given.length) give(given, first < 0 ? 1 : first);
    else faces[first < 0 ? 1 : first].say("There is no picture to paste: copy one first.", true);
  });
}

const percent = (value) => `${100 * Math.min(Math.max(value, 0), 1)}%`;
/** A share and its 95 % interval, in percent. */
function share({ value, low, high }) {
  const [found, ...ends] = [value, low, high].map((part) => (100 * part).toFixed(1));
  return `${found} % [${ends.join(", ")}]`;
}
