package segmentstest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// What a workload notes, for who recovers.
type (
	// tries says that records are about to be written, in this order.
	tries struct{ texts []string }
	// acked says that all that was tried until now is promised.
	acked struct{}
	// bound says that what is tried until now and not promised was lost with
	// the process: it must not come back later. good are the records left.
	bound struct{ good []string }
)

// String says it as the trace of a crash does.
func (t tries) String() string { return "will be written: " + shorten(t.texts) }

// String says it as the trace of a crash does.
func (acked) String() string { return "acknowledged: all of it is promised" }

// String says it as the trace of a crash does.
func (b bound) String() string { return "found by the new owner: " + shorten(b.good) }

// ledger is what the notes come to.
func ledger(notes []any) (promised, tried []string) {
	for _, n := range notes {
		switch n := n.(type) {
		case tries:
			tried = append(slices.Clip(tried), n.texts...)
		case acked:
			promised = tried
		case bound:
			promised, tried = n.good, n.good
		}
	}
	return promised, tried
}

// kept returns an error unless what is on the disk is what the notes allow.
func kept(l found, notes []any) error {
	promised, tried := ledger(notes)
	got := texts(l.recs)
	switch {
	case l.wrong != "":
		return fmt.Errorf("no crash may leave this: %s; the log is\n%s", l.wrong, inWords(l))
	case !inOrder(promised, got, tried):
		return fmt.Errorf("the log holds\n  %s\nwhere was promised\n  %s\nand tried\n  %s", shorten(got), shorten(promised), shorten(tried))
	}
	return nil
}

// search explores an experiment, and tells a violation as a failure of the
// invariant.
func (c *check) search(e *crash.Experiment, b *crash.Bounds, means string) {
	c.Helper()
	c.trying, c.world = "the crash lab: "+e.Name, nil
	if e.Repeat == nil {
		e.Repeat = suite.Unrepeated // the test does
	}
	report, err := e.Explore(c.Context(), b)
	if err != nil {
		f := failure{Tried: c.trying, Got: err.Error(), Means: means}
		if v, ok := errors.AsType[*crash.Violation](err); ok {
			f.Got, f.Disk = v.Err.Error(), v.Trace
		}
		c.fail(f)
	}
	c.Logf("%v", report)
}

// bounds are those of the searches that belong to an invariant: small, because
// each edit of an exercise runs them.
var bounds = crash.Bounds{Subsets: 7, Seeds: 8, Torn: true, States: 1500}

// createCrashes is I8.
func createCrashes(c *check) {
	head := []Record{firstHead[0], plain(600)}
	for _, there := range []string{"", "an empty folder"} {
		c.search(&crash.Experiment{
			Name: strings.TrimSuffix("Create in "+there, " in "),
			Start: func(fsys disk.FS) error {
				if there == "" {
					return nil
				}
				return fsys.Mkdir(dir, disk.DirMode)
			},
			Work: func(fsys disk.FS, note func(any)) error {
				note(tries{texts(head)})
				if _, err := c.Create(fsys, dir, head, room); err != nil {
					return err
				}
				note(acked{})
				return nil
			},
			Recover: func(fsys disk.FS, notes []any) error {
				promised, _ := ledger(notes)
				l := look(fsys)
				if len(l.names) == 0 && len(promised) == 0 {
					return nil
				}
				if len(l.names) == 0 {
					return errors.New("there is no segment, and Create had returned nil")
				}
				if got := texts(l.recs); l.wrong == "" && (l.torn || len(got) < len(head)) {
					return fmt.Errorf("there is a log, and its head is not whole:\n%s", inWords(l))
				}
				return kept(l, notes)
			},
		}, &bounds, "what looks like a log is opened at the next start. It must be one: its file, the head in it, and the names of both are made durable before the folder gets its name; and that name before Create returns.")
	}
}

