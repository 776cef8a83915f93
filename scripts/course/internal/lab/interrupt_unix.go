//go:build unix

package lab

import (
	"os/exec"
	"syscall"
	"time"
)

// grace is how long an interrupted search has to say how far it came.
const grace = 3 * time.Second

// interruptible makes the end of the command's context an interrupt of the go
// command and of the test that it runs, and soon after it their end: a test whose
// loop never ends would survive the go command. The group of its own keeps the
// terminal's interrupt for the caller, who ends the context.
func interruptible(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		group := -cmd.Process.Pid
		time.AfterFunc(grace, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		return syscall.Kill(group, syscall.SIGINT)
	}
}
