package caddymodule

import (
	"reflect"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// visitRoutes visits the routes, and those within them, each with its place.
func visitRoutes(routes caddyhttp.RouteList, at place, visit func(caddyhttp.Route, place)) {
	for _, route := range routes {
		inner := at.within(route)
		visit(route, inner)
		for _, handler := range route.Handlers {
			for _, within := range routesWithin(handler) {
				visitRoutes(within, inner, visit)
			}
		}
	}
}

// routesWithin are the routes that a handler holds: those of a subroute, of the
// handle_response of reverse_proxy and intercept, and of any module that has them in
// exported fields of Caddy's types, as these do. What such a field holds is as it
// was provisioned. Of modules that keep them otherwise nothing is known.
func routesWithin(handler caddyhttp.MiddlewareHandler) (all []caddyhttp.RouteList) {
	if _, ours := handler.(*Handler); ours {
		return nil
	}
	value := reflect.Indirect(reflect.ValueOf(handler))
	if value.Kind() != reflect.Struct {
		return nil
	}
	for i := range value.NumField() {
		if !value.Type().Field(i).IsExported() {
			continue
		}
		switch field := value.Field(i); field.Type() {
		case routeListType, responseHandlersType, errorConfigType:
			all = append(all, routesOf(field.Interface())...)
		}
	}
	return all
}

// The types of fields that hold routes.
var (
	routeListType        = reflect.TypeFor[caddyhttp.RouteList]()
	responseHandlersType = reflect.TypeFor[[]caddyhttp.ResponseHandler]()
	errorConfigType      = reflect.TypeFor[*caddyhttp.HTTPErrorConfig]()
)

func routesOf(field any) (all []caddyhttp.RouteList) {
	switch field := field.(type) {
	case caddyhttp.RouteList:
		all = append(all, field)
	case []caddyhttp.ResponseHandler:
		for _, each := range field {
			all = append(all, each.Routes)
		}
	case *caddyhttp.HTTPErrorConfig:
		if field != nil {
			all = append(all, field.Routes)
		}
	}
	return all
}
