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
  const asked = cache.hits + cache.misses;
  const trusted = issuers.fresh + issuers.stale + issuers.unavailable + issuers.unfetched;
  const figures = [
    ["Passed", compact(passed), sum("audited") > 0 ? `${count(sum("audited"))} audited` : "last hour"],
    ["Refused", compact(refused), `${percent(refused, passed + refused)} of all`],
    ["Issuers down", count(issuers.unavailable), `${count(trusted)} trusted`, issuers.unavailable > 0 ? "bad" : ""],
    ["Issuers stale", count(issuers.stale), `${count(issuers.fresh)} fresh`, issuers.stale > 0 ? "warn" : ""],
    ["Oldest keys", oldest > 0 ? age(oldest) : "–", `${count(issuers.unfetched)} never fetched`],
    ["Cache hits", percent(cache.hits, asked), `since the start; ${compact(cache.entries)} kept`],
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

let noticed = "";

// showNotices says what is amiss. They are announced, so they change only when
// what they say does.
function showNotices({ clock, issuers }) {
  const notices = [];
  if (clock.suspected) {
    notices.push(["warn", "Clock off?", clock.hint || `tokens suggest that this gateway's clock is ${age(Math.abs(clock.offset_seconds))} ${clock.offset_seconds < 0 ? "slow" : "fast"}`]);
  }
  if (issuers.unavailable > 0) {
    const n = issuers.unavailable;
    notices.push(["bad", "Keys unavailable", `of ${count(n)} ${n === 1 ? "issuer" : "issuers"}; callers with such tokens get 503. The list of issuers says why.`]);
  }
  const now = JSON.stringify(notices);
  if (now === noticed) return;
  noticed = now;
  byId("notices").replaceChildren(...notices.map(([tone, title, text]) => el("p", { class: `notice ${tone}` }, el("strong", {}, title), text)));
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
