// The list of works: each card shows one job as it stands.

import { BRUSH, MOON, byId, el, icon, say } from "./dom.js";
import { button } from "./messages.js";

const jobs = new Map(); // id -> job
const cards = new Map(); // id -> element
const ENDED = ["done", "failed", "cancelled"];
const lang = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });

export function showAll(list) {
  jobs.clear();
  for (const job of list) jobs.set(job.id, job);
  cards.clear();
  for (const job of list) cards.set(job.id, draw(job));
  byId("works").replaceChildren(...list.map(({ id }) => cards.get(id)));
  byId("empty").hidden = list.length > 0;
}

// All works were deleted.
export const removeAll = () => showAll([]);

export async function refresh(id) {
  const answer = await fetch(`/api/jobs/${id}`);
  if (answer.ok) show(await answer.json());
}

// A reply about a job. The end is fetched, with what belongs to it; the rest changes in place.
export function update(reply) {
  const job = jobs.get(reply.slot);
  const { state } = reply.status;
  if (!job || ENDED.includes(state)) return refresh(reply.slot);
  if (ENDED.includes(job.state)) return;
  const looks = () => JSON.stringify([job.state, job.deferred, job.buttons]);
  const before = looks();
  Object.assign(job, reply.status, { text: reply.text, buttons: reply.buttons });
  if (reply.files.length) job.preview = `/api/jobs/${job.id}/preview?step=${job.done}`;
  // What is not redrawn keeps its focus.
  if (looks() === before) advance(job);
  else show(job);
}

function show(job) {
  jobs.set(job.id, job);
  const card = draw(job);
  if (cards.has(job.id)) cards.get(job.id).replaceWith(card);
  else byId("works").prepend(card);
  cards.set(job.id, card);
  byId("empty").hidden = true;
}

// The work that holds `place` was deleted.
export function remove(place) {
  const { job } = place.closest("[data-job]").dataset;
  cards.get(job)?.remove(); // the card may have been drawn anew since
  jobs.delete(job);
  cards.delete(job);
  byId("empty").hidden = jobs.size > 0;
}

function advance(job) {
  const card = cards.get(job.id);
  card.querySelector(".line").textContent = job.text;
  const bar = card.querySelector("progress");
  if (job.total) Object.assign(bar, { max: job.total, value: job.done });
  if (!job.preview) return;
  // The next preview takes the place of the last one only when it is there.
  const next = new Image();
  next.alt = say("preview");
  next.addEventListener("load", () => {
    const stage = card.querySelector(".stage");
    if (stage) stage.replaceChildren(next, tag(say("preview")));
  });
  next.src = job.preview;
}

const tag = (text) => el("span", { className: "tag", textContent: text });

function stage(job) {
  const box = el("div", { className: "stage" });
  if (job.media.length) {
    box.append(...job.media.map((media) => {
      const link = el("a", { href: media.url, target: "_blank", rel: "noopener", title: say("open") });
      link.append(media.type.startsWith("video/")
        ? el("video", { src: media.url, controls: true, loop: true, muted: true })
        : el("img", { src: media.url, alt: `${say("result")}: ${job.title}`, loading: "lazy" }));
      return link;
    }));
  } else if (job.preview) {
    box.append(el("img", { src: job.preview, alt: say("preview") }), tag(say("preview")));
  } else {
    box.append(icon(job.deferred ? MOON : BRUSH, "wait"));
  }
  return box;
}

function originals(job) {
  const images = job.photos.map((url, n) => {
    const title = job.roles[n] ?? "";
    return el("figure", {}, el("img", { src: url, alt: title, loading: "lazy" }), el("figcaption", { textContent: title }));
  });
  return el("div", { className: "originals" }, ...images);
}

function pictures(job) {
  if (job.state === "failed" || job.state === "cancelled" || (job.state === "done" && !job.media.length)) return null;
  return el("div", { className: `pictures${job.photos.length ? "" : " bare"}` },
    stage(job), job.photos.length ? originals(job) : null);
}

function bar(job) {
  if (ENDED.includes(job.state)) return null;
  const progress = el("progress");
  progress.setAttribute("aria-label", job.title);
  if (job.total) Object.assign(progress, { max: job.total, value: job.done });
  else if (job.state === "waiting") Object.assign(progress, { max: 1, value: 0 });
  return progress;
}

function foot(job, refusal) {
  const files = job.media.map((media) => el("a", { className: "button main", href: media.url, download: media.name, textContent: say("download") }));
  const actions = job.buttons.flat().map((each) => button(refusal, each));
  return el("footer", {}, el("code", { textContent: job.command }), ...actions, ...files);
}

function draw(job) {
  const line = el("p", { className: "line", textContent: job.text });
  line.setAttribute("aria-live", "polite");
  const refusal = el("p", { className: "answer", hidden: true });
  refusal.setAttribute("role", "alert");
  return el("li", { className: `work panel ${job.state}`, dataset: { job: job.id, state: job.state } },
    el("header", {}, el("h3", { textContent: job.title }), el("time", { textContent: clock.format(job.submitted * 1000) })),
    pictures(job), bar(job), line, refusal, foot(job, refusal));
}
