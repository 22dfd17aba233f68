/**
 * The frame in which a picture is seen: how large it is drawn, and which part of it is in sight.
 *
 * The frame scrolls by itself, as pages do, so that a finger on a phone moves the page where the picture ends. What is
 * done here is to zoom, and to drag the ground.
 */

/** How much nearer a press of a button or a key comes. */
const CLOSER = 1.35;
const NEAREST = 4;

/**
 * @typedef {object} Subject the picture
 * @property {HTMLElement | SVGElement} element
 * @property {number} width in its own units
 * @property {number} height
 *
 * @typedef {object} ViewOwner what has a picture to be seen
 * @property {() => Subject} subject
 * @property {() => number} usual how large it is drawn until a reader zooms
 * @property {(on: boolean) => void} overview is called before all of it is shown, and before that ends
 * @property {() => void} moved is called when another part is in sight
 */

export class View {
  /** @param {HTMLElement} frame @param {ViewOwner} owner */
  constructor(frame, owner) {
    this.frame = frame;
    this.owner = owner;
    /** What the reader has chosen. @type {number | null} */
    this.chosen = null;
    /** Whether that is all of it, whatever the size of the frame becomes. */
    this.isWhole = false;
    this.scale = 1;
    this.waiting = 0;
    /** The point that stayed where it is, and how the frame was left. @type {{ x: number, y: number, across: number, down: number, left: number, top: number, scale: number } | null} */
    this.anchor = null;
    this.keys = { "+": () => this.closer(), "=": () => this.closer(), "-": () => this.farther() };
    setUpWheel(frame, (factor, x, y) => this.zoom(this.scale * factor, x, y));
    setUpPinch(
      frame,
      () => this.scale,
      (to, x, y) => this.zoom(to, x, y),
    );
    setUpDrag(frame);
    frame.addEventListener("scroll", () => this.#moved(), { passive: true });
  }

  #moved() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.owner.moved();
    });
  }

  /** The scale at which all of it can be seen. */
  #wholeScale() {
    const { width, height } = this.owner.subject();
    return Math.min((this.frame.clientWidth - 1) / width, (this.frame.clientHeight - 1) / height);
  }

  /** Draws it at its size. */
  fit() {
    const { element, width, height } = this.owner.subject();
    if (this.chosen !== null) {
      const least = Math.min(this.#wholeScale(), this.owner.usual());
      this.chosen = this.isWhole ? least : Math.min(NEAREST, Math.max(least, this.chosen));
    }
    this.scale = this.chosen ?? this.owner.usual();
    element.style.width = `${this.scale * width}px`;
    element.style.height = `${this.scale * height}px`;
    this.#moved();
  }

  /**
   * Draws it at another scale; a point of the window stays where it is.
   *
   * @param {number | null} to none for the usual one
   * @param {number} [clientX] by default the middle of the frame
   * @param {number} [clientY]
   */
  zoom(to, clientX, clientY) {
    const { frame, anchor } = this;
    const box = frame.getBoundingClientRect();
    const x = clientX ?? box.left + frame.clientWidth / 2;
    const y = clientY ?? box.top + frame.clientHeight / 2;
    const { element } = this.owner.subject();
    // While it is smaller than its frame it stands in the middle: what was under the pointer at first comes back to it.
    const isSame =
      anchor &&
      Math.hypot(anchor.x - x, anchor.y - y) < 3 &&
      anchor.left === frame.scrollLeft &&
      anchor.top === frame.scrollTop &&
      anchor.scale === this.scale;
    const before = element.getBoundingClientRect();
    const { across, down } =
      isSame && anchor ? anchor : { across: (x - before.left) / before.width, down: (y - before.top) / before.height };
    this.chosen = to;
    this.isWhole = false;
    this.fit();
    this.isWhole = this.chosen !== null && this.#isAll();
    const after = element.getBoundingClientRect();
    frame.scrollLeft += after.left + across * after.width - x;
    frame.scrollTop += after.top + down * after.height - y;
    this.anchor = { x, y, across, down, left: frame.scrollLeft, top: frame.scrollTop, scale: this.scale };
  }

  closer() {
    this.zoom(this.scale * CLOSER);
  }

  farther() {
    this.zoom(this.scale / CLOSER);
  }

  #isAll() {
    return this.scale <= this.#wholeScale() * 1.001;
  }

  /** All of it, and once more the usual size. */
  toggle() {
    const toAll = !this.#isAll() && this.#wholeScale() < this.owner.usual();
    this.owner.overview(toAll);
    this.zoom(toAll ? this.#wholeScale() : null);
  }

  /** What of it can be seen, in its own units: left, top, right and bottom. */
  seen() {
    const { x, y } = this.origin();
    const { clientWidth, clientHeight } = this.frame;
    return [-x, -y, clientWidth - x, clientHeight - y].map((at) => at / this.scale);
  }

  /** Where in the frame, in pixels, its corner is. */
  origin() {
    const { frame } = this;
    const [outer, inner] = [frame, this.owner.subject().element].map((element) => element.getBoundingClientRect());
    return { x: inner.left - outer.left - frame.clientLeft, y: inner.top - outer.top - frame.clientTop };
  }

  /** Brings a part of it into sight, of what is larger than the frame its beginning. @param {number[]} box left, top, right and bottom in its units @param {boolean} smooth */
  reveal(box, smooth) {
    const { frame, scale } = this;
    const { x, y } = this.origin();
    const [left, top, right, bottom] = box.map((at) => at * scale);
    const across = shiftInto(left + x, right + x, frame.clientWidth, false);
    // Rows above and below stay where they are as far as possible.
    const down = shiftInto(top + y, bottom + y, frame.clientHeight, true);
    if (across || down) frame.scrollBy({ left: across, top: down, behavior: smooth ? "smooth" : "instant" });
  }

  /** Brings a point of it to the middle. @param {number} x in its units @param {number} y */
  centre(x, y) {
    const { frame, scale } = this;
    const at = this.origin();
    frame.scrollLeft += x * scale + at.x - frame.clientWidth / 2;
    frame.scrollTop += y * scale + at.y - frame.clientHeight / 2;
  }

  /** Whether it is larger than its frame by so much. @param {number} factor */
  exceeds(factor) {
    const { width, height } = this.owner.subject();
    const { clientWidth, clientHeight } = this.frame;
    return width * this.scale > factor * clientWidth || height * this.scale > factor * clientHeight;
  }

  /** As it was when the page was kept. @param {number | null} to */
  restore(to) {
    if (to !== this.chosen) this.zoom(to);
  }
}

