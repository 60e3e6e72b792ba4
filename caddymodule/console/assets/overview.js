// What is to be seen at a glance: notices, figures, the chart, the reasons.

import { byId, draw, el, setText } from "./dom.js";
import { age, compact, count, percent } from "./format.js";
import { drawChart, fillMinutes } from "./chart.js";

// bar is a share of the largest, beside its number in a table.
export function bar(share, tone) {
  return draw("svg", { class: "bar", "aria-hidden": "true", preserveAspectRatio: "none", viewBox: "0 0 100 10" },
    share > 0 ? draw("rect", { class: tone, width: Math.max(0.8, 100 * share), height: 10 }) : null);
}

export function showSummary(summary) {
  showFigures(summary);
  showNotices(summary);
  drawChart(summary.minutes);
  fillMinutes(summary.minutes);
  showReasons(summary.reasons);
}

function showFigures({ minutes, issuers, oldest_key_age_seconds: oldest, cache }) {
  const sum = (name) => minutes.reduce((n, each) => n + each[name], 0);
  const refused = sum("refused");
  const passed = sum("allowed") + sum("anonymous") + sum("audited");
  const trusted = issuers.fresh + issuers.stale + issuers.unavailable + issuers.unfetched;
  const figures = [
    ["Passed", compact(passed), sum("audited") > 0 ? `${count(sum("audited"))} audited` : "last hour"],
    ["Refused", compact(refused), `${percent(refused, passed + refused)} of all`],
    ["Issuers down", count(issuers.unavailable), `${count(trusted)} trusted`, issuers.unavailable > 0 ? "bad" : ""],
    ["Issuers stale", count(issuers.stale), `${count(issuers.fresh)} fresh`, issuers.failing > 0 ? "warn" : ""],
    ["Oldest keys", oldest > 0 ? age(oldest) : "–", `${count(issuers.unfetched)} never fetched`],
    cacheHits(cache),
  ];
  const list = byId("figures");
  if (list.children.length === 0) list.append(...figures.map(() => el("div", {}, el("dt"), el("dd"), el("dd", { class: "sub" }))));
  figures.forEach(([label, value, more, tone = ""], i) => {
    const [dt, dd, sub] = list.children[i].children;
    list.children[i].className = tone;
    setText(dt, label);
    setText(dd, value);
    setText(sub, more);
  });
}

const lookups = []; // of the last minute, as this page has seen them

// cacheHits is about the last minute, once this page has seen some of it: of a
// gateway that has run for weeks, the share since the start shows no flood.
function cacheHits({ hits, misses, entries }) {
  const now = Date.now();
  if (lookups.some((each) => each.hits > hits || each.misses > misses)) lookups.length = 0; // it has started again
  while (lookups.length > 0 && now - lookups[0].at > 60000) lookups.shift();
  lookups.push({ at: now, hits, misses });
  const first = lookups[0];
  const asked = hits - first.hits + misses - first.misses;
  const always = percent(hits, hits + misses);
  const kept = `${compact(entries)} kept`;
  return asked === 0 ? ["Cache hits", always, `since the start; ${kept}`] : ["Cache hits", percent(hits - first.hits, asked), `just now; ${always} since the start; ${kept}`];
}

let noticed = "";

// showNotices says what is amiss. They are announced, so they change only when
// what they say does.
function showNotices({ clock, handlers, issuers }) {
  const notices = [];
  const of = (n) => `of ${count(n)} ${n === 1 ? "issuer" : "issuers"}`;
  if (handlers === 0) {
    notices.push(["bad", "No aws_jwt runs", "The running configuration has none, so no token is asked for or verified. What it serves may be open to everybody."]);
  }
  if (issuers.unavailable > 0) {
    notices.push(["bad", "Keys unavailable", `${of(issuers.unavailable)}; callers with such tokens get 503.`, "issuers"]);
  }
  if (clock.suspected) {
    notices.push(["warn", "Clock off?", clock.hint || `tokens suggest that this gateway's clock is ${age(Math.abs(clock.offset_seconds))} ${clock.offset_seconds < 0 ? "slow" : "fast"}`]);
  }
  if (issuers.failing > 0) {
    notices.push(["warn", "Keys not refreshed", `${of(issuers.failing)}: the last try failed. The last good ones serve on, up to max_stale.`, "issuers"]);
  }
  const now = JSON.stringify(notices);
  if (now === noticed) return;
  noticed = now;
  byId("notices").replaceChildren(...notices.map(([tone, title, text, list]) =>
    el("p", { class: `notice ${tone}` }, el("strong", {}, title), text, list ? [" The ", el("a", { href: `#${list}` }, `list of ${list}`), " says why."] : null)));
}

function showReasons(reasons) {
  const most = Math.max(1, ...reasons.map((each) => each.count));
  const sorted = reasons.filter((each) => each.count > 0).toSorted((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
  const rows = sorted.map((each) =>
    el("tr", {}, el("th", { scope: "row" }, each.reason, each.result === "audited" ? el("span", { class: "quiet" }, " (audited)") : null),
      el("td", { class: "number" }, count(each.count)),
      el("td", { class: "share" }, bar(each.count / most, each.result))));
  byId("reasons").tBodies[0].replaceChildren(...(rows.length > 0 ? rows : [el("tr", {}, el("td", { colspan: 3, class: "quiet" }, "Nothing was refused."))]));
}
