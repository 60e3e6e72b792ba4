// Search over the sections of all pages, without a server: the index is a script
// that Hugo writes (layouts/index.search.js), loaded when it is first needed.
"use strict";

const root = new URL(".", document.currentScript.src);
const most = 20; // results that are shown

// termsOf a query are its words. One that ends in a letter or digit matches the
// beginnings of words; `_` parts words, so that stale finds max_stale.
function termsOf(query) {
	return query.trim().split(/\s+/).filter(Boolean).slice(0, 8).map((word) => {
		const text = word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
		const begins = /^[\p{L}\p{N}]/u.test(word) ? "(?<![\\p{L}\\p{N}])" : "";
		return { begins: new RegExp(begins + text, "giu"), whole: new RegExp(begins + text + "(?![\\p{L}\\p{N}_])", "giu"), row: new RegExp("^" + text + "(?![\\p{L}\\p{N}_])", "gimu") };
	});
}

const count = (text, pattern) => (text.match(pattern) ?? []).length;

// score says how well a section fits, 0 that it does not: each term has to be in
// it, or in its page's name. Headings count first, then the first cells of tables,
// then how often the text has it; the beginning of a page before what follows, and
// pages that are aside, such as decisions, last.
function score(section, page, terms) {
	let sum = 0;
	for (const { begins, whole, row } of terms) {
		let points = 0;
		if (count(section.heading, begins) > 0) points += 40 + 20 * count(section.heading, whole) - section.heading.length / 10;
		if (count(page.name, begins) > 0) points += 6;
		if (count(section.rows, whole) > 0) points += 8 + 8 * Math.min(count(section.rows, row), 1);
		const exact = count(section.text, whole), begun = count(section.text, begins);
		if (begun > 0) points += 4 + 6 * begun / (begun + 2) + 4 * exact / (exact + 2);
		if (points === 0) return 0;
		sum += points;
	}
	return (sum + (section.first ? 2 : 0)) * (page.aside ? 0.7 : 1);
}

// find returns the sections that fit a query, the best first.
function find(query) {
	const terms = termsOf(query), { pages, sections } = window.searchIndex;
	if (terms.length === 0) return [];
	return sections.map((section, i) => ({ section, page: pages[section.page], points: score({ ...section, first: section.page !== sections[i - 1]?.page }, pages[section.page], terms) }))
		.filter((hit) => hit.points > 0).sort((a, b) => b.points - a.points);
}

// marked is a text as nodes, in which the terms stand out. It never becomes HTML.
function marked(text, terms) {
	const parts = document.createDocumentFragment();
	const any = new RegExp(terms.map((term) => term.begins.source).join("|"), "giu");
	let at = 0;
	for (const found of text.matchAll(any)) {
		const mark = document.createElement("mark");
		mark.textContent = found[0];
		parts.append(text.slice(at, found.index), mark);
		at = found.index + found[0].length;
	}
	parts.append(text.slice(at));
	return parts;
}

// excerpt is the part of a text where the first term is.
function excerpt(text, terms) {
	const at = Math.min(...terms.map((term) => { const i = text.search(term.begins); return i < 0 ? text.length : i; }));
	if (at === text.length) return text.slice(0, 160);
	const from = at < 60 ? 0 : text.indexOf(" ", at - 60) + 1;
	const to = text.length > at + 140 ? text.lastIndexOf(" ", at + 140) : text.length;
	return (from > 0 ? "… " : "") + text.slice(from, Math.max(to, at)) + (to < text.length ? " …" : "");
}

function entry({ section, page }, terms) {
	const link = document.createElement("a"), heading = document.createElement("strong"), text = document.createElement("span");
	link.href = new URL(page.url, root) + "#" + section.anchor;
	heading.append(marked(section.heading, terms));
	const where = document.createElement("small");
	where.textContent = page.name;
	text.append(marked(excerpt(section.text, terms), terms));
	link.append(heading, " ", where, text);
	const item = document.createElement("li");
	item.append(link);
	return item;
}

function load() {
	return load.once ??= new Promise((done, failed) => {
		const script = document.createElement("script");
		script.src = new URL("search-index.js", root);
		script.onload = done;
		script.onerror = () => { load.once = undefined; failed(new Error("the index cannot be loaded")); };
		document.head.append(script);
	});
}

const form = document.getElementById("search"), field = document.getElementById("query");
const results = document.getElementById("results"), found = document.getElementById("found"), list = results.querySelector("ol");

async function show() {
	const query = field.value;
	results.hidden = query.trim() === "";
	if (results.hidden) return;
	try {
		await load();
	} catch (error) {
		found.textContent = "Search does not work: " + error.message;
		return;
	}
	if (query !== field.value) return; // typed on meanwhile
	const hits = find(query), terms = termsOf(query);
	found.textContent = hits.length === 0 ? "Nothing has all of these words." : hits.length === 1 ? "1 section" : hits.length + " sections";
	list.replaceChildren(...hits.slice(0, most).map((hit) => entry(hit, terms)));
	list.scrollTop = 0;
}

function close() {
	results.hidden = true;
	field.focus();
}

// move goes from one result to the next, and from the first back to the field.
function move(by) {
	const links = [field, ...list.querySelectorAll("a")];
	links[Math.min(Math.max(links.indexOf(document.activeElement) + by, 0), links.length - 1)].focus();
}

form.hidden = false;
field.addEventListener("focus", () => { load().catch(() => {}); if (field.value !== "") show(); });
field.addEventListener("input", show);
form.addEventListener("submit", async (event) => {
	event.preventDefault();
	await show();
	list.querySelector("a")?.click();
});
form.addEventListener("keydown", (event) => {
	if (event.key === "Escape") close();
	else if (event.key === "ArrowDown") move(1);
	else if (event.key === "ArrowUp") move(-1);
	else return;
	event.preventDefault();
});
list.addEventListener("click", () => { results.hidden = true; });
document.addEventListener("keydown", (event) => {
	const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
	if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
	event.preventDefault();
	field.focus();
	field.select();
});
document.addEventListener("click", (event) => { if (!form.contains(event.target)) results.hidden = true; });
