// Package snap reads a raft node's snapshot files, in etcd's format.
package snap
