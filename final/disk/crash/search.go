package crash

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"example.com/logbook/final/disk"
)

// search is one call of Explore. Its rounds keep it deterministic: what is tried next is decided by one goroutine, in an
// order that no other has a part in; only making a disk and recovering from it is shared out.
type search struct {
	Bounds
	ctx    context.Context
	exp    *Experiment
	work   *run
	report Report
	seen   *seen
	most   int64 // what report.Distinct may reach at the present point

	own    []*source // of the present point of the workload, first in, first out
	nested []*source // of what was recovered there, last in, first out, so that few wait
}

const (
	roundSize = 256  // disks in a round
	waiting   = 1024 // of more nested points than that, none are added to until they are done
)

// cut is one crash in a trace: where, and what it leaves.
type cut struct {
	op, done int  // as in point
	notes    int  // how many notes were made before
	kill     bool // the death of the process, not power loss
	outcomes []disk.Outcome
	pending  []disk.Undecided // what the outcomes are about; nil if unknown
}

// source is a point from which disks are made.
type source struct {
	trace []cut // the crashes before
	run   *run
	point point
	notes int
	sims  []*disk.Sim // a copy for each worker, so that they need not wait for each other
	next  func() (cut, bool)
	stop  func()
}

// job is one disk: made, looked up, recovered from.
type job struct {
	src *source
	cut cut
	sim *disk.Sim
	key uint64
	run *run
}

// trace returns all crashes that lead to the disk.
func (j *job) trace() []cut { return append(slices.Clip(j.src.trace), j.cut) }

// explore tries all points of the workload, one after the other. It returns the trace of the first violation and what
// Recover said there; or nil, and the error of the context.
func (s *search) explore() (trace []cut, said, err error) {
	defer s.drop()
	points := s.work.points
	s.report.AllPoints, s.report.Limit = len(points), s.States
	for i, p := range points {
		s.most = s.States
		if left := s.States - s.report.Distinct; s.States > 0 {
			s.most = s.report.Distinct + (left+int64(len(points)-i)-1)/int64(len(points)-i)
		}
		s.push(nil, s.work, p)
		for len(s.own)+len(s.nested) > 0 {
			if failed, err := s.round(); err != nil {
				return nil, nil, err
			} else if failed != nil {
				return failed.trace(), failed.run.err, nil
			}
		}
		s.report.Points++
	}
	return nil, nil, nil
}

// drop ends what is open.
func (s *search) drop() {
	for _, src := range append(s.own, s.nested...) {
		if src.stop != nil {
			src.stop()
		}
	}
	s.own, s.nested = nil, nil
}

// push adds a point, once for each number of notes that may have been made there.
func (s *search) push(trace []cut, r *run, p point) {
	for n := p.least; n <= p.most; n++ {
		src := &source{trace: trace, run: r, point: p, notes: n, sims: make([]*disk.Sim, s.Workers)}
		key, known := s.known(mix(p.print, r.prints[n]), len(trace), 1)
		s.seen.add(key)
		switch {
		case known:
		case len(trace) == 0:
			s.own = append(s.own, src)
		default:
			s.nested = append(s.nested, src)
		}
	}
}

// known reports whether something was seen with as few crashes before it, or fewer: then it was searched as far as it
// would be now. It returns the key to remember it by.
func (s *search) known(print uint64, crashes, kind int) (key uint64, known bool) {
	for n := range crashes + 1 {
		key = mix(print, uint64(2*n+kind))
		known = known || s.seen.has(key)
	}
	return key, known
}

