package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"long_lines_are_broken", "one two three four five six", "one two three four\nfive six"},
		{"short_lines_are_filled", "one\ntwo\nthree", "one two three"},
		{"a_line_may_be_just_as_wide", "12345678 0123456789 x", "12345678 0123456789\nx"},
		{"a_word_that_is_wider_stands_alone", "a 01234567890123456789 b", "a\n01234567890123456789\nb"},
		{"paragraphs_stay_apart", "one\n\ntwo", "one\n\ntwo"},
		{"columns_are_not_bytes", "ääääääääää ääääääää x", "ääääääääää ääääääää\nx"},
		{"inline_code_is_one_word", "a word, then `b * c + d` here", "a word, then\n`b * c + d` here"},
		{"also_where_it_spans_lines", "see `a *\nb` now", "see `a * b` now"},
		{"items_hang", "- one two three four five\n- six\n10. one two three four", "- one two three\n  four five\n- six\n10. one two three\n    four"},
		{"an_item_goes_on_below", "- one\n  two", "- one two"},
		{"fenced_code_stays", "```go\nif x  {\n\n\treturn // a long line of code\n```\none\ntwo", "```go\nif x  {\n\n\treturn // a long line of code\n```\none two"},
		{"indented_code_stays", "one\n\n\tx :=  1 // a long line of code\n\ttwo()\n\nthree", "one\n\n\tx :=  1 // a long line of code\n\ttwo()\n\nthree"},
		{"tables_stay", "| a | b | c | d | e | f |\n|---|---|---|---|---|---|", "| a | b | c | d | e | f |\n|---|---|---|---|---|---|"},
		{"no_line_ends_in_a_blank", "one  \n```\ncode \t\n```", "one\n```\ncode\n```"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, wrap(test.text, 19)); diff != "" {
				t.Errorf("wrap() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
