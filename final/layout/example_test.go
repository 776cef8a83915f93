package layout_test

import (
	"fmt"

	"example.com/logbook/final/layout"
)

func ExampleRuler() {
	fmt.Print(layout.Ruler("record"))
	fmt.Print(layout.Ruler("entry"))
	// Output:
}
