package main

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"
)

// A named is a series and what it is called.
type named struct {
	name string
	*series
}

// Sizes of the picture. A bar is a quarter of a doubling, since what matters in
// latencies is the factor.
const (
	svgWidth, svgHeight = 760, 360
	svgLeft, svgBottom  = 50, 300
	svgTop              = 60
	barsPerDoubling     = 4
)

// svgColours differ in lightness too, for who does not see the hue.
var svgColours = []string{"#1b4f9c", "#e8963a"}

// drawHistograms draws how many operations took how long, as an SVG that needs nothing
// else: each series as a row of bars, of the share that each bar has of its series.
func drawHistograms(title string, all []named) string {
	h := newHistogram(all)
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#222">`+"\n", svgWidth, svgHeight)
	fmt.Fprintf(&out, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", svgWidth, svgHeight)
	fmt.Fprintf(&out, `<text x="%d" y="20" font-size="14">%s</text>`+"\n", svgLeft, html.EscapeString(title))
	for i, n := range all {
		h.bars(&out, i, n)
	}
	h.axis(&out)
	fmt.Fprintf(&out, "</svg>\n")
	return out.String()
}

// A histogram is a scale: which bar a duration belongs to, and where it stands.
type histogram struct {
	first, last int     // numbers of the outer bars
	most        float64 // the largest share of a bar
	shares      []map[int]float64
}

// newHistogram counts.
func newHistogram(all []named) *histogram {
	h := &histogram{first: math.MaxInt, last: math.MinInt, most: 1e-9}
	for _, n := range all {
		share := map[int]float64{}
		for _, d := range n.took {
			bar := barOf(d)
			h.first, h.last = min(h.first, bar), max(h.last, bar)
			share[bar] += 1 / float64(len(n.took))
			h.most = max(h.most, share[bar])
		}
		h.shares = append(h.shares, share)
	}
	if h.first > h.last {
		h.first, h.last = 0, 0
	}
	return h
}

// barOf is the number of the bar that a duration belongs to.
func barOf(d time.Duration) int {
	return int(math.Floor(barsPerDoubling * math.Log2(float64(max(d, 1)))))
}

// x is where a bar begins.
func (h *histogram) x(bar float64) float64 {
	return svgLeft + (bar-float64(h.first))*(svgWidth-2*svgLeft)/float64(h.last+1-h.first)
}

// bars draws one series, its name and its percentiles.
func (h *histogram) bars(out *strings.Builder, i int, n named) {
	colour := svgColours[i%len(svgColours)]
	for bar := h.first; bar <= h.last; bar++ {
		share := h.shares[i][bar]
		if share == 0 {
			continue
		}
		height := max(1, share/h.most*(svgBottom-svgTop))
		fmt.Fprintf(out, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" fill-opacity="0.6"><title>%s: %.2f %% from %s to %s</title></rect>`+"\n",
			h.x(float64(bar)), svgBottom-height, h.x(float64(bar+1))-h.x(float64(bar))-1, height, colour,
			html.EscapeString(n.name), 100*share, short(barFrom(bar)), short(barFrom(bar+1)))
	}
	fmt.Fprintf(out, `<text x="%d" y="%d" fill="%s">%s: %d operations, p50 %s, p99 %s, p99.9 %s</text>`+"\n",
		svgLeft, 36+15*i, colour, html.EscapeString(n.name), len(n.took), short(n.at(0.5)), short(n.at(0.99)), short(n.at(0.999)))
}

// barFrom is the shortest duration of a bar.
func barFrom(bar int) time.Duration {
	return time.Duration(math.Exp2(float64(bar) / barsPerDoubling))
}

// axis draws the scale, with a mark at each 1, 2 and 5.
func (h *histogram) axis(out *strings.Builder) {
	fmt.Fprintf(out, `<path d="M%d %dH%d" stroke="#222"/>`+"\n", svgLeft, svgBottom, svgWidth-svgLeft)
	for decade := time.Duration(1); decade <= 100*time.Second; decade *= 10 {
		for _, times := range []time.Duration{1, 2, 5} {
			d := decade * times
			bar := barsPerDoubling * math.Log2(float64(d))
			if bar < float64(h.first) || bar > float64(h.last+1) {
				continue
			}
			fmt.Fprintf(out, `<path d="M%.1f %dv5" stroke="#222"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", h.x(bar), svgBottom, h.x(bar), svgBottom+18, short(d))
		}
	}
	fmt.Fprintf(out, `<text x="%d" y="%d" text-anchor="middle">time of one operation; the highest bar is %.0f %% of its series</text>`+"\n", svgWidth/2, svgBottom+42, 100*h.most)
}
