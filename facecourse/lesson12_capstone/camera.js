// A button that takes one frame of the camera and sends it to Python as JPEG.
const WIDTH = 960, SETTLE = 1200; // pixels; milliseconds until the exposure is right

const TROUBLE = {
  NotAllowedError: "The browser refuses the camera. Allow it at the left of the address bar and " +
    "press again, or choose a photograph instead.",
  NotFoundError: "No camera was found. Plug one in and press again, or choose a photograph.",
  NotReadableError: "Another program holds the camera. Close it and press again.",
};

async function takeFrame(video) {
  if (!navigator.mediaDevices)
    throw new Error("Browsers lend the camera to localhost and to https alone: open the page there.");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH } } });
  try {
    video.style.display = "block";
    video.srcObject = stream;
    await video.play();
    await new Promise(resolve => setTimeout(resolve, SETTLE));
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d").drawImage(video, 0, 0);
    const file = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
    return await file.arrayBuffer();
  } finally {
    stream.getTracks().forEach(track => track.stop());
    video.srcObject = null;
    video.style.display = "none";
  }
}

export default {
  render({ model, el }) {
    const button = document.createElement("button"), video = document.createElement("video");
    button.className = "lm-Widget jupyter-widgets jupyter-button widget-button";
    button.textContent = model.get("description");
    button.title = "The camera is on for a second; one frame goes to the kernel's memory";
    video.muted = true;
    video.setAttribute("aria-label", "What the camera sees, for a second");
    video.style.cssText = "display: none; max-width: 240px; transform: scaleX(-1)";
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        model.send({ kind: "frame" }, undefined, [await takeFrame(video)]);
      } catch (error) {
        model.send({ kind: "trouble", words: TROUBLE[error.name] ?? error.message });
      } finally {
        button.disabled = false;
        button.focus();
      }
    });
    el.append(button, video);
  },
};
