// Picture files: what they are is read from their first bytes, before anything is decoded.

import { toGrey } from "./pixels.js";

const LEAST = 32; // pixels a side
const MOST = 50e6; // pixels: decoded, each takes four bytes
const LONGEST = 256 * 2 ** 20; // bytes of a file
const HEAD = 4 * 2 ** 20; // bytes within which a picture says its size
const KINDS = "a JPEG, PNG, WebP, GIF or BMP picture";

/** What can't be used, in words for the visitor. */
export class Unfit extends Error {}

/**
 * Decode a file, upright, what is transparent in it white.
 *
 * @returns {canvas, grey, note}: note says what a visitor should know about the file.
 * @throws Unfit
 */
export async function readPicture(file) {
  if (!file.size) throw new Unfit("This file is empty (0 bytes).");
  if (file.size > LONGEST) throw new Unfit(`This file is over ${count(LONGEST)} bytes: save it smaller.`);
  const head = readHead(new DataView(await file.slice(0, HEAD).arrayBuffer()));
  if (!head) throw new Unfit(`This is not ${KINDS}, whatever its name.`);
  const { width, height } = head, size = `${count(width)} × ${count(height)} pixels`;
  if (Math.min(width, height) < LEAST) throw new Unfit(`It has ${size}: ${LEAST} a side are the least.`);
  if (width * height > MOST) throw new Unfit(`It has ${size}, over ${count(MOST)} in all: save it smaller.`);
  let bitmap;
  try {
    // Colours as they are in the file, which is what Pillow reads, too.
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  } catch {
    throw new Unfit("This picture is damaged or cut short.");
  }
  const turned = width !== height && bitmap.width === height && bitmap.height === width;
  const notes = [`${head.kind}, ${size}`, head.note, turned && "turned upright, as its EXIF says"];
  return { ...toPicture(bitmap), note: `${notes.filter(Boolean).join("; ")}.` };
}

/** Anything that a canvas can draw, as a picture. */
export function toPicture(source) {
  const canvas = document.createElement("canvas");
  canvas.width = source.videoWidth ?? source.width;
  canvas.height = source.videoHeight ?? source.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0);
  source.close?.();
  return { canvas, grey: toGrey(context.getImageData(0, 0, canvas.width, canvas.height)) };
}

const count = (number) => number.toLocaleString("en-GB");

/** {kind, width, height, note} of a file's first bytes; undefined if it is none of KINDS. */
function readHead(view) {
  try {
    const begins = (text, at = 0) => [...text].every((c, n) => view.getUint8(at + n) === c.charCodeAt());
    if (begins("\xff\xd8\xff")) return readJpeg(view);
    if (begins("\x89PNG\r\n\x1a\n")) return readPng(view);
    if (begins("GIF8")) return readGif(view);
    if (begins("RIFF") && begins("WEBP", 8)) return readWebp(view, begins);
    if (begins("BM")) return readBmp(view);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the file ends before it has said its size
  }
}

function readJpeg(view) {
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    if (marker < 0xc0 || marker > 0xcf || [0xc4, 0xc8, 0xcc].includes(marker)) continue; // no frame
    const note = view.getUint8(at + 9) === 4 && "colours of print (CMYK), as this browser turns them to RGB";
    return { kind: "JPEG", width: view.getUint16(at + 7), height: view.getUint16(at + 5), note };
  }
}

function readPng(view) {
  const note = view.getUint8(24) === 16 && "16 bits a colour, of which 8 are used";
  return { kind: "PNG", width: view.getUint32(16), height: view.getUint32(20), note };
}

function readGif(view) {
  const note = "if it moves, its first frame";
  return { kind: "GIF", width: view.getUint16(6, true), height: view.getUint16(8, true), note };
}

function readWebp(view, begins) {
  const kind = "WebP", three = (at) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  if (begins("VP8X", 12)) {
    const note = view.getUint8(20) & 2 && "it moves: its first frame";
    return { kind, width: three(24) + 1, height: three(27) + 1, note };
  }
  if (begins("VP8L", 12)) {
    const bits = view.getUint32(21, true);
    return { kind, width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  return { kind, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

function readBmp(view) {
  return { kind: "BMP", width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
}
