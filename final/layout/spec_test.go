package layout

import (
	"os"
	"strings"
	"testing"
)

// Rulers stand in doc comments and tables in documents: they must fit, and miss
// no field.
func TestRulersAndTablesFit(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		l, ok := Lookup(name)
		if !ok {
			t.Fatalf("Lookup(%q) knows no such name, Names() does", name)
		}
		ruler := Ruler(name)
		if !strings.HasPrefix(ruler, name+":\n") {
			t.Errorf("Ruler(%q) begins with %.20q, want its name", name, ruler)
		}
		for line := range strings.Lines(ruler) {
			line = strings.TrimSuffix(line, "\n")
			if len(line) > 76 || strings.TrimRight(line, " ") != line || strings.Trim(line, "\t") != line {
				t.Errorf("Ruler(%q) has the line %q, want at most 76 columns and no blanks behind", name, line)
			}
		}
		for _, f := range l.Fields {
			if !strings.Contains(ruler, "| "+f.Name+" ") || !strings.Contains(Table(name), "| `"+f.Name+"`") {
				t.Errorf("%s.%s is missing in its ruler or its table", name, f.Name)
			}
		}
	}
}

// The table refers to itself by name; a name that leads nowhere would be shown as
// opaque bytes.
func TestEveryNameIsALayout(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		l, _ := Lookup(name)
		for _, f := range l.Fields {
			if _, ok := Lookup(f.Message); !ok && f.Message != "" {
				t.Errorf("%s.%s refers to %q, which is no layout", name, f.Name, f.Message)
			}
			if f.Number > 15 {
				t.Errorf("%s.%s has number %d, whose tag takes two bytes", name, f.Name, f.Number)
			}
			if l.Covered && !f.CRC {
				t.Errorf("%s.%s is not covered by a CRC, but its message is", name, f.Name)
			}
		}
	}
	for i, typ := range Types() {
		if _, ok := Lookup(typ.Layout); !ok && typ.Layout != "" || typ.Number != uint64(i+1) {
			t.Errorf("Types()[%d] = %+v, want number %d and a layout", i, typ, i+1)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	if r, tab := Ruler("nothing"), Table("nothing"); r != "" || tab != "" {
		t.Errorf(`Ruler("nothing"), Table("nothing") = %q, %q, want nothing`, r, tab)
	}
	if l, ok := Lookup("nothing"); ok {
		t.Errorf(`Lookup("nothing") = %+v, true, want false`, l)
	}
}

// The package comment shows the frame as the table has it.
func TestDocShowsTheFrame(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var picture strings.Builder
	for l := range strings.Lines(Ruler("frame")) {
		picture.WriteString("//\t" + l)
	}
	if !strings.Contains(string(doc), picture.String()) {
		t.Errorf("doc.go does not hold\n%s", picture.String())
	}
}
