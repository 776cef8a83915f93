package crash

import (
	"fmt"
	"math"
	"slices"

	"example.com/logbook/final/disk"
)

// settled tells which operations of a run, up to the crash that ends it, made which others durable.
type settled struct {
	by     []int // by[n] is the operation that made operation n durable, or 0
	names  []int // the operations that made the undecided names, in order; 0 for those of an earlier run
	run    *run
	cut    cut
	before int // how many operations the earlier runs had
}

const (
	nameOps = disk.OpCreate | disk.OpMkdir | disk.OpRename | disk.OpRemove
	dataOps = disk.OpWrite | disk.OpTruncate | disk.OpPreallocate
)

// settle goes through the operations before a crash.
func settle(r *run, c cut, earlier int) settled {
	s := settled{by: make([]int, c.op+1), run: r, cut: c, before: earlier}
	var before []disk.Undecided
	for _, p := range r.points {
		if p.op > c.op || p.done != whole {
			continue
		}
		now := slices.DeleteFunc(slices.Clone(p.sim.Pending()), func(u disk.Undecided) bool { return u.Kind != disk.NameKind })
		switch {
		case p.op == 0:
			s.names = make([]int, len(now))
		case len(now) > len(before):
			s.names = append(s.names, p.op)
		case len(now) < len(before):
			s.settleNames(p.op, before, now)
		case r.ops[p.op-1].Op == disk.OpSync && r.ops[p.op-1].Err == nil:
			s.settleFile(p.op)
		}
		before = now
	}
	return s
}

// settleNames finds the names that are not undecided any more.
func (s *settled) settleNames(op int, before, now []disk.Undecided) {
	var rest []int
	for i, u := range before {
		if len(now) > 0 && now[0].File == u.File && now[0].String() == u.String() {
			rest, now = append(rest, s.names[i]), now[1:]
			continue
		}
		s.by[s.names[i]] = op
	}
	s.names = rest
}

// settleFile finds the operations that a sync of their file made durable.
func (s *settled) settleFile(op int) {
	for i, o := range s.run.ops[:op-1] {
		if o.Op&dataOps != 0 && o.File == s.run.ops[op-1].File && s.by[i+1] == 0 {
			s.by[i+1] = op
		}
	}
}

// number returns what an operation is called in a trace: those of several runs are numbered through.
func (s *settled) number(n int) string { return fmt.Sprintf("#%d", s.before+n) }

// next tells what the run did where it was cut short: something not yet reached is not forgotten.
func (s *settled) next() string {
	switch n := s.cut.op; {
	case s.cut.done != whole:
		return "next would be: the rest of " + s.number(n)
	case n < len(s.run.ops):
		return "next would be: " + describe(s.run.ops[n].Event)
	}
	return "nothing more was to come"
}

// state tells whether an operation is durable, in a life of which something is lost. It is loud about one of which
// something is lost in this crash, or, when this is the death of the process, in a later one: that the others are not
// durable does not matter here.
func (s *settled) state(n int, o op, l *life) string {
	switch {
	case o.Op&(nameOps|dataOps) == 0 || o.Err != nil || !slices.Contains(l.lost, true):
		return ""
	case s.by[n] > 0:
		return "made durable by " + s.number(s.by[n])
	case o.Op&dataOps == 0 && !slices.Contains(s.names, n):
		return ""
	case slices.ContainsFunc(l.pending, func(u disk.Undecided) bool { return l.lost[u.Index] && s.touches(n, u) }):
		if o.Op&dataOps != 0 {
			return "NOT durable: no Sync of the file since"
		}
		return "NOT durable: no SyncDir of its folder since"
	case l.cut.kill:
		return "not durable, and there"
	}
	return "not durable, and kept"
}

// touches reports whether an operation made something undecided.
func (s *settled) touches(n int, u disk.Undecided) bool {
	if u.Kind == disk.NameKind {
		return s.names[u.Index] == n
	}
	o := s.run.ops[n-1]
	if o.Op&dataOps == 0 || o.File != u.File || s.by[n] > 0 {
		return false
	}
	from, to := s.reach(n)
	switch {
	case u.Kind == disk.SectorKind:
		return from < u.Offset+disk.SectorSize && to > u.Offset
	case o.Op == disk.OpWrite:
		return o.Err != nil || slices.Contains(u.Sizes[1:], to)
	}
	return slices.Contains(u.Sizes[1:], o.Length)
}

// reach returns the range of a file's content that an operation may have changed.
func (s *settled) reach(n int) (from, to int64) {
	switch o := s.run.ops[n-1]; {
	case o.Op == disk.OpTruncate:
		return o.Length, math.MaxInt64
	case o.Op != disk.OpWrite:
		return 0, 0
	case n == s.cut.op && s.cut.done != whole:
		return o.Offset, o.Offset + int64(s.cut.done)
	default:
		return o.Offset, o.Offset + o.Length
	}
}

// writers returns the operations that made something undecided.
func (s *settled) writers(u disk.Undecided) (list []int) {
	for n := 1; n <= s.cut.op; n++ {
		if s.touches(n, u) {
			list = append(list, n)
		}
	}
	return list
}

// first returns the first of them, or 0 if it is from before.
func (s *settled) first(u disk.Undecided) int {
	if list := s.writers(u); len(list) > 0 {
		return list[0]
	}
	return 0
}
