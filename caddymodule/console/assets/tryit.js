// The box in which to try a policy. What is pasted lives in this form alone: it is
// sent once, and gone with the page.

import { byId, el, setText } from "./dom.js";
import { get, post } from "./api.js";
import { renderAnswer } from "./walk.js";

const fields = ["text", "handler", "policy", "method", "host", "path", "remote_ip"];
let handlers = [];
let written = ""; // the handler's policy that stands in the box unchanged
let guessed = ""; // the host that stands in its field unchanged

export function setUpTry() {
  const form = byId("try-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tryIt(form);
  });
  form.elements.handler.addEventListener("change", () => offer(form));
  for (const radio of form.elements.own) {
    radio.addEventListener("change", () => {
      byId("try-policy-box").hidden = form.elements.own.value === "";
      offer(form);
    });
  }
  byId("try-clear").addEventListener("click", () => {
    form.elements.text.value = "";
    showFaults([]);
    showAnswer(el("p", { class: "none" }, "The walk through the checks shows here."));
    form.elements.text.focus();
  });
  window.addEventListener("pagehide", () => { form.elements.text.value = ""; }); // no cache of pages keeps it
}

export async function pollHandlers() {
  const now = (await get("handlers")).handlers;
  if (JSON.stringify(now) === JSON.stringify(handlers)) return;
  handlers = now;
  const form = byId("try-form");
  const select = form.elements.handler;
  const chosen = select.value;
  select.replaceChildren(...handlers.map((each) => el("option", { value: each.where }, `${each.where || "the only one"}${each.mode === "audit" ? " (audit)" : ""}`)));
  if (handlers.some((each) => each.where === chosen)) select.value = chosen;
  offer(form);
}

// hostOf guesses the host from where a handler stands.
const hostOf = (where) => {
  const first = where.split(/[ ,]/)[0];
  return first === "" || /[*{]/.test(first) || first.startsWith(":") ? "localhost" : first;
};

// offer writes the handler's policy and its host into the form, unless somebody has
// changed them.
function offer(form) {
  const host = form.elements.host;
  if (host.value === guessed) host.value = guessed = hostOf(form.elements.handler.value);
  const box = form.elements.policy;
  if (box.value !== written) return;
  written = handlers.find((each) => each.where === form.elements.handler.value)?.policy ?? "";
  box.value = written;
  box.rows = Math.min(16, Math.max(5, written.split("\n").length + 1));
}

async function tryIt(form) {
  const attempt = Object.fromEntries(fields.map((name) => [name, form.elements[name].value]));
  attempt.text = attempt.text.trim();
  if (form.elements.own.value === "") attempt.policy = "";
  else if (attempt.policy.trim() === "") attempt.policy = "# no rule";
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const answer = await post("try", attempt);
    showFaults([]);
    showAnswer(renderAnswer(answer));
    byId("try-answer").focus({ preventScroll: window.innerWidth > 960 });
  } catch (error) {
    showFaults(error.faults ?? []);
    if (!(error.faults?.length > 0)) showAnswer(el("p", { class: "fault" }, `It could not be tried: ${error.message}`));
  } finally {
    button.disabled = false;
  }
}

function showAnswer(content) {
  byId("try-answer").replaceChildren(content);
}

function showFaults(faults) {
  const form = byId("try-form");
  let first = null;
  for (const name of fields) {
    const own = faults.filter((fault) => fault.field === name).map((fault) => fault.text);
    const place = byId(`try-${name}-fault`);
    place.hidden = own.length === 0;
    setText(place, own.join("\n"));
    const field = form.elements[name];
    if (own.length > 0) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    if (own.length > 0) first ??= field;
  }
  first?.focus();
  if (faults.length > 0) showAnswer(el("p", { class: "none" }, "Mend what is marked in the form."));
}
