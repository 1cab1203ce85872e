// Grey pictures, {width, height, data: Uint8Array}, and what is done to them before the network:
// the numbers that Pillow gives, whatever the browser's own scaling does.

/** The brightness of an ImageData in whole numbers (ITU-R BT.601), as Pillow's convert("L"). */
export function toGrey({ width, height, data }) {
  const grey = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < grey.length; i++, p += 4) {
    grey[i] = (data[p] * 19595 + data[p + 1] * 38470 + data[p + 2] * 7471 + 32768) >> 16;
  }
  return { width, height, data: grey };
}

/** A tall or wide picture made square and not stretched: what is missing repeats the edge. */
export function toSquare(image) {
  const side = Math.max(image.width, image.height);
  return crop(image, -Math.floor((side - image.width) / 2), -Math.floor((side - image.height) / 2), side);
}

/** A square of a picture; beyond it its edges are repeated. */
function crop(image, left, top, side) {
  const data = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    const row = clamp(top + y, image.height) * image.width;
    for (let x = 0; x < side; x++) data[y * side + x] = image.data[row + clamp(left + x, image.width)];
  }
  return { width: side, height: side, data };
}

/** Bilinear and antialiased: each new pixel is a mean under a triangle. Rounded once, at the end. */
export function resize(image, width, height) {
  const wide = filterRows(image, triangles(image.width, width));
  const both = transpose(filterRows(transpose(wide), triangles(image.height, height)));
  return { width, height, data: Uint8Array.from(both.data, toEven) };
}

/**
 * The square of `size` pixels in which the eyes are where `places` says: the picture turned, scaled
 * and moved, its edges repeated beyond them. As facelib.door.align: shrunk first, then bicubic.
 *
 * @param eyes, places: [[x, y], [x, y]] in pixels, from the corner of the picture and of the square.
 */
export function cut(image, eyes, places, size) {
  const [a, b] = similarity(places, eyes); // z -> a z + b takes the square to the picture
  const coarse = Math.max(1, Math.hypot(...a));
  const half = Math.ceil(0.75 * size * Math.hypot(...a)) + 2; // holds the square however turned
  const left = Math.round((a[0] - a[1]) * size / 2 + b[0]) - half;
  const top = Math.round((a[1] + a[0]) * size / 2 + b[1]) - half;
  const side = Math.round(2 * half / coarse), shrunk = side / (2 * half);
  const part = resize(crop(image, left, top, 2 * half), side, side);
  const data = new Uint8ClampedArray(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [u, v] = [x + 0.5, y + 0.5];
      const across = a[0] * u - a[1] * v + b[0] - left, down = a[1] * u + a[0] * v + b[1] - top;
      data[y * size + x] = sample(part, shrunk * across - 0.5, shrunk * down - 0.5);
    }
  }
  return { width: size, height: size, data };
}

/** The complex numbers a, b of the map z -> a z + b that takes two points to two others. */
export function similarity([p, q], [to, and]) {
  const [x, y, u, v] = [q[0] - p[0], q[1] - p[1], and[0] - to[0], and[1] - to[1]];
  const norm = x * x + y * y;
  const a = [(u * x + v * y) / norm, (v * x - u * y) / norm];
  return [a, [to[0] - a[0] * p[0] + a[1] * p[1], to[1] - a[1] * p[0] - a[0] * p[1]]];
}

/** The nearest whole number, of two the even one, as NumPy and PyTorch round. */
function toEven(value) {
  const above = Math.round(value);
  return above - value === 0.5 ? 2 * Math.round(value / 2) : above;
}

const clamp = (place, size) => Math.min(Math.max(place, 0), size - 1);

/** Bicubic, with the cubic of Pillow's transforms, between pixels that all exist. */
function sample({ width, data }, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const rows = [-1, 0, 1, 2].map((n) => {
    const at = (top + n) * width + left;
    return cubic(data[at - 1], data[at], data[at + 1], data[at + 2], x - left);
  });
  return cubic(...rows, y - top);
}

function cubic(p, q, r, s, way) {
  return q + way * (r - p + way * (2 * (p - q) + r - s + way * (q - p + s - r)));
}

/** For each new pixel: the first old one that it sees, and the weights from there on. */
function triangles(from, to) {
  const scale = from / to, reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const last = Math.min(from, Math.floor(centre + reach + 0.5));
    const weights = Array.from({ length: last - first }, (_, n) =>
      Math.max(0, 1 - Math.abs((first + n - centre + 0.5) / reach)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

function filterRows({ width, height, data }, filters) {
  const out = new Float32Array(height * filters.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (const { first, weights } of filters) {
      let sum = 0;
      for (let n = 0, p = y * width + first; n < weights.length; n++) sum += weights[n] * data[p + n];
      out[at++] = sum;
    }
  }
  return { width: filters.length, height, data: out };
}

function transpose({ width, height, data }) {
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out[x * height + y] = data[y * width + x];
  }
  return { width: height, height: width, data: out };
}
