package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"example.com/logbook/final/disk/crash"
)

// Search goes through the words, as long as it is told. The zero value works, and goes on until its context ends.
type Search struct {
	// States is how many distinct disks are recovered from. 0 means any number.
	States int64

	// Nested is how many of them a crash inside recovery or the second life must have left: beyond States the search goes on until there are
	// so many.
	Nested int64

	// Seed selects the order of the words, their setups, and what is drawn by chance.
	Seed uint64

	// Workers is how many words are tried at once. Default: one for each core.
	Workers int

	// Each is how many states a word gets. Default 3000: all words together are then 10^8.
	Each int64

	// Longest is the length of the longest word. Default 4.
	Longest int

	// Progress, if not nil, is called again and again, by one goroutine at a time.
	Progress func(Ledger)
}

// Ledger is what a search has seen.
type Ledger struct {
	// Words is how many words were tried to their end, each with a setup and a second life.
	Words int64

	// Acknowledged is how many acknowledgements were checked: on each disk, all that its log had given.
	Acknowledged int64

	// States are the distinct disks that were recovered from, and Nested those of them that a crash inside recovery or a second life left.
	States, Nested int64

	// Lost and Refused are the disks on which a promise was broken: acknowledged data was missing, or what nobody had saved was there; or the log
	// could not be opened. The first one ends the search.
	Lost, Refused int64
}

// String returns the ledger in a line.
func (l Ledger) String() string {
	return fmt.Sprintf("%d acknowledged, %d states, %d nested, %d lost, %d refused", l.Acknowledged, l.States, l.Nested, l.Lost, l.Refused)
}

// Failure is a disk on which a promise was broken.
type Failure struct {
	// Replay is what [Replay] makes the disk from again.
	Replay string

	// Violation tells it in words.
	Violation *crash.Violation
}

// Error returns what was done, what the crash left, and how to see it again.
func (f *Failure) Error() string {
	return fmt.Sprintf("%v\nReplay it with: logbook torture -replay '%s'", f.Violation, f.Replay)
}

// Unwrap returns the violation.
func (f *Failure) Unwrap() error { return f.Violation }

// Run searches until the states are seen, and returns nil; or the first [Failure]; or the error of the context. The ledger is good in each case.
func (s *Search) Run(ctx context.Context) (Ledger, error) {
	r := &run{Search: *s, left: s.States}
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	if r.Workers <= 0 {
		r.Workers = runtime.GOMAXPROCS(0)
	}
	if r.Each <= 0 {
		r.Each = 3000
	}
	if r.Longest <= 0 {
		r.Longest = 4
	}
	r.words = newWords(r.Seed, r.Longest)
	var wait sync.WaitGroup
	for range r.Workers {
		wait.Go(r.work)
	}
	wait.Wait()
	if r.err == nil {
		r.err = context.Cause(ctx)
	}
	return r.ledger, r.err
}

// Only searches one experiment, by its name, for States disks.
func (s *Search) Only(ctx context.Context, name string) (Ledger, error) {
	w, setup, err := Parse(name)
	if err != nil {
		return Ledger{}, err
	}
	r := &run{Search: *s, ctx: ctx}
	_, err = r.try(task{w, setup, 2}, s.States)
	return r.ledger, err
}

// run is one call of Run.
type run struct {
	Search
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	words  *words
	left   int64 // of States: not yet given to a word
	ledger Ledger
	err    error // the first
}

// work tries one word after the other.
func (r *run) work() {
	for r.ctx.Err() == nil {
		next, states, ok := r.next()
		if !ok {
			return
		}
		used, err := r.try(next, states)
		r.end(states-used, err)
	}
}

// next takes the next word, and its share of the states. Those that it does not need it gives back.
func (r *run) next() (t task, states int64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	states = r.Each
	if r.States > 0 {
		states = min(states, r.left)
		r.left -= states
	}
	if states == 0 && r.ledger.Nested < r.Nested {
		states = r.Each
	}
	if states == 0 {
		return t, 0, false
	}
	return r.words.next(), states, true
}

// end counts a word that was tried.
func (r *run) end(unused int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left += max(0, unused)
	if err == nil {
		r.ledger.Words++
		return
	}
	ended := r.ctx.Err()
	r.cancel()
	if r.err == nil && (ended == nil || !errors.Is(err, ended)) {
		r.err = err
	}
}

