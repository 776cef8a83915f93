package crash

import (
	"errors"
	"fmt"

	"example.com/logbook/final/disk"
)

// life is one run of a trace that is followed, and the crash that ends it.
type life struct {
	run  *run
	cut  cut
	sim  *disk.Sim // at the crash, as kill -9 leaves it
	left *disk.Sim // what the crash leaves
	next *run      // of Recover, on what is left

	// What explain finds out, by the index of what is undecided at the crash.
	pending []disk.Undecided
	lost    []bool // in this crash, or, if this is the death of the process, in a later one
	needed  []bool // kept, and when it is lost as well, no promise is broken
}

// follow crashes where the trace says, and recovers, until Recover fails or the trace ends. It returns nil if a crash has
// no place in its run: what came before it is not what it was when the trace was made.
func (s *search) follow(trace []cut) (lives []life, err error) {
	r := s.work
	for _, c := range trace {
		sim := r.find(c.op, c.done, c.notes)
		if sim == nil {
			return nil, nil
		}
		c.fit(sim.Pending())
		l := life{run: r, cut: c, sim: sim, left: c.apply(r, sim)}
		r = newRun(r.notes[:c.notes], r.prints[:c.notes+1])
		l.next = r
		lives = append(lives, l)
		s.report.Recoveries++
		late := s.within(func() {
			sim := l.left.Kill()
			r.record(sim, false, func() error { return s.exp.live(r, sim) })
		})
		if late != nil { // r is still in use
			lives[len(lives)-1].next = &run{notes: l.run.notes[:c.notes], err: late}
			return lives, late
		}
		if r.err != nil {
			return lives, r.err
		}
	}
	return lives, nil
}

// thingKey says of something undecided what it is, at any point.
type thingKey struct {
	kind   disk.Kind
	file   int
	name   string
	op     disk.Op
	to     string
	offset int64
}

func keyOf(u disk.Undecided) thingKey {
	return thingKey{u.Kind, u.File, u.Name, u.Op, u.To, u.Offset}
}

// fit makes the outcomes fit what is undecided now: each thing is left as it was when the outcomes were made, and what was
// not there is kept.
func (c *cut) fit(pending []disk.Undecided) {
	if c.kill {
		return
	}
	old := map[thingKey]disk.Outcome{}
	for i, u := range c.pending {
		o := c.outcomes[i]
		if o.Version == u.Versions-1 && o.Cut == 0 {
			continue // the newest, as what is not there
		}
		old[keyOf(u)] = o
	}
	outcomes := make([]disk.Outcome, len(pending))
	for i, u := range pending {
		o, ok := old[keyOf(u)]
		switch {
		case ok:
			outcomes[i] = disk.Outcome{Version: min(o.Version, u.Versions-1), Cut: o.Cut, Behind: min(o.Behind, u.Versions-1)}
		case c.pending == nil && i < len(c.outcomes):
			outcomes[i] = c.outcomes[i]
		default:
			outcomes[i].Version = u.Versions - 1
		}
	}
	c.outcomes, c.pending = outcomes, pending
}

// tries is how many recoveries are spent on making a violation smaller.
const tries = 4000

// shrink makes a trace that fails smaller: fewer crashes, then fewer operations, then less that is lost. It returns nil if
// the trace does not fail again.
func (s *search) shrink(trace []cut) []life {
	if len(trace) > 1 {
		trace = s.single(trace)
	}
	best, err := s.follow(trace)
	if err == nil {
		return nil
	}
	left := tries
	if errors.Is(err, ErrEndless) {
		left = 0 // each would take as long
	}
	better := func(trace []cut) bool {
		if left--; left < 0 || s.ctx.Err() != nil {
			return false
		}
		lives, err := s.follow(trace)
		switch {
		case err == nil:
			return false
		case errors.Is(err, ErrEndless):
			left = 0 // it is no smaller case of what is looked at
			return false
		}
		best = lives
		return true
	}
	for i := 0; i < len(best); i++ {
		shorten(best, i, better)
	}
	for i := 0; i < len(best); i++ {
		s.keep(&best, i, better)
	}
	return best
}

// single looks for a violation with one crash, instead of one with several.
func (s *search) single(trace []cut) []cut {
	once := *s
	once.Depth, once.Progress, once.States = 0, nil, 1<<18
	once.seen, once.report = newSeen(seenMost), Report{}
	found, _, _ := once.explore()
	s.report.Recoveries += once.report.Recoveries
	if found != nil {
		return found
	}
	return trace
}

// cutsOf returns the trace of what was followed, to be changed.
func cutsOf(lives []life) []cut {
	trace := make([]cut, len(lives))
	for i, l := range lives {
		trace[i] = l.cut
		trace[i].outcomes = append([]disk.Outcome(nil), l.cut.outcomes...)
	}
	return trace
}

// shorten tries to crash a run earlier, from its beginning on.
func shorten(lives []life, i int, better func([]cut) bool) {
	for _, p := range lives[i].run.points {
		c := lives[i].cut
		if p.op > c.op || p.op == c.op && (p.done == whole || c.done != whole && p.done >= c.done) {
			return
		}
		for notes := p.least; notes <= p.most; notes++ {
			trace := cutsOf(lives)
			trace[i].op, trace[i].done = p.op, p.done
			for j := range trace[i:] {
				trace[i+j].notes += notes - c.notes // those of later lives come behind
			}
			if better(trace) {
				return
			}
		}
	}
}

// keep tries to lose less in a crash, one thing after the other, until nothing can be kept.
func (s *search) keep(best *[]life, i int, better func([]cut) bool) {
	for again := true; again; {
		again = false
		for k := 0; i < len(*best) && k < len((*best)[i].cut.outcomes); k++ {
			now := (*best)[i].cut
			newest := disk.Outcome{Version: now.pending[k].Versions - 1}
			if now.outcomes[k] == newest {
				continue
			}
			trace := cutsOf(*best)
			trace[i].outcomes[k] = newest
			again = better(trace) || again
		}
	}
}

// probes is how many recoveries are spent on finding out what is needed.
const probes = 64

// explain finds out what matters for the violation.
func (s *search) explain(lives []life) {
	left := probes
	if errors.Is(lives[len(lives)-1].next.err, ErrEndless) {
		left = 0 // each would take as long
	}
	later := map[thingKey]bool{}
	for i := len(lives) - 1; i >= 0; i-- {
		l := &lives[i]
		l.pending = l.sim.Pending()
		l.lost, l.needed = make([]bool, len(l.pending)), make([]bool, len(l.pending))
		for k, u := range l.pending {
			switch {
			case l.cut.kill:
				l.lost[k] = later[keyOf(u)]
			case fateOf(l.cut, u) != "":
				l.lost[k], later[keyOf(u)] = true, true
			case left > 0 && s.ctx.Err() == nil:
				left--
				trace := cutsOf(lives)
				trace[i].outcomes[k] = disk.Outcome{}
				_, err := s.follow(trace)
				l.needed[k] = err == nil
			}
		}
	}
}

// replay follows a token.
func (s *search) replay() ([]life, error) {
	trace, err := parse(s.work, s.Replay)
	if err != nil {
		return nil, err
	}
	lives, err := s.follow(trace)
	if lives == nil {
		return nil, fmt.Errorf("crash: %q crashes where there is no operation: %w", s.Replay, ErrReplay)
	}
	if err == nil {
		return nil, nil
	}
	return lives, nil
}
