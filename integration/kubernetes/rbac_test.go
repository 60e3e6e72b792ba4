package kubernetes

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/kubernetes/pkg/registry/rbac/validation"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
	"sigs.k8s.io/yaml"
)

// access is what RBAC of a cluster holds beside what each one holds.
type access struct {
	roles               []*rbacv1.Role
	roleBindings        []*rbacv1.RoleBinding
	clusterRoles        []*rbacv1.ClusterRole
	clusterRoleBindings []*rbacv1.ClusterRoleBinding
}

// readAccess reads the documents of a YAML file.
func readAccess(t *testing.T, text string) (a access) {
	t.Helper()
	for document := range strings.SplitSeq(text, "\n---\n") {
		var kind metav1.TypeMeta
		must(t, yaml.Unmarshal([]byte(document), &kind))
		var into any
		switch kind.Kind {
		case "Role":
			a.roles = append(a.roles, &rbacv1.Role{})
			into = a.roles[len(a.roles)-1]
		case "ClusterRole":
			a.clusterRoles = append(a.clusterRoles, &rbacv1.ClusterRole{})
			into = a.clusterRoles[len(a.clusterRoles)-1]
		case "ClusterRoleBinding":
			a.clusterRoleBindings = append(a.clusterRoleBindings, &rbacv1.ClusterRoleBinding{})
			into = a.clusterRoleBindings[len(a.clusterRoleBindings)-1]
		case "RoleBinding":
			a.roleBindings = append(a.roleBindings, &rbacv1.RoleBinding{})
			into = a.roleBindings[len(a.roleBindings)-1]
		default:
			t.Fatalf("kind %q", kind.Kind)
		}
		must(t, yaml.UnmarshalStrict([]byte(document), into))
	}
	return a
}

// authorizer is RBAC with the roles that each cluster has and these.
func (a access) authorizer() authorizer.Authorizer {
	roles := append(defaultClusterRoles(), a.clusterRoles...)
	bindings := slices.Clone(a.clusterRoleBindings)
	for _, each := range bootstrappolicy.ClusterRoleBindings() {
		bindings = append(bindings, &each)
	}
	_, static := validation.NewTestRuleResolver(a.roles, a.roleBindings, roles, bindings)
	return rbac.New(static, static, static, static)
}

// defaultClusterRoles are those of each cluster; edit and view get their rules from
// others, as a controller does it there.
func defaultClusterRoles() (roles []*rbacv1.ClusterRole) {
	for _, each := range bootstrappolicy.ClusterRoles() {
		roles = append(roles, &each)
	}
	for range 3 { // view is a part of edit, edit of admin
		for _, role := range roles {
			if role.AggregationRule == nil {
				continue
			}
			rules := make(map[string]rbacv1.PolicyRule)
			for _, selector := range role.AggregationRule.ClusterRoleSelectors {
				for _, part := range roles {
					if labels.SelectorFromSet(selector.MatchLabels).Matches(labels.Set(part.Labels)) {
						for _, rule := range part.Rules {
							rules[fmt.Sprint(rule)] = rule
						}
					}
				}
			}
			role.Rules = slices.Collect(maps.Values(rules))
		}
	}
	return roles
}
