// Where a picture's faces are: the cascade MTCNN (Zhang et al. 2016), as facelib.door.detect says it.
// A small network proposes boxes on ever smaller copies, a second refuses most of them, a third
// refuses again and says where eyes, nose and mouth are.

import { resize } from "./pixels.js";
import { openNetwork, ort } from "./recogniser.js";

const SMALLEST = 0.125; // face that is looked for, of the shorter side
const THINNEST = 64; // smaller parts of the longer side are not looked at
const CELL = 12; // pixels a side of what the first network sees; the second sees 24
const DETAIL = 48; // what the third sees
const STEP = 0.709; // from one copy to the next: half of the area
const MOST = 400; // boxes that the second network looks at

export class Detector {
  static async load() {
    const names = ["propose", "refine", "locate"];
    const sessions = await Promise.all(names.map((name) => openNetwork(`mtcnn/${name}.onnx`)));
    return new Detector(...sessions.map(({ session }) => session));
  }

  constructor(propose, refine, locate) {
    Object.assign(this, { propose, refine, locate });
  }

  /**
   * Eyes, nose and corners of the mouth of each face, left ones first: [[x, y], ...] in pixels of
   * the picture; the largest face first.
   */
  async find(imageData) {
    const [short, long] = [imageData.width, imageData.height].sort((one, other) => one - other);
    const least = Math.max(SMALLEST * short, long / THINNEST, CELL);
    const scale = Math.min(1, DETAIL / least);
    const image = shrink(toPlanes(imageData), scale);
    let found = await this.#propose(image, scale * least);
    found = distinct(found, 0.7).slice(0, MOST);
    found = distinct(await look(this.refine, image, found, 24, 0.7), 0.7);
    found = distinct(await look(this.locate, image, found, DETAIL, 0.8), 0.7, true);
    found.sort((one, other) => area(other.box) - area(one.box));
    return found.map(({ points }) => points.map((point) => point.map((value) => value / scale)));
  }

  async #propose(image, least) {
    const found = [];
    for (let scale = CELL / least; scale * Math.min(image.width, image.height) >= CELL; scale *= STEP) {
      const copy = shrink(image, scale);
      const { moves, scores } = await run(this.propose, [copy]);
      const [, , height, width] = moves.dims, here = [];
      scores.data.forEach((score, place) => {
        if (score <= 0.6) return;
        const left = 2 * (place % width), top = 2 * Math.floor(place / width);
        const move = [0, 1, 2, 3].map((edge) => moves.data[edge * height * width + place]);
        here.push({ box: moved([left, top, left + CELL, top + CELL], move), score });
      });
      const back = [image.width / copy.width, image.height / copy.height];
      for (const { box, score } of distinct(here, 0.5)) {
        found.push({ box: box.map((value, edge) => value * back[edge % 2]), score });
      }
    }
    return found;
  }
}

/** What a network thinks of the squares around boxes: those that score more than `least`, moved. */
async function look(session, image, found, side, least) {
  if (!found.length) return [];
  const squares = found.map(({ box: [left, top, right, bottom] }) => {
    const size = Math.max(1, Math.round(Math.max(right - left, bottom - top)));
    return [Math.round((left + right - size) / 2), Math.round((top + bottom - size) / 2), size];
  });
  const patches = squares.map((square) => shrinkTo(patch(image, ...square), side, side));
  const { moves, points, scores } = await run(session, patches);
  return squares.flatMap(([left, top, size], n) => {
    if (scores.data[n] <= least) return [];
    const box = moved([left, top, left + size, top + size], moves.data.subarray(4 * n, 4 * n + 4));
    const five = points && [0, 1, 2, 3, 4].map((point) =>
      [left + size * points.data[10 * n + point], top + size * points.data[10 * n + 5 + point]]);
    return [{ box, score: scores.data[n], points: five }];
  });
}

async function run(session, images) {
  const [{ width, height }] = images, plane = width * height;
  const data = new Float32Array(images.length * 3 * plane);
  images.forEach(({ planes }, n) => planes.forEach((values, c) => data.set(values, (3 * n + c) * plane)));
  return session.run({ images: new ort.Tensor("float32", data, [images.length, 3, height, width]) });
}

/** The best boxes first; none that a better one overlaps by more than a share of both, or of the smaller. */
function distinct(found, overlap, ofSmaller = false) {
  const kept = [];
  for (const one of [...found].sort((a, b) => b.score - a.score)) {
    const apart = kept.every(({ box }) => {
      const across = Math.min(box[2], one.box[2]) - Math.max(box[0], one.box[0]);
      const down = Math.min(box[3], one.box[3]) - Math.max(box[1], one.box[1]);
      const both = Math.max(0, across) * Math.max(0, down), areas = [area(box), area(one.box)];
      return both <= overlap * (ofSmaller ? Math.min(...areas) : areas[0] + areas[1] - both);
    });
    if (apart) kept.push(one);
  }
  return kept;
}

const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);

/** A box whose edges are moved by shares of its sides. */
const moved = (box, move) => box.map((edge, n) => edge + move[n] * (box[2 + n % 2] - box[n % 2]));

/** Red, green and blue apart: {width, height, planes: [Uint8Array, ...]}. */
function toPlanes({ width, height, data }) {
  const planes = [0, 1, 2].map((colour) => {
    const plane = new Uint8Array(width * height);
    for (let n = 0, p = colour; n < plane.length; n++, p += 4) plane[n] = data[p];
    return plane;
  });
  return { width, height, planes };
}

/** A smaller copy, of one pixel a side at least; a larger one is never made. */
function shrink(image, scale) {
  if (scale >= 1) return image;
  return shrinkTo(image, ...[image.width, image.height].map((side) => Math.max(1, Math.round(scale * side))));
}

function shrinkTo({ width, height, planes }, wide, high) {
  return { width: wide, height: high, planes: planes.map((data) => resize({ width, height, data }, wide, high).data) };
}

/** A square of a picture, black beyond it. */
function patch(image, left, top, side) {
  const planes = image.planes.map((plane) => {
    const data = new Uint8Array(side * side);
    const from = Math.max(0, left), to = Math.min(image.width, left + side);
    for (let y = Math.max(0, top); y < Math.min(image.height, top + side) && from < to; y++) {
      data.set(plane.subarray(y * image.width + from, y * image.width + to), (y - top) * side + from - left);
    }
    return data;
  });
  return { width: side, height: side, planes };
}
