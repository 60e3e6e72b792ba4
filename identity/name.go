package identity

// namespace begins the names that belong to this package, whatever the
// configuration says. It is compared as [sameName] compares.
const namespace = "x-aws-token-"

// names are the field names that are managed in one request, the namespace
// aside.
type names struct {
	fields []string // of the configuration
	also   []string // of an earlier handler
}

// manage reports whether a field of this name is ours to set, and so the
// client's to lose.
func (n names) manage(name string) bool {
	if len(name) >= len(namespace) && sameName(name[:len(namespace)], namespace) {
		return true
	}
	return nameIn(name, n.fields) || nameIn(name, n.also)
}

// keep reports whether a client may neither have a proxy remove the field, by
// listing it in Connection, nor add to it by a trailer: what is managed, and
// Authorization, which a handler may have put there.
func (n names) keep(name string) bool {
	return n.manage(name) || sameName(name, "authorization")
}

func nameIn(name string, list []string) bool {
	for _, other := range list {
		if sameName(name, other) {
			return true
		}
	}
	return false
}

// sameName reports whether an upstream might take the two names for one: they
// are equal once letters are in lower case and every other byte that is no
// digit is "-". CGI (RFC 3875, section 4.1.18) and WSGI write fields as
// environment variables, where X-Team, x_team and X.Team are all HTTP_X_TEAM.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && fold(a[i]) != fold(b[i]) {
			return false
		}
	}
	return true
}

func fold(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c + ('a' - 'A')
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		return c
	}
	return '-'
}
