package signals

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-awsjwt/caddy-awsjwt/integration/decisionlog"
)

// More than wait for one signature check at a time are turned away, and their
// lines are as the schema says.
func TestOverloadedObeysTheSchema(t *testing.T) {
	sts := newIssuers(t)
	gateway := startGateway(t, sts, `{
	admin off
}
http://plain.test:PORT {
	aws_jwt {
		issuer ISSUER 111122223333
		audience orders.internal
		signature_share 1%
	}
	respond 204
}
`)
	good := sts.good()
	if status := ask(t, gateway, "plain.test", good, nil); status != 204 { // the keys are there
		t.Fatalf("status %d", status)
	}
	signed := good[:strings.LastIndexByte(good, '.')+1]
	flood := func() {
		var ready, done sync.WaitGroup
		begin := make(chan struct{})
		for range 1800 {
			ready.Add(1)
			done.Go(func() {
				connection, err := net.Dial("tcp", gateway.Address)
				ready.Done()
				if err != nil {
					return // there are enough others
				}
				defer connection.Close()
				signature := make([]byte, 96)
				_, _ = rand.Read(signature)
				<-begin
				_, _ = io.WriteString(connection, "GET / HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\nAuthorization: Bearer "+
					signed+base64.RawURLEncoding.EncodeToString(signature)+"\r\n\r\n")
				_, _ = io.Copy(io.Discard, connection)
			})
		}
		ready.Wait()
		close(begin)
		done.Wait()
	}
	eventually(t, "somebody is turned away", func() bool {
		flood()
		decisions, err := decisionlog.Check(gateway.Log())
		if err != nil {
			t.Error(err)
		}
		for _, d := range decisions {
			if d["reason"] == "overloaded" {
				return d["level"] == "warn" && d["unverified_account"] == accountID && d["cached"] == false
			}
		}
		return false
	})
}
