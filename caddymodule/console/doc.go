// Package console is the page that aws_jwt_console serves to operators, with the
// data beneath it: what passes and what is refused, by which rules, with whose
// keys. It knows HTTP and the shapes of its JSON, and asks a [Source] for what
// they hold.
//
// The page is made of files that the binary holds. It loads nothing from
// elsewhere, and a strict Content-Security-Policy keeps it so. Everything on it
// that came from outside (a kid, a path, a tag) is text, in the JSON and in the
// document. Who may see it, this package does not ask: its handler stands behind
// a check of access.
package console
