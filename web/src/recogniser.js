// The network: one grey face of 64 x 64 pixels in, a direction of 128 numbers out.

import * as ort from "./onnxruntime.js";

ort.env.wasm.numThreads = 1; // more would need headers that a plain host does not send
ort.env.wasm.wasmPaths = { wasm: new URL("onnxruntime.wasm", import.meta.url).href };

export { ort };
export const SIDE = 64;

/**
 * A network in an ONNX file: {session, bytes}.
 *
 * @param sha256: of the file, in hexadecimal digits, if nothing else will do.
 */
export async function openNetwork(address, sha256) {
  const content = await (await fetch(address)).arrayBuffer();
  if (sha256 && crypto.subtle) { // a browser has it for https and for this machine alone
    const found = [...new Uint8Array(await crypto.subtle.digest("SHA-256", content))]
      .map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (found !== sha256) {
      throw new Error(`${address} has the SHA-256 ${found.slice(0, 8)}…, not ${sha256.slice(0, 8)}… whose `
        + "thresholds these are: build the page anew");
    }
  }
  const bytes = content.byteLength; // asked before: the session may take the content away
  return { session: await ort.InferenceSession.create(content, { executionProviders: ["wasm"] }), bytes };
}

export class Recogniser {
  static async load(...file) {
    return new Recogniser(await openNetwork(...file));
  }

  constructor({ session, bytes }) {
    Object.assign(this, { session, bytes });
  }

  /** A grey picture of SIDE x SIDE -> its embedding and its mirror image's together, of length 1. */
  async embed({ data }) {
    const both = new Float32Array(2 * SIDE * SIDE);
    data.forEach((value, n) => {
      both[n] = both[SIDE * SIDE + n - n % SIDE + SIDE - 1 - n % SIDE] = value / 255;
    });
    const images = new ort.Tensor("float32", both, [2, 1, SIDE, SIDE]);
    const { embedding: { data: found } } = await this.session.run({ images });
    const sum = found.slice(0, found.length / 2).map((value, n) => value + found[found.length / 2 + n]);
    const length = Math.hypot(...sum);
    return sum.map((value) => value / length);
  }

  /** Milliseconds a face: the median of some runs. */
  async time(image, runs = 9) {
    const took = [];
    for (let run = 0; run < runs; run++) {
      const start = performance.now();
      await this.embed(image);
      took.push(performance.now() - start);
    }
    return took.sort((one, other) => one - other)[runs >> 1];
  }
}

/** The cosine of two embeddings, from -1 to 1. */
export const cosine = (one, other) => one.reduce((sum, value, n) => sum + value * other[n], 0);
