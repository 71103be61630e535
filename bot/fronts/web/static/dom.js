// Elements are made with textContent alone: what people write never becomes HTML.

export const words = JSON.parse(document.body.dataset.words);

export const say = (id, args = {}) =>
  words[id].replace(/\{(\w+)\}/g, (whole, name) => args[name] ?? whole);

export const byId = (id) => document.getElementById(id);

export function el(tag, props = {}, ...children) {
  const { dataset = {}, ...rest } = props;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, dataset);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(path, className = "") {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", class: className,
    "stroke-width": "1.6", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(name, value);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const PICTURE = "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01";
export const MOON = "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z";
export const BRUSH = "M20 4c-5 2-9 6-11 9l2 2c3-2 7-6 9-11zM9 13c-3 0-4 2-4 4 0 1-1 2-2 2 4 2 8 0 8-4";
