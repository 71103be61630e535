// What is said to the bot, and its answers: words, and buttons that say more.

import { el, say } from "./dom.js";
import { remove, update } from "./works.js";

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
  return replies ?? [{ text, error: "refused", slot: "" }];
}

// Words in a place of the page; a reply about a job goes to its card instead.
export async function hear(place, reply) {
  if (reply.removes) {
    remove(place);
  } else if (reply.slot && !reply.error) {
    showAnswer(place, "");
    await update(reply);
    const card = document.querySelector(`[data-job="${reply.slot}"]`);
    card?.scrollIntoView({ behavior: "smooth", block: "nearest" });
  } else {
    showAnswer(place, reply.text, Boolean(reply.error), reply.buttons);
  }
}

export function showAnswer(place, text, bad = false, rows = []) {
  place.replaceChildren(text, ...rows.map((row) => el("span", { className: "row" }, ...row.map((each) => button(place, each)))));
  place.hidden = !text;
  place.classList.toggle("bad", bad);
}

// A button of a reply; what comes back when it is pressed is heard at `place`.
export function button(place, { label, data }) {
  const pressed = el("button", { type: "button", textContent: label });
  pressed.addEventListener("click", async () => {
    pressed.disabled = true;
    await send(place, [["press", data], ["message", newId()]]);
    pressed.disabled = false;
  });
  return pressed;
}

async function send(place, parts) {
  try {
    for (const reply of await post(parts)) await hear(place, reply);
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
    const quoted = pictures().map((file) => ["quoted", file, file.name]);
    if (field.value.trim() && (await send(place, [["text", field.value], ["message", id], ...quoted]))) {
      id = newId();
      field.select();
    }
  });
}
