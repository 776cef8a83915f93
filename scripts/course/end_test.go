package main

import (
	"strings"
	"testing"

	"example.com/logbook/scripts/course/internal/book"
)

// The end of each chapter of this book can be found in its page: what check
// says at that point is taken from there.
func TestEndOfEveryChapter(t *testing.T) {
	t.Parallel()
	root, err := book.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	b, err := book.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	tl := &tool{book: b}
	for _, c := range b.Chapters {
		crash := tl.section(c, "Crash it")
		if command := crash.command(c.Desk); !strings.Contains(command, " -run ") {
			t.Errorf("%s:%d: the section Crash it names no command go test ./%s -run ...; found %q", c.Page, crash.line, c.Desk, command)
		}
		if tl.section(c, "Check yourself").line == 0 {
			t.Errorf("%s: no section Check yourself", c.Page)
		}
	}
}
