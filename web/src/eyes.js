// Two marks on a photograph, which a mouse, a finger or the arrow keys put on the eyes.

const CLOSEST = 4; // pixels between the eyes
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Eyes {
  /**
   * @param photo: the element that the marks lie on, as large as what shows the picture.
   * @param moved: called after a visitor has moved a mark.
   */
  constructor(photo, moved) {
    this.marks = [...photo.querySelectorAll(".eye")];
    this.places = []; // [[x, y], [x, y]] in pixels of the picture, from its corner
    this.marks.forEach((mark, which) => {
      const move = (place) => this.#move(which, place) && moved();
      mark.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        mark.focus();
        mark.setPointerCapture(event.pointerId);
      });
      mark.addEventListener("pointermove", (event) => {
        if (!mark.hasPointerCapture(event.pointerId)) return;
        const box = photo.getBoundingClientRect();
        const { width, height } = this.size;
        move([(event.clientX - box.left) / box.width * width, (event.clientY - box.top) / box.height * height]);
      });
      mark.addEventListener("keydown", (event) => {
        if (!KEYS[event.key]) return;
        event.preventDefault();
        const step = Math.max(this.size.width, this.size.height) / 250 * (event.shiftKey ? 10 : 1);
        move(KEYS[event.key].map((way, axis) => this.places[which][axis] + way * step));
      });
    });
  }

  /** Lay the marks on a picture of this {width, height}. */
  put(size, places) {
    this.size = size;
    this.places = places;
    this.#show();
  }

  #move(which, [x, y]) {
    const place = [Math.min(Math.max(x, 0), this.size.width), Math.min(Math.max(y, 0), this.size.height)];
    const other = this.places[1 - which];
    if (Math.hypot(place[0] - other[0], place[1] - other[1]) < CLOSEST) return false;
    this.places[which] = place;
    this.#show();
    return true;
  }

  #show() {
    this.marks.forEach((mark, which) => {
      const [x, y] = this.places[which], { width, height } = this.size;
      mark.style.left = `${100 * x / width}%`;
      mark.style.top = `${100 * y / height}%`;
      // A slider has one value; what is said are both.
      mark.ariaValueMin = 0;
      mark.ariaValueMax = width;
      mark.ariaValueNow = Math.round(x);
      mark.ariaValueText = `${Math.round(x)} across, ${Math.round(y)} down`;
    });
  }
}
