package main

import (
	"errors"
	"fmt"
	"strings"
)

// maxWidth is the widest a figure may be, in pixels: it is shown at its natural
// size in a page of prose.
const maxWidth = 860

// Sizes of text in pixels. None is smaller than small.
const (
	small  = 12
	normal = 13
)

// box is a rectangle, in pixels from the top left corner.
type box struct{ x, y, w, h int }

// overlaps tells whether two boxes share more than an edge.
func (a box) overlaps(b box) bool {
	return a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h
}

// inside tells whether all of a lies within b.
func (a box) inside(b box) bool {
	return a.x >= b.x && a.y >= b.y && a.x+a.w <= b.x+b.w && a.y+a.h <= b.y+b.h
}

// words is a text on a canvas and the room that it takes.
type words struct {
	text string
	room box
}

// canvas is one picture while it is drawn. What goes wrong is remembered and
// told once, by svg, so that drawing reads as a list of shapes.
type canvas struct {
	// w and h are the natural size in pixels.
	w, h int
	// title and desc are what a screen reader says: what this is, and what it
	// shows.
	title, desc string

	body     strings.Builder
	texts    []words
	problems []error
}

// newCanvas returns an empty picture.
func newCanvas(w, h int, title, desc string) *canvas {
	c := &canvas{w: w, h: h, title: title, desc: desc}
	if w > maxWidth {
		c.failf("%d px wide: at most %d", w, maxWidth)
	}
	return c
}

// failf notes why the picture must not be published.
func (c *canvas) failf(format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf(format, args...))
}

// rect draws a box filled with a class of the palette. All of it must be on the
// picture.
func (c *canvas) rect(b box, class string) {
	if !b.inside(box{0, 0, c.w, c.h}) {
		c.failf("box %+v leaves the picture", b)
	}
	fmt.Fprintf(&c.body, "<rect class=\"%s box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", class, b.x, b.y, b.w, b.h)
}

// line draws a straight line.
func (c *canvas) line(x1, y1, x2, y2 int, class string) {
	fmt.Fprintf(&c.body, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", class, x1, y1, x2, y2)
}

// path draws lines through SVG path data.
func (c *canvas) path(class, format string, args ...any) {
	fmt.Fprintf(&c.body, "<path class=\"%s\" d=\"%s\"/>\n", class, fmt.Sprintf(format, args...))
}

// arrow draws a line whose tip is at its second point. The line must be
// horizontal or vertical. kind is "", "good" or "bad".
func (c *canvas) arrow(x1, y1, x2, y2 int, kind string) {
	stroke, tip := kind+"line", kind+"tip"
	if kind == "" {
		stroke = "thick"
	}
	dx, dy := sign(x2-x1), sign(y2-y1)
	if dx != 0 && dy != 0 {
		c.failf("arrow from %d,%d to %d,%d is neither horizontal nor vertical", x1, y1, x2, y2)
	}
	c.line(x1, y1, x2-6*dx, y2-6*dy, stroke)
	c.path(tip, "M%d %dL%d %dL%d %dZ", x2, y2, x2-8*dx-4*dy, y2-8*dy-4*dx, x2-8*dx+4*dy, y2-8*dy+4*dx)
}

// bracket draws a brace below [x1,x2) that opens upwards, at height y.
func (c *canvas) bracket(x1, x2, y int, class string) {
	c.path(class, "M%d %dv5H%dv-5", x1, y, x2)
}

// text writes s with its baseline at y, beginning at x.
func (c *canvas) text(x, y, size int, class, s string) {
	c.write(x, y, size, class, "start", s)
}

// centre writes s around x.
func (c *canvas) centre(x, y, size int, class, s string) {
	c.write(x, y, size, class, "middle", s)
}

// right writes s so that it ends at x.
func (c *canvas) right(x, y, size int, class, s string) {
	c.write(x, y, size, class, "end", s)
}

// label writes s into the middle of b. A text that does not fit is a problem.
func (c *canvas) label(b box, size int, class, s string) {
	if w := textWidth(s, size, class); w > b.w {
		c.failf("text %q is %d px wide in a box of %d", s, w, b.w)
	}
	c.centre(b.x+b.w/2, b.y+b.h/2+size*36/100, size, class, s)
}

// write notes the room of a text, and writes it.
func (c *canvas) write(x, y, size int, class, anchor, s string) {
	if size < small {
		c.failf("text %q is %d px high: at least %d", s, size, small)
	}
	w := textWidth(s, size, class)
	left := x
	switch anchor {
	case "middle":
		left = x - w/2
	case "end":
		left = x - w
	}
	// Three quarters above the baseline, a quarter below.
	c.texts = append(c.texts, words{s, box{left, y - size*3/4, w, size}})
	fmt.Fprintf(&c.body, "<text class=\"%s\" x=\"%d\" y=\"%d\" font-size=\"%d\"", class, x, y, size)
	if anchor != "start" {
		fmt.Fprintf(&c.body, " text-anchor=\"%s\"", anchor)
	}
	fmt.Fprintf(&c.body, ">%s</text>\n", escape(s))
}

// svg returns the picture, or everything that is wrong with it.
func (c *canvas) svg() (string, error) {
	page := box{0, 0, c.w, c.h}
	for i, t := range c.texts {
		if !t.room.inside(page) {
			c.failf("text %q leaves the picture: %+v", t.text, t.room)
		}
		for _, u := range c.texts[:i] {
			if t.room.overlaps(u.room) {
				c.failf("texts %q and %q overlap", u.text, t.text)
			}
		}
	}
	if len(c.problems) > 0 {
		return "", errors.Join(c.problems...)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"title desc\">\n", c.w, c.h, c.w, c.h)
	b.WriteString("<!-- Drawn by go run ./scripts/figures. Do not edit. -->\n")
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n", escape(c.title), escape(c.desc))
	fmt.Fprintf(&b, "<style>\n%s</style>\n%s</svg>\n", styleSheet(), c.body.String())
	return b.String(), nil
}

// sign is -1, 0 or 1.
func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// escape makes s safe inside an XML element.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