// mix makes one key of two.
func mix(a, b uint64) uint64 {
	h := (a ^ b*0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
	return h ^ h>>32
}

// round makes some disks, and recovers from those that are new. It returns the first that fails.
func (s *search) round() (*job, error) {
	jobs := s.fill()
	s.share(len(jobs), func(worker, i int) { jobs[i].make(worker, s.last(jobs[i])) })
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	fresh := slices.DeleteFunc(jobs, func(j *job) bool { return !s.fresh(j) })
	s.share(len(fresh), func(_, i int) { s.recover(fresh[i]) })
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	for _, j := range fresh {
		s.report.Recoveries++
		if j.run.err != nil {
			return j, nil
		}
	}
	for _, j := range slices.Backward(fresh) {
		s.enter(j)
	}
	if s.Progress != nil {
		s.Progress(s.report.Count)
	}
	return nil, nil
}

// fill takes the next disks from the sources: half of them from those inside recovery, so that a bound on the number of
// disks does not starve these, and all while too many of these wait.
func (s *search) fill() []*job {
	var jobs []*job
	for len(jobs) < roundSize {
		queue, at := &s.own, 0
		if n := len(s.nested); n > waiting || len(s.own) == 0 || n > 0 && len(jobs)%2 == 1 {
			queue, at = &s.nested, n-1
		}
		if len(*queue) == 0 {
			break
		}
		src := (*queue)[at]
		if src.next == nil {
			src.next, src.stop = iter.Pull(s.cuts(src))
		}
		c, ok := src.next()
		if !ok {
			*queue = slices.Delete(*queue, at, at+1)
			continue
		}
		jobs = append(jobs, &job{src: src, cut: c})
	}
	return jobs
}

// cuts yields the crashes at a point: the death of the process first, then losses of power.
func (s *search) cuts(src *source) iter.Seq[cut] {
	return func(yield func(cut) bool) {
		p := src.point
		c := cut{op: p.op, done: p.done, notes: src.notes, kill: true}
		if !yield(c) || !s.inside(src, c, yield) {
			return
		}
		c.kill = false
		c.pending = p.sim.Pending()
		plan := &plan{list: c.pending, bound: s.bound(), seeds: s.Seeds, torn: s.Torn, near: s.Subsets / 2,
			rng: rand.New(rand.NewPCG(s.Seed, p.print))}
		if len(src.trace) > 0 {
			plan.near = s.Subsets / 4 // there are many such points
		}
		s.sampled(src, plan)
		for c.outcomes = range plan.states() {
			if !yield(c) {
				return
			}
		}
	}
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

// make makes the disk that the crash leaves. When no other crash follows, it makes no difference whether what is there is
// durable, and the death of the process leaves what power loss may leave, too.
func (j *job) make(worker int, last bool) {
	sim := j.src.sims[worker]
	if sim == nil {
		sim = j.src.point.sim.Kill()
		j.src.sims[worker] = sim
	}
	j.sim = j.cut.apply(j.src.run, sim)
	if last && j.cut.kill {
		j.sim = j.sim.Crash(disk.Kept)
	}
	j.key = mix(j.sim.Fingerprint(), j.src.run.prints[j.cut.notes])
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

// fresh reports whether a disk is to be recovered from, and counts it.
func (s *search) fresh(j *job) bool {
	s.report.States++
	key, known := s.known(j.key, len(j.src.trace), 0)
	switch {
	case known:
		return false
	case s.States > 0 && s.report.Distinct >= s.most:
		s.report.Stopped = true
		s.drop()
		return false
	}
	s.seen.add(key)
	s.report.Distinct++
	if len(j.src.trace) > 0 {
		s.report.Nested++
	}
	return true
}

// last reports whether the operations of Recover on a disk are not crashed.
func (s *search) last(j *job) bool { return len(j.src.trace) >= s.Depth }

// recover runs Recover, and Again, where there may be another crash.
func (s *search) recover(j *job) {
	n := j.cut.notes
	j.run = newRun(j.src.run.notes[:n], j.src.run.prints[:n+1])
	if s.last(j) {
		protect(&j.run.err, func() error { return s.exp.Recover(j.sim, j.run.notes) })
		return
	}
	s.exp.record(j.run, j.sim)
}

// record runs Recover and Again, watched.
func (e *Experiment) record(r *run, sim *disk.Sim) {
	notes := r.notes
	r.record(sim, false, func() error {
		err := e.Recover(sim, notes)
		if err == nil && e.Again != nil {
			err = e.Again(sim, notes, r.note)
		}
		return err
	})
}

// enter adds the points of what was recovered. The first is the disk itself, and no new one unless notes were made.
func (s *search) enter(j *job) {
	for i, p := range j.run.points {
		if i > 0 || p.most > p.least {
			s.push(j.trace(), j.run, p)
		}
	}
}

// share has n things done by the workers, in order. Where the goroutine of one ends, what others begin later may not be
// done; all before it is.
func (s *search) share(n int, do func(worker, i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for worker := range min(s.Workers, n) {
		wait.Go(func() {
			for s.ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(worker, i)
			}
		})
	}
	wait.Wait()
}
