// Two marks on a photograph, which clicks, a mouse, a finger or the arrow keys put on the eyes.

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
    this.next = 0; // the mark that a click moves: the one that was not moved last
    const at = (event) => {
      const box = photo.getBoundingClientRect(), { width, height } = this.size;
      return [(event.clientX - box.left) / box.width * width, (event.clientY - box.top) / box.height * height];
    };
    photo.addEventListener("click", (event) => {
      if (!this.size || this.marks.includes(event.target) || !this.#move(this.next, at(event))) return;
      if (this.places[0][0] > this.places[1][0]) {
        this.places.reverse();
        this.next = 1 - this.next;
        this.#show();
      }
      moved();
    });
    this.marks.forEach((mark, which) => {
      const move = (place) => this.#move(which, place) && moved();
      mark.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        mark.focus();
        mark.setPointerCapture(event.pointerId);
      });
      mark.addEventListener("pointermove", (event) => {
        if (mark.hasPointerCapture(event.pointerId)) move(at(event));
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
    this.next = 0;
    this.#show();
  }

  #move(which, [x, y]) {
    const place = [Math.min(Math.max(x, 0), this.size.width), Math.min(Math.max(y, 0), this.size.height)];
    const other = this.places[1 - which];
    if (Math.hypot(place[0] - other[0], place[1] - other[1]) < CLOSEST) return false;
    this.places[which] = place;
    this.next = 1 - which;
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
