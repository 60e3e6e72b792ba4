// Package metrics is a test of what Prometheus and Grafana see: a gateway with
// known traffic is scraped, by the test and by a real Prometheus, and the rules
// and the dashboard of deploy/ are asked about it. Each alert is provoked by the
// fault that it names, and the console is opened then in a real browser.
package metrics
