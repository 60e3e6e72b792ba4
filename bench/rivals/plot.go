package main

import (
	"fmt"
	"html"
	"strings"
)

// The plot's measures, in pixels.
const (
	panelWidth, panelGap = 460, 24
	labelWidth           = 190 // room for the names
	valueWidth           = 50  // room for the ratios behind the bars
	barHeight, barGap    = 16, 6
	margin               = 24
	headHeight           = 64
	panelHead            = 28
)

// plot draws requests per second as ratios to the bare Caddy: a panel for each
// load, a bar for each proxy. It has a ground of its own, so that it can be
// read on a light page and on a dark one.
func (r *report) plot() string {
	panelHeight := panelHead + len(r.proxies)*(barHeight+barGap) + panelGap
	width := 2*margin + 2*panelWidth + panelGap
	height := headHeight + len(patterns)*panelHeight + margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" font-family="sans-serif" font-size="12">`+"\n", width, height, width, height)
	b.WriteString("<title>Requests per second, as ratios to a bare Caddy</title>\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="6" fill="#ffffff" stroke="#d0d7de"/>`+"\n", width, height)
	label(&b, margin, 30, "start", 16, "Requests per second, as ratios to a bare Caddy")
	label(&b, margin, 50, "start", 12, "The line is the bare Caddy's own: further right is faster.")
	scale := float64(panelWidth-labelWidth-valueWidth) / r.longest()
	for row, how := range patterns {
		for column, alg := range []string{es384, rs256} {
			r.panel(&b, margin+column*(panelWidth+panelGap), headHeight+row*panelHeight, scale, alg, how)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// longest is the largest ratio of all; all panels have one scale.
func (r *report) longest() float64 {
	longest := 1.0
	for c, all := range r.found {
		longest = max(longest, medianRatio(all, r.found[cell{r.proxies[0].key, c.alg, c.pattern}], perSecond))
	}
	return longest
}

func (r *report) panel(b *strings.Builder, x, y int, scale float64, alg string, how pattern) {
	label(b, x, y+16, "start", 13, alg+", "+how.title)
	base := r.found[cell{r.proxies[0].key, alg, how.key}]
	left := x + labelWidth
	for i, p := range r.proxies {
		top := y + panelHead + i*(barHeight+barGap)
		label(b, left-8, top+barHeight-4, "end", 12, p.name)
		all := r.found[cell{p.key, alg, how.key}]
		if len(all) == 0 {
			label(b, left+6, top+barHeight-4, "start", 12, "left out")
			continue
		}
		ratio := medianRatio(all, base, perSecond)
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", left, top, ratio*scale, barHeight, colour(p))
		label(b, left+int(ratio*scale)+6, top+barHeight-4, "start", 12, ratioText(ratio))
	}
	top, bottom := y+panelHead-4, y+panelHead+len(r.proxies)*(barHeight+barGap)
	fmt.Fprintf(b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#57606a" stroke-dasharray="3 3"/>`+"\n",
		float64(left)+scale, top, float64(left)+scale, bottom)
}

// colour tells ours from the others, and these from what all are measured
// against.
func colour(p *proxy) string {
	switch {
	case p.open:
		return "#8c959f"
	case strings.HasPrefix(p.key, "ours"):
		return "#0969da"
	default:
		return "#d4a72c"
	}
}

func label(b *strings.Builder, x, y int, anchor string, size int, text string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="%s" font-size="%d" fill="#1f2328">%s</text>`+"\n", x, y, anchor, size, html.EscapeString(text))
}
