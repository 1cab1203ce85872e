// One of the two faces: where its picture comes from, the marks on it, and what the network reads.

import { takePicture } from "./camera.js";
import { Eyes } from "./eyes.js";
import { Unfit, readPicture } from "./picture.js";
import { cut, place, resize, similarity, toSquare } from "./pixels.js";
import { SIDE } from "./recogniser.js";

const SHOWN = 640; // pixels of the longer side on the page

export class Face {
  /**
   * @param section: an empty element.
   * @param align: {size, points}: pixels a side of an aligned cut; where eyes, nose and mouth are in
   *   it, as shares.
   * @param detect: as `Detector.find`; false if the visitor says where the eyes are.
   * @param changed: called when there is something else for the network to read, as `input`.
   */
  constructor(section, align, detect, changed) {
    section.append(document.getElementById("face").content.cloneNode(true));
    const find = (selector) => section.querySelector(selector);
    this.section = section;
    Object.assign(this, { align, detect, changed });
    this.shown = find(".photo canvas");
    this.read = find("figure canvas");
    this.note = find(".note");
    this.whole = find(".whole input");
    this.eyes = new Eyes(find(".photo"), () => this.#read());
    this.whole.onchange = () => this.#read();
    const file = find("[type=file]");
    file.onchange = () => {
      this.take(() => readPicture(file.files[0]));
      file.value = ""; // the same file may be chosen again
    };
    find("[value=camera]").onclick = () => this.take(() => takePicture(document.querySelector(".camera")));
  }

  /** Show the picture that `give` promises, or say why there is none and keep the one before. */
  async take(give) {
    const turn = this.turn = {};
    try {
      const picture = await give();
      if (!picture) return;
      const found = picture.drawn || !this.detect ? [] : await this.detect(picture.canvas);
      if (turn === this.turn) this.#show(picture, found); // else a later one has come first
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      this.say(error.message, true);
    }
  }

  say(words, wrong = false) {
    this.note.textContent = words;
    this.note.classList.toggle("wrong", wrong);
  }

  #show({ canvas, grey, note, drawn }, [points, ...others]) {
    this.grey = grey;
    const scale = Math.min(1, SHOWN / Math.max(canvas.width, canvas.height));
    this.shown.width = Math.round(canvas.width * scale);
    this.shown.height = Math.round(canvas.height * scale);
    this.shown.parentElement.style.setProperty("--ratio", canvas.width / canvas.height);
    this.shown.getContext("2d").drawImage(canvas, 0, 0, this.shown.width, this.shown.height);
    this.shown.ariaLabel = drawn ? "A drawn face of nobody" : "Your picture";
    this.eyes.put(grey, points ? this.#fit(points) : this.#guess());
    const notes = [note];
    if (!points && !drawn) notes.push(this.detect ? "No face was found: click its eyes." : "Now click the two eyes.");
    if (others.length) notes.push(`${others.length + 1} faces were found; the rings are on the largest.`);
    this.say(notes.join(" "));
    this.#read();
  }

  /** The eyes of a face that fills the middle of the picture as an aligned cut would. */
  #guess() {
    const { width, height } = this.grey, side = Math.min(width, height);
    return this.align.points.slice(0, 2).map(([x, y]) => [(width - side) / 2 + x * side, (height - side) / 2 + y * side]);
  }

  /** The eyes by which the cut comes as near as can be to all five points. */
  #fit(points) {
    const map = similarity(this.align.points, points);
    return this.align.points.slice(0, 2).map((eye) => place(map, eye));
  }

  #read() {
    if (!this.grey) return;
    this.section.classList.toggle("as-is", this.whole.checked);
    const { size, points } = this.align;
    const places = points.slice(0, 2).map((eye) => eye.map((share) => size * share));
    const square = this.whole.checked ? toSquare(this.grey) : cut(this.grey, this.eyes.places, places, size);
    this.input = resize(square, SIDE, SIDE);
    const rgba = new Uint8ClampedArray(4 * SIDE * SIDE);
    this.input.data.forEach((value, n) => rgba.set([value, value, value, 255], 4 * n));
    this.read.getContext("2d").putImageData(new ImageData(rgba, SIDE, SIDE), 0, 0);
    this.changed();
  }
}
