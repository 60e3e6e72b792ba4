// What comes from the gateway becomes text here, and nothing else: there is no
// way in this file from a string to markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// el makes an element. Its children are elements, or strings, which become text.
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// draw makes an element of SVG.
export function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

export const byId = (id) => document.getElementById(id);

// setText leaves an element alone that says the text already, so that nothing is
// announced or drawn twice.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function tag(text, tone = "") {
  return el("span", { class: `tag ${tone}`.trim() }, text);
}

// announce tells screen readers something once.
export function announce(text) {
  setText(byId("announcer"), text);
}
