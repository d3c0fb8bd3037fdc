#!/usr/bin/env bash
# Makes what servers of a test need to speak TLS with each other: tests/federation/certificates.sh DIR [NAME...]
# DIR gets ca.crt (of an authority whose key is thrown away), tls.crt and tls.key for localhost, 127.0.0.1, ::1 and the
# names. What is there already stays.
set -euo pipefail

dir=${1:?usage: certificates.sh DIR [NAME...]}
shift
mkdir -p "$dir"
[ ! -e "$dir/tls.crt" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "$@" 2>/dev/null; }
new -x509 -days 30 -subj '/CN=Authority of a test' -keyout "$work/ca.key" -out "$dir/ca.crt" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
new -subj '/CN=localhost' -keyout "$dir/tls.key" -out "$work/tls.csr"
names=DNS:localhost,IP:127.0.0.1,IP:::1
for name; do
  names+=,DNS:$name
done
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$names" >"$work/names"
openssl x509 -req -days 30 -in "$work/tls.csr" -CA "$dir/ca.crt" -CAkey "$work/ca.key" -CAcreateserial \
  -extfile "$work/names" -out "$work/tls.crt" 2>/dev/null
mv "$work/tls.crt" "$dir/tls.crt"
