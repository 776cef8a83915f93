// Package disk is what a disk promises to a log, and what it does not.
//
// [FS] and [File] are everything that a log does to a disk. [OS] is a real folder.
package disk
