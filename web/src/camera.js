// One shot of the camera. Frames stay in memory, and the camera stops at once after it.

import { Unfit, toPicture } from "./picture.js";

const WHY = {
  NotAllowedError: "The camera was refused: allow it beside this page’s address, or choose a file.",
  NotFoundError: "No camera was found: choose a file.",
  NotReadableError: "The camera is in use by another program: close that one, or choose a file.",
};

/** A picture as `readPicture` gives it; null if the visitor cancels. Throws Unfit without a camera. */
export async function takePicture(dialog) {
  if (!navigator.mediaDevices) {
    throw new Unfit("Browsers give a camera to https:// and to this machine only: choose a file.");
  }
  const [video, shoot, cancel] = ["video", "[value=shoot]", "[value=cancel]"]
    .map((selector) => dialog.querySelector(selector));
  const wanted = { audio: false, video: { facingMode: "user", width: { ideal: 1280 } } };
  const asked = navigator.mediaDevices.getUserMedia(wanted).catch((error) => {
    throw new Unfit(WHY[error.name] ?? `The camera does not start (${error.message}): choose a file.`);
  });
  const answered = new Promise((answer) => {
    dialog.onclose = () => answer(null);
    cancel.onclick = () => dialog.close();
    shoot.onclick = () => answer({ ...toPicture(video), note: "Taken by the camera; kept in memory only." });
    video.onloadeddata = () => { shoot.disabled = false; shoot.focus(); };
  });
  shoot.disabled = true;
  dialog.showModal(); // nothing else can be pressed meanwhile
  try {
    video.srcObject = await Promise.race([asked, answered]);
    return await answered;
  } finally {
    asked.then((stream) => stream.getTracks().forEach((track) => track.stop()), () => {});
    video.srcObject = null;
    dialog.close();
  }
}
