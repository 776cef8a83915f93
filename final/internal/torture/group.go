package torture

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// hold stops the goroutine that has the log locked, between its write and whatever follows.
type hold struct {
	once    sync.Once
	stopped chan struct{} // closed once it stands
	release chan struct{}
}

// stop is called with the log locked. Only the first call stops.
func (h *hold) stop() {
	h.once.Do(func() {
		close(h.stopped)
		<-h.release
	})
}

// grouped is one Save of a group.
type grouped struct {
	h    *hard
	ents []entry
	err  error
}

// group is four Saves at once, of which the last three are written as one: one holds the log, and the others come in a fixed order and wait. What
// they write is then the same in each run, and the goroutines do one thing at a time, so that notes keep their place.
func (l *life) group() error {
	first, members := l.members()
	var rs []record
	for _, m := range members {
		for i := range m.ents {
			rs = append(rs, record{entry: &m.ents[i]})
		}
	}
	rs = append(rs, record{hard: members[1].h})
	held := []record{{hard: first.h}}
	l.try(held, "Save, which holds the log:"+describe(held))
	h := &hold{stopped: make(chan struct{}), release: make(chan struct{})}
	l.hold = h
	var wait sync.WaitGroup
	wait.Go(func() { l.run(first) })
	joined, err := make(chan error), error(nil)
	go func() { joined <- l.join(h, members, &wait) }()
	if err = <-joined; err == nil {
		l.try(rs, "three Saves as one:"+describe(rs))
	}
	close(h.release)
	wait.Wait()
	l.hold = nil
	for _, m := range append([]*grouped{first}, members...) {
		err = errors.Join(err, m.err)
	}
	if err != nil {
		return l.groupError(first, members, err)
	}
	l.took(held, false, 1, "")
	l.took(rs, true, 4, "the group")
	return nil
}

// members returns a Save that only moves commit, and three that follow it: the hard state is between the entries.
func (l *life) members() (first *grouped, members []*grouped) {
	h := l.hard()
	first = &grouped{h: &h}
	ents := l.entries(l.now.log.last()+1, 40, 200, 400, 30)
	next := h
	next.commit = max(next.commit, l.now.log.last())
	return first, []*grouped{{ents: ents[:1]}, {h: &next, ents: ents[1:3]}, {ents: ents[3:]}}
}

// run does one Save.
func (l *life) run(m *grouped) { m.err = l.w.Save(message(m.h), messages(m.ents)) }

// join starts the members one after the other, each once the one before waits in its Save: the first for the log, the others for the first.
func (l *life) join(h *hold, members []*grouped, wait *sync.WaitGroup) error {
	select {
	case <-h.stopped:
	case <-time.After(patience):
		return errors.New("the first Save of a group did not write")
	}
	for i, m := range members {
		id := make(chan string, 1)
		wait.Go(func() {
			id <- goroutine()
			l.run(m)
		})
		state := "sync.Mutex.Lock"
		if i > 0 {
			state = "sync.WaitGroup.Wait"
		}
		if err := waiting(<-id, state); err != nil {
			return err
		}
	}
	return nil
}

// groupError makes one error of those of a group: an error that stays is the same for all.
func (l *life) groupError(first *grouped, members []*grouped, err error) error {
	for _, m := range members {
		if m.err == nil && first.err != nil {
			return fmt.Errorf("a Save returned nil behind one that failed: %w", err)
		}
	}
	if first.err != nil {
		return first.err
	}
	for _, m := range members {
		if m.err == nil || m.err.Error() != members[0].err.Error() {
			return fmt.Errorf("the Saves of a group ended in different ways: %w", err)
		}
	}
	return members[0].err
}

// patience is how long a goroutine may take to come to its place.
const patience = 30 * time.Second

// goroutine returns the name of the present goroutine: "goroutine 17".
func goroutine() string {
	b := make([]byte, 64)
	name, _, _ := bytes.Cut(b[:runtime.Stack(b, false)], []byte(" ["))
	return string(name)
}

// waiting waits until a goroutine is in a state, as a traceback tells it. A Save tells nobody that it waits, and need not.
func waiting(goroutine, state string) error {
	b := make([]byte, 1<<16)
	for end := time.Now().Add(patience); ; runtime.Gosched() {
		n := runtime.Stack(b, true)
		if n == len(b) { // a long search has thousands of goroutines that wait for their turn
			b = make([]byte, 2*len(b))
			continue
		}
		stacks := string(b[:n])
		if _, rest, ok := strings.Cut(stacks, goroutine+" ["); ok && strings.HasPrefix(rest, state) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s did not come to %s", goroutine, state)
		}
	}
}
