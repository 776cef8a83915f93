package torture

import (
	"fmt"
	"strings"
	"sync/atomic"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
	"example.com/logbook/final/wal"
)

// Setup is what an experiment varies beside its word.
type Setup struct {
	// Segment is the size of a segment.
	Segment int64

	// NoFill leaves the next segment as it is reserved.
	NoFill bool

	// Create makes the log a part of the work, which is crashed. Otherwise it is there before.
	Create bool

	// Again is the word of the second life: what the node does after it has recovered. If it is empty, there is none.
	Again string

	acknowledged *atomic.Int64 // counts what was checked; may be nil
}

// Word is a row of letters of [Alphabet]: what a node does.
type Word string

// Experiment returns the experiment of a word. Its Recover starts the node as a program does, and checks what it reads by a model of raft's log
// that knows nothing of files.
func (w Word) Experiment(s Setup) (*crash.Experiment, error) {
	if !valid(string(w)) || !valid(s.Again) || s.Segment <= 0 {
		return nil, fmt.Errorf("torture: no word %q: its letters are %s, and a segment has a size", string(w), Alphabet)
	}
	e := &crash.Experiment{Name: s.name(string(w)), Work: s.work(string(w)), Recover: s.recover}
	if !s.Create {
		e.Start = s.start
	}
	if s.Again != "" {
		e.Again = s.again
	}
	return e, nil
}

// name is what reports call the experiment, and what [Parse] reads.
func (s Setup) name(word string) string {
	flags := ""
	if s.Create {
		flags += "+"
	}
	if s.NoFill {
		flags += "-"
	}
	return fmt.Sprintf("%s%s:%d/%s", flags, word, s.Segment, s.Again)
}

// Parse reads what the experiment of a word is called: + if Create is crashed, - without filling, the word, a colon, the segment's size, a slash,
// and the second word.
func Parse(name string) (w Word, s Setup, err error) {
	rest, again, ok := strings.Cut(name, "/")
	word, size, sized := strings.Cut(rest, ":")
	_, err = fmt.Sscanf(size, "%d", &s.Segment)
	if !ok || !sized || err != nil {
		return "", s, fmt.Errorf("torture: %q is not of the form sxc:1024/s", name)
	}
	word, s.Create = strings.CutPrefix(word, "+")
	word, s.NoFill = strings.CutPrefix(word, "-")
	s.Again = again
	if _, err := Word(word).Experiment(s); err != nil {
		return "", s, err
	}
	return Word(word), s, nil
}

// begun returns a node on a disk, with what was noted before.
func (s Setup) begun(fs disk.FS, notes []any, say func(any)) *life {
	return &life{Setup: s, fs: fs, say: say, ghost: known(notes)}
}

// start makes an empty log.
func (s Setup) start(fs disk.FS) error {
	l := s.begun(fs, nil, func(any) {})
	return l.shut(l.create())
}

// work is the workload.
func (s Setup) work(word string) func(disk.FS, func(any)) error {
	return func(fs disk.FS, say func(any)) error {
		l := s.begun(fs, nil, say)
		first := l.create
		if !s.Create {
			l.ghost = l.ghost.acked(0)
			first = l.open
		}
		err := first()
		if err == nil {
			err = l.spell(word)
		}
		if err == nil {
			err = l.close()
		}
		return l.shut(err)
	}
}

// recover starts the node on what a crash left, and checks what it sees. Then the process dies.
func (s Setup) recover(fs disk.FS, notes []any) error {
	m := &mortal{FS: fs}
	l := s.begun(m, notes, func(any) {})
	err := s.judge(l)
	m.dead = true
	if l.w != nil {
		l.w.Close()
	}
	return err
}

// judge is the node's start, and the check.
func (s Setup) judge(l *life) error {
	there, err := wal.Exist(dir, l.options())
	switch {
	case err != nil:
		return err
	case !there && (l.ghost.created || !s.Create):
		return fmt.Errorf("%w: the log is gone", errLost)
	case !there:
		return l.create()
	}
	v, err := l.read()
	if err == nil {
		err = l.ghost.check(v)
	}
	if s.acknowledged != nil {
		s.acknowledged.Add(l.ghost.acks)
	}
	return err
}

// again is the second life, on a log that was just recovered.
func (s Setup) again(fs disk.FS, notes []any, say func(any)) error {
	l := s.begun(fs, notes, say)
	err := l.open()
	if err == nil {
		l.acts = len(notes) // a leader's snapshot is another one
		err = l.spell(s.Again)
	}
	return l.shut(err)
}
