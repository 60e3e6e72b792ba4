// Package packaging has only tests: of what is handed to others, the Debian
// package above all. They build it as make does, check it, boot a machine of its
// own with systemd in it, and do there what docs/install.md says.
package packaging
