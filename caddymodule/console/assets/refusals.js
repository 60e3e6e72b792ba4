// The last refusals. New ones come in at the top; what is open, or has the focus,
// stays where it is, and then they wait behind a button.

import { announce, byId, el, setText, tag } from "./dom.js";
import { count, duration } from "./format.js";
import { stamp } from "./times.js";
import { get } from "./api.js";
import { renderAnswer } from "./walk.js";

const pageSize = 50;
const filter = { result: "", reason: "", account: "" };
const entries = new Map(); // the rows that are shown, by id
let waiting = []; // new ones that are not shown yet
let newest = 0;
let older = 0; // where the next page begins
let asked = 0; // the number of the filter in force
let gap = 0; // where the page begins that follows those that wait, when some in between were not fetched

const body = () => byId("decisions").tBodies[0];

export function setUpRefusals(again) {
  const form = byId("refusals-filter");
  let timer = 0;
  const change = () => {
    Object.assign(filter, Object.fromEntries(new FormData(form)));
    reset();
    again();
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(change, 250);
  });
  byId("refusals-new").addEventListener("click", () => {
    const first = waiting[0];
    showWaiting();
    entries.get(first?.id)?.button.focus();
  });
  byId("refusals-older").addEventListener("click", showOlder);
}

function reset() {
  entries.clear();
  waiting = [];
  newest = older = gap = 0;
  asked++;
  body().replaceChildren();
}

export async function pollRefusals() {
  const mine = asked;
  const page = await get("decisions", { ...filter, limit: pageSize });
  if (mine !== asked) return; // the filter has changed meanwhile
  const first = newest === 0 && entries.size === 0;
  if (first) older = page.next ?? 0;
  const fresh = page.decisions.filter((each) => each.id > newest);
  if (fresh.length > 0) newest = fresh[0].id;
  if (!first && fresh.length === pageSize && page.next) {
    // More came than a page holds: what is shown would have a hole.
    gap = page.next;
    waiting = [];
  }
  waiting = [...fresh, ...waiting].slice(0, 500);
  if (first || !isBusy()) showWaiting(first);
  showState();
}

const isBusy = () => body().querySelector("tr.open") !== null || (body().contains(document.activeElement) && document.activeElement !== document.body);

function showWaiting(first = false) {
  const rows = waiting.flatMap((decision) => makeRow(decision, !first));
  if (waiting.length > 0 && !first) announce(`${waiting.length} new ${waiting.length === 1 ? "refusal" : "refusals"}`);
  waiting = [];
  if (gap !== 0) {
    older = gap;
    gap = 0;
    const kept = new Set(rows);
    for (const [id, entry] of entries) if (!kept.has(entry.row)) entries.delete(id);
    body().replaceChildren();
  }
  body().prepend(...rows);
  prune();
  showState();
}

// prune forgets the oldest rows of a page that stays open for days.
function prune() {
  const most = 400;
  for (const [id, entry] of [...entries].sort(([a], [b]) => a - b)) {
    if (entries.size <= most) return;
    entry.row.remove();
    entry.detail?.remove();
    entries.delete(id);
    older = 0;
  }
}

async function showOlder() {
  const mine = asked;
  const button = byId("refusals-older");
  button.disabled = true;
  try {
    const page = await get("decisions", { ...filter, limit: pageSize, before: older });
    if (mine !== asked) return;
    older = page.next ?? 0;
    body().append(...page.decisions.filter((each) => !entries.has(each.id)).flatMap((each) => makeRow(each, false)));
    announce(`${page.decisions.length} older refusals`);
  } catch {
    announce("The older refusals could not be read");
  } finally {
    button.disabled = false;
    showState();
  }
}

function showState() {
  const more = byId("refusals-new");
  more.hidden = waiting.length === 0;
  setText(more, `Show ${count(waiting.length)} new`);
  byId("refusals-older").hidden = older === 0;
  const none = byId("decisions-none");
  none.hidden = entries.size > 0;
  setText(none, Object.values(filter).some(Boolean) ? "Nothing that is kept matches the filter." : "Nothing was refused yet.");
  setText(byId("refusals-count"), entries.size > 0 ? `${count(entries.size)} shown` : "");
}

