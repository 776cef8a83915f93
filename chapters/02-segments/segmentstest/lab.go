package segmentstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// Crash is the chapter's crash lab: the implementation's own code, from Create
// to a second life behind Repair, crashed at every point; its recovery crashed
// too. It is skipped while any exercise waits. With -v it tells how many disks
// it tried.
func Crash(t *testing.T, impl Implementation) {
	for _, e := range chapter.Exercises {
		if reason := chapter.Waits(impl.Waits, e.ID); reason != "" {
			t.Skip("the crash lab needs the whole chapter: " + reason)
		}
	}
	for _, e := range Experiments(impl) {
		t.Run(strings.ReplaceAll(e.Name, " ", "_"), func(t *testing.T) {
			report, err := e.Explore(t.Context(), &crash.Bounds{Subsets: 5, Seeds: 4, Torn: true, States: 1500})
			if err != nil {
				t.Fatalf("the crash lab: %v", err)
			}
			fmt.Fprint(t.Output(), report) // no line number: the page shows this
		})
	}
}

// Experiments returns the crash lab's, for a search with bounds of one's own.
func Experiments(impl Implementation) []*crash.Experiment {
	l := life{impl}
	return []*crash.Experiment{
		{Name: "a life of three segments", Work: l.write, Recover: l.recover, Again: l.again, Repeat: suite.Repeat(2)},
		{Name: "a torn log repaired", Start: l.torn, Work: l.mend, Recover: l.recoverTorn, Again: l.again, Repeat: suite.Repeat(2)},
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
		// What is held when the cut begins is the cut's to make durable first.
		held := plain(300)
		note(tries{texts(append([]Record{held}, laterHead...))})
		if err := log.Append(held.Type, held.Data); err != nil {
			return err
		}
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
	return errors.Join(m.copyTo(fsys, 0), suite.Put(fsys, dir+"/"+t.last(), t.b, false))
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
		return nil, errors.New("the log is torn, says Open; Repair finds nothing to do")
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
