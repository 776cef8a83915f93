package verify

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"example.com/logbook/chapters/course/crashlab"
	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/stub"
)

// report is what was found in one chapter.
type report struct {
	problems []string
	// mutants is how many there are, and killed how many of them failed.
	mutants, killed int
}

// proof is one thing to prove. It returns what is wrong.
type proof struct {
	name string
	run  func() ([]string, error)
}

// prover proves one chapter.
type prover struct {
	bench
	solved desk
	// subtests are the names of the tests that the solution passed.
	subtests []string

	mu     sync.Mutex
	killed int
}

// prove proves all of a chapter. An error means that it could not be tried.
func prove(b *book.Book, c *book.Chapter, dir string, p *progress) (report, error) {
	solved, err := solution(b, c)
	if err != nil {
		return report{}, err
	}
	v := &prover{bench: bench{b, c, filepath.Join(dir, path.Base(c.Folder))}, solved: solved}
	if err := os.MkdirAll(v.dir, 0o777); err != nil {
		return report{}, err
	}
	var r report
	mutants, err := c.Mutants()
	if err != nil {
		r.problems = append(r.problems, err.Error())
	}
	problems, err := runAll(v.proofs(mutants), path.Base(c.Folder), p)
	if err != nil {
		return report{}, err
	}
	differ, err := stub.Check(b, c)
	if err != nil {
		return report{}, err
	}
	r.mutants, r.killed = len(mutants), v.killed
	r.problems = slices.Concat(r.problems, differ, problems, v.inventory(mutants))
	return r, nil
}

// proofs returns what has to be compiled and run. No proof depends on another:
// the solved desk is made from the sources, not from what was run. The solution
// comes first, because it compiles the suite that all others link.
func (v *prover) proofs(mutants []book.Mutant) []proof {
	if v.solved[stub.Conformance] == nil {
		return []proof{{"tests", func() ([]string, error) {
			return []string{v.chapter.Folder + ": no " + stub.Conformance + ", so nothing can be proven"}, nil
		}}}
	}
	proofs := []proof{
		{"solution", v.solution},
		{"stubs", v.stubs},
		{"vet", v.vetStubs},
	}
	for _, e := range v.chapter.Exercises {
		proofs = append(proofs, proof{e.ID + " returning zero", func() ([]string, error) { return v.zero(e) }})
	}
	for _, m := range mutants {
		proofs = append(proofs, proof{"mutant " + m.Name, func() ([]string, error) { return v.mutant(m) }})
	}
	return proofs
}

// runAll runs the proofs, as many at once as there are processors, and returns
// what is wrong in the order of the proofs.
func runAll(proofs []proof, name string, p *progress) ([]string, error) {
	found := make([][]string, len(proofs))
	errs := make([]error, len(proofs))
	free := make(chan struct{}, runtime.NumCPU())
	var running sync.WaitGroup
	for i, proof := range proofs {
		free <- struct{}{}
		p.show(fmt.Sprintf("%s: %d of %d: %s", name, i+1, len(proofs), proof.name))
		running.Go(func() {
			defer func() { <-free }()
			found[i], errs[i] = proof.run()
		})
	}
	running.Wait()
	p.clear()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", proofs[i].name, err)
		}
	}
	return slices.Concat(found...), nil
}

// solution proves that the exercises can be solved. Only the search that course
// crash starts may be skipped.
func (v *prover) solution() ([]string, error) {
	o, err := v.test("solution", v.solved, "")
	if err != nil {
		return nil, err
	}
	where := v.chapter.Folder + ": "
	if o.broken != "" {
		return []string{where + "the solution does not compile" + quoted(o.broken)}, nil
	}
	v.subtests = slices.Sorted(maps.Keys(o.tests))
	var problems []string
	if !o.ok {
		problems = append(problems, where+"the solution fails"+quoted(o.output))
	}
	for _, name := range v.subtests {
		if o.tests[name] == "SKIP" && name != crashlab.TestName {
			problems = append(problems, where+"the solution is skipped by "+name)
		}
	}
	return problems, nil
}