const resultTone = { refused: "bad", audited: "warn" };

function makeRow(decision, isNew) {
  const button = el("button", { type: "button", class: "toggle", "aria-expanded": "false" }, stamp(decision.time), el("span", { class: "unseen" }, `, ${decision.reason}: show the walk`));
  const cell = (label, ...content) => el("td", { "data-label": content.some(Boolean) ? label : false }, ...content);
  const row = el("tr", { class: isNew ? "entry fresh" : "entry", "data-id": decision.id },
    el("td", {}, button),
    el("td", {}, tag(decision.reason, resultTone[decision.result] ?? ""), decision.result === "audited" ? el("span", { class: "quiet" }, " audited") : ` ${decision.status || ""}`),
    cell("Rule", decision.rule ?? ""),
    cell("Caller", ...caller(decision)),
    cell("Request", decision.method ? el("code", {}, `${decision.method} ${decision.path ?? ""}`) : "", decision.host ? el("span", { class: "sub" }, decision.host) : ""),
    cell("From", decision.remote_ip ?? ""),
    cell("Handler", decision.handler ?? ""));
  const entry = { decision, row, button, detail: null };
  entries.set(decision.id, entry);
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    toggle(entry);
  });
  row.addEventListener("click", () => {
    if (document.getSelection().isCollapsed) toggle(entry);
  });
  return [row];
}

function caller({ account, sub, unverified }) {
  if (!account && !sub) return [""];
  const name = sub?.slice(sub.lastIndexOf(":") + 1) ?? "";
  const more = [account ? name : "", unverified ? "unverified" : ""].filter(Boolean).join(", ");
  return [account || name, more ? el("span", { class: "sub" }, more) : ""];
}

async function toggle(entry) {
  const open = entry.detail === null;
  entry.button.setAttribute("aria-expanded", String(open));
  entry.row.classList.toggle("open", open);
  if (!open) {
    entry.detail.remove();
    entry.detail = null;
    return;
  }
  const { decision } = entry;
  const id = `walk-${decision.id}`;
  const place = el("div", { "aria-live": "polite" }, el("p", { class: "none" }, "Walking through the checks …"));
  entry.detail = el("tr", { class: "detail", id }, el("td", { colspan: 7 }, facts(decision), place));
  entry.button.setAttribute("aria-controls", id);
  entry.row.after(entry.detail);
  try {
    place.replaceChildren(renderAnswer(await get("walk", { id: decision.id }), { hint: false }));
  } catch (error) {
    place.replaceChildren(el("p", { class: "none" }, error.status === 404 ? "The gateway no longer keeps this decision." : "The walk could not be read."));
  }
}

function facts(decision) {
  const mark = decision.unverified ? " (unverified)" : "";
  const list = [
    ["Hint", decision.hint], ["Issuer", decision.iss, mark], ["Subject", decision.sub, mark], ["Account", decision.account, mark],
    ["Key ID", decision.kid, mark], ["Token ID", decision.jti, mark], ["From", decision.remote_ip], ["Handler", decision.handler],
    ["Decided", [stamp(decision.time), `, in ${duration(decision.duration_seconds)}${decision.cached ? ", token remembered" : ""}`]],
  ];
  return el("dl", { class: "facts" }, ...list.filter(([, text]) => text).flatMap(([label, text, more = ""]) =>
    [el("dt", {}, label), el("dd", {}, label === "Hint" || label === "Decided" ? text : el("code", {}, text), more ? el("span", { class: "quiet" }, more) : null)]));
}

let offered = false;

// offerReasons fills the filter with all reasons that there are: what nobody was
// refused for lately is looked for as well.
export async function offerReasons() {
  if (offered) return;
  const { groups } = await get("reasons");
  offered = true;
  byId("refusals-filter").elements.reason.append(...groups.map((group) =>
    el("optgroup", { label: group.in }, ...group.reasons.map((reason) => el("option", { value: reason }, reason)))));
}
