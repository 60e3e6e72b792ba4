package celpolicy

import (
	"fmt"
	"net/netip"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// ipIn is ip_in(ip, cidr).
func ipIn(ip, cidr ref.Val) ref.Val {
	prefix, err := parseCIDR(string(cidr.(types.String)))
	if err != nil {
		return types.NewErr("ip_in: %v", err)
	}
	addr, err := netip.ParseAddr(string(ip.(types.String)))
	if err != nil {
		return types.NewErr("ip_in: %s is not an IP address", quoted(string(ip.(types.String))))
	}
	return types.Bool(prefix.Contains(addr.Unmap().WithZone("")))
}

// parseCIDR refuses host bits: 10.1.2.3/8 is either a slip in the length or a
// slip in the address.
func parseCIDR(s string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is not a CIDR, such as 10.0.0.0/8", quoted(s))
	}
	if prefix.Masked() != prefix {
		return netip.Prefix{}, fmt.Errorf("%s has bits set behind its length; the network is %s", quoted(s), prefix.Masked())
	}
	// Addresses are compared as IPv4 when they can be, so networks are, too.
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
		return netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96), nil
	}
	return prefix, nil
}
