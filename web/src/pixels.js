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
  const map = similarity(places, eyes), coarse = Math.hypot(...map[0]); // from the square to the picture
  const half = Math.ceil(0.75 * size * coarse) + 2; // holds the square however it is turned
  const [left, top] = place(map, [size / 2, size / 2]).map((middle) => Math.round(middle) - half);
  const side = Math.round(2 * half / Math.max(1, coarse)), shrunk = side / (2 * half);
  const part = resize(crop(image, left, top, 2 * half), side, side);
  const data = new Uint8ClampedArray(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [across, down] = place(map, [x + 0.5, y + 0.5]);
      data[y * size + x] = sample(part, shrunk * (across - left) - 0.5, shrunk * (down - top) - 0.5);
    }
  }
  return { width: size, height: size, data };
}

/** The complex a, b by which z -> a z + b takes points as near to others as can be (least squares). */
export function similarity(points, others) {
  const mean = (list, axis) => list.reduce((sum, point) => sum + point[axis], 0) / list.length;
  const [p, q, r, s] = [mean(points, 0), mean(points, 1), mean(others, 0), mean(others, 1)];
  let [real, imaginary, norm] = [0, 0, 0];
  points.forEach((point, n) => {
    const [x, y, u, v] = [point[0] - p, point[1] - q, others[n][0] - r, others[n][1] - s];
    real += u * x + v * y;
    imaginary += v * x - u * y;
    norm += x * x + y * y;
  });
  const a = [real / norm, imaginary / norm];
  return [a, [r - a[0] * p + a[1] * q, s - a[1] * p - a[0] * q]];
}

/** Where z -> a z + b takes a point. */
export const place = ([a, b], [x, y]) => [a[0] * x - a[1] * y + b[0], a[1] * x + a[0] * y + b[1]];

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
