// Package crash takes a program's disk down at every point, and looks at what the program makes of it.
package crash
