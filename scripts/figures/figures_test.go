package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFiguresAreCurrent compares each figure with the file in docs/figures.
func TestFiguresAreCurrent(t *testing.T) {
	t.Parallel()
	for _, f := range figures {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			want, err := render(f)
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join("..", "..", "docs", "figures", f.name+".svg"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("docs/figures/%s.svg is stale, run go run ./scripts/figures (-want +got):\n%s", f.name, diff)
			}
		})
	}
}

// TestFiguresAreWellFormed parses each figure: one svg element that names
// itself, with only classes that the style sheet knows.
func TestFiguresAreWellFormed(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"m": true, "b": true, "box": true, "dash": true}
	for _, p := range paints {
		known[p.class] = true
	}
	for _, f := range figures {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			file, err := render(f)
			if err != nil {
				t.Fatal(err)
			}
			seen := make(map[string]int)
			for dec := xml.NewDecoder(bytes.NewReader(file)); ; {
				token, err := dec.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				el, ok := token.(xml.StartElement)
				if !ok {
					continue
				}
				seen[el.Name.Local]++
				for _, class := range strings.Fields(attr(el, "class")) {
					if !known[class] {
						t.Errorf("class %q is not in the style sheet", class)
					}
				}
			}
			for _, once := range []string{"svg", "title", "desc", "style"} {
				if seen[once] != 1 {
					t.Errorf("%d elements %s, want 1", seen[once], once)
				}
			}
			if seen["text"] < 10 {
				t.Errorf("%d texts: not much of a figure", seen["text"])
			}
		})
	}
}

// attr returns an attribute of an element, or nothing.
func attr(el xml.StartElement, name string) string {
	for _, a := range el.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// TestCanvasRefuses draws what must not be published.
func TestCanvasRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		draw func(c *canvas)
		want string
	}{
		{"nothing_wrong", func(c *canvas) { c.label(box{0, 0, 90, 20}, 12, "ink", "fits") }, ""},
		{"text_wider_than_its_box", func(c *canvas) { c.label(box{0, 0, 20, 20}, 12, "ink", "too wide") }, "px wide in a box of 20"},
		{"text_leaves_the_picture", func(c *canvas) { c.text(80, 20, 12, "ink", "too far right") }, "leaves the picture"},
		{"texts_overlap", func(c *canvas) { c.text(5, 20, 12, "ink", "one"); c.text(10, 24, 12, "ink", "two") }, "overlap"},
		{"text_too_small", func(c *canvas) { c.text(5, 20, 11, "ink", "tiny") }, "at least 12"},
		{"box_leaves_the_picture", func(c *canvas) { c.rect(box{90, 0, 20, 20}, "f-pad") }, "leaves the picture"},
		{"arrow_aslant", func(c *canvas) { c.arrow(0, 0, 20, 20, "") }, "neither horizontal nor vertical"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCanvas(100, 50, "a", "b")
			tt.draw(c)
			_, err := c.svg()
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("svg() = %v, want no error", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("svg() = %v, want an error with %q", err, tt.want)
			}
		})
	}
	if _, err := newCanvas(maxWidth+1, 50, "a", "b").svg(); err == nil {
		t.Error("a picture wider than the page was accepted")
	}
}

// TestPalette measures the contrast of every text colour on every ground that
// it may stand on: at least 4.5, which is what WCAG asks of text of this size.
func TestPalette(t *testing.T) {
	t.Parallel()
	byClass := make(map[string]paint)
	for _, p := range paints {
		byClass[p.class] = p
	}
	check := func(class, text, ground, color string) {
		if got := contrast(t, text, color); got < 4.5 {
			t.Errorf("%s on %s: contrast %.2f, want at least 4.5", class, ground, got)
		}
	}
	for _, class := range []string{"ink", "dim", "good", "warn", "bad"} {
		check(class, byClass[class].light, "white", "#ffffff")
		check(class, byClass[class].dark, "black", "#0d1117")
	}
	for _, p := range paints {
		if strings.HasPrefix(p.class, "f-") {
			check("ink", byClass["ink"].light, p.class, p.light)
			check("ink", byClass["ink"].dark, p.class, p.dark)
		}
	}
}

// contrast is the ratio of two colours' luminance as WCAG 2 defines it.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 24)
	if err != nil || len(color) != 7 {
		t.Fatalf("color %q is not #rrggbb", color)
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(n>>(16-8*i)&0xff) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// TestPut writes a file once, leaves it alone, and tells when it is stale.
func TestPut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "figures", "x.svg")
	if err := put(path, []byte("new"), true); err == nil {
		t.Error("put(check) of a missing file = nil, want an error")
	}
	if err := put(path, []byte("new"), false); err != nil {
		t.Fatal(err)
	}
	if err := put(path, []byte("new"), true); err != nil {
		t.Errorf("put(check) of a current file = %v", err)
	}
	if err := put(path, []byte("newer"), true); err == nil {
		t.Error("put(check) of a stale file = nil, want an error")
	}
}
