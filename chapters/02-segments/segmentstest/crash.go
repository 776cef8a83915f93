package segmentstest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

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
	report, err := e.Explore(c.Context(), b)
	if err != nil {
		f := failure{tried: c.trying, got: err.Error(), means: means}
		if v, ok := errors.AsType[*crash.Violation](err); ok {
			f.got, f.disk = v.Err.Error(), v.Trace
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
					return errors.New("Create had returned nil, and there is no segment")
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
		err = errors.Join(err, put(fsys, dir+"/"+n, m.bytes(i), i < synced))
	}
	return err
}

// put makes a file.
func put(fsys disk.FS, name string, b []byte, sync bool) error {
	f, err := fsys.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if sync {
		err = errors.Join(err, f.Sync())
	}
	return errors.Join(err, f.Close())
}

// repairCrashes is I30.
func repairCrashes(c *check) {
	long := threeSegments().add(plain(600))
	t := tear(long, long.end(2)-200, 300)
	c.search(&crash.Experiment{
		Name: "Repair",
		Start: func(fsys disk.FS) error {
			return errors.Join(long.copyTo(fsys, 0), put(fsys, dir+"/"+t.last(), t.b, false))
		},
		Work: func(fsys disk.FS, note func(any)) error {
			_, err := c.Repair(fsys, dir)
			note(acked{})
			return err
		},
		Recover: func(fsys disk.FS, notes []any) error {
			if l := look(fsys); len(notes) > 0 && l.torn {
				return errors.New("Repair had returned nil, and the log is torn again")
			}
			if _, err := c.Repair(fsys, dir); err != nil {
				return fmt.Errorf("Repair, after the crash: %w", err)
			}
			l := look(fsys)
			if got := texts(l.recs); l.wrong != "" || l.torn || !slices.Equal(got, texts(t.good)) {
				return fmt.Errorf("after a second Repair the log is not what stands before the tear:\n%s", inWords(l))
			}
			for _, n := range files(fsys, dir) {
				if bytes.Equal(content(fsys, n), t.b) {
					return nil
				}
			}
			return errors.New("the segment was cut, and no file holds what it was before")
		},
	}, &crash.Bounds{Subsets: 6, Seeds: 8, States: 4000, Depth: 1}, "Repair may be cut short as everything may. Called again, it must find either the torn segment or the copy, whole.")
}

// Crash is the chapter's crash lab: the implementation's own code, from Create
// to a second life behind Repair, crashed at every point; its recovery crashed
// too. It is skipped while any exercise waits. With -v it tells how many disks
// it tried.
func Crash(t *testing.T, impl Implementation) {
	for exercise := range titles {
		if reason := impl.waits(exercise); reason != "" {
			t.Skip("the crash lab needs the whole chapter: " + reason)
		}
	}
	for _, e := range Experiments(impl) {
		t.Run(slug(e.Name), func(t *testing.T) {
			report, err := e.Explore(t.Context(), &crash.Bounds{Subsets: 5, Seeds: 4, Torn: true, States: 1500})
			if err != nil {
				t.Fatalf("the crash lab: %v", err)
			}
			t.Log(report)
		})
	}
}

// slug is a name without blanks.
func slug(name string) string {
	b := []byte(name)
	for i := range b {
		if b[i] == ' ' {
			b[i] = '_'
		}
	}
	return string(b)
}

// Experiments returns the crash lab's, for a search with bounds of one's own.
func Experiments(impl Implementation) []*crash.Experiment {
	l := life{impl}
	return []*crash.Experiment{
		{Name: "a life of three segments", Work: l.write, Recover: l.recover, Again: l.again},
		{Name: "a torn log repaired", Start: l.torn, Work: l.mend, Recover: l.recoverTorn, Again: l.again},
	}
}

// life is what a program does with a log: it makes one, appends, cuts, and after
// a crash repairs and opens it and goes on.
type life struct{ Implementation }

