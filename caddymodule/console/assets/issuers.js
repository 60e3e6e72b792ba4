// The issuers, the unavailable ones first; a page of them at a time, since there
// may be thousands.

import { byId, el, setText, tag } from "./dom.js";
import { age, count, words } from "./format.js";
import { stamp } from "./times.js";
import { get } from "./api.js";

const pageSize = 12;
const tones = { fresh: "good", stale: "warn", unavailable: "bad", unfetched: "" };
const filter = { state: "", text: "" };
let after = ""; // where the page that is shown begins
let next = "";
let before = 0; // how many issuers come before it
let asked = 0;

export function setUpIssuers() {
  const form = byId("issuers-filter");
  let timer = 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      Object.assign(filter, Object.fromEntries(new FormData(form)));
      turn("", 0);
    }, 250);
  });
  byId("issuers-pager").addEventListener("click", (event) => {
    const to = event.target.dataset?.to;
    if (to === "first") turn("", 0);
    if (to === "next" && next) turn(next, before + pageSize);
  });
}

function turn(to, n) {
  after = to;
  before = n;
  asked++;
  pollIssuers().catch(() => {}); // the poller says when the connection is lost
}

export async function pollIssuers() {
  const mine = asked;
  const page = await get("issuers", { ...filter, limit: pageSize, after });
  if (mine !== asked) return;
  next = page.next ?? "";
  const table = byId("issuer-list");
  const open = new Set([...table.querySelectorAll("details[open]")].map((each) => each.dataset.url));
  const focused = document.activeElement?.closest?.("#issuer-list details")?.dataset.url;
  table.tBodies[0].replaceChildren(...page.issuers.map((each) => makeRow(each, open)));
  if (focused) table.querySelector(`details[data-url="${CSS.escape(focused)}"] summary`)?.focus();
  setText(byId("issuers-count"), count(page.total));
  const none = byId("issuers-none");
  none.hidden = page.issuers.length > 0;
  setText(none, filter.state || filter.text ? "No issuer matches the filter." : "No issuer is listed; an organization's show once a token of theirs was accepted.");
  showCandidates(page.candidates ?? 0);
  const pager = byId("issuers-pager");
  pager.hidden = page.total <= pageSize && after === "";
  pager.querySelector('[data-to="next"]').disabled = next === "";
  pager.querySelector('[data-to="first"]').disabled = after === "";
  setText(pager.querySelector("span"), `${count(before + 1)} to ${count(before + page.issuers.length)} of ${count(page.total)}`);
}

// showCandidates says how many issuers the list leaves out.
function showCandidates(n) {
  const place = byId("issuers-candidates");
  place.hidden = n === 0;
  setText(place, n === 1
    ? "1 issuer of an organization's form, of which no token was accepted yet, is not listed: anybody can invent one. The admin API lists it."
    : `${count(n)} issuers of an organization's form, of which no token was accepted yet, are not listed: anybody can invent them. The admin API lists them.`);
}

function makeRow(issuer, open) {
  const facts = [
    ["Accounts", issuer.accounts?.join(", ") || "any"],
    ["Listed in", words(issuer.listed_in)],
    ["Keys from", words(issuer.keys_from)],
    ["Last fetch", issuer.fetched_at ? stamp(issuer.fetched_at) : "never"],
    ["Last try", issuer.attempted_at ? stamp(issuer.attempted_at) : ""],
    ["Next try", issuer.next_fetch_at ? stamp(issuer.next_fetch_at) : ""],
    ["Used by", issuer.used_by?.join("; ")],
  ].filter(([, text]) => text);
  const details = el("details", { "data-url": issuer.url, open: open.has(issuer.url) },
    el("summary", {}, el("code", {}, issuer.url)),
    el("dl", { class: "facts" }, ...facts.flatMap(([label, text]) => [el("dt", {}, label), el("dd", {}, text)])));
  return el("tr", {},
    el("td", {}, tag(issuer.state, tones[issuer.state] ?? "")),
    el("td", {}, details, issuer.error ? el("span", { class: "sub fault" }, issuer.error) : null),
    el("td", { class: "number" }, age(issuer.key_age_seconds)),
    el("td", {}, (issuer.keys ?? []).length === 0 ? "–" : el("code", { class: "once" }, ...issuer.keys.slice(0, 4).flatMap((key, i) => [i > 0 ? el("br") : null, `${key.algorithm} ${key.kid}`]),
      issuer.keys.length > 4 ? ` and ${issuer.keys.length - 4} more` : null)));
}
