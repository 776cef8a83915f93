// Package wal reads a raft node's write-ahead log, in etcd's format.
package wal
