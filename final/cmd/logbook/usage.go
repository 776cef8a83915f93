package main

import "flag"

// A command is one of the program's jobs.
type command struct {
	name     string
	argument string // what its one argument is called; empty: it takes none
	optional string // what it is when left out; empty: it must be given
	usage    string
	// setup declares the flags and returns what to do once they are read.
	setup func(a *app, flags *flag.FlagSet) func(argument string) error
}

// find returns the command of that name, nil if there is none.
func find(name string) *command {
	for _, c := range commands() {
		if c.name == name {
			return c
		}
	}
	return nil
}

// commands lists them in the order in which a person needs them.
func commands() []*command {
	return []*command{
		{"verify", "DIR", "", verifyUsage, setupVerify},
		{"inspect", "DIR", "", inspectUsage, setupInspect},
		{"dump", "DIR", "", dumpUsage, setupDump},
		{"hex", "FILE", "", hexUsage, setupHex},
		{"repair", "DIR", "", repairUsage, setupRepair},
		{"bench", "DIR", ".", benchUsage, setupBench},
		{"torture", "", "", tortureUsage, setupTorture},
	}
}

// usage is the overview. Its session is run by a test, line by line.
const usage = `logbook looks into the log of a raft node, also into etcd's. Only 'repair -yes'
changes a log.

	logbook verify [-json] DIR                       whether a node may start, in one line
	logbook inspect [-json] DIR                      what the log holds, as a node would read it
	logbook dump [-type LIST] [-index RANGE] DIR     one line per record
	logbook hex [-shorten] [-offset N] [-n N] FILE   every byte of one file, with its meaning
	logbook repair [-yes] DIR                        cut off a torn tail, or say what would be cut
	logbook bench [-time D] [-segment N] [-svg FILE] [DIR]
	                                                 how fast final/wal is on this disk
	logbook torture [-states N] [-for TIME]          crash the log of final/wal, on a simulated disk
	logbook help COMMAND                             more about one of them
	logbook version

DIR holds the folders wal and snap, or member with these in it, as etcd has it, or
is itself the folder of a log. FILE is a segment (.wal) or a snapshot (.snap).

A log may be looked at while its node runs: no lock is taken. But what the node writes
meanwhile may look torn, and a snapshot that it purges may look lost; only 'verify' looks
again before it says so. Ids of nodes are hexadecimal, as etcd prints them.

A session:

	$ logbook verify /var/lib/etcd
	log in /var/lib/etcd/member/wal
	snapshots
	  index 0 term 0: the beginning, which needs no file
	  index 26 term 2: file intact
	  index 52 term 2: file intact
	a node may start at snapshot 52 of term 2: hard state term 2 vote 2e1259d415f2a040 commit 69
	$ logbook repair /var/lib/etcd
	/var/lib/etcd/member/wal: nothing to repair
	$ logbook inspect /var/lib/etcd
	log in /var/lib/etcd/member/wal
	  0000000000000000-0000000000000000.wal  ends at 7248 of 64000000 bytes
	records: 1 crc, 70 entry, 1 metadata, 3 snapshot, 69 state; running crc e7f5d384
	...
	$ logbook dump -type snapshot /var/lib/etcd
	# log in /var/lib/etcd/member/wal
	# segment                                 offset type        frame     data crc      content
	0000000000000000-0000000000000000.wal         56 snapshot       24        4 d1b14607 index 0 term 0
	0000000000000000-0000000000000000.wal       2824 snapshot       40       18 c59ac5f7 index 26 term 2, voters [2e1259d415f2a040]
	...
	$ logbook hex -offset 7200 -n 12 /var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal
	00001c20  28 00 00 00 00 00 00 00                          | frame: 40 bytes
	00001c28  08 02                                            |   type 2 entry
	00001c2a  10 84 a7 d7 bf 0e                                |   crc e7f5d384

Exit codes: 0 fine, a torn tail too; 1 no log, damaged, unreadable or empty, not to
be started on, not repaired; 2 wrong use.
NO_COLOR turns colour off; only a terminal gets any.
`
