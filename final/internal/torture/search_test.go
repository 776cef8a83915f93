package torture_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/logbook/final/internal/torture"
)

var (
	states = flag.Int64("states", 5000, "how many disks TestSearch recovers from")
	seed   = flag.Uint64("seed", 1, "the order of TestSearch, and what it draws by chance")
	each   = flag.Int64("each", 100, "how many of them TestSearch gives to each word")
)

// TestSearch crashes words, within a few seconds unless told otherwise: F1 to F10 of the table in the package comment. All of a million states:
//
//	go test ./final/internal/torture -run Search -states 1000000 -each 1000
func TestSearch(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1000))
	t.Logf("-states %d -each %d -seed %d", *states, *each, *seed)
	begin := time.Now()
	s := torture.Search{States: *states, Seed: *seed, Each: *each}
	ledger, err := s.Run(t.Context())
	if err != nil {
		t.Error(err)
	}
	took := time.Since(begin)
	t.Logf("%v; %d words in %v, %.0f states a second", ledger, ledger.Words, took, float64(ledger.States)/took.Seconds())
	if ledger.States < *states || ledger.Nested == 0 || ledger.Acknowledged < ledger.States {
		t.Errorf("the search has seen too little: %v", ledger)
	}
}

// TestLetters crashes each letter of the alphabet, each as the second life of a small Save, too.
func TestLetters(t *testing.T) {
	t.Parallel()
	for _, c := range torture.Alphabet {
		for _, name := range []string{fmt.Sprintf("%c:1024/s", c), fmt.Sprintf("+s%c:4096/", c), fmt.Sprintf("s:1024/%c", c)} {
			if c == 'g' && strings.HasSuffix(name, "/g") {
				continue // a group takes its time, and the second lives are many
			}
			if err := explore(t.Context(), name, 60); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestChosen crashes words in which more happens than in most: names that would go back, several segments purged at once, a commit that is not synced before
// it is relied on, a spare that was prepared.
func TestChosen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sscoopv:1024/s", "clr:1024/s", "cclr:1024/", "cxnr:1024/c", "acar:1024/n", "lclr:4096/l", "gcg:1024/s"} {
		if err := explore(t.Context(), name, 250); err != nil {
			t.Error(err)
		}
	}
}

// explore searches one word.
func explore(ctx context.Context, name string, states int64) error {
	s := torture.Search{States: states, Workers: 1}
	_, err := s.Only(ctx, name)
	return err
}

// TestSameSeed: a seed is a search. With one worker the ledgers are the same to the last acknowledgement.
func TestSameSeed(t *testing.T) {
	t.Parallel()
	s := torture.Search{States: 600, Each: 100, Seed: 7, Workers: 1}
	first, err := s.Run(t.Context())
	again, errAgain := s.Run(t.Context())
	if err != nil || errAgain != nil || first != again {
		t.Errorf("%+v, %v\n%+v, %v", first, err, again, errAgain)
	}
	s.Seed = 8
	if other, _ := s.Run(t.Context()); other == first {
		t.Errorf("another seed is the same search: %+v", other)
	}
}

// TestNested: the search goes on until enough of the states are those of a crash inside recovery.
func TestNested(t *testing.T) {
	t.Parallel()
	s := torture.Search{States: 100, Nested: 300, Each: 100, Workers: 1}
	ledger, err := s.Run(t.Context())
	if err != nil || ledger.Nested < 300 || ledger.States < ledger.Nested {
		t.Errorf("%v, %v", ledger, err)
	}
}

// TestCancel: a search that is interrupted tells how far it has come.
func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := torture.Search{Progress: func(l torture.Ledger) {
		if l.States > 500 {
			cancel()
		}
	}}
	ledger, err := s.Run(ctx)
	if !errors.Is(err, context.Canceled) || ledger.States < 500 {
		t.Errorf("%v, %v", ledger, err)
	}
}

// TestParse: an experiment's name makes it again, and nothing else is a name.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sxpzhvonlcadrg:1024/s", "+-c:4096/", "-l:512/rr", "+g:16384/o"} {
		w, s, err := torture.Parse(name)
		if err != nil {
			t.Errorf("Parse(%q): %v", name, err)
			continue
		}
		if e, err := w.Experiment(s); err != nil || e.Name != name {
			t.Errorf("Parse(%q) makes %v, %v", name, e, err)
		}
	}
	for _, name := range []string{"", "s", "s:1024", "s:/", "s:x/s", "S:1024/s", "s:0/s", "s:-4/s", "s:1024/S"} {
		if _, _, err := torture.Parse(name); err == nil {
			t.Errorf("Parse(%q) is no error", name)
		}
	}
	if err := torture.Replay(t.Context(), "s:1024/s"); err == nil {
		t.Error("Replay without a token is no error")
	}
	if err := torture.Replay(t.Context(), "s:1024/s@12345678_1n1k"); err == nil {
		t.Error("Replay of another workload's token is no error")
	}
}

// TestAlphabet: no letter is there twice.
func TestAlphabet(t *testing.T) {
	t.Parallel()
	list := strings.Split(torture.Alphabet, "")
	slices.Sort(list)
	if len(slices.Compact(list)) != len(torture.Alphabet) {
		t.Errorf("%q", torture.Alphabet)
	}
}