// cutCrashes is I17.
func cutCrashes(c *check) {
	c.search(&crash.Experiment{
		Name: "Create, Append, Sync, Cut, Append, Sync, Cut",
		Work: func(fsys disk.FS, note func(any)) error {
			note(tries{texts(firstHead)})
			l, err := c.Create(fsys, dir, firstHead, room)
			if err != nil {
				return err
			}
			note(acked{})
			for n, size := range []int{30, 900} {
				note(tries{texts([]Record{plain(size)})})
				if err := errors.Join(l.Append(typePlain, plain(size).Data), l.Sync()); err != nil {
					return err
				}
				note(acked{})
				note(tries{texts(append([]Record{plain(11)}, laterHead...))})
				if err := errors.Join(l.Append(typePlain, plain(11).Data), l.Cut(uint64(n), laterHead)); err != nil {
					return err
				}
				note(acked{})
			}
			return l.Close()
		},
		Recover: func(fsys disk.FS, notes []any) error {
			if promised, _ := ledger(notes); len(promised) == 0 {
				return nil // Create is I8's
			}
			return kept(look(fsys), notes)
		},
	}, &bounds, "a cut makes two files of one. Old records, new head, new name: each has to be durable before the next can be seen.")
}

// earlierLife is I24.
func earlierLife(c *check) {
	long := threeSegments().add(plain(600), plain(90), plain(700))
	short := threeSegments()
	c.search(&crash.Experiment{
		Name:  "Open of a log that was cut back, but not synced; then Append, Sync",
		Start: func(fsys disk.FS) error { return long.copyTo(fsys, 0) },
		Work: func(fsys disk.FS, note func(any)) error {
			note(tries{texts(short.recs)})
			note(acked{})
			note(tries{texts(long.recs[len(short.recs):])})
			f, err := fsys.Open(dir+"/"+long.names[2], os.O_RDWR, 0)
			if err == nil {
				err = errors.Join(f.Truncate(short.end(2)), f.Close()) // then this process was killed
			}
			if err != nil {
				return err
			}
			l, err := c.Open(fsys, dir, room)
			if err != nil {
				return err
			}
			note(bound{texts(short.recs)})
			note(tries{texts([]Record{plain(599)})})
			if err := errors.Join(l.Append(typePlain, plain(599).Data), l.Sync()); err != nil {
				return err
			}
			note(acked{})
			return l.Close()
		},
		Recover: func(fsys disk.FS, notes []any) error {
			if len(notes) < 3 {
				return nil // the log as it was
			}
			return kept(look(fsys), notes)
		},
	}, &bounds, "what a truncation took away may come back after a crash, until the file is synced. Behind a new record it would be read as what follows it. Open makes the end durable before it takes writes.")
}

// copyTo writes the log to a disk. The first few files are synced, and so are
// their names; the others are not.
func (m *image) copyTo(fsys disk.FS, synced int) error {
	err := fsys.Mkdir(dir, disk.DirMode)
	for i, n := range m.names {
		if i == synced {
			err = errors.Join(err, fsys.SyncDir(dir))
		}
		err = errors.Join(err, suite.Put(fsys, dir+"/"+n, m.bytes(i), i < synced))
	}
	return err
}

// repairCrashes is I30.
func repairCrashes(c *check) {
	long := threeSegments().add(plain(600))
	t := tear(long, long.end(2)-200, 300)
	c.search(&crash.Experiment{
		Name: "Repair",
		Start: func(fsys disk.FS) error {
			return errors.Join(long.copyTo(fsys, 0), suite.Put(fsys, dir+"/"+t.last(), t.b, false))
		},
		Work: func(fsys disk.FS, note func(any)) error {
			_, err := c.Repair(fsys, dir)
			note(acked{})
			return err
		},
		Recover: func(fsys disk.FS, notes []any) error {
			if l := look(fsys); len(notes) > 0 && l.torn {
				return errors.New("the log is torn again, and Repair had returned nil")
			}
			if _, err := c.Repair(fsys, dir); err != nil {
				return fmt.Errorf("after the crash, Repair: %w", err)
			}
			l := look(fsys)
			if got := texts(l.recs); l.wrong != "" || l.torn || !slices.Equal(got, texts(t.good)) {
				return fmt.Errorf("after a second Repair the log is not what stands before the tear:\n%s", inWords(l))
			}
			for _, n := range suite.Files(fsys, dir) {
				if bytes.Equal(content(fsys, n), t.b) {
					return nil
				}
			}
			return errors.New("the segment was cut, and no file holds what it was before")
		},
	}, &crash.Bounds{Subsets: 6, Seeds: 8, States: 4000, Depth: 1}, "Repair may be cut short as everything may. Called again, it must find either the torn segment or the copy, whole.")
}