// write is the first life.
func (l life) write(fsys disk.FS, note func(any)) error {
	note(tries{texts(firstHead)})
	log, err := l.Create(fsys, dir, firstHead, room)
	if err != nil {
		return err
	}
	note(acked{})
	for n := range 2 {
		if err := l.stores(log, note, 40+600*n, 7); err != nil {
			return err
		}
		note(tries{texts(laterHead)})
		if err := log.Cut(uint64(2*n+1), laterHead); err != nil {
			return err
		}
		note(acked{})
	}
	return errors.Join(l.stores(log, note, 90), log.Close())
}

// stores appends records and syncs them.
func (l life) stores(log Log, note func(any), sizes ...int) error {
	for _, size := range sizes {
		r := plain(size)
		note(tries{texts([]Record{r})})
		if err := log.Append(r.Type, r.Data); err != nil {
			return err
		}
	}
	if err := log.Sync(); err != nil {
		return err
	}
	note(acked{})
	return nil
}

// torn is a log that a crash has torn, for [life.mend].
func (l life) torn(fsys disk.FS) error {
	m := threeSegments()
	t := tear(m.add(plain(600)), m.end(2)-200, 300)
	return errors.Join(m.copyTo(fsys, 0), put(fsys, dir+"/"+t.last(), t.b, false))
}

// mend begins with a torn log.
func (l life) mend(fsys disk.FS, note func(any)) error {
	if _, err := l.Repair(fsys, dir); err != nil {
		return err
	}
	log, err := l.Open(fsys, dir, room)
	if err != nil {
		return err
	}
	return errors.Join(l.stores(log, note, 580, 20), log.Close())
}

// recover is what a start does after a crash: it repairs the log if it must, opens
// it, and looks at what is there.
func (l life) recover(fsys disk.FS, notes []any) error {
	promised, tried := ledger(notes)
	log, err := l.start(fsys)
	if errors.Is(err, l.ErrNoLog) && len(promised) == 0 {
		return nil // Create had not returned
	}
	if err != nil {
		return fmt.Errorf("a crash is all that happened, and the log does not open: %w", err)
	}
	var recs []Placed
	for r, err := range log.Records() {
		if err != nil {
			return errors.Join(fmt.Errorf("the log opens, and does not read: %w", err), log.Close())
		}
		recs = append(recs, r)
	}
	if got := texts(recs); !inOrder(promised, got, tried) {
		err = fmt.Errorf("the log holds\n  %s\nwhere was promised\n  %s\nand tried\n  %s", shorten(got), shorten(promised), shorten(tried))
	}
	return errors.Join(err, log.Close())
}

// recoverTorn is recover where everything began with a torn log.
func (l life) recoverTorn(fsys disk.FS, notes []any) error {
	before := []any{tries{texts(threeSegments().recs)}, acked{}}
	return l.recover(fsys, slices.Concat(before, notes))
}

// start opens the log, after a repair if it is torn.
func (l life) start(fsys disk.FS) (Log, error) {
	log, err := l.Open(fsys, dir, room)
	if !errors.Is(err, l.ErrTorn) {
		return log, err
	}
	report, err := l.Repair(fsys, dir)
	if err != nil {
		return nil, err
	}
	if report.Segment == "" {
		return nil, errors.New("Open says torn, Repair finds nothing to do")
	}
	return l.Open(fsys, dir, room)
}

// again is the second life: it takes what is there, and goes on.
func (l life) again(fsys disk.FS, notes []any, note func(any)) error {
	log, err := l.start(fsys)
	if errors.Is(err, l.ErrNoLog) {
		note(bound{})
		return l.write(fsys, note)
	}
	if err != nil {
		return err
	}
	var recs []Placed
	for r, err := range log.Records() {
		if err != nil {
			return err
		}
		recs = append(recs, r)
	}
	note(bound{texts(recs)})
	return errors.Join(l.stores(log, note, 33), log.Close())
}
