package recordstest

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"example.com/logbook/chapters/course/suite"
)

// faults are the ways in which a write below may fail.
var faults = []struct {
	name  string
	takes int
	err   error
	want  error
}{
	{"takes nothing and returns an error", 0, suite.ErrDisk, suite.ErrDisk},
	{"takes 5 bytes and returns an error", 5, suite.ErrDisk, suite.ErrDisk},
	{"takes everything and returns an error", 1 << 30, suite.ErrDisk, suite.ErrDisk},
	{"takes 5 bytes and returns no error", 5, nil, io.ErrShortWrite},
	{"takes nothing and returns no error", 0, nil, io.ErrShortWrite},
}

// firstErrorStays is I8.
func firstErrorStays(c *check) {
	big := heldBytes + pageSize + 8
	for _, s := range []script{
		{0, []int{8, flush}},
		{8, []int{100, flush, 100, flush}},
		{0, []int{big}},
		{8, []int{big, flush}},
		{16, []int{24, flush, big, big, flush}},
	} {
		clean := &sink{c: c, start: s.offset}
		c.noError(s, c.play(s, clean, func(int, []byte, int) {}))
		for failAt := 1; failAt <= clean.calls; failAt++ {
			for _, f := range faults {
				disk := &sink{c: c, start: s.offset, failAt: failAt, takes: f.takes, err: f.err}
				c.staysFailed(s, disk, f.name, f.want)
			}
		}
	}
}

// do does one step of a script.
func do(w PageWriter, n int) error {
	if n == flush {
		return w.Flush()
	}
	_, err := w.Write(text(n))
	return err
}

// staysFailed plays s until the disk fails, then goes on writing and flushing.
func (c *check) staysFailed(s script, disk *sink, fault string, want error) {
	w := c.NewPageWriter(disk, s.offset)
	s.steps = append(slices.Clone(s.steps), 8, flush, heldBytes+2*pageSize, flush)
	failed := -1 // the step in which the disk failed
	for i, n := range s.steps {
		c.trying("%v; call %d of the writer below %s", s.until(i), disk.failAt, fault)
		err := do(w, n)
		if failed < 0 && disk.calls >= disk.failAt {
			failed = i
		}
		if failed < 0 || disk.calls == disk.failAt && errors.Is(err, want) {
			continue
		}
		f := failure{
			Tried: fmt.Sprintf("%v.\n%s", s.until(failed), fmt.Sprintf("In that last %s, call %d of the writer below %s.", call(s.steps[failed]), disk.failAt, fault)),
			Got:   fmt.Sprintf("that %s: error %v", call(n), err),
			Want:  fmt.Sprintf("that %s: error %v", call(n), want),
			Means: "a Save that returns nil is a promise; after a lost write no promise may be made.",
		}
		if i > failed {
			f.Tried += fmt.Sprintf("\nThen: %s.", calls(s.steps[failed+1:i+1]))
			f.Got = fmt.Sprintf("the last %s: error %v", call(n), err)
			f.Want = fmt.Sprintf("the last %s: error %v, as from every call after the first error", call(n), want)
		}
		if disk.calls > disk.failAt {
			f.Got = fmt.Sprintf("the writer below was called again, in the last %s", call(n))
			f.Want = "nothing handed on after the first error"
			f.Means = "what the failed write left on the disk is unknown; bytes behind it would stand behind a hole."
		}
		c.fail(f)
	}
}
