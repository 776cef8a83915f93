package disk

import (
	"io/fs"
	"path"
	"strings"
)

// change is one create, rename or remove. A folder's part in it is settled by syncing that folder.
type change struct {
	op         Op
	id         int // the node that is created, renamed or removed
	dir, toDir int // toDir is gone unless it is a rename
	name, to   string
	folder     bool // what is renamed is a folder
	stuck      bool // a sync of the folder failed, and no later one writes it
}

// bind calls set for every name that the change binds to a node, or to none.
func (c *change) bind(set func(dir int, name string, id int)) {
	switch c.op {
	case OpRename:
		set(c.dir, c.name, gone)
		set(c.toDir, c.to, c.id)
	case OpRemove:
		set(c.dir, c.name, gone)
	default:
		set(c.dir, c.name, c.id)
	}
}

// after reports whether c happens only after an earlier change b has. Any order that a file system might choose keeps
// what this keeps: a name changes step by step; a folder is there before something is put into it, and empty before it
// is removed; and folders move one after the other, so that none ends up inside itself.
func (c *change) after(b *change) bool {
	meets := func(dir int, name string) bool {
		return dir == b.dir && name == b.name || dir == b.toDir && name == b.to
	}
	switch {
	case meets(c.dir, c.name), c.op == OpRename && meets(c.toDir, c.to):
		return true
	case b.op == OpMkdir && (b.id == c.dir || b.id == c.toDir):
		return true
	case c.op == OpRemove && (c.id == b.dir || c.id == b.toDir):
		return true
	}
	return c.folder && b.folder
}

// closeOver adds to the kept changes those that must have happened before.
func closeOver(changes []change, keep []bool) {
	for i := len(changes) - 1; i >= 0; i-- {
		for j := 0; keep[i] && j < i; j++ {
			keep[j] = keep[j] || changes[i].after(&changes[j])
		}
	}
}

// own returns a node that this disk may change.
func (s *Sim) own(id int) *node {
	s.pending = nil
	if n := s.nodes[id]; n.owner != s.owner {
		s.nodes[id] = n.own(s.owner)
	}
	s.nodes[id].known = 0
	return s.nodes[id]
}

// change performs a change and leaves it undecided.
func (s *Sim) change(c change) {
	c.bind(func(dir int, name string, id int) {
		n := s.own(dir)
		n.now = with(n.now, name, id)
		if id != gone {
			moved := s.own(id)
			moved.parent, moved.base = dir, name
		}
	})
	s.changes = append(s.changes, c)
}

// create adds a node under a name that is not there.
func (s *Sim) create(op Op, dir int, name string, mode fs.FileMode) int {
	id := len(s.nodes)
	s.nodes = append(s.nodes, &node{owner: s.owner, mode: mode})
	s.change(change{op: op, id: id, dir: dir, toDir: gone, name: name})
	return id
}

// path returns the name under which a node was found last.
func (s *Sim) path(id int) string {
	n := s.nodes[id]
	if id == root || s.nodes[n.parent] == nil {
		return n.base
	}
	return s.join(n.parent, n.base)
}

// join returns the path of a name in a folder.
func (s *Sim) join(dir int, name string) string {
	if dir == root {
		return name
	}
	return s.path(dir) + "/" + name
}

// find returns the node of a name.
func (s *Sim) find(name string) (int, error) {
	id := root
	for part := range strings.SplitSeq(name, "/") {
		if !s.nodes[id].mode.IsDir() {
			return gone, errNotFolder
		}
		if part == "." {
			continue
		}
		i, found := search(s.nodes[id].now, part)
		if !found {
			return gone, fs.ErrNotExist
		}
		id = s.nodes[id].now[i].id
	}
	return id, nil
}

// slot returns the folder that a name is in, the last part of the name, and what it is bound to, which may be gone.
func (s *Sim) slot(name string) (dir int, base string, id int, err error) {
	parent, base := path.Split(name)
	if dir, err = s.find(path.Clean(parent)); err != nil {
		return gone, base, gone, err
	}
	if !s.nodes[dir].mode.IsDir() {
		return gone, base, gone, errNotFolder
	}
	if i, found := search(s.nodes[dir].now, base); found {
		return dir, base, s.nodes[dir].now[i].id, nil
	}
	return dir, base, gone, nil
}

// folder returns the node of a name that must be a folder.
func (s *Sim) folder(name string) (int, error) {
	id, err := s.find(name)
	if err == nil && !s.nodes[id].mode.IsDir() {
		err = errNotFolder
	}
	return id, err
}

// settle makes the changes in a folder durable, and those that must have happened before them.
func (s *Sim) settle(id int) {
	keep := make([]bool, len(s.changes))
	for i, c := range s.changes {
		keep[i] = !c.stuck && (c.dir == id || c.toDir == id)
	}
	closeOver(s.changes, keep)
	var rest []change
	for i := range s.changes {
		if !keep[i] {
			rest = append(rest, s.changes[i])
			continue
		}
		s.changes[i].bind(func(dir int, name string, id int) {
			n := s.own(dir)
			n.synced = with(n.synced, name, id)
		})
	}
	s.changes = rest
	s.collect()
}

// collect forgets the nodes that no name can lead to again.
func (s *Sim) collect() {
	live := s.live()
	for id := range s.nodes {
		if !live[id] && s.open[id] == 0 {
			s.nodes[id] = nil
		}
	}
}

// live reports for each node whether a name leads to it, or may do so after a crash.
func (s *Sim) live() []bool {
	live := make([]bool, len(s.nodes))
	live[root] = true
	for _, n := range s.nodes {
		if n == nil {
			continue
		}
		for _, e := range n.now {
			live[e.id] = true
		}
		for _, e := range n.synced {
			live[e.id] = true
		}
	}
	for _, c := range s.changes {
		live[c.id], live[c.dir], live[max(c.toDir, root)] = true, true, true
	}
	return live
}
