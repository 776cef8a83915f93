package crash

import (
	"context"
	"slices"

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
	most   int64 // what report.Distinct may reach at the present place
}

const (
	roundSize = 256 // disks in a round
	enterSize = 32  // recoveries that are recorded in a round, to be crashed
	busy      = 64  // with as many nested points to crash at, no recovery is recorded
)

// place is a point of the workload, and all that its search has not done yet. It waits there when the place has used up
// its share of the states, and other places are searched first.
type place struct {
	own    ring      // the point itself, once for each number of notes
	nested ring      // points of recoveries from its disks
	enter  []*source // of these, whose disks are to be recovered from again, recorded: the latest last
	left   []*job    // taken, but beyond the share
}

// kinds of what search.seen remembers
const (
	seenDisk    = iota // recovered from
	seenPoint          // crashed at
	seenEntered        // recovered from to be crashed in that
	seenKinds
)

// job is one disk: made, looked up, recovered from.
type job struct {
	src *source
	cut cut
	sim *disk.Sim
	key uint64
	run *run
	err error // what run ended with; run itself may still go on when that is ErrEndless
}

// trace returns all crashes that lead to the disk.
func (j *job) trace() []cut { return append(slices.Clip(j.src.trace), j.cut) }

// explore tries all points of the workload, again and again until none has a disk left that was not tried, or the states
// are spent: each time, what is left of them is shared out among the points that are not done. It returns the trace of
// the first violation and what Recover said there; or nil, and the error of the context.
func (s *search) explore() (trace []cut, said, err error) {
	s.report.AllPoints, s.report.Limit = len(s.work.points), s.States
	open := make([]*place, len(s.work.points))
	for i, p := range s.work.points {
		open[i] = &place{}
		s.push(open[i], nil, s.work, p)
	}
	all := open
	defer func() {
		for _, p := range all {
			p.close()
		}
	}()
	for first := true; len(open) > 0 && !s.spent(s.States); first = false {
		var rest []*place
		for i, p := range open {
			left, among := s.States-s.report.Distinct, int64(len(open)-i)
			s.most = s.report.Distinct + (left+among-1)/among
			if first && !s.spent(s.most) {
				s.report.Points++
			}
			if failed, err := s.visit(p); err != nil {
				return nil, nil, err
			} else if failed != nil {
				return failed.trace(), failed.err, nil
			}
			if !p.done() {
				rest = append(rest, p)
			}
		}
		open = rest
	}
	s.report.Stopped = len(open) > 0
	return nil, nil, nil
}

// spent reports whether there are as many distinct disks as there may be.
func (s *search) spent(most int64) bool { return s.States > 0 && s.report.Distinct >= most }

// visit searches a place until it is done or its share is spent. It returns the first disk that fails.
func (s *search) visit(p *place) (*job, error) {
	for !p.done() && !s.spent(s.most) {
		if failed, err := s.round(p); failed != nil || err != nil {
			return failed, err
		}
	}
	return nil, nil
}

// done reports whether nothing is left to try.
func (p *place) done() bool {
	return len(p.own.list)+len(p.nested.list)+len(p.enter)+len(p.left) == 0
}

// close ends what is open.
func (p *place) close() {
	for _, src := range slices.Concat(p.own.list, p.nested.list, p.enter) {
		src.first.close()
		src.again.close()
	}
}

// push adds a point, once for each number of notes that may have been made there.
func (s *search) push(to *place, trace []cut, r *run, p point) {
	for n := p.least; n <= p.most; n++ {
		key, known := s.known(mix(p.print, r.prints[n]), len(trace), seenPoint)
		s.seen.add(key)
		if known {
			continue
		}
		src := &source{trace: trace, run: r, point: p, notes: n, sims: make([]*disk.Sim, s.Workers), bound: -1}
		if len(trace) == 0 {
			to.own.list = append(to.own.list, src)
		} else {
			to.nested.list = append(to.nested.list, src)
		}
		if len(trace) < s.Depth {
			to.enter = append(to.enter, src)
		}
	}
}

