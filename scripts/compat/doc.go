// Package compat holds the project to etcd: its tests import etcd's own wal and
// snap packages, at v3.7.3, and let them judge. It is a module of its own, so
// that nothing else has to require etcd; it holds no code but tests.
//
//	cd scripts/compat
//	go test ./...
//
// TestSequences makes the same calls of this project's logs and of etcd's, thousands
// of random sequences of them: saves, cuts, snapshots, release and purge, close and
// reopen. The files must be the same to the byte. At every reopening each goes on
// with the files that the other wrote, and all readers, those of final/wal and
// final/snap among them, must tell what was saved. 10,000 sequences are made with
// final/wal, a fifth of them with chapter 3: about a minute on two processors. A
// sequence that fails prints its seed and its calls; -seed and -sequences repeat it
// or look further:
//
//	go test -run TestSequences/final -seed 17 -sequences 1
//	go test -run TestSequences -seed 100000 -sequences 50000
//
// One thing is written by final/wal only: where a leader's snapshot was recorded,
// and never committed because the node went down, it records at the next opening
// where it goes on from. Without that the next entry could be taken for the
// snapshot's. The record must be there, nothing else may be, and etcd goes on with it.
//
// Where etcd breaks a promise the two differ. TestDifferences is the list: an id,
// a sentence, and an experiment that shows it. A difference that is not on the
// list fails, and so does one on the list that no longer shows.
//
// TestEntries goes on from there: for every known id it shows what etcd does and what
// final does, or says why that cannot be shown.
//
// TestSuite puts etcd to the suites of chapters 2 and 3, and final to that of chapter
// 3, as far as they can be asked, and compares the answers with what is expected.
// TestFinalCrash puts final to the chapter's crash lab. The tables of testdata, which
// course weave copies into the pages, are held to all this:
//
//	go test -run 'TestSuite|TestEntries' -update
//
// The benchmarks measure etcd, final, and what cannot be avoided, in one run and on
// one disk: that of TMPDIR, which should be a real one. benchstat compares them, and
// TestSpeed writes the table for the page:
//
//	TMPDIR=/var/tmp go test -run '^$' -bench . -count 5 | tee speed.txt
//	benchstat -col /by speed.txt
//	go test -run TestSpeed -speed speed.txt
//
// Etcd is told the size of a segment by a variable of its package, so these tests
// run one after the other, and in parallel only where they agree on it.
//
// # What this package does not do
//
// Etcd works on real folders only, so no crash is simulated under it: what it
// makes durable, and in which order, is not compared. How calls return errors is
// compared where the list says so.
package compat
