package crash

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.com/logbook/final/disk"
)

// told is how many of the things that are kept, and could as well be lost, are told.
const told = 8

// outcomes tells what became of what was undecided, in the order of the operations that made it.
func (t *teller) outcomes(l life, s settled) {
	list := slices.Clone(l.pending)
	slices.SortStableFunc(list, func(a, b disk.Undecided) int {
		return cmp.Or(cmp.Compare(s.first(a), s.first(b)), cmp.Compare(fateOf(l.cut, b), fateOf(l.cut, a)))
	})
	fate, plain := "kept", 0
	if l.cut.kill {
		fate = "there"
	}
	for _, u := range list {
		lost := l.lost[u.Index]
		switch {
		case lost && !l.cut.kill:
			t.line(1, "%-6s %s (%s): %s", fateOf(l.cut, u), s.thing(u), s.authors(u), s.left(l, u))
			t.change(l.cut, u)
		case l.needed[u.Index]:
			t.line(1, "%-6s %s (%s): if it were lost too, no promise would break", fate, s.thing(u), s.authors(u))
		case lost || !l.cut.kill:
			if plain++; plain <= told {
				t.line(1, "%-6s %s (%s)", fate, s.thing(u), s.authors(u))
			}
		}
	}
	if plain > told {
		t.line(1, "%-6s %d more", fate, plain-told)
	}
}

// thing names something undecided: of a sector, what the operations of this run wrote in it.
func (s *settled) thing(u disk.Undecided) string {
	switch u.Kind {
	case disk.NameKind:
		return describe(disk.Event{Op: u.Op, Name: u.Name, To: u.To})
	case disk.SizeKind:
		return fmt.Sprintf("size of %q", u.Name)
	}
	from, to := s.part(u)
	return fmt.Sprintf("%q [%d,%d)", u.Name, from, to)
}

// part returns which part of an undecided sector was written in this run; of one from before, what is undecided in it.
func (s *settled) part(u disk.Undecided) (from, to int64) {
	for i, n := range s.writers(u) {
		a, b := s.reach(n)
		a, b = max(a, u.Offset), min(b, u.Offset+disk.SectorSize)
		if i == 0 {
			from, to = a, b
		}
		from, to = min(from, a), max(to, b)
	}
	if from == to {
		a, b := differing(u.Content(0), u.Content(u.Versions-1))
		return u.Offset + int64(a), u.Offset + int64(b)
	}
	return from, to
}

// differing returns the smallest range outside which two sectors are the same.
func differing(a, b []byte) (from, to int) {
	for to = len(a); to > 0 && a[to-1] == b[to-1]; to-- {
	}
	for from < to && a[from] == b[from] {
		from++
	}
	return from, to
}

// authors tells which operations made something undecided.
func (s *settled) authors(u disk.Undecided) string {
	var list []string
	for _, n := range s.writers(u) {
		list = append(list, s.number(n))
	}
	switch {
	case len(list) == 0:
		return "from before"
	case len(list) > 6:
		list = append(list[:3], "…", list[len(list)-1])
	}
	return strings.Join(list, ", ")
}

// fateOf tells what is not as it was written last.
func fateOf(c cut, u disk.Undecided) string {
	if c.kill {
		return ""
	}
	switch o := c.outcomes[u.Index]; {
	case u.Kind == disk.SectorKind && o.Cut != 0:
		return "TORN"
	case o.Version == u.Versions-1:
		return ""
	case o.Version == 0:
		return "LOST"
	}
	return "OLD"
}

// left tells what is there instead of something that is lost.
func (s *settled) left(l life, u disk.Undecided) string {
	o := l.cut.outcomes[u.Index]
	switch {
	case u.Kind == disk.NameKind:
		return "it has not happened"
	case u.Kind == disk.SizeKind:
		return fmt.Sprintf("left is %d, not %d", u.Sizes[o.Version], u.Sizes[u.Versions-1])
	case o.Cut != 0:
		return fmt.Sprintf("left is %s in front of byte %d, %s behind it", s.age(l, u, o.Version), u.Offset+int64(o.Cut), s.age(l, u, o.Behind))
	}
	return "left is " + s.age(l, u, o.Version)
}

// age names a version of a sector.
func (s *settled) age(l life, u disk.Undecided, version int) string {
	from, _ := s.part(u)
	beyond := func(size disk.Undecided) bool { // the durable end of the file
		return size.Kind == disk.SizeKind && size.File == u.File && size.Sizes[0] <= from
	}
	switch {
	case version == u.Versions-1:
		return "what was written last"
	case version > 0:
		return fmt.Sprintf("the content after change %d of %d", version, u.Versions-1)
	case slices.ContainsFunc(l.pending, beyond):
		return "a hole, which reads as zeros"
	}
	return "the older content"
}

// change shows what of a sector is not as it was written.
func (t *teller) change(c cut, u disk.Undecided) {
	if u.Kind != disk.SectorKind {
		return
	}
	o := c.outcomes[u.Index]
	wrote := u.Content(u.Versions - 1)
	left := bytes.Clone(u.Content(o.Version))
	if o.Cut != 0 {
		copy(left[o.Cut:], u.Content(o.Behind)[o.Cut:])
	}
	from, to := differing(wrote, left)
	at := u.Offset + int64(from)
	t.dump("written  ", wrote[from:to], at, 2)
	t.dump("left     ", left[from:to], at, 2)
}
