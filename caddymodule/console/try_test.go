package console

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// attempt is a request that the page itself makes, changed by change.
func attempt(body string, change func(http.Header)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://console.example/api/try", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://console.example")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if change != nil {
		change(r.Header)
	}
	return r
}

const goodAttempt = `{"text":"{}","method":"GET","host":"h","path":"/","remote_ip":"192.0.2.1"}`

func TestTryIsForThePageAlone(t *testing.T) {
	for name, row := range map[string]struct {
		change func(http.Header)
		want   int
	}{
		"the page":             {nil, 200},
		"without metadata":     {func(h http.Header) { h.Del("Sec-Fetch-Site") }, 200},
		"without Origin":       {func(h http.Header) { h.Del("Origin") }, 200},
		"a charset":            {func(h http.Header) { h.Set("Content-Type", "application/json; charset=utf-8") }, 200},
		"Origin in capitals":   {func(h http.Header) { h.Set("Origin", "http://CONSOLE.example") }, 200},
		"neither":              {func(h http.Header) { h.Del("Origin"); h.Del("Sec-Fetch-Site") }, 403},
		"another site":         {func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"the same site":        {func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") }, 403},
		"typed":                {func(h http.Header) { h.Set("Sec-Fetch-Site", "none") }, 403},
		"another origin":       {func(h http.Header) { h.Set("Origin", "http://evil.example") }, 403},
		"another port":         {func(h http.Header) { h.Set("Origin", "http://console.example:8080") }, 403},
		"an opaque origin":     {func(h http.Header) { h.Set("Origin", "null") }, 403},
		"an odd scheme":        {func(h http.Header) { h.Set("Origin", "chrome-extension://console.example") }, 403},
		"two origins":          {func(h http.Header) { h.Add("Origin", "http://evil.example") }, 403},
		"a form":               {func(h http.Header) { h.Set("Content-Type", "application/x-www-form-urlencoded") }, 415},
		"plain text":           {func(h http.Header) { h.Set("Content-Type", "text/plain") }, 415},
		"no type":              {func(h http.Header) { h.Del("Content-Type") }, 415},
		"JSON in another name": {func(h http.Header) { h.Set("Content-Type", "text/plain; x=application/json") }, 415},
	} {
		source := new(fakeSource)
		w := ask(t, source, attempt(goodAttempt, row.change))
		if w.Code != row.want || (source.tried.Text != "") != (row.want == 200) {
			t.Errorf("%s: %d, want %d; tried %+v", name, w.Code, row.want, source.tried)
		}
	}
}

func TestBodiesOfAttempts(t *testing.T) {
	fits := strings.Repeat("x", maxAttempt-len(`{"text":""}`))
	for name, row := range map[string]struct {
		body string
		want int
	}{
		"good":              {goodAttempt, 200},
		"as long as may be": {`{"text":"` + fits + `"}`, 200},
		"a byte more":       {`{"text":"x` + fits + `"}`, 413},
		"no JSON":           {`text`, 400},
		"cut":               {`{"text":"secret`, 400},
		"two":               {goodAttempt + goodAttempt, 400},
		"an unknown field":  {`{"secret":"x"}`, 400},
		"a wrong type":      {`{"text":1}`, 400},
		"faults":            {`{"policy":"bad"}`, 422},
	} {
		w := ask(t, new(fakeSource), attempt(row.body, nil))
		if w.Code != row.want || !json.Valid(w.Body.Bytes()) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, row.want, w.Body)
		}
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "OPTIONS"} {
		r := attempt(goodAttempt, nil)
		r.Method = method
		if w := ask(t, new(fakeSource), r); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestAttemptsAtOnce(t *testing.T) {
	source := &fakeSource{began: make(chan struct{}), end: make(chan struct{})}
	page := New(source, clock)
	answered := make(chan int, tryingAtOnce)
	for range tryingAtOnce {
		go func() {
			w := httptest.NewRecorder()
			page.ServeHTTP(w, attempt(goodAttempt, nil))
			answered <- w.Code
		}()
		<-source.began
	}
	more := make(chan *httptest.ResponseRecorder, 1)
	go func() {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, attempt(goodAttempt, nil))
		more <- w
	}()
	select {
	case <-source.began:
		t.Fatal("one too many is tried")
	case w := <-more:
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("one too many: %d", w.Code)
		}
	}
	for range tryingAtOnce {
		source.end <- struct{}{}
		if code := <-answered; code != http.StatusOK {
			t.Errorf("one that was in time: %d", code)
		}
	}
}
