package crash

import (
	"fmt"
	"slices"
	"strings"

	"example.com/logbook/final/disk"
)

// settled tells which operations of a run made which others durable.
type settled struct {
	by    []int // by[n] is the operation that made operation n durable, or 0
	names []int // the operations that made the undecided names, in order; 0 for those of an earlier run
	upto  int
	run   *run
}

const (
	nameOps = disk.OpCreate | disk.OpMkdir | disk.OpRename | disk.OpRemove
	dataOps = disk.OpWrite | disk.OpTruncate | disk.OpPreallocate
)

// settle goes through the operations up to one.
func settle(r *run, upto int) settled {
	s := settled{by: make([]int, upto+1), upto: upto, run: r}
	var before []disk.Undecided
	for _, p := range r.points {
		if p.op > upto || p.done != whole {
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

// state tells whether an operation is durable. It is loud about one of which something is lost in this crash, or, when this
// is the death of the process, in a later one: that the others are not durable does not matter here.
func (s *settled) state(n int, o op, l *life) string {
	switch {
	case o.Op&(nameOps|dataOps) == 0 || o.Err != nil:
		return ""
	case s.by[n] > 0:
		return fmt.Sprintf("durable since %d", s.by[n])
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
	return o.Op != disk.OpWrite || u.Kind != disk.SectorKind || o.Offset < u.Offset+disk.SectorSize && o.Offset+o.Length > u.Offset
}

// writers tells which operations made something undecided.
func (s *settled) writers(u disk.Undecided) string {
	var list []string
	for n := range s.upto {
		if s.touches(n+1, u) {
			list = append(list, fmt.Sprint(n+1))
		}
	}
	switch {
	case len(list) == 0:
		return "from before"
	case len(list) == 1:
		return "operation " + list[0]
	case len(list) > 6:
		list = append(list[:3], "…", list[len(list)-1])
	}
	return "operations " + strings.Join(list, ", ")
}
