package verify

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
)

const (
	hintTiers     = 3
	mostExercises = 7
)

// inventory returns what is missing, or too much, in the chapter: in the
// reference, the hints, the suite, the mutants and the page. The suite's part
// comes from the solution's run.
func (v *prover) inventory(mutants []book.Mutant) []string {
	c := v.chapter
	var problems []string
	for _, f := range c.Strays {
		problems = append(problems, fmt.Sprintf("%v: exercise %q is none of chapter %d", f.Reference, f.ID, c.Number))
	}
	if n := len(c.Exercises); n == 0 || n > mostExercises {
		problems = append(problems, fmt.Sprintf("%s: exercises: %d, want 1 to %d", c.Folder, n, mostExercises))
	}
	for i, e := range c.Exercises {
		if want := fmt.Sprintf("%d.%d", c.Number, i+1); e.ID != want {
			problems = append(problems, fmt.Sprintf("%s: exercise %s comes where %s is next", c.Folder, e.ID, want))
			break
		}
	}
	for _, e := range c.Exercises {
		problems = append(problems, v.equipment(e, mutants)...)
	}
	p, err := readPage(v.book, c)
	if err != nil {
		return append(problems, c.Page+": "+err.Error())
	}
	return slices.Concat(problems, v.unknownSubtests(), p.shape(), p.tasks(c), p.invariants(v.invariants()),
		p.length(), p.figures(v.book), p.links())
}

// equipment returns what an exercise lacks, apart from its place on the page.
func (v *prover) equipment(e *book.Exercise, mutants []book.Mutant) []string {
	var problems []string
	if len(e.Functions) == 0 {
		problems = append(problems, fmt.Sprintf("%s: no function of the reference has //course:exercise %s", e.ID, e.ID))
	}
	if e.Title == "" {
		problems = append(problems, fmt.Sprintf("%s: no heading ## %s with a title in %s", e.ID, e.ID, v.chapter.Hints))
	}
	hints := 0
	for _, h := range e.Hints {
		if h != "" {
			hints++
		}
	}
	if hints != hintTiers {
		problems = append(problems, fmt.Sprintf("%s: hints: %d in %s, want %d", e.ID, hints, v.chapter.Hints, hintTiers))
	}
	if !slices.ContainsFunc(v.subtests, func(name string) bool { return strings.HasPrefix(name, v.chapter.TestName()+"/"+e.ID+"/") }) {
		problems = append(problems, fmt.Sprintf("%s: no subtest %s/%s/...", e.ID, v.chapter.TestName(), e.ID))
	}
	if !slices.ContainsFunc(mutants, func(m book.Mutant) bool { return m.ID == e.ID }) {
		problems = append(problems, fmt.Sprintf("%s: no mutant in %s", e.ID, v.chapter.MutantFolder))
	}
	return problems
}

// unknownSubtests returns the subtests that belong to no exercise.
func (v *prover) unknownSubtests() []string {
	var problems []string
	for _, name := range v.subtests {
		below, ok := strings.CutPrefix(name, v.chapter.TestName()+"/")
		if ok && !strings.Contains(below, "/") && !hasExercise(v.chapter, below) {
			problems = append(problems, name+": there is no exercise "+below)
		}
	}
	return problems
}

func hasExercise(c *book.Chapter, id string) bool {
	return slices.ContainsFunc(c.Exercises, func(e *book.Exercise) bool { return e.ID == id })
}

// tasks compares the headings of the section Exercises with the exercises. The
// titles must agree, because links go to the headings, and the tool prints the
// titles of the hints.
func (p *page) tasks(c *book.Chapter) []string {
	var problems, ids []string
	for line, text := range p.section("Exercises").prose {
		heading, ok := strings.CutPrefix(text, "### ")
		if !ok {
			continue
		}
		id, title, _ := strings.Cut(strings.TrimSpace(heading), " ")
		ids = append(ids, id)
		at := slices.IndexFunc(c.Exercises, func(e *book.Exercise) bool { return e.ID == id })
		switch {
		case at < 0:
			problems = append(problems, fmt.Sprintf("%s:%d: there is no exercise %s", p.name, line, id))
		case title != c.Exercises[at].Title:
			problems = append(problems, fmt.Sprintf("%s:%d: exercise %s is called %q in %s", p.name, line, id, c.Exercises[at].Title, path.Base(c.Hints)))
		}
	}
	for _, e := range c.Exercises {
		if !slices.Contains(ids, e.ID) {
			problems = append(problems, fmt.Sprintf("%s: no task: no heading ### %s in the section Exercises of %s", e.ID, e.ID, p.name))
		}
	}
	return problems
}

var (
	// invariantText is how a page states an invariant: **I3 short and plain.**
	invariantText = regexp.MustCompile(`\*\*I([0-9]+) +([^*]+?)\.?\*\*`)
	invariantName = regexp.MustCompile(`^I[0-9]+_`)
	notInNames    = regexp.MustCompile(`[^a-z0-9]+`)
)

// invariants returns the names of the subtests that stand for one, each once.
func (v *prover) invariants() []string {
	var names []string
	for _, test := range v.subtests {
		if name := path.Base(test); invariantName.MatchString(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// invariants compares those on the page with the names of the subtests, in both
// directions: a sentence that nothing tests is a promise without proof, and a
// test without a sentence fails in words that the reader has never seen.
func (p *page) invariants(tested []string) []string {
	var problems, stated []string
	for line, text := range p.section("Invariants").prose {
		for _, m := range invariantText.FindAllStringSubmatch(text, -1) {
			if m[1] != strconv.Itoa(len(stated)+1) {
				problems = append(problems, fmt.Sprintf("%s:%d: invariant I%s comes where I%d is next", p.name, line, m[1], len(stated)+1))
			}
			name := "I" + m[1] + "_" + slug(m[2])
			stated = append(stated, name)
			if !slices.Contains(tested, name) {
				problems = append(problems, fmt.Sprintf("%s:%d: no subtest is called %s", p.name, line, name))
			}
		}
	}
	for _, name := range tested {
		if !slices.Contains(stated, name) {
			problems = append(problems, fmt.Sprintf("%s: the section Invariants does not state the subtest's %s", p.name, name))
		}
	}
	return problems
}

// slug returns a sentence as a subtest is named after it.
func slug(sentence string) string {
	sentence = strings.NewReplacer("'", "", "’", "").Replace(strings.ToLower(sentence))
	return strings.Trim(notInNames.ReplaceAllString(sentence, "_"), "_")
}
