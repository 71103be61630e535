// The tiles that photos are dropped on: one for each role of the chosen effect.

import { BRUSH, byId, el, icon, PICTURE, say } from "./dom.js";

const touch = matchMedia("(hover: none)").matches;
const limit = Number(document.body.dataset.photoMb);
const box = byId("tiles");
const photos = []; // by position: { file, url }, or undefined
let roles = [];
let fewest = 0;
let changed = () => {};
let complain = () => {};

export function onPhotos(onChange, onProblem) {
  changed = onChange;
  complain = onProblem;
}

export function setRoles(newRoles, newFewest) {
  roles = newRoles;
  fewest = newFewest;
  draw();
}

export const chosen = () => photos.slice(0, roles.length).filter(Boolean).map(({ file }) => file);

// The first photo's picture; "" while there is none.
export const firstPhoto = () => photos[0]?.url ?? "";

export const missing = () => roles.slice(0, fewest).filter((_, n) => !photos[n]).map(({ title }) => title);

function put(files, start) {
  for (const file of files) {
    if (!file.type.startsWith("image/")) return complain(say("not-picture"));
    if (file.size > limit * 2 ** 20) return complain(say("too-large", { limit }));
    let place = start ?? roles.findIndex((_, n) => !photos[n]);
    if (place < 0 || place >= roles.length) place = roles.length - 1;
    if (photos[place]) URL.revokeObjectURL(photos[place].url);
    photos[place] = { file, url: URL.createObjectURL(file) };
    start = undefined;
  }
  draw();
  changed();
}

function remove(place) {
  URL.revokeObjectURL(photos[place].url);
  photos[place] = undefined;
  draw();
  changed();
}

function tile(role, place) {
  const photo = photos[place];
  const input = el("input", { type: "file", accept: "image/*", multiple: roles.length > 1 });
  input.setAttribute("aria-label", role.title);
  input.addEventListener("change", () => put(input.files, place));
  const box = el("div", { className: `tile${photo ? " filled" : ""}`, dataset: { role: role.name } }, input);
  box.addEventListener("dragover", () => box.classList.add("over"));
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    put(event.dataTransfer.files, place);
  });
  if (!photo) {
    box.append(el("div", { className: "say" },
      icon(place ? BRUSH : PICTURE), el("b", { textContent: role.title }),
      el("small", { textContent: place < fewest ? say(touch ? "choose" : "drop") : say("optional") })));
    return box;
  }
  const button = el("button", { type: "button", className: "remove", textContent: "×" });
  button.setAttribute("aria-label", say("remove", { role: role.title }));
  button.addEventListener("click", () => remove(place));
  box.append(el("img", { src: photo.url, alt: "" }), el("span", { className: "tag", textContent: role.title }), button);
  return box;
}

function draw() {
  box.replaceChildren(...roles.map(tile));
}

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) put(event.dataTransfer.files);
});
addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) put(event.clipboardData.files);
});
