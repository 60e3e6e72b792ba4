#!/bin/sh
# Gives kubectl, or another client of Kubernetes, a token for the gateway of an
# audience: an exec plugin, as docs/recipes/kubernetes.md sets it up.
#
#   gateway-credential.sh https://k8s.example.com
#
# Needs curl 7.88 or newer and GNU date; no AWS CLI. It takes credentials and region
# from the environment, as Lambda and some CI have them. Elsewhere, version 2 of the
# AWS CLI puts those of an EC2 instance, an ECS task or a profile there:
#
#   eval "$(aws configure export-credentials --format env)"; export AWS_REGION=eu-central-1
set -eu

audience=$1
region=${AWS_REGION:-${AWS_DEFAULT_REGION:?set AWS_REGION}}
sts=${AWS_ENDPOINT_URL_STS:-https://sts.$region.amazonaws.com} # in China .com.cn

# Secrets go to curl by standard input: other users of the machine see its arguments.
answer=$({
	printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
	if [ -n "${AWS_SESSION_TOKEN:-}" ]; then printf 'header = "X-Amz-Security-Token: %s"\n' "$AWS_SESSION_TOKEN"; fi
} | curl -sS --max-time 30 --config - --aws-sigv4 "aws:amz:$region:sts" \
	--data-urlencode Action=GetWebIdentityToken --data-urlencode Version=2011-06-15 \
	--data-urlencode SigningAlgorithm=ES384 --data-urlencode "DurationSeconds=${GATEWAY_TOKEN_SECONDS:-900}" \
	--data-urlencode "Audience.member.1=$audience" "$sts/" | tr -d '\n')

element() { printf '%s' "$answer" | sed -n "s:.*<$1>\([^<]*\)</$1>.*:\1:p"; }

token=$(element WebIdentityToken)
if [ -z "$token" ]; then
	echo "STS: $(element Code): $(element Message)" >&2
	exit 1
fi
# The client asks again when this time has come: a minute before the token's end.
until=$(date -u -d "$(element Expiration) - 60 seconds" +%Y-%m-%dT%H:%M:%SZ)
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s","expirationTimestamp":"%s"}}\n' "$token" "$until"
