// Two buttons, for photographs from disk and for one frame of the camera. What they bring is sent to
// Python once and stays in no state of the widget.
const LARGEST = 8e6; // bytes: Jupyter drops messages of over 10 MB without a word
const SIDE = 2000, WIDTH = 960; // px of what was too large, and of the camera's frame
const SETTLE = 1200; // ms until the camera has found its exposure

const TROUBLE = {
  NotAllowedError: "The browser refuses the camera. Allow it at the left of the address bar and " +
    "press again, or choose a photograph instead.",
  NotFoundError: "No camera was found. Plug one in and press again, or choose a photograph.",
  NotReadableError: "Another program holds the camera. Close it and press again.",
};

function draw(picture, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
}

async function shrink(file) {
  if (file.size <= LARGEST) return file;
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name}: over 8 MB, and nothing this browser can shrink: save it smaller`);
  });
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  return draw(picture, Math.ceil(scale * picture.width), Math.ceil(scale * picture.height));
}

async function takeFrame(video) {
  if (!navigator.mediaDevices)
    throw new Error("Browsers lend the camera to localhost and to https alone: open the page there.");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH } } });
  try {
    video.srcObject = stream;
    video.style.display = "block";
    await video.play();
    await new Promise(resolve => setTimeout(resolve, SETTLE));
    return await draw(video, video.videoWidth, video.videoHeight);
  } finally {
    stream.getTracks().forEach(track => track.stop());
    video.srcObject = null;
    video.style.display = "none";
  }
}

function makeButton(label, title, act) {
  const button = document.createElement("button");
  button.className = "jupyter-widgets jupyter-button widget-button";
  button.style.width = "auto";
  Object.assign(button, { textContent: label, title, onclick: act });
  return button;
}

export default {
  render({ model, el }) {
    const what = model.get("what");
    const send = async (name, file) =>
      model.send({ kind: "photo", name }, undefined, [await file.arrayBuffer()]);
    const attempt = act => act().catch(error =>
      model.send({ kind: "trouble", words: TROUBLE[error.name] ?? error.message }));

    const input = document.createElement("input");
    Object.assign(input, { type: "file", accept: "image/*", multiple: model.get("several") });
    input.style.display = "none";
    input.onchange = async () => {
      model.send({ kind: "start" });
      for (const file of input.files)
        await attempt(async () => send(file.name, await shrink(file)));
      input.value = "";
    };
    const chooser = makeButton(
      `Photograph ${what}`, "JPEG, PNG, WebP, BMP or TIFF with one face", () => input.click());

    const video = document.createElement("video");
    video.muted = true;
    video.setAttribute("aria-label", "What the camera sees, for a second");
    video.style.cssText = "display: none; max-width: 240px; transform: scaleX(-1)";
    const camera = makeButton(
      `Camera ${what}`, "The camera is on for a second and gives one frame", async () => {
        camera.disabled = true;
        model.send({ kind: "start" });
        await attempt(async () => send("", await takeFrame(video)));
        camera.disabled = false;
        camera.focus();
      });
    el.append(input, chooser, camera, video);
  },
};
