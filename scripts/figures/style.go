package main

import (
	"fmt"
	"strings"
)

// paint is one class of the style sheet in its two sets of colours. An empty
// colour is left out.
type paint struct {
	// class is the name that shapes and texts refer to.
	class string
	// property is what the colours apply to: "fill" or "stroke".
	property string
	// light and dark are CSS colours for the two grounds.
	light, dark string
	// rest is whatever does not depend on the ground.
	rest string
}

// paints is the whole palette. Classes that begin with "f-" fill boxes that
// hold text, so their light colour takes dark text and the other way round.
var paints = []paint{
	{class: "ink", property: "fill", light: "#1f2328", dark: "#e6edf3"},
	{class: "dim", property: "fill", light: "#59636e", dark: "#9da7b1"},
	{class: "good", property: "fill", light: "#116329", dark: "#56d364"},
	{class: "warn", property: "fill", light: "#7d4e00", dark: "#e3b341"},
	{class: "bad", property: "fill", light: "#a40e26", dark: "#ff8182"},
	{class: "line", property: "stroke", light: "#818b98", dark: "#7d8590", rest: "fill:none;stroke-width:1"},
	{class: "thick", property: "stroke", light: "#59636e", dark: "#9da7b1", rest: "fill:none;stroke-width:2"},
	{class: "goodline", property: "stroke", light: "#1a7f37", dark: "#3fb950", rest: "fill:none;stroke-width:2"},
	{class: "badline", property: "stroke", light: "#cf222e", dark: "#f85149", rest: "fill:none;stroke-width:2"},
	{class: "tip", property: "fill", light: "#59636e", dark: "#9da7b1"},
	{class: "goodtip", property: "fill", light: "#1a7f37", dark: "#3fb950"},
	{class: "badtip", property: "fill", light: "#cf222e", dark: "#f85149"},
	{class: "f-word", property: "fill", light: "#b6d8ff", dark: "#0d419d"},
	{class: "f-pad", property: "fill", light: "#e0e4e9", dark: "#3d444d"},
	{class: "f-type", property: "fill", light: "#e2cdff", dark: "#5a2ea6"},
	{class: "f-crc", property: "fill", light: "#ffd3a8", dark: "#7a3d00"},
	{class: "f-data", property: "fill", light: "#b4f1c0", dark: "#0f5323"},
	{class: "f-zero", property: "fill", light: "#f6f8fa", dark: "#161b22"},
	{class: "f-bad", property: "fill", light: "#ffcecb", dark: "#8e1519"},
	{class: "f-other", property: "fill", light: "#fae17d", dark: "#693e00"},
}

// The two faces. Monospace for bytes and names, the reader's own sans for words.
const (
	monoFamily = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
	sansFamily = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif"
)

// styleSheet returns the CSS of every figure. Colours stand in plain rules, not
// in variables, because some renderers know no variables; a renderer without
// media queries shows the light ones.
func styleSheet() string {
	var light, dark strings.Builder
	fmt.Fprintf(&light, "text{font-family:%s}\n.m{font-family:%s}\n.b{font-weight:600}\n", sansFamily, monoFamily)
	for _, p := range paints {
		rest := p.rest
		if rest != "" {
			rest = ";" + rest
		}
		fmt.Fprintf(&light, ".%s{%s:%s%s}\n", p.class, p.property, p.light, rest)
		fmt.Fprintf(&dark, ".%s{%s:%s}\n", p.class, p.property, p.dark)
	}
	// Behind the palette: these change the stroke of boxes, which keep their fill.
	light.WriteString(".box{stroke:#818b98;stroke-width:1}\n.dash{stroke-dasharray:4 3}\n")
	dark.WriteString(".box{stroke:#7d8590}\n")
	return light.String() + "@media (prefers-color-scheme:dark){\n" + dark.String() + "}\n"
}
