package snapshotstest

import (
	"slices"

	"go.etcd.io/raft/v3/raftpb"
)

// stop ends an attempt that has failed where nobody is to hear of it yet.
type stop struct{}

// attempt makes calls happen, and returns the failure, or nil.
func (c *check) attempt(calls []call, try func(*check, []call)) (f *failure) {
	alone := *c
	alone.caught = func(g failure) { f = &g }
	defer func() {
		switch p := recover().(type) {
		case nil, stop:
		default:
			f = new(alone.Panicked(p))
		}
	}()
	try(&alone, calls)
	return nil
}

// smallest makes calls happen. If that fails, it looks for fewer that fail too,
// and fails with these.
func (c *check) smallest(calls []call, found string, try func(*check, []call)) {
	c.Helper()
	f := c.attempt(calls, try)
	if f == nil {
		return
	}
	for size := len(calls); size > 0; size /= 2 {
		for i := 0; i+size <= len(calls); {
			fewer := slices.Delete(slices.Clone(calls), i, i+size)
			if g := c.attempt(fewer, try); g != nil {
				calls, f = fewer, g
			} else {
				i++
			}
		}
	}
	for i := 0; i < len(calls); i++ {
		for _, simple := range calls[i].simpler() {
			other := slices.Clone(calls)
			other[i] = simple
			if g := c.attempt(other, try); g != nil {
				calls, f = other, g
				i-- // as simple as it gets
				break
			}
		}
	}
	f.Tried = found + "\n" + f.Tried
	c.fail(*f)
}

// simpler returns calls that do a little less.
func (c call) simpler() []call {
	var list []call
	if d := c.death; d != nil {
		list = append(list, d.simpler()...)
	}
	if n := len(c.ents); n > 0 {
		list = append(list, call{state: c.state, ents: c.ents[:n-1]})
	}
	if len(c.ents) > 0 && c.state != nil {
		list = append(list, call{ents: c.ents})
	}
	if s := c.state; s.GetCommit() > 0 {
		list = append(list, call{state: state(s.GetTerm(), s.GetVote(), s.GetCommit()-1), ents: c.ents})
	}
	if long := slices.ContainsFunc(c.ents, func(e *raftpb.Entry) bool { return len(e.GetData()) > 20 }); long {
		e := c.ents[len(c.ents)-1]
		list = append(list, call{state: c.state, ents: append(slices.Clone(c.ents[:len(c.ents)-1]), entry(e.GetTerm(), e.GetIndex(), 0))})
	}
	return list
}

// simpler returns deaths that do a little less.
func (d *death) simpler() []call {
	var list []call
	with := func(change func(*death)) {
		e := new(*d)
		change(e)
		list = append(list, call{death: e})
	}
	if d.purged {
		with(func(e *death) { e.purged = false })
	}
	switch {
	case d.inside != nil:
		with(func(e *death) { e.inside, e.written = nil, 0 })
		for _, in := range d.inside.simpler() {
			with(func(e *death) { e.inside, e.written = &in, min(e.written, len(in.ents)) })
		}
	case d.killed:
		with(func(e *death) { e.killed = false })
	}
	return list
}