// known reports whether something was seen with as few crashes before it, or fewer: then it was searched as far as it
// would be now. It returns the key to remember it by.
func (s *search) known(print uint64, crashes, kind int) (key uint64, known bool) {
	for n := range crashes + 1 {
		key = mix(print, uint64(seenKinds*n+kind))
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
func (s *search) round(p *place) (*job, error) {
	if failed, err := s.enter(p); failed != nil || err != nil {
		return failed, err
	}
	jobs := s.fill(p)
	if _, err := s.share(jobs, s.make); err != nil {
		return nil, err
	}
	jobs = s.judge(p, jobs)
	if late, err := s.share(jobs, s.recover); late != nil || err != nil {
		return late, err
	}
	s.report.Recoveries += int64(len(jobs))
	if s.Progress != nil {
		s.Progress(s.report.Count)
	}
	return failed(jobs), nil
}

// failed returns the first job whose recovery failed, or nil.
func failed(jobs []*job) *job {
	for _, j := range jobs {
		if j.err = j.run.err; j.err != nil {
			return j
		}
	}
	return nil
}

// enter adds nested points when few are left: it recovers again from some disks, this time recorded. To record each
// recovery the first time would leave more points waiting than memory has room for.
func (s *search) enter(p *place) (*job, error) {
	if len(p.nested.list) >= busy {
		return nil, nil
	}
	jobs := s.entries(p)
	if _, err := s.share(jobs, s.make); err != nil {
		return nil, err
	}
	jobs = slices.DeleteFunc(jobs, func(j *job) bool {
		key, known := s.known(j.key, len(j.src.trace), seenEntered)
		s.seen.add(key)
		return known
	})
	if late, err := s.share(jobs, s.record); late != nil || err != nil {
		return late, err
	}
	s.report.Recoveries += int64(len(jobs))
	for _, j := range jobs {
		for i, at := range j.run.points {
			if i > 0 || at.most > at.least { // the first is the disk itself, and no new one unless notes were made
				s.push(p, j.trace(), j.run, at)
			}
		}
	}
	return failed(jobs), nil
}

// entries takes disks to record the recovery from: of the latest points first, so that few wait. Each was taken to be
// recovered from before.
func (s *search) entries(p *place) []*job {
	var jobs []*job
	for i := len(p.enter) - 1; i >= 0 && len(jobs) < enterSize; i-- {
		src := p.enter[i]
		for len(jobs) < enterSize && (src.first.ended || src.again.taken < src.first.taken) {
			c, ok := src.again.take(s, src)
			if !ok {
				p.enter = slices.Delete(p.enter, i, i+1)
				break
			}
			jobs = append(jobs, &job{src: src, cut: c})
		}
	}
	return jobs
}

// fill takes the next disks: half of them of the point itself, half from inside recovery, so that a bound on the number of
// disks starves neither. Before there are any from inside recovery, it takes only as many as can be entered.
func (s *search) fill(p *place) []*job {
	jobs, size := p.left, roundSize
	p.left = nil
	if len(p.nested.list) == 0 && len(p.enter) > 0 {
		size = enterSize
	}
	for len(jobs) < size {
		from, or := &p.own, &p.nested
		if len(jobs)%2 == 1 {
			from, or = or, from
		}
		j := from.next(s)
		if j == nil {
			j = or.next(s)
		}
		if j == nil {
			break
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// judge counts disks, and returns those to recover from: they are new. Those beyond the share stay with the place.
func (s *search) judge(p *place, jobs []*job) []*job {
	var fresh []*job
	for i, j := range jobs {
		key, known := s.known(j.key, len(j.src.trace), seenDisk)
		if !known && s.spent(s.most) {
			p.left = jobs[i:]
			break
		}
		s.report.States++
		if known {
			continue
		}
		s.seen.add(key)
		s.report.Distinct++
		if len(j.src.trace) > 0 {
			s.report.Nested++
		}
		fresh = append(fresh, j)
	}
	return fresh
}

// make makes the disk that the crash leaves. When no other crash follows, it makes no difference whether what is there is
// durable, and the death of the process leaves what power loss may leave, too.
func (s *search) make(worker int, j *job) {
	sim := j.src.sims[worker]
	if sim == nil {
		sim = j.src.point.sim.Kill()
		j.src.sims[worker] = sim
	}
	j.sim = j.cut.apply(j.src.run, sim)
	if s.last(j) && j.cut.kill {
		j.sim = j.sim.Crash(disk.Kept)
	}
	j.sim.KeepLog(false)
	j.key = mix(j.sim.Fingerprint(), j.src.run.prints[j.cut.notes])
}

// last reports whether the operations of Recover on a disk are not crashed.
func (s *search) last(j *job) bool { return len(j.src.trace) >= s.Depth }

// recover runs Recover, and Again, where there may be another crash.
func (s *search) recover(_ int, j *job) {
	j.run = j.begin()
	protect(&j.run.err, func() error {
		if s.last(j) {
			return s.exp.Recover(j.sim, j.run.notes)
		}
		return s.exp.live(j.run, j.sim)
	})
}

// record does the same, watched.
func (s *search) record(_ int, j *job) {
	j.run = j.begin()
	j.run.record(j.sim, false, func() error { return s.exp.live(j.run, j.sim) })
}

// begin returns a run with the notes before the crash.
func (j *job) begin() *run {
	return newRun(j.src.run.notes[:j.cut.notes], j.src.run.prints[:j.cut.notes+1])
}

// live runs Recover and Again.
func (e *Experiment) live(r *run, sim *disk.Sim) error {
	notes := r.notes
	err := e.Recover(sim, notes)
	r.accepted = err == nil
	if err == nil && e.Again != nil {
		err = e.Again(sim, notes, r.note)
	}
	return err
}
