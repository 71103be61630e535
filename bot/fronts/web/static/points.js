// A picture to set points on: a click sets one, which is a field for the colour wanted there.

import { el, say } from "./dom.js";

const STEP = 0.02;
const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const within = (share) => Math.round(1000 * Math.min(1, Math.max(0, share))) / 1000;

// `output` holds the points as they are typed; `show(url)` puts up another picture, without points.
export function makeBoard(field, output, changed) {
  const picture = el("img", { alt: "" });
  const board = el("div", { className: "board" }, picture);
  const add = el("button", { type: "button", className: "link", textContent: say("point-add") });
  const help = el("small", {});
  const points = []; // { x, y, colour, marker }
  let last = "#c03020";

  function write() {
    output.value = points.map(({ x, y, colour }) => `${x},${y},${colour.value}`).join(";");
    points.forEach(({ colour }, n) => colour.setAttribute("aria-label", say("point", { n: n + 1 })));
    add.disabled = points.length >= field.maximum;
    changed();
  }

  function move(point, x, y) {
    Object.assign(point, { x: within(x), y: within(y) });
    point.marker.style.left = `${100 * point.x}%`;
    point.marker.style.top = `${100 * point.y}%`;
  }

  function remove(point) {
    points.splice(points.indexOf(point), 1);
    point.marker.remove();
    write();
    add.focus();
  }

  function put(x, y) {
    if (points.length >= field.maximum) return;
    const colour = el("input", { type: "color", value: last });
    const cross = el("button", { type: "button", textContent: "×" });
    cross.setAttribute("aria-label", say("point-remove"));
    const point = { colour, marker: el("span", { className: "point" }, colour, cross) };
    colour.addEventListener("input", () => {
      last = colour.value;
      write();
    });
    colour.addEventListener("keydown", (event) => {
      if (event.key in MOVES) move(point, point.x + MOVES[event.key][0], point.y + MOVES[event.key][1]);
      else if (event.key === "Delete" || event.key === "Backspace") return remove(point);
      else return;
      event.preventDefault();
      write();
    });
    cross.addEventListener("click", () => remove(point));
    move(point, x, y);
    points.push(point);
    board.append(point.marker);
    write();
    colour.focus();
    return colour;
  }

  picture.addEventListener("click", ({ offsetX, offsetY }) =>
    put(offsetX / picture.clientWidth, offsetY / picture.clientHeight)?.click());
  add.addEventListener("click", () => put(0.5, 0.5));

  function show(url) {
    if (points.length) {
      for (const { marker } of points.splice(0)) marker.remove();
      write();
    }
    if (url) picture.src = url;
    board.hidden = add.hidden = !url;
    help.textContent = url ? say("point-help") : say("point-photo");
  }

  return { parts: [board, add, help], show };
}
