// Package house holds the rules of the house: what a reader of this project
// may rely on in every package and every page, written as functions that
// report each breach as "file:line: what is wrong and what to do".
//
//   - [Imports]: what each room may import, through others too
//   - [Requires]: only the comparison with etcd requires etcd
//   - [Docs]: every package and every exported name is documented, and renders
//   - [Lines]: no Go file is longer than a reader's patience
//   - [Words]: nothing names the machine that a file was written on
//   - [Links]: every link to a file of the project leads there
//
// The rules find what they judge by walking the module, so a new package or
// page is covered without being named here; only a new room must be given
// its line in the table of rooms.go. The tests of this package put the module
// to every rule, and every rule to a small tree that breaks it. Two more
// tests take the importer's part: a module made on the fly imports the log
// through a proxy of files, and the README's example is run as it stands.
//
// What it does not judge: whether prose is true, whether a test can fail, and
// whether a comment says more than its code. Those need a reader.
package house
