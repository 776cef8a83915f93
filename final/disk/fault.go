package disk

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// Op is a kind of operation on a disk, or a set of kinds: OpWrite|OpTruncate.
type Op uint32

// The operations, as [Sim.Log] tells them and [Fault] selects them.
const (
	OpOpen        Op = 1 << iota // FS.Open of a file that is there
	OpCreate                     // FS.Open of a file that is not there, with os.O_CREATE
	OpMkdir                      // FS.Mkdir
	OpRename                     // FS.Rename
	OpRemove                     // FS.Remove
	OpList                       // FS.List
	OpStat                       // FS.Stat
	OpSyncDir                    // FS.SyncDir
	OpRead                       // File.ReadAt
	OpWrite                      // File.WriteAt
	OpSync                       // File.Sync
	OpTruncate                   // File.Truncate, and FS.Open with os.O_TRUNC
	OpPreallocate                // File.Preallocate
	OpSize                       // File.Size
	OpLock                       // File.Lock
	OpClose                      // File.Close

	// OpChanges are the operations that change the disk, or what a crash leaves of it. Between any two of them lies a
	// point at which a crash leaves something else.
	OpChanges = OpCreate | OpMkdir | OpRename | OpRemove | OpSyncDir | OpWrite | OpSync | OpTruncate | OpPreallocate
)

// opNames are the names of the bits of Op, from the lowest on.
var opNames = [...]string{
	"open", "create", "mkdir", "rename", "remove", "list", "stat", "syncdir",
	"read", "write", "sync", "truncate", "preallocate", "size", "lock", "close",
}

// String returns the names of the operations, such as "write" or "write|sync".
func (o Op) String() string {
	var names []string
	for i, name := range opNames {
		if o&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// Event is one operation on a [Sim], as it happened.
type Event struct {
	// Op is the kind: exactly one.
	Op Op

	// Name is the file or folder, by its present name.
	Name string

	// To is the new name of a rename.
	To string

	// File is the number of the file in an operation of [File], as in [Undecided]. It is 0 in those of [FS].
	File int

	// Offset is where a read or write began.
	Offset int64

	// Length is how many bytes were to be read or written, or the size that Truncate and Preallocate were given.
	Length int64

	// Data is what a write was given. Only the function given to [Sim.Watch] sees it; it belongs to the writer, and
	// must not be changed or kept.
	Data []byte

	// Err is what the operation returned.
	Err error
}

// String returns the operation in words: "write 0.wal [512,1024)", "rename a to b: input/output error".
func (e Event) String() string {
	s := e.Op.String() + " " + e.Name
	switch e.Op {
	case OpRename:
		s += " to " + e.To
	case OpRead, OpWrite:
		s += fmt.Sprintf(" [%d,%d)", e.Offset, e.Offset+e.Length)
	case OpTruncate, OpPreallocate:
		s += fmt.Sprintf(" to %d", e.Length)
	}
	if e.Err != nil {
		s += ": " + cause(e.Err).Error()
	}
	return s
}

// cause returns the error without the operation and the names, which stand in front of it already.
func cause(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	}
	return err
}

// Pages is what becomes of the pages that a sync did not write because it failed.
type Pages int

const (
	// PagesClean is what Linux does on ext4 and XFS: the pages are marked clean and keep the new content. Reads
	// return it, no later sync writes it, and it is gone after a crash, or not.
	PagesClean Pages = iota

	// PagesReverted is what Linux does on btrfs: the same, but reads return the old content.
	PagesReverted

	// PagesDirty is what everybody would like: the pages stay dirty, and a later sync writes them.
	PagesDirty
)

// Fault is a failure to come.
type Fault struct {
	// Ops are the operations that it may hit. Zero means any.
	Ops Op

	// Name is a pattern ([path.Match]) for the whole name or its last part; a rename has two of them. Empty means any
	// name. A malformed pattern matches nothing.
	Name string

	// Nth says which of the operations that match fails, counted from the call of Inject on: 1 is the next, and so
	// is 0.
	Nth int

	// Always makes all later ones fail too.
	Always bool

	// Err is the reason given. Nil means syscall.EIO. [io.EOF] makes a read end early, without a reason.
	Err error

	// Bytes is how many bytes a read or write transfers before it fails, from the beginning.
	Bytes int

	// Done makes the operation happen as if it had not failed: only the error that it returns is wrong.
	Done bool

	// Pages is what a failed Sync does to the pages it should have written, and a failed SyncDir to the names.
	Pages Pages
}

// matches reports whether an operation is one that the fault may hit.
func (f *Fault) matches(e *Event) bool {
	if f.Ops != 0 && f.Ops&e.Op == 0 {
		return false
	}
	return f.Name == "" || slices.ContainsFunc([]string{e.Name, e.To}, func(name string) bool {
		whole, _ := path.Match(f.Name, name)
		last, _ := path.Match(f.Name, path.Base(name))
		return name != "" && (whole || last)
	})
}

// error returns what the operation reports.
func (f *Fault) error() error {
	if f.Err == nil {
		return syscall.EIO
	}
	return f.Err
}

// armed is a fault in a disk.
type armed struct {
	Fault
	seen, fired int
}

// Inject makes an operation fail. Several faults are independent: each counts every operation that matches it, and when
// two would hit the same one, the first given does. The function that it returns tells how often the fault has struck:
// a sweep over Nth is complete when it never did.
func (s *Sim) Inject(f Fault) (struck func() int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &armed{Fault: f}
	s.faults = append(s.faults, a)
	return func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return a.fired
	}
}

