package caddymodule

import (
	"fmt"
	"strings"
	"testing"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const commandsHead = `# Commands

Made from the commands themselves; write it anew with ''make docs''. [commands.md](../commands.md) says what they do, shows them at work and has the members of their JSON.
`

// docs/reference/commands.md has the usage and the flags of each command.
func TestReferenceCommands(t *testing.T) {
	registered, known := caddycmd.Commands()["aws-jwt"]
	if !known {
		t.Fatal("aws-jwt is not registered")
	}
	root := &cobra.Command{Use: "caddy-awsjwt"}
	parent := &cobra.Command{Use: registered.Name, Short: registered.Short}
	root.AddCommand(parent)
	registered.CobraFunc(parent)
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(commandsHead, "''", "`"))
	for _, command := range parent.Commands() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n```text\n%s %s\n```\n\n| flag | argument | default | meaning |\n|---|---|---|---|\n",
			command.Name(), command.Short, parent.CommandPath(), command.Use)
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			name := "`--" + flag.Name + "`"
			if flag.Shorthand != "" {
				name = "`-" + flag.Shorthand + "`, " + name
			}
			kind, usage := pflag.UnquoteUsage(flag)
			if kind == "" {
				kind = "none"
			}
			standard := "none"
			if flag.DefValue != "" && flag.DefValue != "[]" {
				standard = "`" + flag.DefValue + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, kind, standard, escaped(usage))
		})
	}
	checkReference(t, "commands.md", b.String())
}
