package verify

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/scripts/course/internal/book"
)

// What the inventory says about a page that differs from the healthy one in
// one place. Nothing is compiled.
func TestPage(t *testing.T) {
	t.Parallel()
	const figures = "![one](figures/one.svg) and ![two](figures/two.svg)"
	for _, c := range []struct {
		name, was, is string
		want          []string
	}{
		{"healthy", "# 1. Mini", "# 1. Mini", nil},
		{"heading_missing", "## Predict", "### Predict", []string{
			"docs/01-mini.md: no heading ## Predict",
			"docs/01-mini.md: the text has 0 words, not 1800 to 3000"}},
		{"heading_too_late", "## Crash it\n\n## What this chapter does not do yet", "## What this chapter does not do yet\n\n## Crash it", []string{
			"docs/01-mini.md:62: ## Crash it stands behind ## What this chapter does not do yet"}},
		{"heading_of_its_own", "## Reading", "## More\n\n## Reading", []string{
			"docs/01-mini.md:85: ## More: only the text has headings of its own"}},
		{"heading_in_a_fence", "## Reading", "```text\n## More\n```\n\n## Reading", nil},
		{"word_too_few", "word word", "word", []string{
			"docs/01-mini.md: the text has 1799 words, not 1800 to 3000"}},
		{"words_too_many", "word ", strings.Repeat("word ", mostWords-leastWords+2), []string{
			"docs/01-mini.md: the text has 3001 words, not 1800 to 3000"}},
		{"code_is_no_word", "word ", "word — \n```text\nword word\n```\n\n| word |\n", nil},
		{"figure_too_few", figures, "![one](figures/one.svg) ![one](figures/one.svg)", []string{
			"docs/01-mini.md: figures: 2, want at least 3"}},
		{"figure_missing", figures, figures + " ![four](figures/four.svg)", []string{
			"docs/01-mini.md:27: there is no docs/figures/four.svg"}},
		{"link_to_a_branch", "etcd/blob/v3.7.3/server", "etcd/blob/main/server", []string{
			"docs/01-mini.md: ## In production has no link into etcd's source at v3.7.3",
			"docs/01-mini.md:68: links to etcd at main, not at v3.7.3"}},
		{"link_missing", "(https://github.com/etcd-io/etcd/blob/v3.7.3/server/main.go)", "(https://github.com/etcd-io/etcd/issues/1)", []string{
			"docs/01-mini.md: ## In production has no link into etcd's source at v3.7.3"}},
		{"task_of_no_exercise", "### 1.2 the parser", "### 1.3 the parser", []string{
			"1.2: no task: no heading ### 1.2 in the section Exercises of docs/01-mini.md",
			"docs/01-mini.md:56: there is no exercise 1.3"}},
		{"task_of_another_title", "### 1.2 the parser", "### 1.2 the Parser", []string{
			`docs/01-mini.md:56: exercise 1.2 is called "the parser" in hints.md`}},
		{"invariant_unknown", "**I3 nothing is refused.**", "**I3 all is refused.**", []string{
			"docs/01-mini.md: the section Invariants does not state the subtest's I3_nothing_is_refused",
			"docs/01-mini.md:19: no subtest is called I3_all_is_refused"}},
		{"invariant_missing", "2. **I2 A number's parsed once.**\n", "", []string{
			"docs/01-mini.md: the section Invariants does not state the subtest's I2_a_numbers_parsed_once",
			"docs/01-mini.md:18: invariant I3 comes where I2 is next"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inventoryIs(t, [3]string{prose, c.was, c.is}, c.want)
		})
	}
}

// What the inventory says about the rest of a chapter.
func TestInventory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		broken [3]string
		want   []string
	}{
		{"gap", [3]string{reference, "//course:exercise 1.1", "//course:exercise 1.4"}, []string{
			`1.1: no function of the reference has //course:exercise 1.1`,
			`1.4: hints: 0 in chapters/01-mini/hints.md, want 3`,
			`1.4: no heading ## 1.4 with a title in chapters/01-mini/hints.md`,
			`1.4: no mutant in chapters/01-mini/testdata/mutants`,
			`1.4: no subtest TestMini/1.4/...`,
			`1.4: no task: no heading ### 1.4 in the section Exercises of docs/01-mini.md`,
			`chapters/01-mini: exercise 1.4 comes where 1.3 is next`}},
		{"stray", [3]string{reference, "//course:exercise 1.2\nfunc (c *Counter) Count", "//course:exercise 7.1\nfunc (c *Counter) Count"}, []string{
			`chapters/01-mini/mini.go:49: exercise "7.1" is none of chapter 1`}},
		{"title", [3]string{hints, "## 1.1 the sign", "## 1.1"}, []string{
			`1.1: no heading ## 1.1 with a title in chapters/01-mini/hints.md`,
			`docs/01-mini.md:52: exercise 1.1 is called "" in hints.md`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inventoryIs(t, c.broken, c.want)
		})
	}
}

// inventoryIs compares what the inventory says about a course that is broken
// in one place. The subtests are those of the healthy one.
func inventoryIs(t *testing.T, broken [3]string, want []string) {
	t.Helper()
	b, err := book.Open(course(t, broken))
	if err != nil {
		t.Fatal(err)
	}
	v := &prover{bench: bench{book: b, chapter: b.Chapters[0]}, subtests: []string{
		"TestMini", "TestMini/1.1", "TestMini/1.1/I1_signs_are_three", "TestMini/1.2",
		"TestMini/1.2/I2_a_numbers_parsed_once", "TestMini/1.2/I3_nothing_is_refused"}}
	mutants, err := v.chapter.Mutants()
	if err != nil {
		t.Fatal(err)
	}
	got := v.inventory(mutants)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inventory() mismatch (-want +got):\n%s", diff)
	}
}