/** How far to scroll, so that a part is seen with some room around it. @param {number} from @param {number} to @param {number} room @param {boolean} isLeast whether by as little as possible */
function shiftInto(from, to, room, isLeast) {
  const edge = 30;
  if (from >= edge && to <= room - edge) return 0;
  if (to - from > room - 2 * edge || (isLeast && from < edge)) return from - edge;
  return isLeast ? to - room + edge : (from + to - room) / 2;
}

/** A wheel with the control key, which two fingers on a touchpad give as well. @param {HTMLElement} frame @param {(factor: number, x: number, y: number) => void} by */
function setUpWheel(frame, by) {
  frame.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const turned = event.deltaY * (event.deltaMode ? 16 : 1);
      by(2 ** (-Math.max(-50, Math.min(50, turned)) / 100), event.clientX, event.clientY);
    },
    { passive: false },
  );
}

/**
 * Two fingers; one moves the page, as everywhere.
 *
 * @param {HTMLElement} frame
 * @param {() => number} scale
 * @param {(to: number, x: number, y: number) => void} zoom
 */
function setUpPinch(frame, scale, zoom) {
  /** @type {{ apart: number, scale: number, x: number, y: number } | null} */
  let began = null;
  /** @param {TouchList} touches */
  const between = ([one, other]) => ({
    apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1,
    x: (one.clientX + other.clientX) / 2,
    y: (one.clientY + other.clientY) / 2,
  });
  frame.addEventListener(
    "touchstart",
    (event) => {
      began = event.touches.length === 2 ? { ...between(event.touches), scale: scale() } : null;
    },
    { passive: true },
  );
  frame.addEventListener(
    "touchmove",
    (event) => {
      if (!began || event.touches.length !== 2 || !event.cancelable) return;
      event.preventDefault();
      const { apart, x, y } = between(event.touches);
      frame.scrollLeft += began.x - x;
      frame.scrollTop += began.y - y;
      [began.x, began.y] = [x, y];
      zoom((began.scale * apart) / began.apart, x, y);
    },
    { passive: false },
  );
  for (const end of ["touchend", "touchcancel"]) {
    frame.addEventListener(end, () => {
      began = null;
    });
  }
}

/** A mouse drags the ground; touches scroll it by themselves. @param {HTMLElement} frame */
function setUpDrag(frame) {
  frame.addEventListener("pointerdown", (event) => {
    const isMiddle = event.button === 1;
    if (event.pointerType === "touch" || (event.button && !isMiddle)) return;
    const target = /** @type {Element} */ (event.target);
    if (!isMiddle && target.closest("[role=button], a, input, button")) return;
    if (frame.scrollWidth <= frame.clientWidth && frame.scrollHeight <= frame.clientHeight) return;
    // Not the scroll bars.
    const box = frame.getBoundingClientRect();
    if (event.clientX > box.left + frame.clientWidth || event.clientY > box.top + frame.clientHeight) return;
    event.preventDefault();
    const from = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop };
    let isDragged = false;
    /** @param {PointerEvent} move */
    const drag = (move) => {
      const [x, y] = [move.clientX - from.x, move.clientY - from.y];
      if (!isDragged && Math.hypot(x, y) < 4) return;
      if (!isDragged) frame.setPointerCapture(event.pointerId);
      isDragged = true;
      frame.classList.add("is-dragged");
      frame.scrollLeft = from.left - x;
      frame.scrollTop = from.top - y;
    };
    const end = () => {
      frame.removeEventListener("pointermove", drag);
      for (const name of ["pointerup", "pointercancel"]) frame.removeEventListener(name, end);
      // The click that follows is still part of the drag.
      setTimeout(() => frame.classList.remove("is-dragged"));
    };
    frame.addEventListener("pointermove", drag);
    for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, end);
  });
}