// stubs proves that on an untouched desk every exercise is skipped and nothing
// fails. A skip is looked for at the leaves: a suite may skip an exercise as a
// whole or each of its subtests. That go test says ok proves nothing here, as
// it says so too when nothing was tested at all.
func (v *prover) stubs() ([]string, error) {
	d, err := stub.Files(v.book, v.chapter)
	if err != nil {
		return nil, err
	}
	o, err := v.test("stubs", d, "")
	if err != nil {
		return nil, err
	}
	if o.broken != "" {
		return []string{v.chapter.Desk + ": the stubs do not compile" + quoted(o.broken)}, nil
	}
	var problems []string
	if !o.ok {
		problems = append(problems, v.chapter.Desk+": the tests of the stubs fail"+quoted(o.output))
	}
	for _, e := range v.chapter.Exercises {
		names := o.under(v.chapter, e.ID)
		for _, name := range leaves(names) {
			if o.tests[name] != "SKIP" {
				problems = append(problems, e.ID+": its stub is not skipped by "+name)
			}
		}
		if len(names) == 0 && o.ok {
			problems = append(problems, e.ID+": its stub is not skipped: there is no subtest "+v.chapter.TestName()+"/"+e.ID)
		}
	}
	return problems, nil
}

func (v *prover) vetStubs() ([]string, error) {
	d, err := stub.Files(v.book, v.chapter)
	if err != nil {
		return nil, err
	}
	said, err := v.vet("vet", d)
	if err != nil || said == "" {
		return nil, err
	}
	return []string{v.chapter.Desk + ": go vet on the stubs" + quoted(said)}, nil
}

// zero proves that an exercise is not passed by returning zero values, which is
// what a learner tries first. A desk that does not compile would fail as well,
// and say nothing about the tests.
func (v *prover) zero(e *book.Exercise) ([]string, error) {
	d, err := zeroed(v.book, v.chapter, v.solved, e.ID)
	if err != nil {
		return nil, err
	}
	o, err := v.test("zero-"+e.ID, d, e.ID)
	switch {
	case err != nil:
		return nil, err
	case o.broken != "":
		return []string{e.ID + ": with zero values it does not compile" + quoted(o.broken)}, nil
	case o.ok:
		return []string{e.ID + ": returning zero values passes its tests"}, nil
	case !o.seen(v.chapter, e.ID):
		return []string{e.ID + ": with zero values no test of its own fails" + quoted(o.output)}, nil
	}
	return nil, nil
}

// mutant proves that the tests of the exercise that a mutant names see it.
func (v *prover) mutant(m book.Mutant) ([]string, error) {
	d, err := mutated(v.book, v.chapter, v.solved, m)
	if err != nil {
		return []string{m.File + ": " + err.Error()}, nil
	}
	o, err := v.test("mutant-"+m.Name, d, m.ID)
	switch {
	case err != nil:
		return nil, err
	case o.broken != "":
		said := strings.ReplaceAll(o.broken, path.Join(v.chapter.Desk, mutantFile), m.File)
		return []string{m.File + ": does not compile" + quoted(said)}, nil
	case o.ok:
		return []string{m.File + ": passes the tests of " + m.ID}, nil
	case !o.seen(v.chapter, m.ID):
		return []string{m.File + ": no test of " + m.ID + " fails" + quoted(o.output)}, nil
	}
	v.mu.Lock()
	v.killed++
	v.mu.Unlock()
	return nil, nil
}

// leaves returns the names below which there are no others. Names are sorted.
func leaves(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(names, func(other string) bool { return strings.HasPrefix(other, name+"/") })
	})
}

// quoted returns the end of what a program said, as indented lines below a
// problem.
func quoted(said string) string {
	const most = 20
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if len(lines) > most {
		lines = append([]string{"..."}, lines[len(lines)-most:]...)
	}
	return "\n\t" + strings.Join(lines, "\n\t")
}
