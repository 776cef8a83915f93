package disk

import (
	"encoding/binary"
	"math/bits"
)

// Fingerprint returns a number for what is on the disk and for what of it is undecided. Two disks with the same one are
// the same to every program and to every crash, but for a chance of one in 2^64. The opposite is not promised: two disks
// on which something is undecided may have got there in different ways.
//
// It is fast on a disk that Kill or Crash returned, because disks share what they know of their files. It is the same in
// every process, and may change with this package: it is nothing to keep.
func (s *Sim) Fingerprint() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.treePrint(root)
	if len(s.undecided()) > 0 {
		h = mix(h, s.undecidedPrint())
	}
	return h
}

// treePrint is the fingerprint of a folder's present entries, whatever numbers the nodes have.
func (s *Sim) treePrint(id int) uint64 {
	h := mix(uint64(s.nodes[id].mode), 1)
	for _, e := range s.nodes[id].now {
		n := s.nodes[e.id]
		body := n.print(s.owner)
		if n.mode.IsDir() {
			body = s.treePrint(e.id)
		}
		h = mix(mix(h, hashName(e.name)), mix(uint64(n.mode), body))
	}
	return h
}

// undecidedPrint is the fingerprint of what a crash may leave either way. Nodes go by their numbers.
func (s *Sim) undecidedPrint() uint64 {
	var h uint64
	for _, c := range s.changes {
		h = mix(mix(h, hashName(c.name)), mix(hashName(c.to), uint64(c.op)))
		h = mix(mix(h, uint64(c.id)<<1|bit(c.stuck)), mix(uint64(c.dir), uint64(c.toDir)))
	}
	for id, live := range s.live() {
		if n := s.nodes[id]; live && n != nil {
			h = mix(mix(h, uint64(id)), mix(n.print(s.owner), n.undecidedPrint()))
		}
	}
	return h
}

// print is the fingerprint of a file's present content and size. It is kept only while the node belongs to owner alone,
// whose lock is held: a shared node is never written to.
func (n *node) print(owner *int) uint64 {
	if n.known != 0 {
		return n.known
	}
	h := mix(uint64(n.size), 2)
	for i, c := range n.data {
		if c != nil {
			h += mix(uint64(i), hash(c[:]))
		}
	}
	if n.owner == owner {
		n.known = h
	}
	return h
}

// undecidedPrint is the fingerprint of the other versions that a node may show after a crash.
func (n *node) undecidedPrint() uint64 {
	h := uint64(len(n.sizes))
	for _, size := range n.sizes {
		h = mix(h, uint64(size))
	}
	for _, d := range n.dirty {
		h = mix(h, uint64(d.index)<<1|bit(d.stuck))
		for _, c := range d.versions {
			h = mix(h, hash(c.bytes()))
		}
	}
	for _, e := range n.synced {
		h = mix(mix(h, hashName(e.name)), uint64(e.id))
	}
	return h
}

// hash is a fast fingerprint of bytes whose number is a multiple of 16: two lanes, so that one multiplication need not
// wait for the other.
func hash(b []byte) uint64 {
	x, y := uint64(len(b)), uint64(3)
	for ; len(b) > 0; b = b[16:] {
		x = mix(x, binary.LittleEndian.Uint64(b))
		y = mix(y, binary.LittleEndian.Uint64(b[8:]))
	}
	return mix(x, y)
}

// hashName is a fingerprint of a name.
func hashName(name string) uint64 {
	h := uint64(len(name))
	for i := range len(name) {
		h = mix(h, uint64(name[i]))
	}
	return h
}

// mix makes one number of two, in which each bit depends on every bit of both. The constants are digits of the golden
// ratio and of no meaning: they keep small numbers from being zero factors.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd1b54a32d192ed03)
	return hi ^ lo
}

// bit is 1 for true.
func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
