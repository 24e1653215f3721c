#!/bin/sh
# Packages stages as a deploy would and checks the CloudFormation templates, state machine definitions included, by
# cfn-lint and templates.ts, and the code of the charge Lambda by bundle.ts. The stages: a real one with a network of its
# own, a real one in a given network, the local one. Needs no AWS account.
set -u
cd "$(dirname "$0")/.." || exit 1
export PATH="$PWD/node_modules/.bin:$PATH"
sh localstack/setup.sh check || exit 1
node infrastructure/page/build-page.ts || exit 1

root=$PWD
work=$root/.local/check
rm -rf "$work" && mkdir -p "$work"

# package <name> <stage> [option]...: in a folder of its own, since the framework builds in the one it is called in and a
# deploy may be under way there; and without the caller's environment, so that what is missing is noticed.
package() {
  folder=$work/$1
  stage=$2
  shift 2
  mkdir -p "$folder" && cp "$configuration" "$folder/serverless.yml" && cd "$folder" || return 1
  for part in infrastructure node_modules package.json services shared state-machines tsconfig.json; do
    ln -s "$root/$part" "$part"
  done
  env -i HOME="$folder" PATH="$PATH" INVOICE_API_URL=https://invoices.example.com \
    serverless package --stage "$stage" "$@" >package.log 2>&1 && return
  cat package.log >&2
  return 1
}

configuration=serverless.yml
package own-network check-aws & own=$!
# The code is the same and is bundled once; these templates differ from a deploy's only in the name of the code's file.
configuration=$work/without-code.yml
sed -e '/^  - serverless-esbuild$/d' -e 's/^  individually: true$/  artifact: package.json/' serverless.yml >"$configuration"
package given-network check-aws --param network=network-given --param redisUrl=rediss://store.example.com:6379 \
  --param subnetIds=subnet-00000000000000001,subnet-00000000000000002 \
  --param securityGroupIds=sg-00000000000000001 --param alarmEmail=ops@example.com & given=$!
package local local & local=$!

failed=0
for job in $own $given $local; do wait "$job" || failed=1; done
[ "$failed" -eq 0 ] || exit 1
set -- .local/check/*/.serverless/cloudformation-template-update-stack.json
.local/check-venv/bin/cfn-lint "$@" || failed=1
node checks/templates.ts "$@" || failed=1

code=.local/check/charge-client
.local/check-venv/bin/python -m zipfile -e .local/check/own-network/.serverless/charge-client.zip "$code" || failed=1
node checks/bundle.ts "$code"/services/charging/handlers/charge-client.mjs || failed=1
exit "$failed"
