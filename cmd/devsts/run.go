package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/caddy-awsjwt/caddy-awsjwt/devsts"
)

// shutdownTime is how long running requests may take once a signal has come.
const shutdownTime = 5 * time.Second

// run does what the command line says, until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	config, err := loadConfig(o.config)
	if err != nil {
		return err
	}
	if o.printConfig {
		_, err := config.WriteTo(stdout)
		return err
	}
	sts, err := devsts.New(config)
	if err != nil {
		return err
	}
	web, err := devsts.ListenLoopback(o.listen)
	if err != nil {
		return err
	}
	defer func() { _ = web.Close() }()
	manage, err := devsts.ListenLoopback(o.manage)
	if err != nil {
		return err
	}
	defer func() { _ = manage.Close() }()

	base := "http://" + web.Addr().String()
	if err := sts.SetBaseURL(base); err != nil {
		return err
	}
	u, err := collectURLs(sts, config, base, "http://"+manage.Addr().String())
	if err != nil {
		return err
	}
	if o.urlFile != "" {
		if err := u.write(o.urlFile); err != nil {
			return err
		}
	}
	u.print(stdout, config)
	return serve(ctx, map[net.Listener]http.Handler{web: sts.Handler(), manage: sts.ManagementHandler()})
}

func loadConfig(path string) (devsts.Config, error) {
	if path == "" {
		return devsts.DefaultConfig(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return devsts.Config{}, fmt.Errorf("reading configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	config, err := devsts.ReadConfig(f)
	if err != nil {
		return devsts.Config{}, fmt.Errorf("%s:\n%w", path, err)
	}
	return config, nil
}

// serve runs one server on each listener until ctx ends or one of them fails,
// and then lets running requests finish.
func serve(ctx context.Context, handlers map[net.Listener]http.Handler) error {
	failed := make(chan error, len(handlers))
	var servers []*http.Server
	for ln, handler := range handlers {
		srv := &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      30 * time.Second,
			IdleTimeout:       60 * time.Second,
			MaxHeaderBytes:    64 * 1024,
			// What a fault holds up ends with ctx; other requests do not ask it.
			BaseContext: func(net.Listener) context.Context { return ctx },
		}
		servers = append(servers, srv)
		go func() { failed <- srv.Serve(ln) }()
	}
	var result error
	select {
	case <-ctx.Done():
	case err := <-failed:
		result = fmt.Errorf("serving: %w", err)
	}
	// ctx has ended; what is left to do needs time of its own.
	end, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	for _, srv := range servers {
		if err := srv.Shutdown(end); err != nil {
			result = errors.Join(result, fmt.Errorf("shutting down: %w", err))
		}
	}
	return result
}
