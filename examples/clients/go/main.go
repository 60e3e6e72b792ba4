// Command go calls a service behind the gateway with the caller's AWS role.
//
//	go run ./examples/clients/go https://orders.example.com/orders https://orders.example.com
//
// It needs github.com/aws/aws-sdk-go-v2/service/sts 1.41.0 or newer. Credentials
// and region are those that the SDK finds, so this is the same on Lambda, ECS, EC2
// and a laptop. docs/clients.md says more.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: go <url> <audience> [<rounds> [<at once>]]")
	}
	url, audience, rounds, atOnce := os.Args[1], os.Args[2], number(3), number(4)
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	token := &Token{STS: sts.NewFromConfig(cfg), Audience: audience, Lifetime: 5 * time.Minute, Margin: time.Minute}
	for range rounds {
		var requests sync.WaitGroup
		for range atOnce {
			requests.Go(func() {
				status, _, err := Get(ctx, url, token)
				if err != nil {
					log.Fatal(err)
				}
				fmt.Println("HTTP", status)
			})
		}
		requests.Wait()
	}
}

// number is an argument, or 1 if it is none.
func number(n int) int {
	if n < len(os.Args) {
		if number, err := strconv.Atoi(os.Args[n]); err == nil {
			return number
		}
	}
	return 1
}
