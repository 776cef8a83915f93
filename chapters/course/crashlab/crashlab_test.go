package crashlab_test

import (
	"testing"

	"example.com/logbook/chapters/course/crashlab"
)

// A message is found at the beginning of a line only, and only if it is whole.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "hello\n", `course crash: {"Number":1`, `x course crash: {"Number":1}`, `{"Number":1}`} {
		if m, ok := crashlab.Parse(line); ok {
			t.Errorf("Parse(%q) = %+v, want none", line, m)
		}
	}
}

// No states would be no bound at all.
func TestBoundsAreBounds(t *testing.T) {
	t.Parallel()
	if got := (crashlab.Order{}).Bounds(0).States; got != 1 {
		t.Errorf("Bounds(0).States = %d, want 1", got)
	}
}
