package site

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/stack/browser"
)

// unreadable are the texts of a picture that have a contrast under 4.5 with the
// shape behind them, or that stand out of it.
const unreadable = `(() => {
	const rgb = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
	const light = (colour) => rgb(colour).map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const shapes = [...document.querySelectorAll("rect, circle")].filter((e) => getComputedStyle(e).fill !== "none");
	return [...document.querySelectorAll("text")].filter((text) => {
		const t = text.getBBox(), x = t.x + t.width / 2, y = t.y + t.height / 2;
		const behind = shapes.findLast((e) => { const b = e.getBBox(); return x > b.x && x < b.x + b.width && y > b.y && y < b.y + b.height; });
		if (!behind) return true;
		const b = behind.getBBox(), [a, c] = [light(getComputedStyle(text).fill), light(getComputedStyle(behind).fill)];
		return (Math.max(a, c) + 0.05) / (Math.min(a, c) + 0.05) < 4.5 || t.x < b.x || t.x + t.width > b.x + b.width;
	}).map((text) => text.textContent);
})()`

func TestPicturesAreReadable(t *testing.T) {
	p := browser.Open(t, file("docs/architecture.svg"))
	for _, name := range []string{"docs/architecture.svg", "docs/request-life.svg"} {
		must(t, chromedp.Do(p, chromedp.Navigate(file(name))))
		for _, scheme := range []string{"light", "dark"} {
			p.Scheme(scheme)
			for _, text := range browser.Eval[[]string](p, unreadable) {
				t.Errorf("%s, %s: %q is pale or does not fit", name, scheme, text)
			}
		}
		for _, part := range []string{"title", "desc"} {
			if p.Text(part) == "" {
				t.Errorf("%s has no %s", name, part)
			}
		}
	}
	// The controls.
	p.Do(`const [a, b] = document.querySelectorAll("text"); a.style.fill = "#555"; b.textContent = "wide ".repeat(30)`)
	if n := browser.Eval[int](p, unreadable+".length"); n != 2 {
		t.Errorf("of two bad texts are found %d", n)
	}
}