// try searches one word.
func (r *run) try(t task, states int64) (used int64, err error) {
	acknowledged := new(atomic.Int64)
	t.acknowledged = acknowledged
	e, err := t.word.Experiment(t.Setup)
	if err != nil {
		return 0, err
	}
	var seen crash.Count
	count := func(c crash.Count) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ledger.States += c.Distinct - seen.Distinct
		r.ledger.Nested += c.Nested - seen.Nested
		r.ledger.Acknowledged += acknowledged.Swap(0)
		seen = c
		if r.Progress != nil {
			r.Progress(r.ledger)
		}
	}
	report, err := e.Explore(r.ctx, &crash.Bounds{Torn: true, Depth: t.depth, States: states, Seed: r.Seed, Workers: 1, Progress: count})
	count(report.Count)
	if v, ok := errors.AsType[*crash.Violation](err); ok {
		err = r.failed(e.Name, v)
	}
	return report.Distinct, err
}

// failed makes a failure of a violation, and counts it.
func (r *run) failed(name string, v *crash.Violation) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(v, errLost) {
		r.ledger.Lost++
	} else {
		r.ledger.Refused++
	}
	return &Failure{Replay: name + "@" + v.Replay, Violation: v}
}

// Replay makes one disk again, that of a [Failure], and recovers from it. It returns the failure, or nil if there is none any more.
func Replay(ctx context.Context, replay string) error {
	name, token, ok := strings.Cut(replay, "@")
	if !ok {
		return fmt.Errorf("torture: %q is not of the form WORD@TOKEN", replay)
	}
	w, s, err := Parse(name)
	if err != nil {
		return err
	}
	e, err := w.Experiment(s)
	if err != nil {
		return err
	}
	_, err = e.Explore(ctx, &crash.Bounds{Torn: true, Replay: token})
	if v, ok := errors.AsType[*crash.Violation](err); ok {
		return &Failure{Replay: name + "@" + v.Replay, Violation: v}
	}
	return err
}

// words yields all words up to a length, in an order that a seed selects, short and long ones in turn; then again, with other setups.
type words struct {
	rng     *rand.Rand
	longest int
	list    []string
	at      int
}

// newWords returns the words of a seed.
func newWords(seed uint64, longest int) *words {
	w := &words{rng: rand.New(rand.NewPCG(seed, 0)), longest: longest}
	w.shuffle()
	return w
}

// shuffle begins anew. A word of one or two letters gets all that can happen to it, one of more has what comes of one thing after the other.
func (w *words) shuffle() {
	short, long := w.shuffled(1, min(2, w.longest)), w.shuffled(3, w.longest)
	w.list, w.at = nil, 0
	for i := range max(len(short), len(long)) {
		w.list = append(w.list, short[min(i, len(short)):min(i+1, len(short))]...)
		w.list = append(w.list, long[min(i, len(long)):min(i+1, len(long))]...)
	}
}

// shuffled returns the words from one length to another.
func (w *words) shuffled(from, to int) (list []string) {
	for n := from; n <= to; n++ {
		list = append(list, spellings(n)...)
	}
	w.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// spellings returns all words of a length.
func spellings(n int) (list []string) {
	if n == 0 {
		return []string{""}
	}
	for _, head := range spellings(n - 1) {
		for _, c := range Alphabet {
			list = append(list, head+string(c))
		}
	}
	return list
}

// second are the letters of second lives: a group is not among them, because it takes a hundred times as long as another letter.
const second = "sxpzhvonlcar"

// task is a word, how it is set up, and how many crashes in a row it gets behind the first; a negative number is none.
type task struct {
	word Word
	Setup
	depth int
}

// next returns the next word. Every second one is crashed once, and so at more of its own points; of the others, every second one three times.
func (w *words) next() task {
	if w.at == len(w.list) {
		w.shuffle()
	}
	w.at++
	t := task{word: Word(w.list[w.at-1]), depth: []int{-1, -1, 1, 2}[w.rng.IntN(4)]}
	t.Segment = []int64{1024, 1024, 4096, 16384}[w.rng.IntN(4)]
	t.NoFill = w.rng.IntN(2) == 0
	t.Create = w.rng.IntN(8) == 0
	for range 1 + w.rng.IntN(2) {
		t.Again += string(second[w.rng.IntN(len(second))])
	}
	return t
}
