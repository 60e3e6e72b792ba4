package main

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
)

// keyFiles are the issuer's public keys as each proxy wants them.
type keyFiles struct {
	JWKS string            // a key set as AWS publishes it: no alg on the RSA key
	PEM  map[string]string // file by algorithm
	SPKI string            // JSON: by key ID, the SubjectPublicKeyInfo in base64
}

func (k *keys) jwks() ([]byte, error) {
	point, err := k.ec.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString
	return json.Marshal(map[string]any{"keys": []map[string]string{
		{"kty": "RSA", "use": "sig", "kid": keyID(rs256), "n": text(k.rsa.N.Bytes()), "e": text(big.NewInt(int64(k.rsa.E)).Bytes())},
		{"kty": "EC", "use": "sig", "kid": keyID(es384), "alg": es384, "crv": "P-384", "x": text(point[1:49]), "y": text(point[49:])},
	}})
}

// write writes the files into a directory. They hold nothing secret, and
// proxies that give up root read them as somebody else.
func (k *keys) write(directory string) (keyFiles, error) {
	files := keyFiles{JWKS: filepath.Join(directory, "jwks.json"), PEM: map[string]string{}, SPKI: filepath.Join(directory, "spki.json")}
	set, err := k.jwks()
	if err != nil {
		return files, err
	}
	if err := writeFile(files.JWKS, set); err != nil {
		return files, err
	}
	spki := make(map[string]string)
	for _, alg := range []string{es384, rs256} {
		der, err := x509.MarshalPKIXPublicKey(k.public(alg))
		if err != nil {
			return files, fmt.Errorf("writing a key: %w", err)
		}
		spki[keyID(alg)] = base64.StdEncoding.EncodeToString(der)
		files.PEM[alg] = filepath.Join(directory, alg+".pem")
		if err := writeFile(files.PEM[alg], pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})); err != nil {
			return files, err
		}
	}
	text, err := json.Marshal(spki)
	if err != nil {
		return files, fmt.Errorf("writing a key: %w", err)
	}
	return files, writeFile(files.SPKI, text)
}

// writeFile writes what all of the proxies may read, whoever they run as.
func writeFile(path string, text []byte) error {
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // proxies that give up root read it
		return fmt.Errorf("writing a file: %w", err)
	}
	return nil
}
