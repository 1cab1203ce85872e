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
  const side = Math.max(image.width, image.height), data = new Uint8Array(side * side);
  const [left, top] = [image.width, image.height].map((part) => Math.floor((side - part) / 2));
  for (let y = 0; y < side; y++) {
    const row = clamp(y - top, image.height) * image.width;
    for (let x = 0; x < side; x++) data[y * side + x] = image.data[row + clamp(x - left, image.width)];
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
  const small = coarse > 1
    ? resize(image, ...[image.width, image.height].map((side) => Math.max(1, Math.round(side / coarse))))
    : image;
  const [across, down] = [small.width / image.width, small.height / image.height];
  const data = new Uint8ClampedArray(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [u, v] = place(map, [x + 0.5, y + 0.5]);
      data[y * size + x] = Math.floor(sample(small, across * u - 0.5, down * v - 0.5)); // as Pillow
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

/** Bicubic, with the cubic of Pillow's transforms. */
function sample({ width, height, data }, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const columns = [-1, 0, 1, 2].map((n) => clamp(left + n, width));
  const rows = [-1, 0, 1, 2].map((n) => {
    const at = clamp(top + n, height) * width;
    return cubic(...columns.map((column) => data[at + column]), x - left);
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
