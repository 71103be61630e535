// Pictures of what a field may say; a click says it.

import { el } from "./dom.js";

// What is typed may name several: "starry=0.7+wave=0.3"; nothing is the first.
const named = (value, first) => value.toLowerCase().match(/[\p{L}\p{N}_-]+/gu) ?? [first];

export function samplesOf(field, input) {
  if (!field.samples.length) return null;
  const buttons = field.samples.map(({ name, title, picture }) => {
    const image = el("img", { src: picture, alt: "", loading: "lazy", width: 192, height: 192 });
    const button = el("button", { type: "button", title, value: name }, image, el("span", { textContent: title }));
    button.addEventListener("click", () => {
      input.value = name;
      input.dispatchEvent(new Event("input"));
    });
    return button;
  });
  const mark = () => {
    const names = named(input.value, field.samples[0].name);
    for (const button of buttons) button.setAttribute("aria-pressed", String(names.includes(button.value)));
  };
  input.addEventListener("input", mark);
  mark();
  const group = el("div", { className: "samples" }, ...buttons);
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", field.title);
  return group;
}
