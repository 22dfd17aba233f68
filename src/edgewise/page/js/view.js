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
 * @param {HTMLElement} frame
 * @param {object} given
 * @param {() => Subject} given.subject
 * @param {() => number} given.usual how large it is drawn until a reader zooms
 * @param {(on: boolean) => void} given.overview is called before all of it is shown, and before that ends
 * @param {() => void} given.moved is called when another part is in sight
 */
export function viewOf(frame, { subject, usual, overview, moved }) {
  /** What the reader has chosen. @type {number | null} */
  let chosen = null;
  /** Whether that is all of it, whatever the size of the frame becomes. */
  let isWhole = false;
  let scale = 1;
  let waiting = 0;
  /** The point that stayed where it is, and how the frame was left. @type {{ x: number, y: number, across: number, down: number, left: number, top: number, scale: number } | null} */
  let anchor = null;

  const told = () => {
    if (waiting) return;
    waiting = requestAnimationFrame(() => {
      waiting = 0;
      moved();
    });
  };

  /** The scale at which all of it can be seen. */
  function whole() {
    const { width, height } = subject();
    return Math.min((frame.clientWidth - 1) / width, (frame.clientHeight - 1) / height);
  }

  const bounds = () => [Math.min(whole(), usual()), NEAREST];

  /** Draws it at its size. */
  function fit() {
    const { element, width, height } = subject();
    if (chosen !== null) {
      const [least, most] = bounds();
      chosen = isWhole ? least : Math.min(most, Math.max(least, chosen));
    }
    scale = chosen ?? usual();
    element.style.width = `${scale * width}px`;
    element.style.height = `${scale * height}px`;
    told();
  }

  /**
   * Draws it at another scale; a point of the window stays where it is.
   *
   * @param {number | null} to none for the usual one
   * @param {number} [clientX] by default the middle of the frame
   * @param {number} [clientY]
   */
  function zoom(to, clientX, clientY) {
    const box = frame.getBoundingClientRect();
    const x = clientX ?? box.left + frame.clientWidth / 2;
    const y = clientY ?? box.top + frame.clientHeight / 2;
    const { element } = subject();
    // While it is smaller than its frame it stands in the middle: what was under the pointer at first comes back to it.
    const isSame =
      anchor &&
      Math.hypot(anchor.x - x, anchor.y - y) < 3 &&
      anchor.left === frame.scrollLeft &&
      anchor.top === frame.scrollTop &&
      anchor.scale === scale;
    const before = element.getBoundingClientRect();
    const { across, down } =
      isSame && anchor ? anchor : { across: (x - before.left) / before.width, down: (y - before.top) / before.height };
    chosen = to;
    isWhole = false;
    fit();
    isWhole = chosen !== null && isAll();
    const after = element.getBoundingClientRect();
    frame.scrollLeft += after.left + across * after.width - x;
    frame.scrollTop += after.top + down * after.height - y;
    anchor = { x, y, across, down, left: frame.scrollLeft, top: frame.scrollTop, scale };
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] */
  const by = (factor, x, y) => zoom(scale * factor, x, y);

  const closer = () => by(CLOSER);
  const farther = () => by(1 / CLOSER);

  const isAll = () => scale <= whole() * 1.001;

  /** All of it, and once more the usual size. */
  function toggle() {
    const toAll = !isAll() && whole() < usual();
    overview(toAll);
    zoom(toAll ? whole() : null);
  }

  /** What of it can be seen, in its own units: left, top, right and bottom. */
  function seen() {
    const { x, y } = origin();
    const { clientWidth, clientHeight } = frame;
    return [-x / scale, -y / scale, (clientWidth - x) / scale, (clientHeight - y) / scale];
  }

  /** Where in the frame, in pixels, its corner is. */
  function origin() {
    const [outer, inner] = [frame, subject().element].map((element) => element.getBoundingClientRect());
    return { x: inner.left - outer.left - frame.clientLeft, y: inner.top - outer.top - frame.clientTop };
  }

  /** Brings a part of it into sight, of what is larger than the frame its beginning. @param {number[]} box left, top, right and bottom in its units @param {boolean} smooth */
  function reveal([left, top, right, bottom], smooth) {
    const edge = 30;
    const { x, y } = origin();
    /** @param {number} from @param {number} to @param {number} room @param {boolean} isLeast */
    const shift = (from, to, room, isLeast) => {
      if (from >= edge && to <= room - edge) return 0;
      if (to - from > room - 2 * edge || (isLeast && from < edge)) return from - edge;
      return isLeast ? to - room + edge : (from + to - room) / 2;
    };
    const across = shift(left * scale + x, right * scale + x, frame.clientWidth, false);
    // Rows above and below stay where they are as far as possible.
    const down = shift(top * scale + y, bottom * scale + y, frame.clientHeight, true);
    if (across || down) frame.scrollBy({ left: across, top: down, behavior: smooth ? "smooth" : "instant" });
  }

  /** Brings a point of it to the middle. @param {number} x in its units @param {number} y */
  function centre(x, y) {
    const at = origin();
    frame.scrollLeft += x * scale + at.x - frame.clientWidth / 2;
    frame.scrollTop += y * scale + at.y - frame.clientHeight / 2;
  }

  /** Whether it is larger than its frame by so much. @param {number} factor */
  function exceeds(factor) {
    const { width, height } = subject();
    return width * scale > factor * frame.clientWidth || height * scale > factor * frame.clientHeight;
  }

  setUpWheel(frame, by);
  setUpPinch(frame, () => scale, zoom);
  setUpDrag(frame);
  frame.addEventListener("scroll", told, { passive: true });

  return {
    fit,
    zoom,
    closer,
    farther,
    toggle,
    seen,
    origin,
    reveal,
    centre,
    exceeds,
    keys: { "+": closer, "=": closer, "-": farther },
    get scale() {
      return scale;
    },
    get chosen() {
      return chosen;
    },
    /** Whether the reader has chosen to see all of it. */
    get isWhole() {
      return isWhole;
    },
    /** As it was when the page was kept. @param {number | null} to */
    restore(to) {
      if (to === chosen) return;
      zoom(to);
    },
  };
}

/** @typedef {ReturnType<typeof viewOf>} View */

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
