package disk

import (
	"fmt"
	"slices"
)

// Kind says what of a file or folder is undecided.
type Kind int

const (
	// NameKind is a create, mkdir, rename or remove: it has happened or not.
	NameKind Kind = iota

	// SizeKind is the size of a file: any that it had since the last sync.
	SizeKind

	// SectorKind is the content of a sector: any that it had since the last sync.
	SectorKind
)

// Undecided is one thing that power loss may leave in more than one version.
type Undecided struct {
	// Index is its place in what [Sim.Pending] returns.
	Index int

	// Kind says what it is, and which of the fields below it uses.
	Kind Kind

	// File is a number that all that belongs to one file or folder has in common, whatever it is called.
	File int

	// Name is the file or folder as it is called now, or the old name of a rename.
	Name string

	// Op is what happened to a name: OpCreate, OpMkdir, OpRename or OpRemove.
	Op Op

	// To is the new name of a rename.
	To string

	// Offset is where a sector begins.
	Offset int64

	// Sizes are the versions of a size, not to be changed.
	Sizes []int64

	// Versions is how many versions there are, at least two. Version 0 is the durable one, which was there before;
	// version Versions-1 is the newest.
	Versions int

	contents []*sector
}

// Content returns a version of a sector, not to be changed, and nil for a name or a size.
func (u Undecided) Content(version int) []byte {
	if u.Kind != SectorKind {
		return nil
	}
	return pick(u.contents, version).bytes()
}

// String returns it in words: "rename a.tmp to a", "size of 0.wal: [0 700 300]", "0.wal [512,1024): 2 versions".
func (u Undecided) String() string {
	switch u.Kind {
	case NameKind:
		return Event{Op: u.Op, Name: u.Name, To: u.To}.String()
	case SizeKind:
		return fmt.Sprintf("size of %s: %d", u.Name, u.Sizes)
	}
	return fmt.Sprintf("%s [%d,%d): %d versions", u.Name, u.Offset, u.Offset+SectorSize, u.Versions)
}

// Outcome is what power loss leaves of something undecided. The zero value is what was durable.
type Outcome struct {
	// Version is the version that is left. One that does not exist stands for the nearest.
	Version int

	// Cut, if it is not zero, tears a sector: from this byte on, a multiple of WordSize below SectorSize, it shows
	// another version, Behind. Other values are rounded down, or stand for a whole sector.
	Cut int

	// Behind is the version behind the cut.
	Behind int
}

// Choice decides what power loss leaves of each thing that is undecided. [Sim.Crash] asks for all of them, in the order
// of [Sim.Pending].
type Choice func(Undecided) Outcome

// Pending returns what power loss could leave either way: first the names, in the order of the changes; then, file by
// file, the size and the sectors, by offset. What is not among them is durable, or gone. The result must not be changed.
func (s *Sim) Pending() []Undecided {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.undecided()
}

// undecided is Pending under the lock. It is kept until something changes, because one disk is often crashed many times.
func (s *Sim) undecided() []Undecided {
	if s.pending != nil {
		return s.pending
	}
	list := []Undecided{}
	add := func(u Undecided) {
		u.Index = len(list)
		list = append(list, u)
	}
	for _, c := range s.changes {
		u := Undecided{Kind: NameKind, File: c.id, Name: s.join(c.dir, c.name), Op: c.op, Versions: 2}
		if c.op == OpRename {
			u.To = s.join(c.toDir, c.to)
		}
		add(u)
	}
	live := s.live()
	for id, n := range s.nodes {
		if !live[id] || n == nil {
			continue
		}
		name := s.path(id)
		if len(n.sizes) > 0 {
			add(Undecided{Kind: SizeKind, File: id, Name: name, Sizes: n.sizes, Versions: len(n.sizes)})
		}
		for _, d := range n.dirty {
			add(Undecided{Kind: SectorKind, File: id, Name: name, Offset: int64(d.index) * SectorSize,
				Versions: len(d.versions), contents: d.versions})
		}
	}
	s.pending = list
	return list
}

// Kill returns the disk as the death of the process leaves it (kill -9): everything written is there, nothing more is
// durable than before, no file is open, no lock held, and no fault left. The two disks are independent from here on, so
// it is also how to keep a disk as it is.
func (s *Sim) Kill() *Sim {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fork()
}

