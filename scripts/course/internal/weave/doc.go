// Package weave fills the pages of the book from the code they talk about, so
// that no page can say what the code does not.
//
// A page is README.md or a Markdown file in docs. What is generated stands
// below a directive, an HTML comment on a line of its own:
//
//	<!-- weave chapters/01-records EncodeLength -->
//
// In the fenced block below it comes the source of that declaration, without
// its doc comment. The symbol is a function, a type, a Type.Method, or any of
// the names in a const, var or type declaration. At the directive's end, doc
// asks for the doc comment too, and /from/,/to/ for the lines from the first
// that matches from to the next that matches to, without the indentation they
// share; /from/ alone for one line.
//
//	<!-- ruler frame -->
//
// In the fenced block below it comes the picture of a layout, as
// [example.com/logbook/final/layout.Ruler] draws it.
//
//	<!-- table layout frame -->
//	<!-- table edit 1 -->
//	<!-- table changed 1 -->
//	<!-- table etcd 2 -->
//	<!-- table compat speed -->
//
// The Markdown table below it, up to the next blank line, becomes the table of
// a layout, of what is to be edited in a chapter, of what a chapter adds, or of
// the chapter's promises that etcd keeps and breaks, as scripts/compat found; or
// another table of scripts/compat/testdata, by its name there without .md.
//
// A fenced block marked console is a session at the project's root. Each line
// "$ command" is run, and what follows it is its output: standard output,
// then standard error. A line "..." stands for any number of lines, and
// durations are not compared. All blocks of a page are one testscript, run in
// a copy of the project with untouched desks; a comment that begins
// "<!-- script" holds more lines, and files, of that testscript.
//
// In the doc comments of a chapter and of final/wal and final/snap, a code
// block whose first line is the name of a layout and a colon becomes the ruler
// of that layout.
//
// Weaving twice changes nothing. [Run] is the command.
//
// # What this package does not do
//
// There are no pipes, redirections or globs in a console block. It does not
// look into fenced blocks for directives, so that a page can show them.
package weave

// The pages quote the reference and the desks are made from it, so the rulers
// in its comments come first, and weave does those.
//
//go:generate go run ../.. weave
//go:generate go run ../.. stubs
