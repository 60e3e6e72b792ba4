// The walk through the checks: what passed, what failed, what was not reached.

import { el, tag } from "./dom.js";

const tones = { allowed: "good", audited: "warn", anonymous: "good", refused: "bad", unknown: "warn", unprotected: "warn", answered: "warn" };
const states = { passed: "passed", failed: "failed", not_asked: "not reached", could_not: "could not", not_decided: "did not decide" };
const groups = { request: "Request", token: "Token", requirement: "Requirements", deny: "Deny rules", allow: "Allow rules", header: "Headers" };
const signatures = {
  verified: ["Signature verified", "good"], absent: ["No signature: claims alone", "warn"], unproven: ["Signature unproven", "warn"],
};

export function renderAnswer(answer, { hint = true } = {}) {
  const walk = answer.walk;
  const [signature, tone] = signatures[answer.signature] ?? [answer.signature, "warn"];
  const title = [walk.reason ?? "", walk.rule ? `rule ${walk.rule}` : ""].filter(Boolean).join(", ");
  return el("div", { class: "walk" },
    el("p", { class: "verdict" }, tag(walk.outcome, tones[walk.outcome] ?? ""), walk.status ? el("span", {}, String(walk.status)) : null,
      title ? el("strong", {}, title) : null, answer.signature ? tag(signature, tone) : null),
    hint && walk.hint ? el("p", { class: "advice" }, walk.hint) : null,
    hint && walk.remedy ? el("p", { class: "advice" }, el("strong", {}, "What to do: "), walk.remedy) : null,
    answer.notes?.length ? el("ul", { class: "notes" }, ...answer.notes.map((note) => el("li", {}, note))) : null,
    ...walk.handlers.map(renderHandler));
}

function renderHandler(handler) {
  const parts = [];
  if (handler.shadow) parts.push(el("p", { class: "advice" }, tag("shadow", "info"), ` with its shadow rules it would be ${handler.shadow.outcome}${handler.shadow.rule ? `, by ${handler.shadow.rule}` : ""}. ${handler.shadow.hint ?? ""}`));
  for (const warning of handler.warnings ?? []) parts.push(el("p", { class: "advice" }, tag("warning", "warn"), ` ${warning}`));
  for (const { kind, checks } of runs(handler.checks ?? [])) {
    const label = groups[kind] ?? kind;
    const plain = kind === "token" && checks.every((check) => !check.found && !check.wanted);
    parts.push(el("p", { class: "group" }, label), el("ol", { class: plain ? "checks compact" : "checks", "aria-label": label }, ...checks.map(renderCheck)));
  }
  return el("div", {}, ...parts);
}

// runs are the checks in their order, those of one kind together.
function runs(checks) {
  const list = [];
  for (const check of checks) {
    if (list.at(-1)?.kind !== check.kind) list.push({ kind: check.kind, checks: [] });
    list.at(-1).checks.push(check);
  }
  return list;
}

function renderCheck(check) {
  const rule = check.rule;
  return el("li", { "data-state": check.state, class: check.decisive ? "decisive" : false },
    el("div", { class: "check-line" },
      el("span", { class: "check-name" }, check.name),
      el("span", { class: "check-kind" }, check.decisive ? "decided" : states[check.state] ?? check.state),
      rule?.shadow ? tag("shadow", "info") : null,
      check.found ? el("span", { class: "check-found" }, el("span", { class: "quiet" }, "found "), el("code", {}, check.found)) : null,
      check.wanted ? el("span", { class: "check-found" }, el("span", { class: "quiet" }, "wanted "), el("code", {}, check.wanted)) : null),
    check.hint ? el("div", { class: "check-hint" }, check.hint) : null,
    rule ? renderRule(rule) : null);
}

function renderRule(rule) {
  return el("div", {},
    el("code", { class: "expression" }, rule.expression, rule.result ? el("span", { class: "quiet" }, `  → ${rule.result}`) : null),
    rule.error && rule.result === "error" ? el("div", { class: "check-hint" }, rule.error) : null,
    rule.parts?.length ? renderParts(rule.operator, rule.parts) : null,
    rule.reads?.length ? renderReads(rule.reads) : null);
}

function renderParts(operator, parts) {
  const tone = { true: "good", false: "bad", error: "warn" };
  return el("ul", { class: "operands", "aria-label": `operands of ${operator}` }, ...parts.map((part) =>
    el("li", {}, tag(part.result, tone[part.result]), el("code", {}, part.expression),
      part.error ? el("span", { class: "quiet" }, ` ${part.error}`) : null,
      part.parts?.length ? renderParts(part.operator, part.parts) : null)));
}

function renderReads(reads) {
  return el("table", { class: "reads" }, el("caption", { class: "unseen" }, "Attributes that the rule reads"),
    el("tbody", {}, ...reads.map((read) =>
      el("tr", {}, el("th", { scope: "row" }, el("code", {}, read.path)), el("td", {}, read.absent ? el("span", { class: "quiet" }, "absent") : el("code", {}, read.value || '""'))))));
}
