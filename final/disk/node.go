package disk

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
)

// sector is the content of one sector. A sector is never changed once it is part of a disk, so that disks share it; nil
// stands for zeros, so that what is preallocated costs nothing.
type sector [SectorSize]byte

// zeros is what a nil sector holds.
var zeros sector

// bytes returns the content, not to be changed.
func (c *sector) bytes() []byte {
	if c == nil {
		return zeros[:]
	}
	return c[:]
}

// newSector returns an immutable sector of b's content, a copy of its own; zeros become nil.
func newSector(b *sector) *sector {
	if *b == zeros {
		return nil
	}
	c := *b
	return &c
}

// masked returns c with zeros from byte n on.
func (c *sector) masked(n int) *sector {
	if c == nil || n >= SectorSize || bytes.Equal(c[n:], zeros[n:]) {
		return c
	}
	var b sector
	copy(b[:n], c[:])
	return newSector(&b)
}

// entry is a name in a folder. Slices of entries are sorted by name and never changed, only replaced, so that the
// folders of several disks share them.
type entry struct {
	name string
	id   int
}

// search finds the place of a name.
func search(es []entry, name string) (int, bool) {
	return slices.BinarySearchFunc(es, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
}

// with returns the entries with name bound to id, or without it when id is gone.
func with(es []entry, name string, id int) []entry {
	i, found := search(es, name)
	switch {
	case found && id == gone:
		return slices.Concat(es[:i], es[i+1:])
	case found:
		es = slices.Clone(es)
		es[i].id = id
		return es
	case id == gone:
		return es
	}
	return slices.Concat(es[:i], []entry{{name, id}}, es[i:])
}

// dirty is a sector that was written since it was last synced.
type dirty struct {
	index int

	// versions[0] is the content that is durable; the others are what was written over it, in order. The last one is
	// what a read returns, except after a sync that failed and brought the old content back.
	versions []*sector

	// stuck: a sync of it failed, and the operating system marked the page clean. No later sync writes it. Only
	// writing the sector again does.
	stuck bool
}

// node is a file or a folder. Several disks may share one; see own.
type node struct {
	owner *int // the disk that may change this node in place
	mode  fs.FileMode

	// Where the node was found last, for messages and the log.
	parent int
	base   string

	// A folder's entries: as they are, and as a sync made them durable.
	now, synced []entry

	// A file's content as a read returns it, without zeros at the end. Beyond size there are only zeros.
	data []*sector
	size int64

	// sizes[0] is the size that is durable, the others those it was given since. Empty when size is durable.
	sizes []int64

	// The sectors that are not durable, by index.
	dirty []dirty

	// known is the fingerprint of data and size, or 0. Every node that two disks share has it.
	known uint64
}

// own returns a copy that owner may change in place, and whose lists, when appended to, share nothing.
func (n *node) own(owner *int) *node {
	c := *n
	c.owner = owner
	c.data = slices.Clone(n.data)
	c.sizes = slices.Clip(n.sizes)
	c.dirty = slices.Clone(n.dirty)
	for i := range c.dirty {
		c.dirty[i].versions = slices.Clip(c.dirty[i].versions)
	}
	return &c
}

// at returns the present content of a sector.
func (n *node) at(index int) *sector {
	if index < len(n.data) {
		return n.data[index]
	}
	return nil
}

// put sets the present content of a sector, without a trace.
func (n *node) put(index int, c *sector) {
	if c == nil && index >= len(n.data) {
		return
	}
	for index >= len(n.data) {
		n.data = append(n.data, nil)
	}
	n.data[index] = c
}

// set writes one sector: the old content stays possible until the next sync.
func (n *node) set(index int, c *sector) {
	old := n.at(index)
	same := old == c || bytes.Equal(old.bytes(), c.bytes())
	i, found := slices.BinarySearchFunc(n.dirty, index, func(d dirty, index int) int { return d.index - index })
	switch {
	case found && same:
		n.dirty[i].stuck = false // the page is dirty again, and the next sync writes it
		return
	case same:
		return
	case found:
		n.dirty[i].versions = append(n.dirty[i].versions, c)
		n.dirty[i].stuck = false
	default:
		n.dirty = slices.Insert(n.dirty, i, dirty{index: index, versions: []*sector{old, c}})
	}
	n.put(index, c)
}

// read copies content from offset into p, as far as the file goes.
func (n *node) read(p []byte, offset int64) int {
	if offset >= n.size {
		return 0
	}
	p = p[:min(int64(len(p)), n.size-offset)]
	done := 0
	for done < len(p) {
		index, at := place(offset + int64(done))
		done += copy(p[done:], n.at(index).bytes()[at:])
	}
	return done
}

// write writes p at offset.
func (n *node) write(p []byte, offset int64) {
	if len(p) == 0 {
		return
	}
	end := offset + int64(len(p))
	for len(p) > 0 {
		index, at := place(offset)
		c := n.at(index)
		b := sector(c.bytes())
		done := copy(b[at:], p)
		if !bytes.Equal(b[:], c.bytes()) {
			c = newSector(&b)
		}
		n.set(index, c)
		p, offset = p[done:], offset+int64(done)
	}
	if end > n.size {
		n.resize(end)
	}
}

// truncate sets the size. What it cuts off becomes zeros, which a crash may undo sector by sector.
func (n *node) truncate(size int64) {
	index, at := place(size)
	for i := index; i < len(n.data); i++ {
		if c := n.data[i].masked(at); c != n.data[i] {
			n.set(i, c)
		}
		at = 0
	}
	n.data = n.data[:min(len(n.data), index+1)]
	n.resize(size)
}

// resize notes a new size.
func (n *node) resize(size int64) {
	if size == n.size {
		return
	}
	if len(n.sizes) == 0 {
		n.sizes = append(n.sizes, n.size)
	}
	n.sizes = append(n.sizes, size)
	n.size = size
}

// sync makes the content durable, but for pages that the operating system has forgotten about.
func (n *node) sync() {
	n.dirty = slices.DeleteFunc(n.dirty, func(d dirty) bool { return !d.stuck })
	n.sizes = nil
}

// forget is what a failed sync does to the dirty pages: none is dirty any more, and which of them were written is open.
// When revert is set, reads return what is durable.
func (n *node) forget(revert bool) {
	last, at := place(n.size)
	for i := range n.dirty {
		d := &n.dirty[i]
		d.stuck = true
		switch {
		case !revert || d.index > last:
		case d.index == last:
			n.put(d.index, d.versions[0].masked(at))
		default:
			n.put(d.index, d.versions[0])
		}
	}
}

// place splits an offset into a sector's index and an offset inside it.
func place(offset int64) (index, at int) { return int(offset / SectorSize), int(offset % SectorSize) }
