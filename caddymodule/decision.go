package caddymodule

import (
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/terminal"
	"github.com/caddy-awsjwt/caddy-awsjwt/verifier"
)

// maxLogged is how much of a text from outside a log line shows, in bytes, and
// maxHint how much of a hint, which quotes such texts among words of ours.
const (
	maxLogged = 128
	maxHint   = 1024
)

// logRefusal writes the decision's one line. It answers why, and what to
// change. The token, or a part of it, is in none of its fields.
func (h *Handler) logRefusal(r *http.Request, refused *refusal, began time.Time) {
	level := zapcore.InfoLevel
	switch {
	case refused.reason == internalError && r.Context().Err() != nil:
		// The client is gone, and that is why: no fault of ours. A refusal that has
		// another reason is told, or a caller could keep it quiet by hanging up.
		level = zapcore.DebugLevel
	case refused.answer().status >= http.StatusInternalServerError:
		level = zapcore.WarnLevel
	}
	line := h.logger.Check(level, "refused")
	if line == nil {
		return
	}
	fields := []zap.Field{
		zap.String("reason", refused.reason),
		zap.Int("status", refused.answer().status),
		zap.String("hint", advice(refused.hint, refused.reason)),
	}
	fields = appendText(fields, "rule", refused.rule)
	cached := false
	if refused.result != nil {
		fields, cached = appendIdentity(fields, "", verifiedIdentity(refused.result)), refused.result.Cached
	} else {
		fields = appendIdentity(fields, "unverified_", refused.claimed)
	}
	fields = append(fields, zap.Bool("cached", cached))
	line.Write(append(append(fields, zap.Duration("duration", h.now().Sub(began))), requestFields(r)...)...)
}

// logPass writes the line of a request that passes: at DEBUG, and at INFO when
// the policy would have refused it, or when the line is one of the sample.
func (h *Handler) logPass(r *http.Request, v *visit, began time.Time) {
	level, sampled := zapcore.DebugLevel, false
	if v.passed == audited {
		level = zapcore.InfoLevel
	} else if sampled = h.samplesPass(); sampled {
		level = zapcore.InfoLevel
	}
	line := h.logger.Check(level, string(v.passed))
	if line == nil {
		return
	}
	fields := appendText(nil, "reason", v.reason)
	if sampled {
		fields = append(fields, zap.Int("sampled", h.LogPasses))
	}
	fields = appendText(fields, "rule", v.rule)
	if v.hint != "" {
		fields = append(fields, zap.String("hint", advice(v.hint, v.reason)))
	}
	if v.passed != anonymous {
		fields = append(appendIdentity(fields, "", verifiedIdentity(v.result)), zap.Bool("cached", v.result.Cached))
	}
	line.Write(append(append(fields, zap.Duration("duration", h.now().Sub(began))), requestFields(r)...)...)
}

// logShadow writes the line of a request on which shadow rules would have decided
// otherwise, at INFO: would refuse, or would allow.
func (h *Handler) logShadow(r *http.Request, v *visit) {
	if v.shadow == nil {
		return
	}
	line := h.logger.Check(zapcore.InfoLevel, "would "+would(v.shadow))
	if line == nil {
		return
	}
	fields := appendText(nil, "reason", string(v.shadow.Reason))
	fields = appendText(fields, "rule", v.shadow.Rule)
	if v.shadow.Hint != "" {
		fields = append(fields, zap.String("hint", printable(v.shadow.Hint, maxHint)))
	}
	fields = appendIdentity(fields, "", verifiedIdentity(v.result))
	line.Write(append(fields, requestFields(r)...)...)
}

// streamFields are those of the line of a stream that is ended, at DEBUG. They
// are gathered before the next handler changes the request.
func (h *Handler) streamFields(r *http.Request, v *visit, d deadline) []zap.Field {
	if !h.logger.Core().Enabled(zapcore.DebugLevel) {
		return nil
	}
	fields := []zap.Field{zap.String("hint", d.hint)}
	if v.passed != anonymous {
		fields = appendIdentity(fields, "", verifiedIdentity(v.result))
	}
	return append(fields, requestFields(r)...)
}

// advice is a hint with what to do about its reason, in the words of the one
// table that docs/errors.md and aws-jwt explain have, too.
func advice(hint, reason string) string {
	do := remedyOf(reason)
	if do == "" {
		return printable(hint, maxHint)
	}
	do = "; " + do
	return printable(hint, maxHint-len(do)) + do
}

func verifiedIdentity(result *verifier.Result) verifier.Claimed {
	return verifier.Claimed{
		Issuer: result.Token.Issuer, KeyID: result.KeyID, AccountID: result.Token.AccountID,
		Subject: result.Token.Subject, ID: result.Token.ID,
	}
}

func appendIdentity(fields []zap.Field, prefix string, c verifier.Claimed) []zap.Field {
	fields = appendText(fields, prefix+"iss", c.Issuer)
	fields = appendText(fields, prefix+"account", c.AccountID)
	fields = appendText(fields, prefix+"sub", c.Subject)
	fields = appendText(fields, prefix+"jti", c.ID)
	return appendText(fields, prefix+"kid", c.KeyID)
}

// requestFields tell which request it was. The query is left out, since
// people put secrets there.
func requestFields(r *http.Request) []zap.Field {
	ip, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	fields := appendText(nil, "remote_ip", ip)
	fields = appendText(fields, "method", r.Method)
	fields = appendText(fields, "host", r.Host)
	return appendText(fields, "path", r.URL.Path)
}

// appendText adds a text from outside, cut, unless it is empty.
func appendText(fields []zap.Field, name, text string) []zap.Field {
	if text == "" {
		return fields
	}
	return append(fields, zap.String(name, printable(text, maxLogged)))
}

// printable takes tokens out of a text, since some clients put them in a path,
// cuts it, and replaces what JSON does not escape and a terminal would obey or
// turn round, or a reader take for the end of a line.
func printable(text string, limit int) string {
	const ellipsis = "…"
	text = terminal.WithoutTokens(text)
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit-len(ellipsis)], "") + ellipsis
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x7F && unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
