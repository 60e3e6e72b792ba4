package verifier

import "sync"

// openedFiles are the key files of an issuers file that somebody has used, so that
// those which nobody did need not be looked through.
type openedFiles struct {
	mu   sync.Mutex
	sets map[*FileKeySet]bool
}

// add is called when a key file was looked at for the first time.
func (o *openedFiles) add(s *FileKeySet) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sets == nil {
		o.sets = make(map[*FileKeySet]bool)
	}
	o.sets[s] = true
}

// keep forgets those that a new version of the issuers file does not name. One that
// a request looks at which began before stays until the next version; it is none of
// those by path.
func (o *openedFiles) keep(named map[string]*FileKeySet) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for s := range o.sets {
		if named[s.file.path] != s {
			delete(o.sets, s)
		}
	}
}

func (o *openedFiles) all() []*FileKeySet {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]*FileKeySet, 0, len(o.sets))
	for s := range o.sets {
		all = append(all, s)
	}
	return all
}
