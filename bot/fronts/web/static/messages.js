// What is said to the bot, and its answers: words, and buttons that say more.

import { el, say } from "./dom.js";
import { remove, removeAll, update } from "./works.js";

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The replies to a message of these parts, [[name, value, file name]].
export async function post(parts) {
  const form = new FormData();
  for (const part of parts) form.append(...part);
  const reply = await fetch("/api/messages", { method: "POST", body: form });
  const { replies, text } = await reply.json();
  return replies ?? [{ text, error: "refused", slot: "", buttons: [], files: [] }];
}

// Words in a place of the page; a reply about a job goes to its card instead. What its buttons say
// is about `pictures()` too.
export async function hear(place, reply, pictures = () => []) {
  if (reply.removes) {
    remove(place);
  } else if (reply.forgets) {
    removeAll();
    showAnswer(place, reply.text);
  } else if (reply.slot && !reply.error) {
    showAnswer(place, "");
    await update(reply);
    const card = document.querySelector(`[data-job="${reply.slot}"]`);
    card?.scrollIntoView({ behavior: "smooth", block: "nearest" });
  } else {
    const row = (each) => el("span", { className: "row" }, ...each.map((one) => button(place, one, pictures)));
    showAnswer(place, reply.text, Boolean(reply.error), [...reply.files.map(sheet), ...reply.buttons.map(row)]);
  }
}

export function showAnswer(place, text, bad = false, below = []) {
  for (const { src } of place.querySelectorAll("img")) URL.revokeObjectURL(src);
  place.replaceChildren(text, ...below);
  place.hidden = !text;
  place.classList.toggle("bad", bad);
}

// A picture that came inside a reply; its words are in the reply, too.
function sheet({ type, content }) {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  return el("a", { href: url, target: "_blank", rel: "noopener", title: say("open") }, el("img", { src: url, alt: "" }));
}

// A button of a reply; what comes back when it is pressed is heard at `place`.
export function button(place, { label, data }, pictures = () => []) {
  const pressed = el("button", { type: "button", textContent: label });
  pressed.addEventListener("click", async () => {
    pressed.disabled = true;
    await send(place, [["press", data], ["message", newId()]], pictures);
    pressed.disabled = false;
  });
  return pressed;
}

async function send(place, parts, pictures) {
  const quoted = pictures().map((file) => ["quoted", file, file.name]);
  try {
    for (const reply of await post([...parts, ...quoted])) await hear(place, reply, pictures);
    return true;
  } catch {
    showAnswer(place, say("offline"), true);
    return false;
  }
}

// The field for typed words; they are about `pictures()`, files that the person has put there.
export function startChat(form, place, pictures) {
  const field = form.elements.words;
  let id = newId(); // the same until it has arrived, so that what is sent twice is done once
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (field.value.trim() && (await send(place, [["text", field.value], ["message", id]], pictures))) {
      id = newId();
      field.select();
    }
  });
}
