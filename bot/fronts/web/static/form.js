// A form for the parameters of an effect, made from its description.

import { byId, el, say } from "./dom.js";
import { makeBoard } from "./points.js";
import { samplesOf } from "./samples.js";

const WIDEST_SLIDER = 5000;

const isSlider = (field) =>
  (field.kind === "integer" || field.kind === "number") && field.default !== null &&
  field.minimum !== null && field.maximum !== null &&
  (field.kind === "number" || field.maximum - field.minimum <= WIDEST_SLIDER);

function stepOf(field) {
  if (field.step) return field.step;
  if (field.kind === "integer") return 1;
  // About a hundred positions, on a round number.
  return 10 ** Math.floor(Math.log10((field.maximum - field.minimum) / 50));
}

function control(field) {
  if (field.kind === "switch") return el("input", { type: "checkbox", checked: field.default });
  if (field.kind === "choice") {
    const options = field.choices.map((value) =>
      el("option", { value, textContent: value, selected: value === String(field.default) }));
    if (field.default === null) options.unshift(el("option", { value: "", textContent: say("unset"), selected: true }));
    return el("select", {}, ...options);
  }
  const slider = isSlider(field);
  const input = el("input", { type: slider ? "range" : field.kind === "text" ? "text" : "number" });
  if (field.kind !== "text") {
    input.step = slider ? stepOf(field) : field.step ?? (field.kind === "integer" ? 1 : "any");
    if (field.minimum !== null) input.min = field.minimum;
    if (field.maximum !== null) input.max = field.maximum;
  }
  if (field.default === null) input.placeholder = say("unset");
  else input.value = field.default;
  return input;
}

let boards = [];
let photo = ""; // what the points are set on

function pointsRow(field, changed) {
  const output = el("output", { id: `param-${field.name}`, name: field.name, hidden: true });
  const board = makeBoard(field, output, changed);
  board.show(photo);
  boards.push(board);
  const title = el("legend", { textContent: field.title });
  const help = el("small", { textContent: field.description });
  return el("fieldset", { className: "field plain" }, title, output, help, ...board.parts);
}

export function showPhoto(url) {
  if (url === photo) return;
  photo = url;
  for (const board of boards) board.show(url);
}

function row(field, changed) {
  if (field.kind === "points") return pointsRow(field, changed);
  const id = `param-${field.name}`;
  const input = Object.assign(control(field), { id, name: field.name });
  const label = el("label", { htmlFor: id, textContent: field.title });
  const help = el("small", { id: `${id}-help`, textContent: field.description });
  input.setAttribute("aria-describedby", help.id);
  const isRange = input.type === "range";
  const output = isRange ? el("output", { htmlFor: id, textContent: input.value }) : null;
  input.addEventListener("input", () => {
    if (output) output.textContent = input.value;
    changed();
  });
  return el("div", { className: "field" }, label, output, input, help, samplesOf(field, input));
}

export function showForm(effect, changed) {
  boards = [];
  const rows = (fields) => fields.map((field) => row(field, changed));
  byId("fields").replaceChildren(...rows(effect.fields.filter((field) => !field.advanced)));
  byId("advanced").replaceChildren(...rows(effect.fields.filter((field) => field.advanced)));
  byId("more").hidden = byId("advanced").children.length === 0;
  byId("parameters").hidden = effect.fields.length === 0;
}

// What a person would type: only what differs from the usual.
export function command(effect) {
  const parts = effect.fields.map((field) => {
    const input = byId(`param-${field.name}`);
    const value = field.kind === "switch" ? String(input.checked) : input.value.trim();
    const usual = field.default === null ? "" : String(field.default);
    const same = value === usual || (isSlider(field) && Number(value) === field.default);
    return value === "" || same ? "" : `${field.name}=${value}`;
  });
  return [`/${effect.name}`, ...parts.filter(Boolean)].join(" ");
}
