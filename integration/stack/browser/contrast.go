package browser

import "strconv"

// contrasts has, for each text that shows, the least contrast of its colour with
// the one behind it (WCAG 2.2, 1.4.3).
const contrasts = `((least) => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
	const known = new Map();
	const rgb = (colour) => known.get(colour) ?? known.set(colour, drawn(colour)).get(colour);
	const drawn = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
	const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255, 255]; };
	const bad = [];
	let looked = 0;
	for (const e of document.querySelectorAll("body *")) {
		const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== "");
		if (!own || !e.checkVisibility() || e.disabled || e.closest(".unseen, noscript, option")) continue;
		looked++;
		const style = getComputedStyle(e);
		const a = light(rgb(e instanceof SVGElement ? style.fill : style.color)), b = light(behind(e));
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (contrast < 4.5) bad.push(contrast.toFixed(2) + " " + e.outerHTML.slice(0, 90));
	}
	return looked < least ? ["only " + looked + " texts"] : bad;
})`

// Pale are the texts that show and have a contrast under 4.5 with what is behind
// them. That fewer texts show than are wanted is told in the same way.
func (p *Page) Pale(least int) []string {
	p.T.Helper()
	return Eval[[]string](p, contrasts+"("+strconv.Itoa(least)+")")
}