// KillInside returns the disk as the death of the process in the midst of a write leaves it: only the first n bytes of
// e.Data are written. The disk is the one before the write, or a copy that Kill made of it; e is the write, as a function
// given to [Sim.Watch] saw it.
func (s *Sim) KillInside(e Event, n int) *Sim {
	k := s.Kill()
	if e.Op == OpWrite && e.File < len(k.nodes) && k.nodes[e.File] != nil {
		k.own(e.File).write(e.Data[:clamp(n, len(e.Data))], e.Offset)
	}
	return k
}

// fork returns a disk that shares every node with s. Neither may change one of them in place any more.
func (s *Sim) fork() *Sim {
	for _, n := range s.nodes {
		if n != nil && n.owner == s.owner {
			n.print(s.owner) // as long as nobody else can see the node
		}
	}
	c := blankSim()
	c.nodes = slices.Clone(s.nodes)
	c.changes = slices.Clone(s.changes)
	s.owner = new(int)
	return c
}

// Crash returns the disk as power loss leaves it: all that is durable, and of what is [Sim.Pending] whatever choose
// says. It has no open file, no lock and no fault, and everything on it is durable. The disk itself is left as it is,
// to be crashed in other ways.
//
// Every choice is legal. A name that is kept keeps the earlier changes of that name: they happen in order.
func (s *Sim) Crash(choose Choice) *Sim {
	s.mu.Lock()
	defer s.mu.Unlock()
	pending := s.undecided()
	c := s.fork()

	keep := make([]bool, len(s.changes))
	for i := range keep {
		keep[i] = choose(pending[i]).Version > 0
	}
	c.crashNames(keep)
	for rest := pending[len(keep):]; len(rest) > 0; {
		n := c.own(rest[0].File)
		rest = rest[n.crash(rest, choose):]
	}
	return c
}

// crashNames leaves the durable names and the kept changes.
func (s *Sim) crashNames(keep []bool) {
	closeOver(s.changes, keep)
	for i := range s.changes {
		if !keep[i] {
			continue
		}
		s.changes[i].bind(func(dir int, name string, id int) {
			n := s.own(dir)
			n.synced = with(n.synced, name, id)
		})
	}
	s.changes = nil
	s.restore(root)
}

// restore makes the durable names of a folder, and of those in it, the present ones. No folder is reached twice: one
// has a single name, and cannot be moved into itself.
func (s *Sim) restore(id int) {
	if n := s.nodes[id]; len(n.now) != len(n.synced) || len(n.now) > 0 && &n.now[0] != &n.synced[0] {
		s.own(id).now = n.synced
	}
	for _, e := range s.nodes[id].now {
		n := s.nodes[e.id]
		if n.parent != id || n.base != e.name {
			n = s.own(e.id)
			n.parent, n.base = id, e.name
		}
		if n.mode.IsDir() {
			s.restore(e.id)
		}
	}
}

// crash leaves of a file what choose says about the first of the pending, and returns how many of them are this file's.
func (n *node) crash(pending []Undecided, choose Choice) int {
	used := 0
	next := func() Outcome {
		used++
		return choose(pending[used-1])
	}
	if len(n.sizes) > 0 {
		n.size = pick(n.sizes, next().Version)
	}
	for _, d := range n.dirty {
		n.put(d.index, d.left(next()))
	}
	n.sizes, n.dirty = nil, nil

	// Whatever lay beyond the end, a file that grows again shows zeros there.
	last, at := place(n.size)
	if last < len(n.data) {
		n.data = n.data[:last+1]
		n.data[last] = n.data[last].masked(at)
	}
	return used
}

// pick returns a version, or the nearest that exists.
func pick[T any](versions []T, version int) T { return versions[clamp(version, len(versions)-1)] }

// left returns the content that a crash leaves.
func (d *dirty) left(o Outcome) *sector {
	c := pick(d.versions, o.Version)
	cut := o.Cut &^ (WordSize - 1)
	if cut <= 0 || cut >= SectorSize {
		return c
	}
	var torn sector
	copy(torn[:cut], c.bytes())
	copy(torn[cut:], pick(d.versions, o.Behind).bytes()[cut:])
	return newSector(&torn)
}
