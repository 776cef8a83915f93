// Package remedy holds what every message says that tells of a loss, so that all of them say the same.
package remedy

// Replace is what to do about a log that has lost, or may have lost, what a node has acknowledged. An older copy is no cure: every checksum in it is right, and
// the node that starts on it has forgotten votes and entries that the others count on. docs/format.md has the long form.
const Replace = "replace this member: remove it from its group, and add it under a new id with an empty folder; put back no copy that is older than the node's last write"
