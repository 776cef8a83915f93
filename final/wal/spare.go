package wal

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"example.com/logbook/final/disk"
)

// spareName is the name of the file that the next cut makes a segment. etcd's own are called 0.tmp and 1.tmp in turn.
const spareName = "0.tmp"

const (
	// fillStep is how many zeros are written at once, and then waited for: more would make the log's own syncs wait for them.
	fillStep = 256 << 10

	// fillLead is how far the filling runs ahead of the log: where the log has written n bytes of its segment, as many of the next one are
	// filled, and so many more.
	fillLead = 1 << 20
)

// fill is what is written ahead.
var fill [64 << 10]byte

// spare makes the next segment's file ahead: reserves its space and, because a sync is cheaper where nothing but data changes, fills it
// with zeros. On ext4 space that is only reserved costs a commit of the journal at each sync.
//
// The work is done in small steps, by a goroutine of its own, as far as the log itself has come; or by [WAL.Prepare]; or, but for the filling,
// by the cut itself when nobody has done it.
type spare struct {
	folder *folder
	opts   *Options
	size   int64

	mu     sync.Mutex
	file   disk.File // nil until it is made
	lent   bool      // the cut has it, and it still has the spare's name
	filled int64

	goal atomic.Int64  // how much is to be filled
	wake chan struct{} // the goal was raised; nil without a goroutine
	done chan struct{}
}

// init sets a spare up, and nothing more.
func (s *spare) init(f *folder, opts *Options) {
	s.folder, s.opts, s.size = f, opts, opts.segmentSize()
}

// start begins to work in the background, if the options allow it.
func (s *spare) start() {
	if s.opts.NoBackground {
		return
	}
	s.wake, s.done = make(chan struct{}, 1), make(chan struct{})
	go s.run()
	s.begin()
}

// begin asks for the next file, once the one before has its own name.
func (s *spare) begin() {
	s.mu.Lock()
	s.lent = false
	s.mu.Unlock()
	s.raise(fillLead)
}

// advance is told how much of the present segment is written.
func (s *spare) advance(written int64) {
	if goal := written + fillLead; s.wake != nil && goal >= s.goal.Load()+fillStep {
		s.raise(goal)
	}
}

// raise sets a new goal.
func (s *spare) raise(goal int64) {
	s.goal.Store(goal)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run works until close.
func (s *spare) run() {
	defer close(s.done)
	for range s.wake {
		for {
			more, err := s.step(s.goal.Load())
			if err != nil {
				s.opts.Logger.Warn("the next segment cannot be made ahead; the cut will try again", "file", s.folder.show(spareName), "error", err)
			}
			if err != nil || !more {
				break
			}
		}
	}
}

// step does the next piece of work up to the goal, and tells whether there is more.
func (s *spare) step(goal int64) (more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.lent:
		return false, nil
	case s.file == nil:
		return true, s.make()
	}
	goal = min(goal, s.size)
	if s.opts.NoFill || s.filled >= goal {
		return false, nil
	}
	from := s.filled
	for end := min(from+fillStep, s.size); s.filled < end; {
		n, err := s.file.WriteAt(fill[:min(int64(len(fill)), end-s.filled)], s.filled)
		if s.filled += int64(n); err != nil {
			return false, errors.Join(err, s.drop())
		}
	}
	if err := s.settle(from); err != nil {
		return false, errors.Join(err, s.drop())
	}
	return s.filled < goal, nil
}

// settle brings to the disk what was filled from an offset on, so that the cut's sync has nothing to wait for. Nobody needs the zeros
// to be durable: what is not written reads as zeros too. A sync has the disk empty its cache and the file system commit its journal, and the
// log's own syncs wait for both; so there is one when all is filled, and lighter means before, where there are any.
func (s *spare) settle(from int64) error {
	if s.opts.UnsafeNoSync {
		return nil
	}
	light, ok := s.file.(interface{ Writeback(off, n int64) error })
	if ok && s.filled < s.size && light.Writeback(from, s.filled-from) == nil {
		return nil
	}
	return s.file.Sync()
}

// make creates the file. One that was left there is emptied: what it holds must not come back behind a shorter head.
func (s *spare) make() error {
	f, err := s.folder.Open(s.folder.path(spareName), os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err != nil {
		return err
	}
	if err := f.Lock(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Preallocate(s.size); err != nil {
		return errors.Join(err, f.Close())
	}
	s.file, s.filled = f, 0
	return nil
}

// drop gives up a file of which nothing is known any more.
func (s *spare) drop() error {
	err := s.file.Close()
	s.file = nil
	return err
}

// take hands over the file, and makes it if that was not done.
func (s *spare) take() (disk.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		if err := s.make(); err != nil {
			return nil, err
		}
	}
	f := s.file
	s.file, s.lent = nil, true
	return f, nil
}

// close ends the work and removes the file.
func (s *spare) close() error {
	if s.wake != nil {
		close(s.wake)
		<-s.done
		s.wake = nil
	}
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.drop(), s.folder.Remove(s.folder.path(spareName)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
