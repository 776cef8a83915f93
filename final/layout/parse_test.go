package layout

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	text := "# a comment\n\n" +
		"00000000  01 02   | two bytes\n" +
		"  00000002 ff|no space is needed\r\n" +
		"00000003  00 x 3\n" +
		"00000006  0A"
	got, err := Parse(text)
	if want := "\x01\x02\xff\x00\x00\x00\x0a"; err != nil || string(got) != want {
		t.Errorf("Parse() = %q, %v, want %q", got, err, want)
	}
	if got, err := Parse(""); err != nil || got == nil || len(got) != 0 {
		t.Errorf("Parse() of nothing = %v, %v, want an empty slice", got, err)
	}
}

// Each refusal names the line, and what is wrong with it in the words of the file.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no_offset":      {"hello world", `line 1: not a whole dump: "hello" is no offset`},
		"lost_line":      {"00000000  01\n00000002  02", "line 2: not a whole dump: offset 00000002, but 00000001 bytes"},
		"doubled_line":   {"00000000  01\n00000000  01", "line 2: not a whole dump: offset 00000000, but 00000001 bytes"},
		"negative":       {"-1  01", "is no offset"},
		"shortened":      {"00000000  ...  | 5 bytes left out", "dump again without shortening"},
		"odd_digits":     {"00000000  01 2", `"2" is no byte`},
		"glued_digits":   {"00000000  0102", `"0102" is no byte`},
		"no_digits":      {"00000000  zz", `"zz" is no byte`},
		"zeros_negative": {"00000000  00 x -1", "is no number of zeros"},
		"zeros_no_count": {"00000000  00 x", `"x" is no byte`},
		"zeros_too_many": {"00000000  00 x 9223372036854775807", "is no number of zeros up to 1073741824"},
		"zeros_in_two":   {"00000000  01\n00000001  00 x 1073741824", "is no number of zeros up to 1073741823"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := Parse(c.text)
			if b != nil || !errors.Is(err, ErrText) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Parse(%q) = %x, %v, want ErrText with %q", c.text, b, err, c.want)
			}
		})
	}
}
