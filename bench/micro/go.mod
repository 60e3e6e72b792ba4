module github.com/caddy-awsjwt/caddy-awsjwt/bench/micro

go 1.26.4

require (
	github.com/caddy-awsjwt/caddy-awsjwt v0.0.0
	github.com/google/pprof v0.0.0-20261105003125-4bf881d7fb0b
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da
)

require github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect

replace github.com/caddy-awsjwt/caddy-awsjwt => ../..

tool golang.org/x/perf/cmd/benchstat
