package crash

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"

	"example.com/logbook/final/disk"
)

// cut is one crash in a trace: where, and what it leaves.
type cut struct {
	op, done int  // as in point
	notes    int  // how many notes were made before
	kill     bool // the death of the process, not power loss
	outcomes []disk.Outcome
	pending  []disk.Undecided // what the outcomes are about; nil if unknown
}

// apply makes the disk that the crash leaves of the one at its point.
func (c *cut) apply(r *run, sim *disk.Sim) *disk.Sim {
	switch {
	case !c.kill:
		return sim.Crash(func(u disk.Undecided) disk.Outcome { return c.outcomes[u.Index] })
	case c.done != whole && r.ops[c.op-1].Data != nil:
		return r.ops[c.op-1].before.KillInside(r.ops[c.op-1].Event, c.done)
	}
	return sim.Kill()
}

// source is a point from which disks are made.
type source struct {
	trace []cut // the crashes before
	run   *run
	point point
	notes int
	sims  []*disk.Sim // a copy for each worker, so that they need not wait for each other
	bound int         // as in plan; -1 until it is settled

	first stream // the crashes, to recover from what they leave
	again stream // the same ones, to record that; it stays behind the first
}

// stream yields the crashes at a point, one at a time.
type stream struct {
	next  func() (cut, bool)
	stop  func()
	taken int
	ended bool
}

// take returns the next crash.
func (t *stream) take(s *search, src *source) (cut, bool) {
	if t.ended {
		return cut{}, false
	}
	if t.next == nil {
		t.next, t.stop = iter.Pull(s.cuts(src))
	}
	c, ok := t.next()
	if ok {
		t.taken++
	}
	t.ended = !ok
	return c, ok
}

// close ends the stream.
func (t *stream) close() {
	if t.stop != nil {
		t.stop()
	}
	t.ended = true
}

// ring are sources that are taken from in turn.
type ring struct {
	list []*source
	turn int
}

// next returns the next disk of the source whose turn it is, or nil if no source has one left.
func (r *ring) next(s *search) *job {
	for len(r.list) > 0 {
		r.turn %= len(r.list)
		src := r.list[r.turn]
		if c, ok := src.first.take(s, src); ok {
			r.turn++
			return &job{src: src, cut: c}
		}
		r.list = slices.Delete(r.list, r.turn, r.turn+1)
	}
	return nil
}

// cuts yields the crashes at a point: the death of the process first, then losses of power, and writes cut short between
// those that tear no sector and those that do. It yields the same whenever it is called.
func (s *search) cuts(src *source) iter.Seq[cut] {
	return func(yield func(cut) bool) {
		c := cut{op: src.point.op, done: src.point.done, notes: src.notes, kill: true}
		if !yield(c) {
			return
		}
		plan := s.plan(src)
		lost := func(outcomes []disk.Outcome) bool {
			return yield(cut{op: c.op, done: c.done, notes: c.notes, outcomes: outcomes, pending: plan.list})
		}
		_ = plan.whole(lost) && s.inside(src, c, yield) && plan.tears(lost) && plan.rest(lost)
	}
}

// plan says what losses of power are tried at a point.
func (s *search) plan(src *source) *plan {
	first := src.bound < 0
	if first {
		src.bound = s.bound()
	}
	p := &plan{list: src.point.sim.Pending(), most: s.Subsets, bound: src.bound, seeds: s.Seeds, torn: s.Torn, near: s.Subsets / 2,
		rng: rand.New(rand.NewPCG(s.Seed, src.point.print))}
	if len(src.trace) > 0 {
		p.near = s.Subsets / 4 // there are many such points
		if s.States > 0 {
			p.bound /= 2
		}
	}
	if first {
		s.sampled(src, p)
	}
	return p
}

// bound is Subsets, or less when so many disks are beyond what may be spent at this point: a choice of all of them
// tells more than all of the first.
func (s *search) bound() int {
	bound := s.Subsets
	for s.States > 0 && bound > 0 && int64(1)<<bound > s.most-s.report.Distinct {
		bound--
	}
	return bound
}

// inside yields the deaths of the process inside a write that are not between two sectors.
func (s *search) inside(src *source, c cut, yield func(cut) bool) bool {
	p := src.point
	if p.done != whole || p.op == 0 || !s.Torn || src.notes > p.least { // no note is made inside a write
		return true
	}
	o := src.run.ops[p.op-1] // without Data if it is none of the workload's writes
	for c.done = 1; c.done < len(o.Data); c.done++ {
		if (o.Offset+int64(c.done))%disk.SectorSize != 0 && !yield(c) {
			return false
		}
	}
	return true
}

// sampled notes where a plan is not exhaustive.
func (s *search) sampled(src *source, p *plan) {
	switch full := p.full(); {
	case full && p.tornFull():
	case len(src.trace) > 0:
		s.report.SampledNested++
	case full:
		s.report.Sampled = append(s.report.Sampled, fmt.Sprintf("%s: %d undecided, not all of them combined around a torn sector",
			src.run.where(src.point.op, src.point.done), len(p.list)))
	default:
		s.report.Sampled = append(s.report.Sampled, fmt.Sprintf("%s: %d undecided", src.run.where(src.point.op, src.point.done), len(p.list)))
	}
}
