package main

import (
	"fmt"
	"strconv"
)

// hint prints one tier of an exercise's hints: the first unless asked.
func (t *tool) hint(args []string) error {
	c, e, err := t.findExercise(args[0])
	if err != nil {
		return err
	}
	if len(e.Hints) == 0 {
		return fmt.Errorf("%s: no hints for exercise %s", c.Hints, e.ID)
	}
	tier := 1
	if len(args) == 2 {
		tier, err = strconv.Atoi(args[1])
		if err != nil || tier < 1 || tier > len(e.Hints) {
			return usageError(fmt.Sprintf("exercise %s has hints 1 to %d, not %q", e.ID, len(e.Hints), args[1]))
		}
	}
	fmt.Fprintf(t.stdout, "%s, hint %d of %d\n\n%s\n", t.paint.paint(bold, title(e)), tier, len(e.Hints), wrap(e.Hints[tier-1], min(t.width, proseWidth)))
	if tier < len(e.Hints) {
		fmt.Fprintf(t.stdout, "\nmore: go run ./scripts/course hint %s %d\n", e.ID, tier+1)
	}
	return nil
}
