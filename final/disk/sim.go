package disk

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"
)

// Sim is a disk in memory that knows what of it is durable. It behaves as [OS] does, and can do what a real disk does
// only on a bad day: lose power ([Sim.Crash]), survive the death of its process ([Sim.Kill]), and fail ([Sim.Inject]).
//
// The zero value is not usable; see [NewSim]. A Sim is safe for concurrent use. Disks that come from one another by
// Crash and Kill share what they have in common and are otherwise independent.
//
// It has no clock, so files have no times; no symbolic links; no limit of space, for which there are faults; and
// refuses files larger than 4 GiB.
type Sim struct {
	mu     sync.Mutex
	owner  *int    // marks the nodes that this disk alone refers to
	nodes  []*node // by id; nodes[root] is the folder itself; nil for what is gone for good
	closed bool

	// changes are the creates, renames and removes that no sync of a folder has settled, in order.
	changes []change

	// What the operating system keeps for a running process, and a crash ends. Both are nil until a file is opened, as on most disks none ever is.
	open  map[int]int      // how many Files are open of a node
	locks map[int]*simFile // which File holds the lock of a node

	faults []*armed
	log    []Event
	silent bool // keep no log
	watch  func(Event)

	pending []Undecided // the answer of Pending, nil after any operation that changes something
}

const (
	root = 0  // the id of the folder itself
	gone = -1 // no id: a name is not there

	maxSize = 1 << 32 // of a simulated file
)

var (
	errNotFolder = errors.New("not a folder")
	errTooLarge  = errors.New("a simulated file ends at 4 GiB")
	errNotEmpty  = &explained{reason: "folder is not empty", class: fs.ErrExist}
)

// NewSim returns an empty disk.
func NewSim() *Sim {
	s := blankSim()
	s.nodes = []*node{{owner: s.owner, mode: fs.ModeDir | DirMode, base: "."}}
	return s
}

// blankSim returns a disk with nothing on it, not even a folder.
func blankSim() *Sim {
	return &Sim{owner: new(int)}
}

// Open opens a file, as [FS] describes.
func (s *Sim) Open(name string, flag int, mode fs.FileMode) (File, error) {
	if err := checkName("open", name); err != nil {
		return nil, err
	}
	if err := checkFlag(name, flag); err != nil {
		return nil, err
	}
	op := OpOpen
	if flag&os.O_CREATE != 0 {
		op = OpCreate // until it turns out that the file is there
	}
	id, found := gone, false
	err := s.do(Event{Op: op, Name: name}, nil, func() (err error) {
		_, err = s.find(name)
		found = err == nil
		id, err = s.openNode(name, flag, mode)
		return err
	}, nil)
	if err != nil {
		return nil, err
	}
	f := &simFile{sim: s, id: id, name: name, write: flag != os.O_RDONLY}
	if found && flag&os.O_TRUNC != 0 {
		if err := f.Truncate(0); err != nil {
			f.Close()
			return nil, err
		}
	}
	return f, nil
}

// openNode finds or creates the file.
func (s *Sim) openNode(name string, flag int, mode fs.FileMode) (int, error) {
	dir, base, id, err := s.slot(name)
	if name == "." {
		id = root
	}
	switch {
	case err != nil:
		return gone, err
	case id == gone && flag&os.O_CREATE == 0:
		return gone, fs.ErrNotExist
	case id == gone:
		id = s.create(OpCreate, dir, base, mode.Perm())
	case flag&os.O_EXCL != 0:
		return gone, fs.ErrExist
	case s.nodes[id].mode.IsDir():
		return gone, ErrIrregular
	}
	if s.open == nil {
		s.open, s.locks = map[int]int{}, map[int]*simFile{}
	}
	s.open[id]++
	return id, nil
}

// Mkdir creates a folder, as [FS] describes.
func (s *Sim) Mkdir(name string, mode fs.FileMode) error {
	if err := checkEntry("mkdir", name); err != nil {
		return err
	}
	return s.do(Event{Op: OpMkdir, Name: name}, nil, func() error {
		dir, base, id, err := s.slot(name)
		if err == nil && id != gone {
			err = fs.ErrExist
		}
		if err != nil {
			return err
		}
		s.create(OpMkdir, dir, base, fs.ModeDir|mode.Perm())
		return nil
	}, nil)
}

