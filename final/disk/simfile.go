package disk

import (
	"io"
	"io/fs"
)

// simFile is an open file of a Sim.
type simFile struct {
	sim    *Sim
	id     int
	name   string
	write  bool
	closed bool // guarded by sim.mu
}

// Name returns the name that the file was opened by.
func (f *simFile) Name() string { return f.name }

// do is [Sim.do] for an operation on the file, which act and partial are given.
func (f *simFile) do(e Event, act func(n *node) error, partial func(*node, *Fault)) error {
	var left func(*Fault)
	if partial != nil {
		left = func(fault *Fault) { partial(f.sim.own(f.id), fault) }
	}
	return f.sim.do(e, f, func() error { return act(f.sim.nodes[f.id]) }, left)
}

// change is do for what changes the file.
func (f *simFile) change(e Event, act func(n *node), partial func(*node, *Fault)) error {
	if !f.write {
		return &fs.PathError{Op: e.Op.String(), Path: f.name, Err: fs.ErrPermission}
	}
	if err := checkOffset(e.Op.String(), f.name, min(e.Offset, e.Length)); err != nil {
		return err
	}
	if e.Offset > maxSize-e.Length {
		return &fs.PathError{Op: e.Op.String(), Path: f.name, Err: errTooLarge}
	}
	return f.do(e, func(*node) error { act(f.sim.own(f.id)); return nil }, partial)
}

// ReadAt reads, as [File] describes.
func (f *simFile) ReadAt(p []byte, offset int64) (n int, err error) {
	if err := checkOffset("read", f.name, offset); err != nil {
		return 0, err
	}
	err = f.do(Event{Op: OpRead, Offset: offset, Length: int64(len(p))}, func(file *node) error {
		if n = file.read(p, offset); n < len(p) {
			return io.EOF
		}
		return nil
	}, func(file *node, fault *Fault) {
		n = file.read(p[:clamp(fault.Bytes, len(p))], offset)
	})
	return n, err
}

// WriteAt writes, as [File] describes. The bytes are not durable before Sync, and until then power loss may keep any of
// the sectors.
func (f *simFile) WriteAt(p []byte, offset int64) (n int, err error) {
	err = f.change(Event{Op: OpWrite, Offset: offset, Length: int64(len(p)), Data: p}, func(file *node) {
		file.write(p, offset)
		n = len(p)
	}, func(file *node, fault *Fault) {
		n = clamp(fault.Bytes, len(p))
		file.write(p[:n], offset)
	})
	return n, err
}

// clamp returns n, or the bound that it exceeds.
func clamp(n, most int) int { return max(0, min(n, most)) }

// Sync settles content and size, as [File] describes.
func (f *simFile) Sync() error {
	return f.change(Event{Op: OpSync}, (*node).sync, func(file *node, fault *Fault) {
		if fault.Pages != PagesDirty {
			file.forget(fault.Pages == PagesReverted)
		}
	})
}

// Truncate sets the size, as [File] describes.
func (f *simFile) Truncate(size int64) error {
	return f.change(Event{Op: OpTruncate, Length: size}, func(file *node) { file.truncate(size) }, nil)
}

// Preallocate grows the file, as [File] describes.
func (f *simFile) Preallocate(size int64) error {
	return f.change(Event{Op: OpPreallocate, Length: size}, func(file *node) {
		file.resize(max(file.size, size))
	}, nil)
}

// Size returns the present size.
func (f *simFile) Size() (size int64, err error) {
	err = f.do(Event{Op: OpSize}, func(file *node) error { size = file.size; return nil }, nil)
	return size, err
}

// Lock takes the file, as [File] describes.
func (f *simFile) Lock() error {
	if !f.write {
		return &fs.PathError{Op: "lock", Path: f.name, Err: fs.ErrPermission}
	}
	return f.do(Event{Op: OpLock}, func(*node) error {
		if holder := f.sim.locks[f.id]; holder != nil && holder != f {
			return ErrLocked
		}
		f.sim.locks[f.id] = f
		return nil
	}, nil)
}

// Close closes the file, as [File] describes; when a fault makes it fail, too.
func (f *simFile) Close() error {
	done := func() {
		f.closed = true
		f.sim.open[f.id]--
		if f.sim.locks[f.id] == f {
			delete(f.sim.locks, f.id)
		}
	}
	return f.do(Event{Op: OpClose}, func(*node) error { done(); return nil }, func(*node, *Fault) { done() })
}
