package caddymodule

import (
	"strings"
	"testing"
)

// answering is a site whose aws_jwt answers questions of other proxies.
func answering(site object) object {
	handlers, _ := site["routes"].([]object)[0]["handle"].([]object)
	delete(handlers[0], "handler")
	site["routes"] = []object{{"handle": []object{{"handler": "aws_jwt_authorize", "aws_jwt": handlers[0]}}}}
	return site
}

// A question that waits while another configuration is loaded is answered by that
// one.
func TestQuestionThatOutlivesItsConfiguration(t *testing.T) {
	old, slower := object{"ttl": "10m"}, object{"ttl": "20m"} // other key sets, so that the old ones end
	for name, tt := range map[string]struct {
		after func(r *reloading) object
		want  string
	}{
		"the same":            {func(r *reloading) object { return answering(r.guarded("", slower, nil)) }, "200 "},
		"a site with aws_jwt": {func(r *reloading) object { return r.guarded("new", slower, nil) }, "200 new"},
		"denied": {func(r *reloading) object {
			return answering(r.guarded("", slower, object{"deny": []object{{"expression": "true"}}}))
		}, "403 "},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReloading(t, false)
			r.load(object{"a": answering(r.guarded("", old, nil))})
			answer := r.send()
			r.waitUntilAsked()
			r.load(object{"a": tt.after(r)})
			r.release()
			if got := <-answer; !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
