// The page: a form that sends what a person would type, and the news about what was sent.

import { byId, el, say } from "./dom.js";
import { command, showForm, showPhoto } from "./form.js";
import { hear, newId, post, showAnswer, startChat } from "./messages.js";
import { chosen, firstPhoto, missing, onPhotos, setRoles } from "./photos.js";
import { showAll, update } from "./works.js";

let effects = [];
let effect = null;
let message = ""; // the same id until it has arrived, so that sending twice makes one job

const REMEMBERED = "effect";
const show = (id, text) => Object.assign(byId(id), { textContent: text, hidden: !text });

const answer = (text, bad = false) => showAnswer(byId("answer"), text, bad);

function changed() {
  message = "";
  answer("");
  byId("command").textContent = command(effect);
  byId("reset").hidden = command(effect) === `/${effect.name}`;
}

function pick(chosenEffect) {
  effect = chosenEffect;
  localStorage.setItem(REMEMBERED, effect.name);
  setRoles(effect.roles, effect.fewest);
  showForm(effect, changed);
  changed();
}

function showEffects() {
  byId("effects").replaceChildren(...effects.map((each) => {
    const input = el("input", { type: "radio", name: "effect", value: each.name, checked: each.name === effect?.name });
    input.addEventListener("change", () => pick(each));
    const text = el("span", {}, el("b", { textContent: each.title }), el("small", { textContent: each.description }));
    return el("label", { className: "effect", title: each.description }, input, text);
  }));
}

async function loadEffects() {
  const reply = await fetch("/api/effects");
  if (!reply.ok) return;
  const offer = await reply.json();
  show("notice", offer.notice);
  const names = (list) => list.map(({ name }) => name).join();
  if (names(offer.effects) === names(effects)) return;
  effects = offer.effects;
  const wanted = effect?.name ?? localStorage.getItem(REMEMBERED);
  const found = effects.find(({ name }) => name === wanted) ?? effects[0];
  if (found && found.name !== effect?.name) pick(found);
  showEffects();
}

async function send(event) {
  event.preventDefault();
  const lacking = missing();
  if (lacking.length) return answer(say("missing", { roles: lacking.join(", ") }));
  message ||= newId();
  const photos = chosen().map((file) => ["photo", file, file.name]);
  const button = byId("send");
  Object.assign(button, { disabled: true, textContent: say("sending") });
  try {
    for (const reply of await post([["text", command(effect)], ["message", message], ...photos])) {
      if (reply.slot && !reply.error) message = "";
      await hear(byId("answer"), reply);
    }
  } catch {
    answer(say("offline"), true);
  } finally {
    Object.assign(button, { disabled: false, textContent: say("send") });
  }
}

function listen() {
  const events = new EventSource("/api/events");
  const hearing = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  hearing("jobs", ({ jobs }) => {
    show("offline", "");
    showAll(jobs);
    loadEffects();
  });
  hearing("reply", (reply) => (reply.slot && reply.status ? update(reply) : answer(reply.text, Boolean(reply.error))));
  hearing("away", ({ text }) => show("offline", text));
  events.addEventListener("error", () => {
    show("offline", say("offline"));
    // After an answer that is no stream the browser gives up; a page does not.
    if (events.readyState === EventSource.CLOSED) askWhy();
  });
}

// Such an answer says what is wrong, and perhaps when to come back.
async function askWhy() {
  const asking = new AbortController();
  const reply = await fetch("/api/events", { signal: asking.signal }).catch(() => null);
  if (reply && !reply.ok) show("offline", await reply.json().then(({ text }) => text, () => say("offline")));
  asking.abort();
  setTimeout(listen, 1000 * (reply?.headers.get("Retry-After") ?? 3));
}

function photosChanged() {
  showPhoto(firstPhoto());
  changed();
}

onPhotos(photosChanged, (text) => answer(text, true));
byId("compose").addEventListener("submit", send);
startChat(byId("chat"), byId("said"), chosen);
byId("reset").addEventListener("click", () => pick(effect));
setInterval(() => document.hidden || loadEffects().catch(() => {}), 10000);
loadEffects().catch(() => {});
listen();
