package snapshotstest

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"example.com/logbook/final/disk"
)

// check is one invariant being tried on one implementation.
type check struct {
	*testing.T
	Implementation
	inv invariant

	// trying is what is under way where there is no world; world is the disk
	// that is being worked on. Both are for the story of a panic.
	trying string
	world  *world

	// caught, if set, takes a failure instead of the test: see smallest.
	caught func(f failure)
}

// failure is what a broken invariant tells the person who broke it.
type failure struct {
	// tried is the smallest input that shows it, in words or as calls.
	tried string
	// got and want are lines to compare; want is empty when there is nothing
	// to compare got with.
	got, want string
	// disk is what was done to the disk, or what is on it.
	disk string
	// means is a sentence: what this would do to a node.
	means string
}

// fail ends the subtest with the whole story.
func (c *check) fail(f failure) {
	c.Helper()
	if c.caught != nil {
		c.caught(f)
		panic(stop{})
	}
	c.Fatal(c.story(f))
}

// story is a failure as text, in at most some 30 lines.
func (c *check) story(f failure) string {
	number, name, _ := strings.Cut(c.inv.slug, "_")
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", number, apostrophes.Replace(strings.ReplaceAll(name, "_", " ")))
	section(&b, "tried", f.tried)
	section(&b, "got", f.got)
	section(&b, "want", f.want)
	section(&b, "disk", f.disk)
	section(&b, "means", f.means)
	section(&b, "read", page(c.inv.exercise))
	return strings.TrimRight(b.String(), "\n")
}

// apostrophes puts back what the name of a test must not hold.
var apostrophes = strings.NewReplacer("leaders", "leader's", "etcds", "etcd's")

// section writes text behind a label: on its line if it fits, below if it has
// several lines. Empty text is left out.
func section(b *strings.Builder, label, text string) {
	text = strings.Trim(text, "\n")
	switch {
	case text == "":
		return
	case !strings.Contains(text, "\n"):
		fmt.Fprintf(b, "  %-6s %s\n", label+":", text)
		return
	}
	fmt.Fprintf(b, "  %s:\n", label)
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	b.WriteByte('\n')
}

// page is where the book explains an exercise: file and anchor. The anchor is
// made as Markdown renderers make it, from a heading such as "3.6 match".
func page(exercise string) string {
	heading := strings.ToLower(exercise + " " + titles[exercise])
	anchor := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, heading)
	return "docs/03-snapshots.md#" + anchor
}

// kinds are the errors that a failure calls by their names, the more specific
// ones first.
func (c *check) kinds() []kindOf {
	return []kindOf{
		{"the disk's error", errDisk}, {"EIO, the disk's error", syscall.EIO}, {"ENOSPC, the disk's error", syscall.ENOSPC},
		{"ErrRefused", c.ErrRefused}, {"ErrSliceOutOfRange", c.ErrSliceOutOfRange},
		{"ErrSnapshotNotFound", c.ErrSnapshotNotFound}, {"ErrSnapshotMismatch", c.ErrSnapshotMismatch},
		{"ErrMetadataConflict", c.ErrMetadataConflict}, {"ErrNotRead", c.ErrNotRead}, {"ErrRead", c.ErrRead},
		{"ErrClosed", c.ErrClosed}, {"ErrNoSnapshot", c.ErrNoSnapshot}, {"ErrName", c.ErrName},
		{"ErrCorrupt", c.ErrCorrupt}, {"corrupt", c.ErrLogCorrupt}, {"torn", c.ErrTorn},
		{"disk.ErrLocked", disk.ErrLocked}, {"fs.ErrExist", fs.ErrExist}, {"fs.ErrNotExist", fs.ErrNotExist},
	}
}

// kindOf is a name for what matches an error.
type kindOf struct {
	name string
	err  error
}

// kind names what an error matches, as the contracts name it. It is what is
// compared and shown of an error.
func (c *check) kind(err error) string {
	if err == nil {
		return "nil"
	}
	for _, k := range c.kinds() {
		if k.err != nil && errors.Is(err, k.err) {
			return k.name
		}
	}
	return "another error"
}

// told is an error as a failure shows it: what it matches, and its text.
func (c *check) told(err error) string {
	if err == nil {
		return "nil"
	}
	return c.kind(err) + ": " + strings.ReplaceAll(err.Error(), "\n", "; ")
}

// errDisk is what the suite's disks say when they fail: an error that no
// implementation can know beforehand.
var errDisk = errors.New("the disk does not answer (made up by the suite)")
