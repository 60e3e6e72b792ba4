#!/bin/sh
# Calls a service behind the gateway with the caller's AWS role.
#
#   gateway-client.sh https://orders.example.com/orders https://orders.example.com [<curl option>...]
#
# Needs curl 7.88 or newer, flock and GNU date; no AWS CLI. Lambda and some CI have
# credentials and region in the environment. Elsewhere, version 2 of the AWS CLI
# puts those of an EC2 instance, an ECS task or a profile there:
#
#   eval "$(aws configure export-credentials --format env)"; export AWS_REGION=eu-central-1
#
# The token is kept in a file that only its user can read, until it is about to
# end. docs/clients.md says more.
set -eu
umask 077

url=$1 audience=$2
shift 2
region=${AWS_REGION:-${AWS_DEFAULT_REGION:?set AWS_REGION}}
sts=${AWS_ENDPOINT_URL_STS:-https://sts.$region.amazonaws.com} # in China .com.cn
margin=60

directory=${GATEWAY_TOKEN_DIRECTORY:-${XDG_RUNTIME_DIR:-$HOME/.cache}/gateway-token}
mkdir -p "$directory"
# One file for each caller and audience.
kept=$directory/$(printf '%s %s' "$AWS_ACCESS_KEY_ID" "$audience" | sha256sum | cut -c 1-32)
answer=$(mktemp "$directory/answer.XXXXXX")
trap 'rm -f "$answer" "$answer.header"' EXIT

# ask gets a token from STS and keeps it. Secrets go to curl by standard input:
# other users of the machine see its arguments.
ask() {
	{
		printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
		if [ -n "${AWS_SESSION_TOKEN:-}" ]; then printf 'header = "X-Amz-Security-Token: %s"\n' "$AWS_SESSION_TOKEN"; fi
	} | curl -sS --max-time 30 --config - --aws-sigv4 "aws:amz:$region:sts" \
		--data-urlencode Action=GetWebIdentityToken --data-urlencode Version=2011-06-15 \
		--data-urlencode SigningAlgorithm=ES384 --data-urlencode DurationSeconds=300 \
		--data-urlencode "Audience.member.1=$audience" "$sts/" >"$answer" || return 1
	token=$(element WebIdentityToken)
	if [ -z "$token" ]; then
		echo "STS: $(element Code): $(element Message)" >&2
		return 1
	fi
	printf '%s\n%s\n' "$(date -u -d "$(element Expiration)" +%s)" "$token" >"$kept.new"
	mv "$kept.new" "$kept"
}

element() { tr -d '\n' <"$answer" | sed -n "s:.*<$1>\([^<]*\)</$1>.*:\1:p"; }

# take sets token; another one than that which the gateway refused. Only one
# process renews it, the others wait for that.
take() {
	exec 9>"$kept.lock"
	flock 9
	expires=0 token=
	if [ -f "$kept" ]; then { read -r expires && read -r token; } <"$kept"; fi
	left=$((expires - $(date +%s)))
	if [ "$token" = "${1:-}" ]; then left=0; fi
	if [ "$left" -lt "$margin" ]; then
		# Within the margin the old one will do if STS has none.
		ask || { [ "$left" -gt 0 ] && { read -r expires && read -r token; } <"$kept"; } || exit 1
	fi
	exec 9>&-
}

send() {
	status=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
		curl -sS --max-time 30 --config - --dump-header "$answer.header" --output "$answer" --write-out '%{http_code}' "$@" "$url")
}

take
send "$@"
if [ "$status" = 401 ]; then # once, with a new token
	take "$token"
	send "$@"
elif [ "$status" = 503 ]; then # once, when the gateway says; curl follows no redirect by itself
	wait=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,2\}\).*/\1/p' "$answer.header")
	sleep "${wait:-1}"
	send "$@"
fi
echo "HTTP $status" >&2
cat "$answer"
[ "$status" -lt 400 ]
