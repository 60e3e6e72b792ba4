// The rules of each handler and what they decided. A rule that never decided is
// worth a look.

import { byId, el, setText, tag } from "./dom.js";
import { count } from "./format.js";
import { bar } from "./overview.js";

const tones = { allow: "good", deny: "bad", require: "" };
let shown = "";

export function showRules(rules, running) {
  const now = JSON.stringify([rules, running]);
  if (now === shown) return;
  shown = now;
  const table = byId("rule-list");
  const handlers = Map.groupBy ? Map.groupBy(rules, (rule) => rule.handler) : group(rules);
  table.querySelectorAll("tbody").forEach((each) => each.remove());
  for (const [handler, own] of handlers) {
    const most = Math.max(1, ...own.map((rule) => rule.count));
    table.append(el("tbody", {},
      handlers.size > 1 || handler ? el("tr", {}, el("th", { scope: "rowgroup", colspan: 4 }, handler || "the handler")) : null,
      ...own.map((rule) => el("tr", { class: rule.count === 0 ? "never" : false },
        el("th", { scope: "row" }, rule.rule),
        el("td", {}, tag(rule.effect, rule.count === 0 ? "" : tones[rule.effect] ?? ""), rule.shadow ? " " : null, rule.shadow ? tag("shadow", "info") : null),
        el("td", { class: "number" }, rule.count === 0 ? "never" : count(rule.count)),
        el("td", { class: "share" }, bar(rule.count / most, rule.effect))))));
  }
  const none = byId("rules-none");
  none.hidden = rules.length > 0;
  setText(none, running === 0 ? "No aws_jwt runs." : "No handler has a rule or a requirement: every verified token passes.");
}

function group(rules) {
  const groups = new Map();
  for (const rule of rules) groups.set(rule.handler, [...(groups.get(rule.handler) ?? []), rule]);
  return groups;
}