// Rename renames a file or folder, as [FS] describes.
func (s *Sim) Rename(from, to string) error {
	if err := checkRename(from, to); err != nil {
		return err
	}
	return s.do(Event{Op: OpRename, Name: from, To: to}, nil, func() error {
		dir, base, id, err := s.slot(from)
		if err != nil {
			return err
		}
		toDir, toBase, over, err := s.slot(to)
		switch {
		case err != nil:
			return err
		case id == gone:
			return fs.ErrNotExist
		case over != gone && s.nodes[over].mode.IsDir():
			return fs.ErrExist
		case over != gone && s.nodes[id].mode.IsDir():
			return errNotFolder
		case over == id:
			return nil
		}
		s.change(change{op: OpRename, id: id, dir: dir, toDir: toDir, name: base, to: toBase, folder: s.nodes[id].mode.IsDir()})
		return nil
	}, nil)
}

// Remove removes a file or an empty folder, as [FS] describes.
func (s *Sim) Remove(name string) error {
	if err := checkEntry("remove", name); err != nil {
		return err
	}
	return s.do(Event{Op: OpRemove, Name: name}, nil, func() error {
		dir, base, id, err := s.slot(name)
		switch {
		case err != nil:
			return err
		case id == gone:
			return fs.ErrNotExist
		case len(s.nodes[id].now) > 0:
			return errNotEmpty
		}
		s.change(change{op: OpRemove, id: id, dir: dir, toDir: gone, name: base})
		return nil
	}, nil)
}

// List lists a folder, as [FS] describes.
func (s *Sim) List(name string) ([]fs.DirEntry, error) {
	if err := checkName("list", name); err != nil {
		return nil, err
	}
	var list []fs.DirEntry
	err := s.do(Event{Op: OpList, Name: name}, nil, func() error {
		id, err := s.folder(name)
		if err != nil {
			return err
		}
		for _, e := range s.nodes[id].now {
			list = append(list, fs.FileInfoToDirEntry(info{e.name, s.nodes[e.id].mode, s.nodes[e.id].size}))
		}
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Stat describes a file or folder. It has no times.
func (s *Sim) Stat(name string) (fs.FileInfo, error) {
	if err := checkName("stat", name); err != nil {
		return nil, err
	}
	var i info
	err := s.do(Event{Op: OpStat, Name: name}, nil, func() error {
		id, err := s.find(name)
		if err != nil {
			return err
		}
		i = info{path.Base(name), s.nodes[id].mode, s.nodes[id].size}
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	return i, nil
}

// SyncDir settles the names in a folder, as [FS] describes: they are not in [Sim.Pending] any more.
func (s *Sim) SyncDir(name string) error {
	if err := checkName("syncdir", name); err != nil {
		return err
	}
	return s.do(Event{Op: OpSyncDir, Name: name}, nil, func() error {
		id, err := s.folder(name)
		if err == nil {
			s.settle(id)
		}
		return err
	}, func(f *Fault) {
		id, err := s.folder(name)
		for i, c := range s.changes {
			s.changes[i].stuck = c.stuck || f.Pages != PagesDirty && err == nil && (c.dir == id || c.toDir == id)
		}
	})
}

// Close closes the folder, as [FS] describes. The disk itself goes on: Crash, Kill and Pending still work, and the
// disks that they return are open.
func (s *Sim) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// info describes a simulated file.
type info struct {
	name string
	mode fs.FileMode
	size int64
}

// Name returns the last part of the name.
func (i info) Name() string { return i.name }

// Size returns the size.
func (i info) Size() int64 { return i.size }

// Mode returns type and permissions.
func (i info) Mode() fs.FileMode { return i.mode }

// ModTime returns the zero time: a simulated disk has no clock.
func (i info) ModTime() time.Time { return time.Time{} }

// IsDir reports whether it is a folder.
func (i info) IsDir() bool { return i.mode.IsDir() }

// Sys returns nil.
func (i info) Sys() any { return nil }
