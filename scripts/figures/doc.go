// Figures draws the pictures of the book, docs/figures/*.svg, from bytes that
// the code of the chapters really writes.
//
// Usage, from anywhere inside the project:
//
//	go run ./scripts/figures         draw every figure
//	go run ./scripts/figures -check  exit with 1 when a figure is missing or stale
//
// A figure is a function that returns a canvas. Wherever it shows an offset, a
// byte, a checksum or a verdict, that value comes from the packages of the chapters, and a
// figure whose story no longer holds fails instead of being drawn: a state that
// the text calls torn must be judged torn.
//
// Every text on a canvas is measured against the box it stands in, against the
// picture's edge and against every other text. The measure is an upper bound
// over the fonts that a reader may have, so a figure that passes here does not
// overflow there.
//
// Pictures are legible on light and dark ground: the background is
// transparent, and each file carries both sets of colours. No colour is the only
// sign of anything; what it says is also written or drawn.
//
// Exit codes: 0 done, 1 a figure is stale or cannot be drawn, 2 wrong use.
package main

//go:generate go run .
