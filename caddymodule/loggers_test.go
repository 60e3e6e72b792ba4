package caddymodule

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// What packages without zap log comes from the logger's own name, and at its level.
func TestStructuredLogger(t *testing.T) {
	core, entries := observer.New(zap.InfoLevel)
	log := structured(zap.New(core).Named("http.handlers.aws_jwt").Named(logKeys))
	log.Debug("not this")
	log.Error("this", "issuer", "x")
	if entries.Len() != 1 {
		t.Fatalf("%d lines", entries.Len())
	}
	line := entries.All()[0]
	if line.LoggerName != "http.handlers.aws_jwt.keys" || line.Message != "this" || line.ContextMap()["issuer"] != "x" || line.Stack != "" {
		t.Errorf("%+v", line)
	}
}
