import { byId, make } from "./dom.js";
import { exact, figure, parseNumber } from "./figures.js";

/**
 * A number that can be typed, dragged to the left and right, or moved by the arrow keys.
 *
 * @param {object} given
 * @param {string} given.label for screen readers
 * @param {() => number} given.read
 * @param {(value: number, together: boolean) => void} given.write
 * @param {boolean} [given.single]
 * @param {number} [given.digits] how many are shown while nobody types
 * @param {boolean} [given.ratio] whether it is dragged by factors, as a learning rate is
 */
export function numberField({ label, read, write, single = true, digits = 4, ratio = false }) {
  const input = make("input", {
    class: "field",
    type: "text",
    size: digits + 3,
    inputmode: "decimal",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": label,
    title: `${label}: type, or drag to the left or right`,
  });
  // A few digits to look at, all of them to work on.
  const text = () =>
    document.activeElement === input ? exact(read(), single).replaceAll("-", "\u2212") : figure(read(), digits);
  const refresh = () => {
    if (!input.dataset.typing) input.value = text();
  };
  input.addEventListener("focus", () => {
    input.value = text();
    input.select();
  });
  const isWrong = () => Boolean(input.dataset.typing) && parseNumber(input.value) === undefined;
  input.addEventListener("input", () => {
    const value = parseNumber(input.value);
    input.classList.toggle("is-wrong", value === undefined);
    input.setAttribute("aria-invalid", String(value === undefined));
    input.dataset.typing = "yes";
    if (value !== undefined) {
      hideMessage();
      write(value, true);
    }
  });
  const settle = () => {
    delete input.dataset.typing;
    input.classList.remove("is-wrong");
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    input.value = text();
  };
  const refuse = () =>
    showMessage(
      input,
      `${input.value.trim() ? `“${input.value.trim()}” is no number` : "Nothing is no number"}: ${figure(read())} stays.`,
    );
  input.addEventListener("blur", () => {
    if (isWrong()) refuse();
    setTimeout(settle);
  });
  input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && isWrong()) {
      refuse();
      return;
    }
    if (event.key === "Escape" && isWrong()) settle();
    if (event.key === "Enter" || event.key === "Escape") input.blur();
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    delete input.dataset.typing;
    write(moved(read(), (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1), ratio), true);
    input.value = text();
  });
  draggable(input, read, write, ratio, () => input.focus(), settle);
  input.value = text();
  return { element: input, refresh };
}

/** What is said of a number that could not be read, below its field. */
const MESSAGE = "field-message";
/** How long it stays when the field was left, in milliseconds. */
const STAYS = 5000;
let fading = 0;

/** @param {HTMLElement} field @param {string} text */
function showMessage(field, text) {
  const element = byId(MESSAGE) ?? make("p", { id: MESSAGE, role: "alert" });
  byId("page").append(element);
  element.textContent = text;
  field.setAttribute("aria-describedby", MESSAGE);
  const { left, bottom } = field.getBoundingClientRect();
  element.style.top = `${bottom + window.scrollY + 4}px`;
  element.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - element.offsetWidth - 8))}px`;
  clearTimeout(fading);
  fading = window.setTimeout(hideMessage, STAYS);
}

function hideMessage() {
  byId(MESSAGE)?.remove();
}

/**
 * Lets a number be dragged by an element; a press without movement does something else.
 *
 * @param {Element} element
 * @param {() => number} read
 * @param {(value: number, together: boolean) => void} write
 * @param {boolean} ratio
 * @param {() => void} pressed
 * @param {() => void} released
 */
export function draggable(element, read, write, ratio, pressed, released) {
  element.addEventListener("pointerdown", (given) => {
    const event = /** @type {PointerEvent} */ (given);
    if (event.button || document.activeElement === element) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    const from = read();
    let dragged = false;
    /** @param {Event} move */
    const drag = (move) => {
      const distance = /** @type {PointerEvent} */ (move).clientX - event.clientX;
      if (!dragged && Math.abs(distance) < 4) return;
      const first = !dragged;
      dragged = true;
      document.documentElement.classList.add("dragging");
      write(moved(from, Math.trunc(distance / 4), ratio), !first);
      released();
    };
    const end = () => {
      element.removeEventListener("pointermove", drag);
      element.removeEventListener("pointerup", end);
      element.removeEventListener("pointercancel", end);
      document.documentElement.classList.remove("dragging");
      if (!dragged) pressed();
    };
    element.addEventListener("pointermove", drag);
    element.addEventListener("pointerup", end);
    element.addEventListener("pointercancel", end);
  });
}

/**
 * A number moved by so many small steps, without a tail of digits.
 *
 * @param {number} from
 * @param {number} steps
 * @param {boolean} ratio
 */
export function moved(from, steps, ratio) {
  if (!Number.isFinite(from)) return 0;
  if (ratio) return Number((from * 1.05 ** steps).toPrecision(3));
  const size = Math.abs(from);
  const unit = size >= 100 ? 10 ** Math.floor(Math.log10(size) - 2) : 0.01;
  return Number((from + steps * unit).toPrecision(7));
}
