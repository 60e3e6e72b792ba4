package devsts

import (
	"io"
	"net"
	"net/http"
	"time"
)

// The faults of the way to an issuer, or of the server there: they need no
// document to change.

// delay answers rightly, once the time has passed.
func (f fetch) delay(fault *armedFault) { f.wait(fault, time.After(fault.Delay)) }

// hang answers once the fault has ended.
func (f fetch) hang(fault *armedFault) { f.wait(fault, nil) }

// wait answers rightly when elapsed fires. If the fault ends before, the request
// is treated as if it had just come: another fault may be in force.
func (f fetch) wait(fault *armedFault, elapsed <-chan time.Time) {
	f.liftWriteTimeout()
	select {
	case <-elapsed:
		f.serveRight()
	case <-fault.ended:
		f.serve()
	case <-f.r.Context().Done():
		panic(http.ErrAbortHandler) // returning would answer 200
	}
}

// liftWriteTimeout lets a request last: a server's WriteTimeout would fail the
// late answer.
func (f fetch) liftWriteTimeout() {
	_ = http.NewResponseController(f.w).SetWriteDeadline(time.Time{}) // a recorder has none
}

// endlessPause is the time between two bytes.
const endlessPause = 100 * time.Millisecond

// endless sends spaces, which JSON allows before a value, so that a reader that
// decodes as it reads waits, too.
func (f fetch) endless(fault *armedFault) {
	f.liftWriteTimeout()
	f.w.Header().Set("Content-Type", "application/json")
	control := http.NewResponseController(f.w)
	tick := time.NewTicker(endlessPause)
	defer tick.Stop()
	for {
		if _, err := io.WriteString(f.w, " "); err != nil {
			break
		}
		if err := control.Flush(); err != nil {
			break
		}
		select {
		case <-tick.C:
			continue
		case <-fault.ended:
		case <-f.r.Context().Done():
		}
		break
	}
	panic(http.ErrAbortHandler) // returning would end the answer properly
}

func (f fetch) fail(fault *armedFault) {
	http.Error(f.w, "devsts: a fault was set, and this is it", fault.Status)
}

// reset closes the connection so that the client gets an RST.
func (f fetch) reset(*armedFault) {
	conn, _, err := http.NewResponseController(f.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, which resets the stream then
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it this is a FIN, which still cuts
	}
	_ = conn.Close()
}

func (f fetch) garbage(*armedFault) {
	f.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(f.w, "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>"+
		"<body><h1>It works!</h1></body></html>\n") // the client is gone; there is nobody to tell
}

// redirect names the same URL by its query alone, which holds behind any path
// that a proxy may have put in front.
func (f fetch) redirect(*armedFault) {
	if f.r.URL.Query().Get("redirected") == "1" {
		f.serveRight()
		return
	}
	f.w.Header().Set("Location", "?redirected=1")
	f.w.WriteHeader(http.StatusFound)
}
