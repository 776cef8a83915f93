package crash

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// share has jobs done by the workers, in order. It returns the error of the context, if that ended it, or the job that
// ended it because it takes too long; then workers may still be at work.
func (s *search) share(jobs []*job, do func(worker int, j *job)) (late *job, err error) {
	team := make([]member, min(s.Workers, len(jobs)))
	var next atomic.Int64
	var wait sync.WaitGroup
	for worker := range team {
		wait.Go(func() {
			for s.ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(jobs) {
					return
				}
				team[worker].begin(s.Patience, i)
				do(worker, jobs[i])
				team[worker].end()
			}
			team[worker].end()
		})
	}
	if s.Patience == 0 {
		wait.Wait()
		return nil, s.ctx.Err()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait.Wait()
	}()
	i := s.watch(team, done)
	if err := s.ctx.Err(); err != nil || i < 0 {
		return nil, err
	}
	next.Store(int64(len(jobs)))
	jobs[i].err = s.endless()
	return jobs[i], nil
}

// member is what one worker is at.
type member struct {
	job   atomic.Int64 // its index plus one, or 0
	since atomic.Int64 // when it began, in nanoseconds
}

// begin and end are called by the worker.
func (m *member) begin(patience time.Duration, i int) {
	if patience > 0 {
		m.since.Store(time.Now().UnixNano())
		m.job.Store(int64(i) + 1)
	}
}

func (m *member) end() { m.job.Store(0) }

// watch waits until the work is done, or the context is, or a job takes too long: then it returns its index, and else -1.
// When the context ends, it gives the workers some time.
func (s *search) watch(team []member, done <-chan struct{}) int {
	tick := time.NewTicker(max(time.Millisecond, s.Patience/8))
	defer tick.Stop()
	for {
		select {
		case <-done:
			return -1
		case <-s.ctx.Done():
			select {
			case <-done:
			case <-time.After(min(s.Patience, time.Second)):
			}
			return -1
		case <-tick.C:
		}
		for i := range team {
			// A job that begins between the two loads has begun late.
			job := team[i].job.Load()
			if since := time.Unix(0, team[i].since.Load()); job > 0 && time.Since(since) > s.Patience {
				return int(job) - 1
			}
		}
	}
}

// within calls f, and returns an error when that takes too long. Then f goes on, in a goroutine of its own.
func (s *search) within(f func()) error {
	done := make(chan struct{})
	go func() { // also because f may end it
		defer close(done)
		f()
	}()
	var late <-chan time.Time
	if s.Patience > 0 {
		late = time.After(s.Patience)
	}
	select {
	case <-done:
		return nil
	case <-late:
		return s.endless()
	}
}

// endless is the error of what takes too long.
func (s *search) endless() error {
	return fmt.Errorf("has not returned after %v: %w", s.Patience, ErrEndless)
}
