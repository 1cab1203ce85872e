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
  const left = Math.floor((side - image.width) / 2), top = Math.floor((side - image.height) / 2);
  const data = new Uint8Array(side * side);
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
 * The square of `size` pixels in which the eyes lie where `places` says: a similarity, that is
 * turned, scaled and moved. Outside the picture its edge goes on.
 *
 * @param eyes, places: [[x, y], [x, y]] in pixels, from the corner of the picture and of the square.
 */
export function cut(image, eyes, places, size) {
  const [a, b] = similarity(places, eyes); // z -> a z + b takes the square to the picture
  const fine = Math.max(1, Math.ceil(Math.hypot(...a))); // points a side that a pixel averages
  const data = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (let n = 0; n < fine * fine; n++) {
        const u = x + ((n % fine) + 0.5) / fine, v = y + (Math.floor(n / fine) + 0.5) / fine;
        sum += sample(image, a[0] * u - a[1] * v + b[0], a[1] * u + a[0] * v + b[1]);
      }
      data[y * size + x] = Math.round(sum / (fine * fine));
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

function sample({ width, height, data }, x, y) {
  const left = Math.floor(x - 0.5), top = Math.floor(y - 0.5);
  const across = x - 0.5 - left, down = y - 0.5 - top;
  const [x0, x1] = [clamp(left, width), clamp(left + 1, width)];
  const [y0, y1] = [clamp(top, height) * width, clamp(top + 1, height) * width];
  return (data[y0 + x0] * (1 - across) + data[y0 + x1] * across) * (1 - down)
    + (data[y1 + x0] * (1 - across) + data[y1 + x1] * across) * down;
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
  filters.forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let n = 0; n < weights.length; n++) sum += weights[n] * data[y * width + first + n];
      out[y * filters.length + x] = sum;
    }
  });
  return { width: filters.length, height, data: out };
}

function transpose({ width, height, data }) {
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out[x * height + y] = data[y * width + x];
  }
  return { width: height, height: width, data: out };
}