// Heal removes all faults: there is space again, the cable is back in. What they did is done.
func (s *Sim) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// due counts an operation and returns the fault that hits it, or nil.
func (s *Sim) due(e *Event) *Fault {
	var hit *Fault
	for _, a := range s.faults {
		if !a.matches(e) {
			continue
		}
		a.seen++
		nth := max(a.Nth, 1)
		if hit == nil && (a.seen == nth || a.Always && a.seen > nth) {
			a.fired++
			hit = &a.Fault
		}
	}
	return hit
}

// Log returns what was done to this disk so far, oldest first. A disk that Crash or Kill returns begins a new log.
func (s *Sim) Log() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// ClearLog forgets what was done so far.
func (s *Sim) ClearLog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = nil
}

// KeepLog says whether the disk keeps its log, which it does unless told otherwise. Without it, and without a function to
// [Sim.Watch], operations are cheaper: for those who make many disks, and do not ask what was done to them.
func (s *Sim) KeepLog(keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = !keep
}

// Watch has a function called after every operation, by the goroutine that did it. The function may call any method of
// the disk; in it, [Sim.Kill] and [Sim.Crash] return the disk as a crash at this point leaves it, provided that no other
// goroutine uses the disk. Nil ends it.
func (s *Sim) Watch(f func(Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch = f
}

// do is one operation of the folder, or of f: the fault that is due, or act. Partial, if not nil, is what a fault leaves
// of it.
func (s *Sim) do(e Event, f *simFile, act func() error, partial func(*Fault)) error {
	s.mu.Lock()
	if s.closed && f == nil || f != nil && f.closed {
		s.mu.Unlock()
		if f != nil {
			e.Name = f.name
		}
		return wrap(&e, fs.ErrClosed)
	}
	if f != nil {
		e.File = f.id
		if !s.silent || s.watch != nil || len(s.faults) > 0 {
			e.Name = s.path(f.id)
		}
	}
	if e.Op == OpCreate {
		if _, err := s.find(e.Name); err == nil {
			e.Op = OpOpen
		}
	}
	err := s.outcome(&e, act, partial)
	if f != nil && err != nil {
		e.Name = s.path(f.id)
	}
	e.Err = wrap(&e, err)
	if !s.silent {
		seen := e
		seen.Data = nil
		s.log = append(s.log, seen)
	}
	watch := s.watch
	s.mu.Unlock()
	if watch != nil {
		watch(e)
	}
	return e.Err
}

// outcome performs the operation, or as much of it as a fault lets happen.
func (s *Sim) outcome(e *Event, act func() error, partial func(*Fault)) error {
	fault := s.due(e)
	switch {
	case fault == nil:
		return act()
	case fault.Done:
		act()
	case partial != nil:
		partial(fault)
	}
	return fault.error()
}

// wrap names operation and file in an error, as the operating system's do. The end of a file is no failure.
func wrap(e *Event, err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case e.Op == OpRename:
		return &os.LinkError{Op: "rename", Old: e.Name, New: e.To, Err: err}
	}
	return &fs.PathError{Op: e.Op.String(), Path: e.Name, Err: err}
}
