// Package kubernetes runs docs/recipes/kubernetes.md: the gateway before an API
// server, whose own filters say whom they saw. It is a module of its own, so that
// nothing of Kubernetes reaches ours.
//
// Its API server is the handler chain of a real one (authentication by certificate
// and by token, impersonation, RBAC with the default roles and the page's) before a
// few objects. With KUBE_APISERVER and ETCD in the environment, which "make
// kube-apiserver" sets, the same tests run against the real one.
package kubernetes
