package main

import "strings"

// textWidth returns how many pixels s may take at the given size: an upper
// bound over the fonts that the style sheet names. The widest of them are
// DejaVu's, and the thousandths of an em below are theirs, rounded up.
func textWidth(s string, size int, class string) int {
	mono, bold := hasClass(class, "m"), hasClass(class, "b")
	sum := 0
	for _, r := range s {
		if mono {
			sum += 603
			continue
		}
		w := runeWidth(r)
		if bold {
			w += 80
		}
		sum += w
	}
	return (sum*size + 999) / 1000
}

// runeWidth returns the width of one letter of the sans face, in thousandths of
// an em.
func runeWidth(r rune) int {
	switch {
	case strings.ContainsRune("ijl.,:;'|! ", r):
		return 340
	case strings.ContainsRune("frtI()[]/-", r):
		return 412
	case strings.ContainsRune("mw%@W", r):
		return 990
	case strings.ContainsRune("→←≠=+<>−", r):
		return 838
	case r >= 'A' && r <= 'Z':
		if r == 'M' {
			return 870
		}
		return 788
	}
	return 637
}

// hasClass tells whether name is among the classes of a text.
func hasClass(class, name string) bool {
	for field := range strings.FieldsSeq(class) {
		if field == name {
			return true
		}
	}
	return false
}
