// Gets one token from STS with the AWS SDK for JavaScript and prints JSON:
// the token and its expiration, or the error as the SDK has it. Its single
// argument is the JSON of a GetWebIdentityToken input. Everything else comes
// from the environment, as it does for any program that uses the SDK.
import { GetCallerIdentityCommand, GetWebIdentityTokenCommand, STSClient } from "@aws-sdk/client-sts";

const input = JSON.parse(process.argv[2]);
const sts = new STSClient({});
try {
  const caller = await sts.send(new GetCallerIdentityCommand({}));
  const out = await sts.send(new GetWebIdentityTokenCommand(input));
  console.log(JSON.stringify({
    arn: caller.Arn,
    token: out.WebIdentityToken,
    expiration: out.Expiration.toISOString(),
  }));
} catch (e) {
  console.log(JSON.stringify({ error: e.name, message: e.message, status: e.$metadata?.httpStatusCode }));
}
