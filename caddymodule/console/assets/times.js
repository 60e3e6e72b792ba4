// When things were, by the clock and the time zone of this browser. What shows a
// time says the whole instant in UTC as well, and follows when a day ends or the
// zone changes while the page is open.

import { el, setText } from "./dom.js";

const clock = { second: { hour: "2-digit", minute: "2-digit", second: "2-digit" }, minute: { hour: "2-digit", minute: "2-digit" } };
const date = { day: "numeric", month: "short", year: "numeric" };
let formats = makeFormats();
let shown = ""; // the day and the zone that the page shows

// makeFormats is asked again when the zone changes: a format keeps the one that it
// was made in.
function makeFormats() {
  const make = (options) => new Intl.DateTimeFormat("en-GB", options);
  return Object.fromEntries(Object.entries(clock).map(([form, options]) => [form, { today: make(options), other: make({ ...date, ...options }) }]));
}

const dayOf = (at) => new Date(at).toDateString();

// moment says when something was to somebody who reads it at now: the time alone,
// if that is the same day here. The form is second or minute, the last that is said.
export function moment(at, now = Date.now(), form = "second") {
  const { today, other } = formats[form];
  return (dayOf(at) === dayOf(now) ? today : other).format(new Date(at));
}

// minute is the time alone, for an axis that says when it ends.
export const minute = (at) => formats.minute.today.format(new Date(at));

// zone names the browser's time zone, and how far it is from UTC at an instant.
export function zone(at = Date.now()) {
  const name = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const ahead = -new Date(at).getTimezoneOffset(); // minutes
  const pad = (n) => String(n).padStart(2, "0");
  const offset = `UTC${ahead < 0 ? "−" : "+"}${pad(Math.floor(Math.abs(ahead) / 60))}:${pad(Math.abs(ahead) % 60)}`;
  return name === "UTC" ? name : `${name}, ${offset}`;
}

// stamp is the element that says when something was.
export function stamp(at, form = "second") {
  const instant = new Date(at).toISOString();
  return el("time", { datetime: instant, title: instant, "data-form": form }, moment(at, Date.now(), form));
}

function follow() {
  const now = Date.now();
  const current = `${dayOf(now)} ${zone(now)}`;
  if (current === shown) return;
  shown = current;
  formats = makeFormats();
  for (const each of document.querySelectorAll(".zone")) setText(each, zone(now));
  for (const each of document.querySelectorAll("time[datetime]")) setText(each, moment(each.dateTime, now, each.dataset.form));
}

// keepTimes has the page follow.
export function keepTimes() {
  follow();
  setInterval(follow, 1000);
  document.addEventListener("visibilitychange", follow);
}
